/**
 * ng-client: one typed door to rtpengine's NG protocol over UDP. Sends a command again when its reply is late, gives it an end,
 * keeps more than a window of them from being on the way at once, and turns refusals into typed errors.
 * Does not know what the commands mean: that is ng-commands.ts.
 */
import type { Clock, Timer } from '#kit/clock.js';
import { Busy, MediaFailed, MediaGone } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import { cookieOf, NgWire, readReply, type NgReply, type NgTarget, type NgVerb } from './ng-wire.js';

export type { NgReply, NgTarget, NgVerb } from './ng-wire.js';

/** rtpengine answers a repeated cookie from its cache and does not run the command twice, so repeating is safe. */
export const RESEND_AT_MS: readonly number[] = [150, 400, 1000, 1600, 2300];
export const DEADLINE_MS = 3000;
export const PENDING_LIMIT = 20_000;
/**
 * So many commands are on the way at once, the rest wait their turn here: the default receive buffer of rtpengine's socket
 * holds about 90 of them with a session description, and what is lost there costs 150 ms.
 */
export const WINDOW = 64;

/** Calls end all the time; what has ended gives its ports back. */
const ROOM_AGAIN_SEC = 10;

/** rtpengine understood the command and said no. */
export class NgRefused extends MediaFailed {
  readonly reason: string;

  constructor(verb: NgVerb, reason: string) {
    super(`rtpengine refused ${verb}: ${reason}`);
    this.reason = reason;
  }
}

type Waiting = {
  verb: NgVerb;
  datagram: Buffer;
  /** How often it was sent; 0: it waits for its turn. */
  sent: number;
  firstSentMs: number;
  endsMs: number;
  timer: Timer | undefined;
  settle: (outcome: Outcome) => void;
};
type Outcome = Readonly<{ reply: NgReply }> | Readonly<{ error: Error }>;

export class NgClient {
  readonly #wire: NgWire;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();
  /** Cookies of what waits for its turn, and who wants to know when it is his. */
  readonly #turn: (string | (() => void))[] = [];
  #onTheWay = 0;
  #target: NgTarget | undefined;
  #dropped = 0;
  #closed = false;

  /**
   * @param target undefined: nothing runs yet, commands are refused until `retarget`.
   * @param localAddress where replies come in; absent: on every address of this machine.
   */
  constructor(target: NgTarget | undefined, clock: Clock, log: Logger, localAddress?: string) {
    this.#target = target;
    this.#clock = clock;
    this.#wire = new NgWire(localAddress, log, (datagram) => this.#received(datagram));
  }

  /** @throws NgRefused, MediaFailed, MediaGone or Busy, as a rejection. */
  request(verb: NgVerb, args: Readonly<Record<string, unknown>>, blob?: Buffer): Promise<NgReply> {
    const { 'call-id': callId = '' } = args as { 'call-id'?: string };
    if (this.#closed) return Promise.reject(new MediaFailed('the door to rtpengine is closed'));
    if (this.#target === undefined) return Promise.reject(new MediaFailed('rtpengine is not running'));
    if (this.#waiting.size >= PENDING_LIMIT) {
      return Promise.reject(new MediaFailed(`${PENDING_LIMIT} commands wait for rtpengine already`));
    }
    return new Promise((resolve, reject) => {
      const settle = (outcome: Outcome): void => ('reply' in outcome ? resolve(outcome.reply) : reject(outcome.error));
      const { cookie, datagram } = this.#wire.write(verb, args, blob, (reply) => settle(judge(verb, callId, reply)));
      const endsMs = this.#clock.now() + DEADLINE_MS;
      this.#waiting.set(cookie, { verb, datagram, sent: 0, firstSentMs: 0, endsMs, timer: undefined, settle });
      this.#turn.push(cookie);
      this.#sendNext();
      if (this.#waiting.get(cookie)?.sent === 0) this.#arm(cookie);
    });
  }

  /** Where commands go from now on; what waits for the old place is rejected. */
  retarget(target: NgTarget | undefined, why: string): void {
    this.#abandon(why);
    this.#target = target;
  }

  /** `gone` follows when everything that waits for its turn now has had it; at once when nothing waits. */
  afterBacklog(gone: () => void): void {
    this.#turn.push(gone);
    this.#sendNext();
  }

  get pending(): number {
    return this.#waiting.size;
  }

  /** Replies nobody waited for, or that nobody could read. */
  get dropped(): number {
    return this.#dropped;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#abandon('the door to rtpengine was closed');
    this.#wire.close();
  }

  #sendNext(): void {
    while (this.#onTheWay < WINDOW) {
      const cookie = this.#turn.shift();
      if (cookie === undefined) return;
      if (typeof cookie === 'function') {
        cookie();
        continue;
      }
      const waiting = this.#waiting.get(cookie);
      if (waiting === undefined) continue; // its time ran out before its turn came
      this.#onTheWay++;
      waiting.firstSentMs = this.#clock.now();
      this.#send(cookie, waiting);
    }
  }

  #send(cookie: string, waiting: Waiting): void {
    if (this.#target === undefined) return;
    waiting.sent++;
    this.#arm(cookie);
    this.#wire.send(waiting.datagram, this.#target, (error) => {
      this.#finish(cookie)?.settle({ error: new MediaFailed(`${waiting.verb} could not be sent: ${error.message}`, error) });
    });
  }

