/**
 * patient-phone: a phone that lives on while its server dies and comes back: it repeats what gets no answer (RFC 3261 §17), answers by
 * itself, does as its re-INVITEs say and goes on talking, and writes down what no server may do to it. What it sends and gets is told
 * to whoever counts, before anything is done with it.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { authorization, readChallenge } from './digest-phone.js';
import { Transactions } from './phone-transactions.js';
import { RtpEndpoint } from './rtp-endpoint.js';
import { compose, directionIn, readMessage, versionIn, type Message } from './sip-phone.js';

/** One call as the phone knows it. `lost`: a request in it was answered 481. */
export type Line = {
  readonly callId: string;
  readonly role: 'caller' | 'callee';
  state: 'calling' | 'early' | 'confirmed' | 'ended';
  /** Who ended it: a BYE or CANCEL of theirs, a BYE of ours, a refusal, or a 481. */
  end?: string;
  /** When it began here. */
  bornMs: number;
  confirmedMs: number;
  localTag: string;
  local: string;
  remote: string;
  target: string;
  cseq: number;
  remoteCSeq: number;
  version: number;
  /** What we want the other to hear of us: `sendonly` when this phone holds. */
  direction: 'sendrecv' | 'sendonly';
  /** What we were last told, by an offer or an answer. */
  told: string;
};

export type PatientOptions = Readonly<{
  number: string;
  server: number;
  hertz: number;
  /** Before anything is done with it. */
  seen: (what: string) => void;
}>;

/** Nobody presses a button in no time, and each word is a step of its own. */
const THINK_MS = 12;
const MIRROR: Readonly<Record<string, string>> = { sendonly: 'recvonly', inactive: 'inactive', recvonly: 'sendonly' };
const token = (): string => randomBytes(6).toString('hex');
const numberIn = (cseq: string | undefined): number => parseInt(cseq ?? '0', 10);
const uriIn = (value: string | undefined): string => /<([^>]+)>/.exec(value ?? '')?.[1] ?? '';

export class PatientPhone {
  readonly rtp: RtpEndpoint;
  readonly number: string;
  readonly port: number;
  readonly lines: Line[] = [];
  /** What no server may do. */
  readonly complaints: string[] = [];
  readonly #options: PatientOptions;
  readonly #socket: Socket;
  readonly #transactions: Transactions;
  /** Those that are asked again after a pause among them. */
  #reinvites = 0;
  #isClosed = false;
  readonly #history: string[] = [];
  /** What we were told last, by the session of its o= line. */
  readonly #told = new Map<string, string>();

  static async open(options: PatientOptions): Promise<PatientPhone> {
    const rtp = await RtpEndpoint.open();
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new PatientPhone(options, socket, rtp);
  }

