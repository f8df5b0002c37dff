/**
 * announcer: answers a call with a few spoken words and hangs up. Nobody else is in it, so it is no Call: it has no hold, no peer and no
 * events, only a leg and an end. Who is told what is decided by whoever asks.
 */
import { withUsableKeys } from '#sip/sdp-keys.js';
import { answerFrom, dress } from '#sip/sdp-write.js';
import type { Prompt } from '#core/hold-music.js';
import type { CallId } from '#core/leg.js';
import type { Clock, Timer } from '#kit/clock.js';
import { AppError, Busy } from '#kit/errors.js';
import { newCallId } from '#kit/ids.js';
import type { Logger } from '#kit/log.js';
import type { LegId, LegSignal, MediaPort, SignalingPort } from './ports.js';

export type AnnouncerDeps = Readonly<{
  signaling: Pick<SignalingPort, 'accept' | 'refuse' | 'bye' | 'forget'>;
  media: Pick<MediaPort, 'answerOfNobody' | 'interject' | 'delete'>;
  clock: Clock;
  log: Logger;
}>;

type Told = { readonly prompt: Prompt; timer?: Timer };

const MOST_AT_ONCE = 100;
/** After the last word, so that it is not cut. */
const PAUSE_MS = 300;
/** For whoever answers with no ACK, and for words that never end. */
const LONGEST_MS = 60_000;

export class Announcer {
  readonly #deps: AnnouncerDeps;
  readonly #told = new Map<CallId, Told>();

  constructor(deps: AnnouncerDeps) {
    this.#deps = deps;
  }

  /** @param offer of the caller. @returns the id its leg is known by from now on. @throws Busy */
  answer(offer: string, prompt: Prompt): CallId {
    if (this.#told.size >= MOST_AT_ONCE) throw new Busy('too many announcements at once', 5);
    const id = newCallId() as CallId;
    this.#told.set(id, { prompt, timer: this.#deps.clock.after(`announcement ${id}`, LONGEST_MS, () => this.#hangUp(id)) });
    // The adapter must know the id before it is told what to do with the leg.
    setImmediate(() => void this.#accept(id, offer));
    return id;
  }

  owns(id: CallId): boolean {
    return this.#told.has(id);
  }

  signal({ callId }: LegId, signal: LegSignal): void {
    if (signal.kind === 'acked') void this.#speak(callId);
    if (signal.kind === 'bye' || signal.kind === 'cancelled' || signal.kind === 'lost') this.#forget(callId);
  }

  /** Closing twice is closing once. */
  close(): void {
    for (const id of [...this.#told.keys()]) this.#hangUp(id);
  }

  async #accept(id: CallId, offer: string): Promise<void> {
    const { media, signaling } = this.#deps;
    try {
      const made = await media.answerOfNobody(id, 'caller', withUsableKeys(offer));
      if (!this.#told.has(id)) return void media.delete(id).catch(() => undefined); // it was cancelled meanwhile
      const answer = dress(answerFrom(offer, made), { direction: 'sendonly', sessionId: '1', version: 1n });
      signaling.accept(legOf(id), answer);
    } catch (error) {
      signaling.refuse(legOf(id), error instanceof AppError ? error.sip : 500);
      this.#forget(id);
    }
  }

  async #speak(id: CallId): Promise<void> {
    const told = this.#told.get(id);
    if (told === undefined) return;
    try {
      const ms = await this.#deps.media.interject(id, 'caller', { kind: 'prompt', prompt: told.prompt });
      if (!this.#told.has(id)) return;
      told.timer?.cancel();
      told.timer = this.#deps.clock.after(`announcement ${id} ends`, ms + PAUSE_MS, () => this.#hangUp(id));
    } catch (error) {
      this.#deps.log.warn({ callId: id, err: error }, 'an announcement could not be spoken');
      this.#hangUp(id);
    }
  }

  #hangUp(id: CallId): void {
    this.#deps.signaling.bye(legOf(id), { cause: 16, text: 'announced' });
    this.#forget(id);
  }

  #forget(id: CallId): void {
    const told = this.#told.get(id);
    if (told === undefined) return;
    told.timer?.cancel();
    this.#told.delete(id);
    this.#deps.signaling.forget(legOf(id));
    this.#deps.media.delete(id).catch((error: unknown) => this.#deps.log.debug({ err: error }, 'media was gone already'));
  }
}

const legOf = (callId: CallId): LegId => ({ callId, role: 'caller' });
