/**
 * sip-phone: a phone a test can make do anything, over UDP, with a reader of its own so that it does not share the product's mistakes.
 * What it receives is waited for by name; what it does not answer stays unanswered.
 */
import { createHash, randomBytes } from 'node:crypto';
import { udpWire, type Wire } from './phone-wire.js';

export type Message = Readonly<{
  /** `INVITE`, or `200`. */
  what: string;
  line: string;
  /** The first value by lower-case name; several fields are joined with a comma. */
  headers: ReadonlyMap<string, string>;
  body: string;
  text: string;
}>;

type Waiter = Readonly<{ fits: (message: Message) => boolean; resolve: (message: Message) => void }>;

const PATIENCE_MS = 8_000;
const token = (): string => randomBytes(6).toString('hex');

export type PhoneOptions = Readonly<{ number: string; server: number; password?: string; userAgent?: string; address?: string }>;

/** What a phone remembers of a call. */
export type CallLeg = {
  readonly callId: string;
  localTag: string;
  /** The other party's From or To, with its tag. */
  remote: string;
  readonly localUri: string;
  target: string;
  cseq: number;
};

export class SipPhone {
  readonly number: string;
  readonly port: number;
  readonly #wire: Wire;
  readonly #options: PhoneOptions;
  #server: number;
  readonly #waiters = new Set<Waiter>();
  /** Everything received that nobody waited for yet. */
  #inbox: Message[] = [];
  /** All of it, for assertions on what did not happen; what comes again byte for byte (RFC 3261 §17, a busy machine) has not happened again. */
  readonly received: Message[] = [];
  readonly #texts = new Set<string>();

  static async open(options: PhoneOptions): Promise<SipPhone> {
    return new SipPhone(options, await udpWire(options.address));
  }