  private constructor(options: PatientOptions, socket: Socket, rtp: RtpEndpoint) {
    this.#options = options;
    this.#socket = socket;
    this.rtp = rtp;
    this.number = options.number;
    this.port = socket.address().port;
    this.#transactions = new Transactions((text, again) => this.#send(text, again));
    socket.on('message', (datagram) => this.#receive(readMessage(datagram.toString('latin1'))));
  }

  close(): void {
    this.#isClosed = true;
    this.#transactions.close();
    this.#socket.close();
    this.rtp.close();
  }

  /** What went over the wire, with the time: for the message of a failed check. */
  get history(): readonly string[] {
    return this.#history;
  }

  /** A re-INVITE of ours has no final answer yet. */
  get isAsking(): boolean {
    return this.#reinvites > 0 || this.lines.some(({ callId }) => this.#transactions.openInvite(callId) !== undefined);
  }

  /** A 200 of ours to an INVITE has no ACK yet. */
  get isAnswering(): boolean {
    return this.#transactions.isRepeatingAnswers;
  }

  get line(): Line | undefined {
    return this.lines.at(-1);
  }

  /** Nothing is remembered, and the line is free. */
  forget(): void {
    this.#transactions.clear();
    this.lines.length = 0;
    this.complaints.length = 0;
    this.#history.length = 0;
    this.#told.clear();
    this.rtp.hush();
    this.rtp.forget();
  }

  // ---- what a person does ---------------------------------------------------------------------------------------------------------

  async register(): Promise<number> {
    const own = `<sip:${this.number}@127.0.0.1>`;
    const more = { From: `${own};tag=${token()}`, To: own, 'Call-ID': token(), Expires: '3600' };
    const { what } = await this.#authenticated('REGISTER', 'sip:127.0.0.1', more, '');
    return Number(what);
  }

  /** @returns once both have agreed; rejects when refused or when nobody answers. */
  async call(number: string): Promise<Line> {
    const uri = `sip:${number}@127.0.0.1`;
    const localTag = token();
    const local = `<sip:${this.number}@127.0.0.1>;tag=${localTag}`;
    const line = this.#newLine({
      callId: token(),
      role: 'caller',
      state: 'calling',
      localTag,
      local,
      remote: `<${uri}>`,
      target: uri,
    });
    const headers = { From: local, To: line.remote, 'Call-ID': line.callId };
    const answer = await this.#authenticated('INVITE', uri, headers, this.rtp.sdp({ version: line.version }));
    if (!answer.what.startsWith('2')) this.#ends(line, answer.what);
    if (line.state === 'ended') throw new Error(`the call of ${this.number} was refused: ${answer.line}`);
    return line;
  }

  /** Our own re-INVITE: hold (`sendonly`) or resume. @returns its final answer. */
  async reinvite(direction: Line['direction']): Promise<string> {
    const line = this.#confirmed();
    line.version++;
    const body = this.rtp.sdp({ direction, version: line.version });
    this.#reinvites++;
    try {
      for (;;) {
        const { what } = await this.#inDialog(line, 'INVITE', body);
        if (what === '200') line.direction = direction;
        if (what !== '491' && what !== '500') return what;
        await think(300); // RFC 3261 §14.1
      }
    } finally {
      this.#reinvites--;
    }
  }

  /** @returns how the BYE was answered. */
  async bye(): Promise<string> {
    const line = this.#confirmed();
    this.#ends(line, 'our BYE');
    return (await this.#inDialog(line, 'BYE')).what;
  }

  /** Gives up a call that has not been answered. @returns how the CANCEL was answered. */
  async cancel(line: Line): Promise<string> {
    const invite = this.#transactions.openInvite(line.callId);
    if (invite === undefined) return 'nothing to cancel';
    this.#ends(line, 'our CANCEL');
    const sent = readMessage(invite);
    const pick = (name: string): string => sent.headers.get(name) ?? '';
    const cseq = numberIn(pick('cseq'));
    const headers = { Via: pick('via'), 'Max-Forwards': '70', From: pick('from'), To: pick('to') };
    const more = { 'Call-ID': pick('call-id'), CSeq: `${cseq} CANCEL` };
    const text = compose(`CANCEL ${sent.line.split(' ')[1] ?? ''} SIP/2.0`, { ...headers, ...more }, '');
    return (await this.#transactions.ask(text)).what;
  }

  /** RFC 3261 §13.3.1.4: whose 200 is never acknowledged hangs up in the end. */
  async hangUpUnheard(line: Line): Promise<string> {
    this.#ends(line, 'nobody acknowledged');
    this.#transactions.stopAnswering(line.callId);
    return (await this.#inDialog(line, 'BYE')).what;
  }

  #confirmed(): Line {
    const line = this.lines.find((one) => one.state === 'confirmed');
    if (line === undefined) throw new Error(`${this.number} is in no call`);
    return line;
  }

  // ---- requests -------------------------------------------------------------------------------------------------------------------

  #text(method: string, uri: string, more: Readonly<Record<string, string>>, body: string): string {
    const headers = {
      Via: `SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bK${token()};rport`,
      'Max-Forwards': '70',
      Contact: `<sip:${this.number}@127.0.0.1:${this.port}>`,
      'User-Agent': 'PatientPhone test',
      ...(body === '' ? {} : { 'Content-Type': 'application/sdp' }),
      ...more,
    };
    return compose(`${method} ${uri} SIP/2.0`, headers, body);
  }

  async #authenticated(method: string, uri: string, more: Readonly<Record<string, string>>, body: string): Promise<Message> {
    let extra: Readonly<Record<string, string>> = {};
    for (let cseq = 1; ; cseq++) {
      const answer = await this.#transactions.ask(
        this.#text(method, uri, { ...more, CSeq: `${cseq} ${method}`, ...extra }, body),
      );
      const line = this.#find(more['Call-ID']);
      if (line !== undefined) line.cseq = cseq;
      // A server that died between challenge and answer does not know its nonce any more, and asks once more.
      if (answer.what !== '401' || cseq > 3) return answer;
      const offered = (answer.headers.get('www-authenticate') ?? '').split(/,\s*(?=Digest\s)/i);
      const challenge = readChallenge(offered, 'MD5');
      const who = { username: this.number, password: `demo-${this.number}`, cnonce: token() };
      extra = { Authorization: authorization(challenge, { method, uri, ...who }) };
    }
  }

  #inDialog(line: Line, method: string, body = ''): Promise<Message> {
    line.cseq++;
    const headers = { From: line.local, To: line.remote, 'Call-ID': line.callId, CSeq: `${line.cseq} ${method}` };
    return this.#transactions.ask(this.#text(method, line.target, headers, body));
  }

  #ack(line: Line, answer: Message): void {
    const cseq = `${numberIn(answer.headers.get('cseq'))} ACK`;
    const headers = { From: line.local, To: line.remote, 'Call-ID': line.callId, CSeq: cseq };
    this.#send(this.#text('ACK', line.target, headers, ''), false);
  }

  // ---- what comes in --------------------------------------------------------------------------------------------------------------

  #receive(message: Message): void {
    const again = this.#transactions.knows(message);
    this.#write('<', message.text);
    if (!again) this.#options.seen(`${this.number} gets ${labelOf(message)}`);
    if (message.body !== '') this.#isNews(message.body);
    if (message.line.startsWith('SIP/2.0')) return this.#answered(message);
    if (message.what === 'ACK') return this.#acked(message);
    if (again) return this.#transactions.answerAgain(message);
    void think(THINK_MS).then(() => (this.#isClosed ? undefined : this.#asked(message)));
  }

  /** RFC 3264 §8: another description of a session has a higher version, or a phone may take it for the one it has. */
  #isNews(sdp: string): void {
    const session = /^o=\S+ \d+/m.exec(sdp)?.[0] ?? '';
    const before = this.#told.get(session);
    if (before === sdp) return;
    if (before !== undefined && versionIn(sdp) <= versionIn(before))
      this.complaints.push(`${this.number}: another SDP has version ${versionIn(sdp)}, after ${versionIn(before)}`);
    this.#told.set(session, sdp);
  }

  #answered(answer: Message): void {
    const line = this.#find(answer.headers.get('call-id'));
    const [, method] = (answer.headers.get('cseq') ?? '').split(' ');
    if (line !== undefined && method === 'INVITE') this.#inviteAnswered(line, answer);
    if (line !== undefined && answer.what === '481' && method !== 'CANCEL') this.#ends(line, '481');
    this.#transactions.answered(answer);
  }

  #inviteAnswered(line: Line, answer: Message): void {
    if (answer.what.startsWith('1') && line.state === 'calling' && answer.what !== '100') line.state = 'early';
    if (!answer.what.startsWith('2')) return;
    line.remote = answer.headers.get('to') ?? line.remote;
    line.target = uriIn(answer.headers.get('contact')) || line.target;
    if (answer.body !== '') {
      line.told = directionIn(answer.body);
      this.#obey(line, answer.body);
    }
    this.#ack(line, answer);
    if (line.state !== 'calling' && line.state !== 'early') return;
    line.state = 'confirmed';
    line.confirmedMs = performance.now();
    this.rtp.talk(this.#options.hertz);
  }

  #acked(ack: Message): void {
    this.#transactions.acked(ack);
    const line = this.#find(ack.headers.get('call-id'));
    if (line?.state !== 'early' || line.role !== 'callee') return;
    line.state = 'confirmed';
    line.confirmedMs = performance.now();
    this.rtp.talk(this.#options.hertz);
  }

  #asked(request: Message): void {
    if (request.what === 'INVITE' && !/;tag=/.test(request.headers.get('to') ?? '')) return void this.#rings(request);
    const line = this.#find(request.headers.get('call-id'));
    if (line === undefined) return this.#answer(request, 481);
    if (request.what === 'CANCEL') return this.#cancelled(line, request);
    const cseq = numberIn(request.headers.get('cseq'));
    // RFC 3261 §12.2.2
    if (cseq <= line.remoteCSeq) {
      this.complaints.push(`${this.number}: CSeq fell from ${line.remoteCSeq} to ${request.headers.get('cseq')}`);
      return this.#answer(request, 500);
    }
    line.remoteCSeq = cseq;
    if (request.what === 'BYE') this.#ends(line, `their BYE ${request.headers.get('reason') ?? ''}`);
    else if (line.state === 'ended') return this.#answer(request, 481);
    if (request.what === 'INVITE') return this.#reinvited(line, request);
    this.#answer(request, 200);
  }

  async #rings(invite: Message): Promise<void> {
    const callId = invite.headers.get('call-id') ?? '';
    const localTag = createHash('md5').update(`${this.port} ${callId}`).digest('hex').slice(0, 10);
    const local = `${invite.headers.get('to')};tag=${localTag}`;
    const remote = invite.headers.get('from') ?? '';
    const target = uriIn(invite.headers.get('contact'));
    const line = this.#newLine({ callId, role: 'callee', state: 'early', localTag, local, remote, target });
    line.remoteCSeq = numberIn(invite.headers.get('cseq'));
    line.cseq = 100;
    this.#answer(invite, 180);
    await think(3 * THINK_MS);
    if (this.#isClosed) return;
    if (line.state !== 'early') return;
    this.#obey(line, invite.body);
    this.#answer(invite, 200, this.rtp.sdp({ version: line.version }));
  }

  #reinvited(line: Line, invite: Message): void {
    if (this.#transactions.openInvite(line.callId) !== undefined) return this.#answer(invite, 491);
    line.told = directionIn(invite.body);
    this.#obey(line, invite.body);
    const direction = MIRROR[line.told] ?? line.direction;
    this.#answer(invite, 200, this.rtp.sdp({ direction, version: ++line.version }));
  }

  #cancelled(line: Line, cancel: Message): void {
    this.#answer(cancel, 200);
    if (line.state !== 'early') return;
    this.#ends(line, 'their CANCEL');
    const invite = this.#transactions.inviteOf(cancel);
    if (invite !== undefined) this.#answer(invite, 487);
  }

  #answer(request: Message, status: number, sdp = ''): void {
    const pick = (name: string): string => request.headers.get(name) ?? '';
    const line = this.#find(pick('call-id'));
    const to = /;tag=/.test(pick('to')) ? pick('to') : `${pick('to')};tag=${line?.localTag ?? token()}`;
    const contact = `<sip:${this.number}@127.0.0.1:${this.port}>`;
    const headers = { Via: pick('via'), From: pick('from'), To: to, 'Call-ID': pick('call-id'), CSeq: pick('cseq') };
    const type: Record<string, string> = sdp === '' ? {} : { 'Content-Type': 'application/sdp' };
    this.#transactions.answer(request, status, compose(`SIP/2.0 ${status} So`, { ...headers, Contact: contact, ...type }, sdp));
  }

  // ---- lines ----------------------------------------------------------------------------------------------------------------------

  #newLine(facts: Pick<Line, 'callId' | 'role' | 'state' | 'localTag' | 'local' | 'remote' | 'target'>): Line {
    const line: Line = {
      ...facts,
      bornMs: performance.now(),
      confirmedMs: 0,
      cseq: 0,
      remoteCSeq: 0,
      version: 1,
      direction: 'sendrecv',
      told: 'sendrecv',
    };
    this.lines.push(line);
    return line;
  }

  #find(callId: string | undefined): Line | undefined {
    return this.lines.find((line) => line.callId === callId);
  }

  #ends(line: Line, how: string): void {
    if (line.state === 'ended') return;
    line.state = 'ended';
    line.end = how;
    if (!this.lines.some((one) => one.state === 'confirmed')) this.rtp.hush();
  }

  #obey(line: Line, sdp: string): void {
    if (line.state !== 'ended' && /^m=audio [1-9]/m.test(sdp)) this.rtp.obey(sdp);
  }

  #send(text: string, again: boolean): void {
    if (!again) this.#options.seen(`${this.number} sends ${labelOf(readMessage(text))}`);
    this.#write('>', text);
    this.#socket.send(Buffer.from(text, 'latin1'), this.#options.server, '127.0.0.1');
  }

  #write(way: string, text: string): void {
    const message = readMessage(text);
    const direction = message.body === '' ? '' : ` ${directionIn(message.body)}`;
    this.#history.push(
      `${Math.round(performance.now())} ${this.number} ${way} ${labelOf(message)}${direction} (${message.headers.get('cseq')})`,
    );
  }
}

/** `INVITE`, `200 to BYE`. */
function labelOf(message: Message): string {
  const method = (message.headers.get('cseq') ?? '').split(' ')[1] ?? '';
  return message.line.startsWith('SIP/2.0') ? `${message.what} to ${method}` : message.what;
}

export const think = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
