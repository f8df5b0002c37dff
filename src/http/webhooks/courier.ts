/**
 * courier: delivers the letters of one webhook: so many at once, those of one lane one after the other, again after a while when
 * it must be. What an answer means is verdict.ts; how a request is made is poster.ts.
 */
import type { Clock, Timer } from '#kit/clock.js';
import { assertNever } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import type { Hook } from './hook.js';
import type { LetterKeeper } from './letter-keeper.js';
import { LetterQueue, type Letter, type QueueState } from './letter-queue.js';
import type { Poster } from './poster.js';
import { SIGNATURE_HEADER, signatureOf } from './signature.js';
import { judge, type DeadReason, type Verdict } from './verdict.js';

export type CourierDeps = Readonly<{
  poster: Poster;
  clock: Clock;
  log: Logger;
  /** 0 to 1, for jitter. */
  random: () => number;
  giveUp: (letter: Letter, reason: DeadReason, why: string) => void;
  keeper: Pick<LetterKeeper, 'letter'>;
}>;

export type CourierFigures = Readonly<{ queued: number; delivered: number; retried: number; dead: number }>;

export class Courier {
  readonly hook: Hook;
  readonly #deps: CourierDeps;
  readonly #queue: LetterQueue;
  /** One per lane whose first letter waits for its next attempt. */
  readonly #retries = new Map<string, Timer>();
  #pause: Timer | undefined;
  #called = false;
  #underWay = 0;
  #delivered = 0;
  #retried = 0;
  #dead = 0;
  #dropped = false;
  /** The last answer was no delivery. Said once, not for every event. */
  #failing = false;
  #drained: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(hook: Hook, deps: CourierDeps) {
    this.hook = hook;
    this.#deps = deps;
    this.#queue = new LetterQueue(hook.limits.queue);
  }

  /** @returns false when the queue is full. */
  take(letter: Letter): boolean {
    const taken = this.#queue.add(letter);
    if (taken) this.#keep(letter.seq, letter);
    if (taken && !this.#called) {
      this.#called = true;
      // Signing and connecting come after whatever the call is doing right now.
      setImmediate(() => {
        this.#called = false;
        this.#pump();
      });
    }
    return taken;
  }

  /** A letter that found no room: it is dead without an attempt. */
  overflow(letter: Letter): void {
    this.#giveUp(letter, 'queue-full', `limits.queue: ${this.hook.limits.queue} events are waiting`);
  }

  figures(): CourierFigures {
    return { queued: this.#queue.size, delivered: this.#delivered, retried: this.#retried, dead: this.#dead };
  }

  state(): QueueState {
    return this.#queue.state();
  }

  /** The webhook was taken away: nothing more leaves. */
  drop(): void {
    this.#dropped = true;
    this.#stopWaiting();
    for (const { seq } of this.#queue.state().letters) this.#keep(seq, undefined);
    this.#queue.clear();
  }

  /** Sends what can leave now and waits for its answers; nothing is tried again. Whoever calls sets the limit (Poster.close). */
  close(): Promise<void> {
    return (this.#closing ??= new Promise((resolve) => {
      this.#drained = resolve;
      this.#stopWaiting();
      this.#pump();
    }));
  }

  #pump(): void {
    while (this.#pause === undefined && this.#underWay < this.hook.limits.parallel) {
      const letter = this.#queue.next();
      if (letter === undefined) break;
      this.#underWay += 1;
      void this.#deliver(letter);
    }
    if (this.#underWay === 0) this.#drained?.();
  }

  async #deliver(letter: Letter): Promise<void> {
    const { url, secret, limits } = this.hook;
    const { clock, poster, random } = this.#deps;
    const unixSec = Math.floor(clock.now() / 1000);
    const answer = await poster.post({
      url,
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'Holdfast',
        'Holdfast-Event-Id': String(letter.seq),
        'Holdfast-Timestamp': String(unixSec),
        [SIGNATURE_HEADER]: signatureOf(secret, unixSec, letter.body),
      },
      body: letter.body,
      timeoutMs: limits.timeoutSeconds * 1000,
      responseBytes: limits.responseBytes,
    });
    this.#underWay -= 1;
    if (!this.#dropped) this.#settle(letter, judge(answer, letter.attempts + 1, limits, clock.now(), random()));
    this.#pump();
  }

  #settle(letter: Letter, verdict: Verdict): void {
    this.#noteHealth(verdict);
    switch (verdict.kind) {
      case 'delivered':
        this.#delivered += 1;
        return this.#isThrough(letter);
      case 'again':
        return this.#tryAgain(letter, verdict);
      case 'dead':
        this.#isThrough(letter);
        return this.#giveUp({ ...letter, attempts: letter.attempts + 1 }, verdict.reason, verdict.why);
      default:
        return assertNever(verdict);
    }
  }

  #isThrough({ lane, seq }: Letter): void {
    this.#queue.done(lane);
    this.#keep(seq, undefined);
  }

  #keep(seq: number, letter: Letter | undefined): void {
    this.#deps.keeper.letter(this.hook.name, seq, letter);
  }

  #tryAgain(letter: Letter, { afterMs, pauseAll, why }: Extract<Verdict, { kind: 'again' }>): void {
    const { lane, seq, attempts } = letter;
    this.#queue.attempted(lane);
    this.#keep(seq, { ...letter, attempts: attempts + 1 });
    if (this.#closing !== undefined) return;
    this.#retried += 1;
    this.#deps.log.debug({ webhook: this.hook.name, seq, why, afterMs }, 'a webhook is tried again later');
    if (pauseAll) this.#pauseFor(afterMs);
    const retry = this.#deps.clock.after('webhook retry', afterMs, () => {
      this.#retries.delete(lane);
      this.#queue.open(lane);
      this.#pump();
    });
    this.#retries.set(lane, retry);
  }

  #noteHealth(verdict: Verdict): void {
    const fails = verdict.kind !== 'delivered';
    if (fails === this.#failing || this.#closing !== undefined) return;
    this.#failing = fails;
    const webhook = this.hook.name;
    if (fails) this.#deps.log.warn({ webhook, why: verdict.why }, 'a webhook does not take events');
    else this.#deps.log.info({ webhook }, 'a webhook takes events again');
  }

  #pauseFor(ms: number): void {
    this.#pause?.cancel();
    this.#pause = this.#deps.clock.after('webhook pause', ms, () => {
      this.#pause = undefined;
      this.#pump();
    });
  }

  #giveUp(letter: Letter, reason: DeadReason, why: string): void {
    this.#dead += 1;
    this.#deps.giveUp(letter, reason, why);
  }

  #stopWaiting(): void {
    for (const retry of this.#retries.values()) retry.cancel();
    this.#retries.clear();
    // A pause that the receiver asked for is kept to the end: its timer stops, and what waits behind it stays unsent.
    this.#pause?.cancel();
  }
}
