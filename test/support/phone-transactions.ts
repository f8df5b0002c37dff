/**
 * phone-transactions: what a phone repeats until it is answered, and what it answers again when it is asked again (RFC 3261 §17, in a
 * hurry: every 250 ms). Knows no calls.
 */
import { readMessage, type Message } from './sip-phone.js';

const REPEAT_MS = 250;
const PATIENCE_MS = 8000;
/** An INVITE in a dialog that is being worked on: its phone gives up so soon when nothing comes. */
const PROCEEDING_MS = 2000;

type Asking = { text: string; proceeding: boolean; timer: NodeJS.Timeout; endsMs: number; settle: (answer: Message) => void };
type Answering = { request: Message; text: string; timer: NodeJS.Timeout | undefined; endsMs: number };

export class Transactions {
  readonly #send: (text: string, again: boolean) => void;
  readonly #asking = new Map<string, Asking>();
  readonly #answering = new Map<string, Answering>();
  readonly #seen = new Set<string>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(send: (text: string, again: boolean) => void) {
    this.#send = send;
  }

  close(): void {
    this.clear();
  }

  clear(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers.clear();
    this.#asking.clear();
    this.#answering.clear();
    this.#seen.clear();
  }

  // ---- as a client ----------------------------------------------------------------------------------------------------------------

  /** @returns the final answer; 408 of our own making when there is none. */
  ask(text: string): Promise<Message> {
    const key = keyOf(readMessage(text));
    return new Promise((settle) => {
      const endsMs = performance.now() + PATIENCE_MS;
      const timer = this.#every(() => this.#askAgain(key));
      this.#asking.set(key, { text, proceeding: false, timer, endsMs, settle });
      this.#send(text, false);
    });
  }

  #askAgain(key: string): void {
    const asking = this.#asking.get(key);
    if (asking === undefined) return;
    if (performance.now() > asking.endsMs) return this.#settle(key, readMessage('SIP/2.0 408 Nobody answered\r\n\r\n'));
    // RFC 3261 §17.1.1.2: an INVITE that got a provisional answer is not repeated.
    if (!asking.proceeding) this.#send(asking.text, true);
  }

  answered(answer: Message): void {
    const key = keyOf(answer);
    const asking = this.#asking.get(key);
    const isInvite = key.endsWith('INVITE');
    if (isInvite && /^[3-6]/.test(answer.what) && asking !== undefined) this.#send(ackOf(asking.text, answer), false);
    if (asking === undefined) return;
    if (!answer.what.startsWith('1')) return this.#settle(key, answer);
    asking.proceeding = isInvite;
    if (/;tag=/.test(readMessage(asking.text).headers.get('to') ?? '')) asking.endsMs = performance.now() + PROCEEDING_MS;
  }

  #settle(key: string, answer: Message): void {
    const asking = this.#asking.get(key);
    if (asking === undefined) return;
    this.#stop(asking.timer);
    this.#asking.delete(key);
    asking.settle(answer);
  }

  /** An INVITE of ours in this call that has no final answer. */
  openInvite(callId: string): string | undefined {
    for (const [key, { text }] of this.#asking)
      if (key.endsWith('INVITE') && readMessage(text).headers.get('call-id') === callId) return text;
    return undefined;
  }

  // ---- as a server ----------------------------------------------------------------------------------------------------------------

  /** It came before. Only asked once of each message. */
  knows(message: Message): boolean {
    const key = `${message.line} ${keyOf(message)} ${message.headers.get('call-id')}`;
    if (this.#seen.has(key)) return true;
    this.#seen.add(key);
    return false;
  }

  /** A 200 to INVITE is repeated until its ACK comes (RFC 3261 §13.3.1.4). */
  answer(request: Message, status: number, text: string): void {
    const key = keyOf(request);
    const repeats = request.what === 'INVITE' && status >= 200 && status < 300;
    const timer = repeats ? this.#every(() => this.#answerOnAndOn(key)) : undefined;
    this.#answering.set(key, { request, text, timer, endsMs: performance.now() + PATIENCE_MS });
    this.#send(text, false);
  }

  #answerOnAndOn(key: string): void {
    const answering = this.#answering.get(key);
    if (answering === undefined) return;
    if (performance.now() > answering.endsMs) return this.#stop(answering.timer);
    this.#send(answering.text, true);
  }

  answerAgain(request: Message): void {
    const answering = this.#answering.get(keyOf(request));
    if (answering !== undefined) this.#send(answering.text, true);
  }

  /** An ACK to a 2xx has a branch of its own: it belongs to the INVITE with its CSeq. */
  acked(ack: Message): void {
    const cseq = parseInt(ack.headers.get('cseq') ?? '', 10);
    for (const { request, timer } of this.#answering.values()) {
      if (request.what !== 'INVITE' || request.headers.get('call-id') !== ack.headers.get('call-id')) continue;
      if (parseInt(request.headers.get('cseq') ?? '', 10) === cseq) this.#stop(timer);
    }
  }

  /** A 200 of ours to an INVITE is repeated, because no ACK has come. */
  get isRepeatingAnswers(): boolean {
    return [...this.#answering.values()].some(({ timer }) => timer !== undefined && this.#timers.has(timer));
  }

  /** The INVITE that a CANCEL is about. */
  inviteOf(cancel: Message): Message | undefined {
    return this.#answering.get(keyOf(cancel).replace(/CANCEL$/, 'INVITE'))?.request;
  }

  /** The 200 to an INVITE of this call is repeated no more. */
  stopAnswering(callId: string): void {
    for (const { request, timer } of this.#answering.values()) if (request.headers.get('call-id') === callId) this.#stop(timer);
  }

  #every(run: () => void): NodeJS.Timeout {
    const timer = setInterval(run, REPEAT_MS);
    this.#timers.add(timer);
    return timer;
  }

  #stop(timer: NodeJS.Timeout | undefined): void {
    clearInterval(timer);
    if (timer !== undefined) this.#timers.delete(timer);
  }
}

/** RFC 3261 §17.1.3: the branch and the method. */
function keyOf(message: Message): string {
  const branch = /branch=([^;,\s]+)/.exec(message.headers.get('via') ?? '')?.[1] ?? '';
  const method = (message.headers.get('cseq') ?? '').split(' ')[1] ?? '';
  return `${branch} ${method}`;
}

/** RFC 3261 §17.1.1.3: to a refusal, in the transaction of its INVITE. */
function ackOf(invite: string, refusal: Message): string {
  const [head = ''] = invite.split('\r\n\r\n');
  const lines = head.split('\r\n').filter((line) => /^(Via|Max-Forwards|From|Call-ID):/i.test(line));
  const first = head.replace(/^INVITE/, 'ACK').split('\r\n')[0] ?? '';
  const cseq = `CSeq: ${parseInt(refusal.headers.get('cseq') ?? '1', 10)} ACK`;
  return [first, ...lines, `To: ${refusal.headers.get('to') ?? ''}`, cseq, 'Content-Length: 0', '', ''].join('\r\n');
}