  /** One timer a command: until it is sent again, or until it ends. */
  #arm(cookie: string): void {
    const waiting = this.#waiting.get(cookie);
    if (waiting === undefined) return;
    waiting.timer?.cancel();
    const resendAtMs = waiting.sent === 0 ? undefined : RESEND_AT_MS[waiting.sent - 1];
    const dueMs = resendAtMs === undefined ? waiting.endsMs : Math.min(waiting.endsMs, waiting.firstSentMs + resendAtMs);
    waiting.timer = this.#clock.after(`ng ${waiting.verb}`, Math.max(0, dueMs - this.#clock.now()), () => {
      if (dueMs < waiting.endsMs) return this.#send(cookie, waiting);
      this.#finish(cookie)?.settle({ error: new MediaFailed(`rtpengine did not answer ${waiting.verb} in ${DEADLINE_MS} ms`) });
    });
  }

  #received(datagram: Buffer): void {
    const cookie = cookieOf(datagram);
    const reply = this.#waiting.has(cookie) ? readReply(datagram) : undefined;
    if (reply === undefined) {
      this.#dropped++; // a second reply, one that came too late, or garbage: the resend brings the true one again
      return;
    }
    this.#forget(cookie);
    this.#wire.deliver(cookie, reply);
    this.#sendNext();
  }

  /** Ends it without an answer: the library must not wait for one either. */
  #finish(cookie: string): Waiting | undefined {
    const waiting = this.#forget(cookie);
    this.#wire.forget(cookie);
    this.#sendNext();
    return waiting;
  }

  #forget(cookie: string): Waiting | undefined {
    const waiting = this.#waiting.get(cookie);
    if (waiting === undefined) return undefined;
    waiting.timer?.cancel();
    if (waiting.sent > 0) this.#onTheWay--;
    this.#waiting.delete(cookie);
    return waiting;
  }

  #abandon(why: string): void {
    for (const one of this.#turn.splice(0)) if (typeof one === 'function') one();
    for (const cookie of [...this.#waiting.keys()]) {
      const waiting = this.#finish(cookie);
      waiting?.settle({ error: new MediaFailed(`${waiting.verb} has no answer: ${why}`) });
    }
  }
}

function judge(verb: NgVerb, callId: string, reply: NgReply): Outcome {
  if (reply['result'] === 'ok' || reply['result'] === 'pong') return { reply };
  const said = reply['error-reason'] ?? reply['message'] ?? reply['result'];
  const reason = typeof said === 'string' ? said : 'no reason given';
  if (/ran out of ports|session limit/i.test(reason))
    return { error: new Busy(`the media server has no room for another call: ${reason}`, ROOM_AGAIN_SEC) };
  // 10.5 spells it `call-id` for some commands and `call-ID` for others.
  return { error: /unknown call-id/i.test(reason) ? new MediaGone(callId) : new NgRefused(verb, reason) };
}
