/**
 * transactions: requests that are sent until they are answered, answers that are sent until they are acknowledged, and a memory of
 * both (RFC 3261 §17, as far as a phone that is driven by a script needs it). What a message means is decided by the phone.
 */
import type { Clock, Timer } from '#kit/clock.js';
import type { Ladder } from '../ladder.js';
import type { Waits } from '../waits.js';
import { branchOf, composeSip, cseqOf, header, readSip, type Sip } from './sip-text.js';
import { openWire, type HostPort, type Transport, type Wire } from './wire.js';

/** What may be done to a message on its way to a phone: a test of the kit makes a target misbehave by it. */
export type SipTamper = (text: string, phone: string) => readonly string[];

export type Context = Readonly<{
  label: string;
  transport: Transport;
  target: HostPort;
  /** Where the phone is to be found; 0 takes a free port. */
  port: number;
  clock: Clock;
  waits: Waits;
  ladder: Ladder;
  tamper?: SipTamper | undefined;
}>;

type Heard = Readonly<{ message: Sip; again: boolean }>;

const T1_MS = 500;
const T2_MS = 4_000;
/** 64*T1 (RFC 3261 §17.1.1.1). */
const GIVE_UP_MS = 32_000;
const MOST_REMEMBERED = 500;

export class Transactions {
  readonly #context: Context;
  readonly #received: Heard[] = [];
  /** Branch, or Call-ID and CSeq of a 2xx → what is being repeated. */
  readonly #repeating = new Map<string, Timer>();
  /** Server transactions: branch and method → the last answer. */
  readonly #answers = new Map<string, { text: string | undefined; back: (text: string) => void }>();
  /** ACKs to 2xx: Call-ID and CSeq → text, for when the 2xx comes again. */
  readonly #acks = new Map<string, string>();
  /** Branch of an INVITE → its text, for the ACK of a refusal. */
  readonly #invites = new Map<string, Sip>();
  #losing: ((message: Sip) => boolean)[] = [];
  #wire: Wire | undefined;
  onRequest: (request: Sip) => void = () => undefined;