  /** @param wire over which it speaks: phone-wire.ts. */
  constructor(options: PhoneOptions, wire: Wire) {
    this.#options = options;
    this.#wire = wire;
    this.#server = options.server;
    this.number = options.number;
    this.port = wire.port;
    wire.heard((text) => this.#receive(readMessage(text)));
  }

  /** For a phone whose port had to be known before its server was. */
  towards(server: number): this {
    this.#server = server;
    return this;
  }

  get uri(): string {
    return `sip:${this.number}@127.0.0.1`;
  }

  get contact(): string {
    return `<sip:${this.number}@127.0.0.1:${this.port}${this.#wire.uriParameter}>`;
  }

  send(text: string): void {
    this.#wire.send(text, this.#server);
  }

  close(): void {
    this.#wire.close();
  }

  #receive(message: Message): void {
    if (!this.#texts.has(message.text)) this.received.push(message);
    this.#texts.add(message.text);
    for (const waiter of this.#waiters) {
      if (!waiter.fits(message)) continue;
      this.#waiters.delete(waiter);
      return waiter.resolve(message);
    }
    this.#inbox.push(message);
  }

  /** The next message called so (a method, or a status, or a class like `2xx`), also one that came before. */
  receives(what: string, fits: (message: Message) => boolean = () => true): Promise<Message> {
    const right = (message: Message): boolean =>
      (message.what === what ||
        (what.endsWith('xx') && /^[1-6]\d\d$/.test(message.what) && message.what.startsWith(what.slice(0, -2)))) &&
      fits(message);
    const known = this.#inbox.find(right);
    if (known !== undefined) {
      this.#inbox = this.#inbox.filter((one) => one !== known);
      return Promise.resolve(known);
    }
    return new Promise((resolve, reject) => {
      const slow = setTimeout(() => {
        this.#waiters.delete(waiter);
        const seen = this.received.map((one) => one.line).join('\n  ');
        reject(new Error(`phone ${this.number} waited for ${what}; it has received\n  ${seen}`));
      }, PATIENCE_MS);
      const waiter: Waiter = {
        fits: right,
        resolve: (message) => {
          clearTimeout(slow);
          resolve(message);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  // ---- requests -------------------------------------------------------------------------------------------------------------------

  /** A request outside a dialog. @returns its text, for a CANCEL or a repetition. */
  request(method: string, uri: string, more: Readonly<Record<string, string>> = {}, body = ''): string {
    const headers: Record<string, string> = {
      Via: `SIP/2.0/${this.#wire.protocol} 127.0.0.1:${this.port};branch=z9hG4bK${token()};rport`,
      'Max-Forwards': '70',
      From: `<${this.uri}>;tag=${token()}`,
      To: `<${uri}>`,
      'Call-ID': token(),
      CSeq: `1 ${method}`,
      Contact: this.contact,
      'User-Agent': this.#options.userAgent ?? 'SipPhone test',
      ...(body === '' || more['Content-Type'] !== undefined ? {} : { 'Content-Type': 'application/sdp' }),
      ...more,
    };
    const text = compose(`${method} ${uri} SIP/2.0`, headers, body);
    this.send(text);
    return text;
  }

  /** Sends a request, answers the challenge, and gives the first answer that is none. */
  async authenticated(method: string, uri: string, more: Readonly<Record<string, string>> = {}, body = ''): Promise<Message> {
    const { text, challenge } = await this.#challenged(method, uri, more, body);
    const first = readMessage(text);
    const identity = { From: first.headers.get('from') ?? '', 'Call-ID': first.headers.get('call-id') ?? '' };
    this.request(
      method,
      uri,
      { ...identity, CSeq: `2 ${method}`, ...more, Authorization: this.#answer(challenge, method, uri) },
      body,
    );
    return this.receives('xx', (answer) => answer.what !== '100' && answer.headers.get('cseq') === `2 ${method}`);
  }

  async #challenged(method: string, uri: string, more: Readonly<Record<string, string>>, body: string) {
    const text = this.request(method, uri, more, body);
    // Not a repetition of one that was for another request: its nonce has been used.
    const callId = readMessage(text).headers.get('call-id');
    const challenge = await this.receives('401', (one) => one.headers.get('call-id') === callId);
    if (method === 'INVITE') this.#ackRefusal(text, challenge);
    return { text, challenge };
  }

  /** MD5, as most phones on desks have it. */
  #answer(challenge: Message, method: string, uri: string): string {
    const field = challenge.headers.get('www-authenticate') ?? '';
    const md5 = field.split(/,\s*(?=Digest\s)/i).find((one) => /algorithm="?MD5"?(?![0-9A-Za-z-])/i.test(one)) ?? field;
    const [realm = '', nonce = ''] = ['realm', 'nonce'].map((name) => new RegExp(`${name}="([^"]*)"`).exec(md5)?.[1]);
    const hash = (text: string): string => createHash('md5').update(text).digest('hex');
    const [cnonce, nc] = [token(), '00000001'];
    const ha1 = hash(`${this.number}:${realm}:${this.#options.password ?? `demo-${this.number}`}`);
    const response = hash(`${ha1}:${nonce}:${nc}:${cnonce}:auth:${hash(`${method}:${uri}`)}`);
    return `Digest username="${this.number}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}", algorithm=MD5, qop=auth, nc=${nc}, cnonce="${cnonce}"`;
  }

  #ackRefusal(invite: string, refusal: Message): void {
    const sent = readMessage(invite);
    const via = sent.headers.get('via') ?? '';
    const headers = {
      Via: via,
      'Max-Forwards': '70',
      From: sent.headers.get('from') ?? '',
      To: refusal.headers.get('to') ?? '',
      'Call-ID': sent.headers.get('call-id') ?? '',
      CSeq: `${parseInt(sent.headers.get('cseq') ?? '1', 10)} ACK`,
    };
    this.send(compose(`ACK ${sent.line.split(' ')[1] ?? ''} SIP/2.0`, headers, ''));
  }

  async register(more: Readonly<Record<string, string>> = {}): Promise<Message> {
    return this.authenticated('REGISTER', 'sip:127.0.0.1', {
      To: `<${this.uri}>`,
      From: `<${this.uri}>;tag=${token()}`,
      Expires: '600',
      ...more,
    });
  }

  /** An INVITE with the right password. @returns what identifies it from now on; its answers are waited for with `receives`. */
  async invite(
    number: string,
    sdp: string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Readonly<{ leg: CallLeg; text: string }>> {
    const uri = `sip:${number}@127.0.0.1`;
    const { text: first, challenge } = await this.#challenged('INVITE', uri, more, sdp);
    const sent = readMessage(first);
    const from = sent.headers.get('from') ?? '';
    const callId = sent.headers.get('call-id') ?? '';
    const text = this.request(
      'INVITE',
      uri,
      { From: from, 'Call-ID': callId, CSeq: '2 INVITE', ...more, Authorization: this.#answer(challenge, 'INVITE', uri) },
      sdp,
    );
    return { leg: { callId, localTag: tagIn(from), remote: `<${uri}>`, localUri: this.uri, target: uri, cseq: 2 }, text };
  }

  cancel(invite: string): void {
    const sent = readMessage(invite);
    const pick = (name: string): string => sent.headers.get(name) ?? '';
    const headers = {
      Via: pick('via'),
      'Max-Forwards': '70',
      From: pick('from'),
      To: pick('to'),
      'Call-ID': pick('call-id'),
      CSeq: `${parseInt(pick('cseq'), 10)} CANCEL`,
    };
    this.send(compose(`CANCEL ${sent.line.split(' ')[1] ?? ''} SIP/2.0`, headers, ''));
  }

  /** ACK to the 2xx of our INVITE; the leg learns the dialog from it. */
  ack(leg: CallLeg, answer: Message, sdp = ''): void {
    leg.remote = answer.headers.get('to') ?? leg.remote;
    leg.target = /<([^>]+)>/.exec(answer.headers.get('contact') ?? '')?.[1] ?? leg.target;
    this.#inDialog(leg, 'ACK', sdp, {}, parseInt(answer.headers.get('cseq') ?? '1', 10));
  }

  /** A request in the dialog of a leg, with the next CSeq. */
  inDialog(leg: CallLeg, method: string, body = '', more: Readonly<Record<string, string>> = {}): void {
    leg.cseq++;
    this.#inDialog(leg, method, body, more, leg.cseq);
  }

  #inDialog(leg: CallLeg, method: string, body: string, more: Readonly<Record<string, string>>, cseq: number): void {
    const headers = {
      From: `<${leg.localUri}>;tag=${leg.localTag}`,
      To: leg.remote,
      'Call-ID': leg.callId,
      CSeq: `${cseq} ${method}`,
      ...more,
    };
    this.request(method, leg.target, headers, body);
  }

  // ---- responses ------------------------------------------------------------------------------------------------------------------

  /** Answers a request; our tag in To stays the same for the same call. */
  respond(request: Message, status: number, sdp = '', more: Readonly<Record<string, string>> = {}): void {
    const pick = (name: string): string => request.headers.get(name) ?? '';
    const to = pick('to');
    const headers: Record<string, string> = {
      Via: pick('via'),
      From: pick('from'),
      To: /;tag=/.test(to) || status === 100 ? to : `${to};tag=${this.#tagFor(pick('call-id'))}`,
      'Call-ID': pick('call-id'),
      CSeq: pick('cseq'),
      ...(status > 100 && status < 300 ? { Contact: this.contact } : {}),
      ...(sdp === '' ? {} : { 'Content-Type': 'application/sdp' }),
      ...more,
    };
    this.send(compose(`SIP/2.0 ${status} Because`, headers, sdp));
  }

  #tagFor(callId: string): string {
    return createHash('md5').update(`${this.port} ${callId}`).digest('hex').slice(0, 10);
  }

  /** The dialog that our 2xx to this INVITE made. */
  legOf(invite: Message): CallLeg {
    const callId = invite.headers.get('call-id') ?? '';
    const target = /<([^>]+)>/.exec(invite.headers.get('contact') ?? '')?.[1] ?? '';
    const localUri = /<([^>]+)>/.exec(invite.headers.get('to') ?? '')?.[1] ?? this.uri;
    return { callId, localTag: this.#tagFor(callId), remote: invite.headers.get('from') ?? '', localUri, target, cseq: 100 };
  }
}

const tagIn = (value: string): string => /;tag=([^;>\s]+)/.exec(value)?.[1] ?? '';

export function compose(line: string, headers: Readonly<Record<string, string>>, body: string): string {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [line, ...fields, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}

export function readMessage(text: string): Message {
  const end = text.indexOf('\r\n\r\n');
  const [line = '', ...fields] = text.slice(0, end < 0 ? text.length : end).split('\r\n');
  const headers = new Map<string, string>();
  for (const field of fields) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon).trim().toLowerCase();
    const before = headers.get(name);
    const value = field.slice(colon + 1).trim();
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const words = line.split(' ');
  return {
    what: (line.startsWith('SIP/') ? words[1] : words[0]) ?? '',
    line,
    headers,
    body: end < 0 ? '' : text.slice(end + 4),
    text,
  };
}

/** The direction an SDP says; `sendrecv` when it says none. */
export const directionIn = (sdp: string): string => /^a=(sendrecv|sendonly|recvonly|inactive)/m.exec(sdp)?.[1] ?? 'sendrecv';

/** The o= version. */
export const versionIn = (sdp: string): bigint => BigInt(/^o=\S+ \d+ (\d+)/m.exec(sdp)?.[1] ?? '-1');
