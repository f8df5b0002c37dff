/**
 * said: what each phone of a call has said of its audio and what it was told, kept because `query` does not say which codec is agreed on, and
 * because of some it says nothing new.
 */
import { forgetOldest } from '#kit/forget-oldest.js';
import type { LegId } from '#calls/ports.js';
import { placeSaid, sharingOf, type Place, type Said, type Sharing } from './place.js';

type CallId = LegId['callId'];
type LegRole = LegId['role'];

/** `sharing`, `place`: as they were made out of the two; undefined: not yet. `stays`: rtpengine does not look for it. */
type Kept = Said & {
  stays?: boolean;
  sharing?: Readonly<{ of: Sharing | undefined }>;
  place?: Readonly<{ of: Place | undefined }>;
};

/** Far more than calls can be up: what is above it was forgotten by its owner. */
const CALL_LIMIT = 100_000;

export class SaidAndTold {
  readonly #packetMs: number;
  readonly #calls = new Map<CallId, Partial<Record<LegRole, Kept>>>();

  /** @param packetMs how long the packets are that are shared. */
  constructor(packetMs: number) {
    this.#packetMs = packetMs;
  }

  /** @param stays it is sent to where this says, and nowhere else. */
  said(callId: CallId, role: LegRole, sdp: string, stays = false): void {
    this.#keep(callId, role, { said: sdp, stays });
  }

  told(callId: CallId, role: LegRole, sdp: string): void {
    this.#keep(callId, role, { told: sdp });
  }

  sharingOf(callId: CallId, role: LegRole): Sharing | undefined {
    const kept = this.#calls.get(callId)?.[role];
    if (kept === undefined) return undefined;
    // Asked with every hold, and what was said changes with none.
    kept.sharing ??= { of: sharingOf(kept, this.#packetMs) };
    return kept.sharing.of;
  }

  /** @returns undefined: rtpengine knows better, or it cannot share. */
  placeOf(callId: CallId, role: LegRole): Place | undefined {
    const kept = this.#calls.get(callId)?.[role];
    if (kept?.stays !== true) return undefined;
    kept.place ??= { of: placeSaid(kept) };
    return kept.place.of;
  }

  ended(callId: CallId): void {
    this.#calls.delete(callId);
  }

  clear(): void {
    this.#calls.clear();
  }

  get size(): number {
    return this.#calls.size;
  }

  #keep(callId: CallId, role: LegRole, what: Said & { stays?: boolean }): void {
    const call = this.#calls.get(callId) ?? {};
    const { said, told, stays = false } = call[role] ?? {};
    call[role] = { said, told, stays, ...what };
    this.#calls.set(callId, call);
    forgetOldest(this.#calls, CALL_LIMIT);
  }
}
