/**
 * floor-engine: the least that drachtio-srf and two SIPp's can take for a SIP server: it checks nothing, sends nothing again, has no limit,
 * no store and no other way than the happy one. What a call needs with it no engine of this kind on this machine can stay below.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { FrameReader, writeFrame } from '#engine/link/frame.js';
import { readLinkCommand, writeNotice, writeOk, writeRequestSent, writeResponseSent } from '#engine/link/link-messages.js';

export type FloorEngine = Readonly<{ adminPort: number; sipPort: number }>;

export function startFloorEngine(): Promise<FloorEngine> {
  // Node starts a thread with its own loader, which reads no TypeScript before it is told how.
  const begin = `import('tsx/esm/api').then(({ register }) => (register(), import(${JSON.stringify(import.meta.url)})))`;
  const worker = new Worker(begin, { eval: true });
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', resolve);
  });
}

/** RFC 3261 §17: what has been answered is known for so long. The floor keeps it too, or it would need no memory. */
const KEPT_SEC = 32;
const TIME = '00:00:00.000000';
const HOST = '127.0.0.1';

type Peer = Readonly<{ address: string; port: number }>;
type Incoming = { text: string; peer: Peer; tag: string; dialogId: string };
type Outgoing = Readonly<{ id: string; dialogId: string }>;
/** What a request in it begins with, and where it goes. */
type Dialog = { uri: string; from: string; to: string; callId: string; peer: Peer; cseq: number };

class Floor {
  readonly #udp = createSocket({ type: 'udp4' });
  readonly #incoming = new Map<string, Incoming>();
  readonly #outgoing = new Map<string, Outgoing>();
  readonly #dialogs = new Map<string, Dialog>();
  /** By the pair of tags as the peer writes them: Call-ID and To tag. */
  readonly #byPeer = new Map<string, string>();
  #young: (() => void)[] = [];
  readonly #old: (() => void)[][] = [];
  #app: Socket | undefined;
  #out = '';
  #next = 0;
  #port = 0;

  async open(): Promise<FloorEngine> {
    await new Promise<void>((resolve) => this.#udp.bind(0, HOST, resolve));
    this.#udp.setRecvBufferSize(4 * 1024 * 1024);
    this.#port = this.#udp.address().port;
    this.#udp.on('message', (bytes: Buffer, peer: RemoteInfo) => this.#message(bytes.toString('latin1'), peer));
    const server = createServer((socket) => this.#connected(socket));
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    setInterval(() => {
      this.#old.push(this.#young);
      this.#young = [];
      if (this.#old.length > KEPT_SEC) for (const forget of this.#old.shift() ?? []) forget();
    }, 1000);
    return { adminPort: (server.address() as AddressInfo).port, sipPort: this.#port };
  }

  #connected(socket: Socket): void {
    this.#app = socket;
    const reader = new FrameReader();
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('error', () => undefined);
    socket.on('data', (chunk: string) => {
      const read = reader.push(chunk);
      if (read.kind === 'frames') for (const payload of read.payloads) this.#obey(payload);
    });
  }

  #tell(payload: string): void {
    if (this.#out === '')
      setImmediate(() => {
        this.#app?.write(this.#out, 'latin1');
        this.#out = '';
      });
    this.#out += writeFrame(payload);
  }

  #id(): string {
    return `f${(this.#next += 1).toString(36)}`;
  }

  #message(text: string, peer: Peer): void {
    if (text.startsWith('SIP/2.0 ')) return this.#response(text, peer);
    const method = text.slice(0, text.indexOf(' '));
    const callId = field(text, 'Call-ID');
    const known = this.#byPeer.get(`${callId} ${tagOf(field(text, 'To'))}`) ?? '';
    const id = this.#id();
    if (method !== 'ACK') {
      const incoming = { text, peer, tag: `t${id}`, dialogId: known };
      if (method === 'INVITE') this.#send(respond(incoming, 'SIP/2.0 100 Trying', '', ''), peer);
      this.#incoming.set(id, incoming);
      this.#young.push(() => this.#incoming.delete(id));
    }
    this.#notify(text, peer, id, known);
  }

  #notify(text: string, peer: Peer, transactionId: string, dialogId: string): void {
    const arrivedOn = dialogId === '' ? { arrivedOn: { address: HOST, port: this.#port } } : {};
    const facts = { source: 'network', bytes: text.length, protocol: 'udp', peer, time: TIME, transactionId, dialogId } as const;
    this.#tell(writeNotice(this.#id(), { ...facts, ...arrivedOn, text }));
  }

  #response(text: string, peer: Peer): void {
    const via = field(text, 'Via');
    const outgoing = this.#outgoing.get(via.slice(via.indexOf('branch=') + 'branch='.length));
    if (outgoing === undefined || text.startsWith('SIP/2.0 100')) return;
    const dialog = this.#dialogs.get(outgoing.dialogId);
    if (dialog !== undefined && text.startsWith('SIP/2.0 200')) {
      dialog.to = field(text, 'To');
      dialog.uri = addressOf(field(text, 'Contact')) || dialog.uri;
    }
    this.#notify(text, peer, outgoing.id, outgoing.dialogId);
  }

  #obey(payload: string): void {
    const command = readLinkCommand(payload);
    if (command.kind === 'authenticate')
      return this.#tell(writeOk(this.#id(), command.id, `udp/${HOST}:${this.#port}`, 'floor', ''));
    if (command.kind !== 'sip') return this.#tell(writeOk(this.#id(), command.id));
    const blank = command.text.indexOf('\r\n\r\n');
    const [start = '', ...lines] = command.text.slice(0, blank).split('\r\n');
    const body = command.text.slice(blank + 4);
    const fields = lines
      .filter((line) => /^(?:contact|content-type):/i.test(line))
      .map((line) => line.replace('localhost', this.#host));
    const more = fields.length === 0 ? '' : `${fields.join('\r\n')}\r\n`;
    if (start.startsWith('SIP/')) this.#answer(command.id, command.transactionId, start, more, body);
    else this.#request(command.id, command.dialogId, start, more, body);
  }

  get #host(): string {
    return `${HOST}:${this.#port}`;
  }

  #answer(commandId: string, transactionId: string, start: string, more: string, body: string): void {
    const incoming = this.#incoming.get(transactionId);
    if (incoming === undefined) return;
    const contact = /^contact:/im.test(more) ? '' : `Contact: <sip:${this.#host}>\r\n`;
    const text = respond(incoming, start, contact + more, body);
    if (incoming.text.startsWith('INVITE') && incoming.dialogId === '') {
      const [callId, from] = [field(incoming.text, 'Call-ID'), field(incoming.text, 'From')];
      incoming.dialogId = `${callId};from-tag=${tagOf(from)}`;
      this.#byPeer.set(`${callId} ${incoming.tag}`, incoming.dialogId);
      const to = `${field(incoming.text, 'To')};tag=${incoming.tag}`;
      const uri = addressOf(field(incoming.text, 'Contact'));
      this.#dialogs.set(incoming.dialogId, { uri, from: to, to: from, callId, peer: incoming.peer, cseq: 0 });
      this.#young.push(() => this.#dialogs.delete(incoming.dialogId) && this.#byPeer.delete(`${callId} ${incoming.tag}`));
    }
    this.#send(text, incoming.peer);
    const { address, port } = incoming.peer;
    const dialogId = incoming.text.startsWith('BYE') ? '' : incoming.dialogId;
    this.#tell(
      writeResponseSent(this.#id(), commandId, { protocol: 'udp', address, port, time: TIME, transactionId, dialogId, text }),
    );
  }