  static async open(context: Context): Promise<Transactions> {
    const own = new Transactions(context);
    const { transport, target, port, tamper, label } = context;
    own.#wire = await openWire({
      transport,
      target,
      port,
      receive: (text, back) => {
        for (const one of tamper === undefined ? [text] : tamper(text, label)) own.#receive(one, back);
      },
    });
    return own;
  }

  private constructor(context: Context) {
    this.#context = context;
  }

  get address(): string {
    return this.#wire?.address ?? '';
  }

  get port(): number {
    return this.#wire?.port ?? 0;
  }

  /** The INVITE sent last. */
  get lastInvite(): Sip | undefined {
    return [...this.#invites.values()].at(-1);
  }

  /** Everything received up to now; what comes later has a higher place. */
  mark(): number {
    return this.#received.length;
  }

  /** What came after a mark, without retransmissions. */
  since(mark: number): readonly Sip[] {
    return this.#received.slice(mark).flatMap(({ message, again }) => (again ? [] : [message]));
  }

  /** How often this was received, retransmissions counted. */
  times(fits: (message: Sip) => boolean): number {
    return this.#received.filter(({ message }) => fits(message)).length;
  }

  next(name: string, fits: (message: Sip) => boolean, mark: number, ms: number): Promise<Sip> {
    const look = (): Sip | undefined => this.since(mark).find(fits);
    const seen = (): string =>
      this.since(mark)
        .map(({ line }) => line)
        .join(' | ') || 'nothing';
    return this.#context.waits.until({ name: `${this.#context.label}: ${name}`, ms, look, seen });
  }

  /** The next messages that fit are not sent, as if the network had lost them. */
  lose(fits: (message: Sip) => boolean, times = 1): void {
    for (let index = 0; index < times; index++) this.#losing.push(fits);
  }

  /** Sends once more what a request was answered with last. */
  repeat(request: Sip): void {
    const served = this.#answers.get(keyOf(request));
    if (served?.text !== undefined) this.#send(served.text, served.back);
  }

  /** Sends a request until something answers it. */
  request(text: string): Sip {
    const message = readSip(text);
    if (message.what === 'INVITE') remember(this.#invites, branchOf(message), message);
    if (message.what === 'ACK') remember(this.#acks, exchangeOf(message), text);
    this.#send(text);
    if (message.what !== 'ACK')
      this.#repeat(keyOf(message), text, (again) => this.#send(again), message.what === 'INVITE' ? GIVE_UP_MS : T2_MS);
    return message;
  }

  /** Answers a request; a 2xx to an INVITE until its ACK comes (RFC 3261 §13.3.1.4). */
  respond(request: Sip, text: string): void {
    const served = this.#answers.get(keyOf(request));
    const back = served?.back ?? ((again: string): void => this.#wire?.send(again));
    if (served !== undefined) served.text = text;
    const send = (again: string): void => this.#send(again, back);
    send(text);
    const { status } = readSip(text);
    if (request.what === 'INVITE' && status >= 200 && status < 300) this.#repeat(exchangeOf(request), text, send, T2_MS, true);
  }

  close(): void {
    for (const timer of this.#repeating.values()) timer.cancel();
    this.#repeating.clear();
    this.#wire?.close();
  }

  /** RFC 3261 §17.1.1.2: twice as long each time; over TCP only the 2xx of an INVITE is repeated. */
  #repeat(key: string, text: string, send: (text: string) => void, mostMs: number, always = false): void {
    if (this.#context.transport === 'tcp' && !always) return;
    const again = (waitMs: number, leftMs: number): void => {
      if (leftMs <= 0) return void this.#repeating.delete(key);
      const timer = this.#context.clock.after(`repeat ${key}`, waitMs, () => {
        send(text);
        again(Math.min(2 * waitMs, mostMs), leftMs - waitMs);
      });
      this.#repeating.set(key, timer);
    };
    again(T1_MS, GIVE_UP_MS);
  }

  #quiet(key: string): void {
    this.#repeating.get(key)?.cancel();
    this.#repeating.delete(key);
  }

  #send(text: string, by: (text: string) => void = (one) => this.#wire?.send(one)): void {
    const message = readSip(text);
    const lost = this.#losing.findIndex((fits) => fits(message));
    if (lost >= 0) this.#losing = this.#losing.filter((_, index) => index !== lost);
    else by(text);
    this.#note(lost >= 0 ? 'lost' : 'out', message, false);
  }

  #note(way: 'in' | 'out' | 'lost', message: Sip, again: boolean): void {
    this.#context.ladder.add({ atMs: this.#context.clock.now(), phone: this.#context.label, way, again, message });
  }

  #receive(text: string, back: (text: string) => void): void {
    const message = readSip(text);
    if (message.line === '') return;
    const again = message.status > 0 ? this.#receiveAnswer(message) : this.#receiveRequest(message, back);
    this.#note('in', message, again);
    this.#received.push({ message, again });
    if (message.status === 0 && !again) this.onRequest(message);
    this.#context.waits.wake();
  }

  #receiveAnswer(answer: Sip): boolean {
    const branch = branchOf(answer);
    const again = answer.status > 100 && this.#received.some((one) => isSameAnswer(one.message, answer));
    this.#quiet(`${cseqOf(answer).method} ${branch}`);
    if (cseqOf(answer).method !== 'INVITE' || answer.status < 200) return again;
    const invite = this.#invites.get(branch);
    if (answer.status >= 300 && invite !== undefined) this.#send(ackOfRefusal(invite, answer));
    const ack = this.#acks.get(exchangeOf(answer));
    if (answer.status < 300 && ack !== undefined) this.#send(ack);
    return again;
  }

  #receiveRequest(request: Sip, back: (text: string) => void): boolean {
    if (request.what === 'ACK') {
      const isNew = this.#repeating.has(exchangeOf(request)) || !this.#received.some((one) => one.message.text === request.text);
      this.#quiet(exchangeOf(request));
      return !isNew;
    }
    const key = keyOf(request);
    const served = this.#answers.get(key);
    if (served === undefined) {
      remember(this.#answers, key, { text: undefined, back });
      return false;
    }
    if (served.text !== undefined) this.#send(served.text, back);
    return true;
  }
}

/** A reliable 1xx differs from the one before by its RSeq only (RFC 3262 §3). */
const isSameAnswer = (a: Sip, b: Sip): boolean =>
  a.line === b.line && branchOf(a) === branchOf(b) && ['cseq', 'rseq'].every((name) => header(a, name) === header(b, name));

const keyOf = (request: Sip): string => `${request.what} ${branchOf(request)}`;
/** An INVITE, its 2xx and its ACK have these in common. */
const exchangeOf = (message: Sip): string => `${header(message, 'call-id')} ${cseqOf(message).number}`;

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > MOST_REMEMBERED && oldest.done !== true) map.delete(oldest.value);
}

/** RFC 3261 §17.1.1.3: by the same branch. */
function ackOfRefusal(invite: Sip, refusal: Sip): string {
  const headers = {
    Via: header(invite, 'via'),
    'Max-Forwards': '70',
    Route: header(invite, 'route') || undefined,
    From: header(invite, 'from'),
    To: header(refusal, 'to'),
    'Call-ID': header(invite, 'call-id'),
    CSeq: `${cseqOf(invite).number} ACK`,
  };
  return composeSip(`ACK ${invite.line.split(' ')[1] ?? ''} SIP/2.0`, headers, '');
}
