/**
 * said: what each phone of a call has said of its audio and what it was told, kept because `query` does not say which codec is agreed on.
 */
import { forgetOldest } from '#kit/forget-oldest.js';
import type { LegId } from '#calls/ports.js';
import { sharingOf, type Said, type Sharing } from './place.js';

type CallId = LegId['callId'];
type LegRole = LegId['role'];

/** Far more than calls can be up: what is above it was forgotten by its owner. */
const CALL_LIMIT = 100_000;

export class SaidAndTold {
  readonly #packetMs: number;
  readonly #calls = new Map<CallId, Partial<Record<LegRole, Said>>>();

  /** @param packetMs how long the packets are that are shared. */
  constructor(packetMs: number) {
    this.#packetMs = packetMs;
  }

  said(callId: CallId, role: LegRole, sdp: string): void {
    this.#keep(callId, role, { said: sdp });
  }

  told(callId: CallId, role: LegRole, sdp: string): void {
    this.#keep(callId, role, { told: sdp });
  }

  sharingOf(callId: CallId, role: LegRole): Sharing | undefined {
    return sharingOf(this.#calls.get(callId)?.[role] ?? {}, this.#packetMs);
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

  #keep(callId: CallId, role: LegRole, what: Said): void {
    const call = this.#calls.get(callId) ?? {};
    call[role] = { ...call[role], ...what };
    this.#calls.set(callId, call);
    forgetOldest(this.#calls, CALL_LIMIT);
  }
}