  #request(commandId: string, known: string, start: string, more: string, body: string): void {
    const [method = '', uri = ''] = start.split(' ');
    const id = this.#id();
    const dialogId = known === '' ? this.#newDialog(uri, id) : known;
    const dialog = this.#dialogs.get(dialogId);
    if (dialog === undefined) return;
    if (method !== 'ACK') dialog.cseq += 1;
    const branch = `z9hG4bK${id}`;
    const contact = method === 'INVITE' && !/^contact:/im.test(more) ? `Contact: <sip:${this.#host}>\r\n` : '';
    const text =
      `${method} ${dialog.uri} SIP/2.0\r\nVia: SIP/2.0/UDP ${this.#host};rport;branch=${branch}\r\nMax-Forwards: 70\r\nFrom: ${dialog.from}\r\n` +
      `To: ${dialog.to}\r\nCall-ID: ${dialog.callId}\r\nCSeq: ${dialog.cseq} ${method}\r\n${contact}${more}Content-Length: ${body.length}\r\n\r\n${body}`;
    if (method !== 'ACK') {
      this.#outgoing.set(branch, { id, dialogId });
      this.#young.push(() => this.#outgoing.delete(branch));
    }
    this.#tell(
      writeRequestSent(this.#id(), commandId, {
        protocol: 'udp',
        address: HOST,
        port: this.#port,
        time: TIME,
        transactionId: id,
        text,
      }),
    );
    this.#send(text, dialog.peer);
  }

  #newDialog(uri: string, id: string): string {
    const [host = HOST, port = '5060'] = uri.slice(uri.indexOf('@') + 1).split(':');
    const [callId, tag] = [`c${id}`, `t${id}`];
    const dialogId = `${callId};from-tag=${tag}`;
    const from = `<sip:floor@${this.#host}>;tag=${tag}`;
    this.#dialogs.set(dialogId, { uri, from, to: `<${uri}>`, callId, peer: { address: host, port: Number(port) }, cseq: 0 });
    this.#byPeer.set(`${callId} ${tag}`, dialogId);
    this.#young.push(() => this.#dialogs.delete(dialogId) && this.#byPeer.delete(`${callId} ${tag}`));
    return dialogId;
  }

  #send(text: string, peer: Peer): void {
    this.#udp.send(Buffer.from(text, 'latin1'), peer.port, peer.address);
  }
}

function field(text: string, name: string): string {
  const at = text.indexOf(`\r\n${name}: `);
  const start = at + name.length + 4;
  return at < 0 ? '' : text.slice(start, text.indexOf('\r\n', start));
}

const tagOf = (value: string): string => /;tag=([^;]+)/.exec(value)?.[1] ?? '';
const addressOf = (contact: string): string => /<([^>]+)>/.exec(contact)?.[1] ?? contact;

function respond({ text, tag }: Incoming, start: string, more: string, body: string): string {
  const to = field(text, 'To');
  const tagged = start.startsWith('SIP/2.0 100') || to.includes(';tag=') ? to : `${to};tag=${tag}`;
  return (
    `${start}\r\nVia: ${field(text, 'Via')}\r\nFrom: ${field(text, 'From')}\r\nTo: ${tagged}\r\nCall-ID: ${field(text, 'Call-ID')}\r\n` +
    `CSeq: ${field(text, 'CSeq')}\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`
  );
}

if (!isMainThread) parentPort?.postMessage(await new Floor().open());
