/**
 * ng-client: one typed door to rtpengine's NG protocol over UDP. The library writes the datagram and knows the cookie; this
 * file sends it again when the reply is late, gives every command an end, and turns refusals into typed errors.
 * Does not know what the commands mean: that is ng-commands.ts.
 */
import type { Socket } from 'node:dgram';
import rtpengineClient from 'rtpengine-client';
import type { Clock, Timer } from '#kit/clock.js';
import { MediaFailed, MediaGone } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';

export type NgTarget = Readonly<{ host: string; port: number }>;
export type NgReply = Readonly<Record<string, unknown>>;
export type NgVerb =
  | 'offer'
  | 'answer'
  | 'delete'
  | 'query'
  | 'ping'
  | 'statistics'
  | 'blockMedia'
  | 'unblockMedia'
  | 'blockDTMF'
  | 'unblockDTMF'
  | 'playMedia'
  | 'stopMedia';

/** rtpengine answers a repeated cookie from its cache and does not run the command twice, so repeating is safe. */
export const RESEND_AT_MS: readonly number[] = [150, 400, 1000];
export const DEADLINE_MS = 3000;
export const PENDING_LIMIT = 20_000;

/** rtpengine understood the command and said no. */
export class NgRefused extends MediaFailed {
  readonly reason: string;

  constructor(verb: NgVerb, reason: string) {
    super(`rtpengine refused ${verb}: ${reason}`);
    this.reason = reason;
  }
}

type Waiting = { verb: NgVerb; callId: string; datagram: Buffer; sent: number; timer: Timer; settle: (outcome: Outcome) => void };
type Outcome = Readonly<{ reply: NgReply }> | Readonly<{ error: Error }>;

export class NgClient {
  readonly #client: rtpengineClient.Client;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #waiting = new Map<string, Waiting>();
  #target: NgTarget | undefined;
  #lastWritten: Buffer | undefined;
  #dropped = 0;
  #closed = false;

  /**
   * @param target undefined: nothing runs yet, commands are refused until `retarget`.
   * @param localAddress where replies come in; absent: on every address of this machine.
   */
  constructor(target: NgTarget | undefined, clock: Clock, log: Logger, localAddress?: string) {
    this.#target = target;
    this.#clock = clock;
    this.#log = log;
    this.#client = new rtpengineClient.Client(localAddress === undefined ? {} : { localAddress });
    this.#socket = this.#client.socket as Socket;
    // The library prints and emits `error` for every reply it does not know, so replies come through us first.
    this.#socket.removeAllListeners('message');
    this.#socket.on('message', (datagram) => this.#received(datagram));
    this.#client.on('error', (error) => this.#log.warn({ err: error as Error }, 'rtpengine control socket'));
    this.#client.socket = { send: (datagram) => void (this.#lastWritten = datagram), close: () => this.#socket };
  }

