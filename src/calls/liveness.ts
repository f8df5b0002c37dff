/**
 * liveness: finds phones that are gone without a word. A call whose parties are heard is left alone; who has been silent for a while is
 * asked (OPTIONS in the dialog), and only no answer at all, or one that knows no such call, ends it. A held phone may be silent for hours.
 */
import { LEG_ROLES, type CallId, type LegRole } from '#core/leg.js';
import type { Clock, Timer } from '#kit/clock.js';
import type { EventBus } from './event-bus.js';
import type { LiveCall } from './live-call.js';
import type { MediaPort, SignalingPort } from './ports.js';

export type LivenessDeps = Readonly<{
  find: (id: CallId) => LiveCall | undefined;
  signaling: Pick<SignalingPort, 'probe'>;
  media: Pick<MediaPort, 'silenceSec'>;
  bus: EventBus;
  clock: Clock;
  /** How long a phone may be silent before it is asked; 0: never asked. */
  everySec: number;
}>;

export class Liveness {
  readonly #deps: LivenessDeps;
  /** One per confirmed call, so no more than there may be calls. */
  readonly #timers = new Map<CallId, Timer>();
  readonly #unsubscribe: () => void;

  constructor(deps: LivenessDeps) {
    this.#deps = deps;
    this.#unsubscribe = deps.bus.subscribe(({ event }) => {
      if (event.kind === 'call.answered') this.#watch(event.callId);
      if (event.kind === 'call.ended') this.#forget(event.callId);
    }, 'book');
  }

  /** Closing twice is closing once. */
  close(): void {
    this.#unsubscribe();
    for (const id of [...this.#timers.keys()]) this.#forget(id);
  }

  #watch(id: CallId): void {
    const { clock, everySec } = this.#deps;
    if (everySec === 0) return;
    this.#timers.set(
      id,
      clock.after(`liveness ${id}`, everySec * 1000, () => void this.#look(id)),
    );
  }

  #forget(id: CallId): void {
    this.#timers.get(id)?.cancel();
    this.#timers.delete(id);
  }

  async #look(id: CallId): Promise<void> {
    const { find, media, signaling, everySec } = this.#deps;
    // An rtpengine that does not answer says nothing of the phones: then both are asked.
    const silence = await media.silenceSec(id).catch((): Readonly<Partial<Record<LegRole, number>>> => ({}));
    const call = find(id)?.call;
    if (call?.kind !== 'confirmed' || !this.#timers.has(id)) return this.#forget(id);
    for (const role of LEG_ROLES) {
      const quiet = (silence[role] ?? Infinity) >= everySec;
      if (quiet && call[role].dialog === 'confirmed') signaling.probe({ callId: id, role });
    }
    this.#watch(id);
  }
}