  /** @throws NgRefused, MediaFailed or MediaGone, as a rejection. */
  request(verb: NgVerb, args: Readonly<Record<string, unknown>>, blob?: Buffer): Promise<NgReply> {
    const { 'call-id': callId = '' } = args as { 'call-id'?: string };
    if (this.#closed) return Promise.reject(new MediaFailed('the door to rtpengine is closed'));
    if (this.#target === undefined) return Promise.reject(new MediaFailed('rtpengine is not running'));
    if (this.#waiting.size >= PENDING_LIMIT) {
      return Promise.reject(new MediaFailed(`${PENDING_LIMIT} commands wait for rtpengine already`));
    }
    return new Promise((resolve, reject) => {
      const settle = (outcome: Outcome): void => ('reply' in outcome ? resolve(outcome.reply) : reject(outcome.error));
      const datagram = this.#write(verb, args, blob, (reply) => settle(judge(verb, callId, reply)));
      const cookie = cookieOf(datagram);
      const timer = this.#clock.after(`ng ${verb}`, RESEND_AT_MS[0] ?? DEADLINE_MS, () => this.#late(cookie));
      this.#waiting.set(cookie, { verb, callId, datagram, sent: 0, timer, settle });
      this.#send(cookie);
    });
  }

  /** Where commands go from now on; what waits for the old place is rejected. */
  retarget(target: NgTarget | undefined, why: string): void {
    this.#abandon(why);
    this.#target = target;
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
    this.#socket.close();
  }

  /** The library chooses the cookie and writes the datagram; `send` of the socket we gave it only keeps what was written. */
  #write(
    verb: NgVerb,
    args: Readonly<Record<string, unknown>>,
    blob: Buffer | undefined,
    done: (reply: NgReply) => void,
  ): Buffer {
    this.#lastWritten = undefined;
    this.#client.send_internal(verb, { ...args }, (_never, reply) => done(reply ?? {}));
    const written = this.#lastWritten as Buffer | undefined;
    if (written === undefined) throw new Error('rtpengine-client wrote nothing');
    if (blob === undefined) return written;
    // The library joins the parts as text, which would spoil binary: the blob is put in before the dictionary's end.
    return Buffer.concat([written.subarray(0, -1), Buffer.from(`4:blob${blob.length}:`), blob, Buffer.from('e')]);
  }

  #send(cookie: string): void {
    const waiting = this.#waiting.get(cookie);
    if (waiting === undefined || this.#target === undefined) return;
    waiting.sent++;
    this.#socket.send(waiting.datagram, this.#target.port, this.#target.host, (error) => {
      if (error === null) return;
      this.#finish(cookie)?.settle({ error: new MediaFailed(`${waiting.verb} could not be sent: ${error.message}`, error) });
    });
  }

  #late(cookie: string): void {
    const waiting = this.#waiting.get(cookie);
    if (waiting === undefined) return;
    const sentAtMs = RESEND_AT_MS[waiting.sent - 1];
    if (sentAtMs === undefined) {
      this.#finish(cookie)?.settle({ error: new MediaFailed(`rtpengine did not answer ${waiting.verb} in ${DEADLINE_MS} ms`) });
      return;
    }
    this.#send(cookie);
    const nextMs = RESEND_AT_MS[waiting.sent - 1] ?? DEADLINE_MS;
    waiting.timer = this.#clock.after(`ng ${waiting.verb}`, nextMs - sentAtMs, () => this.#late(cookie));
  }

  #received(datagram: Buffer): void {
    const cookie = cookieOf(datagram);
    const data = this.#waiting.has(cookie) ? decode(datagram) : undefined;
    if (data === undefined) {
      this.#dropped++; // a second reply, one that came too late, or garbage: the resend brings the true one again
      return;
    }
    this.#waiting.get(cookie)?.timer.cancel();
    this.#waiting.delete(cookie);
    this.#client._onParsedMessage({ id: cookie, data });
  }

  #finish(cookie: string): Waiting | undefined {
    const waiting = this.#waiting.get(cookie);
    waiting?.timer.cancel();
    this.#waiting.delete(cookie);
    this.#client.messages.delete(cookie);
    return waiting;
  }

  #abandon(why: string): void {
    for (const cookie of [...this.#waiting.keys()]) {
      const waiting = this.#finish(cookie);
      waiting?.settle({ error: new MediaFailed(`${waiting.verb} has no answer: ${why}`) });
    }
  }
}

const COOKIE_LENGTH = 36;
const cookieOf = (datagram: Buffer): string => datagram.toString('latin1', 0, COOKIE_LENGTH);

function decode(datagram: Buffer): Record<string, unknown> | undefined {
  try {
    const { data } = rtpengineClient.Client.decodeMessage(datagram);
    return typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function judge(verb: NgVerb, callId: string, reply: NgReply): Outcome {
  if (reply['result'] === 'ok' || reply['result'] === 'pong') return { reply };
  const said = reply['error-reason'] ?? reply['message'] ?? reply['result'];
  const reason = typeof said === 'string' ? said : 'no reason given';
  // 10.5 spells it `call-id` for some commands and `call-ID` for others.
  return { error: /unknown call-id/i.test(reason) ? new MediaGone(callId) : new NgRefused(verb, reason) };
}
