/**
 * parking: which slot holds which waiting party. Knows the codes that are dialled; how a call gets in and out is the transfer service's.
 */
import type { CallId, LegRole } from '#core/leg.js';
import type { Clock } from '#kit/clock.js';
import { AppError, BadRequest, Busy } from '#kit/errors.js';
import type { ParkedView } from './commands.js';

export type Parked = Readonly<{ callId: CallId; staying: LegRole; number: string; by: string }>;

/** A slot that is taken. */
export type Slot = Parked & Readonly<{ sinceMs: number }>;

/** Keeps slots over a restart. Never waits, never throws. */
export interface ParkKeeper {
  /** What the last life has left. To be read once, before anything changes. */
  left(): readonly (readonly [slot: string, parked: Slot])[];
  changed(slot: string, parked: Slot | undefined): void;
}

export type ParkingCodes = Readonly<{ park: string; retrieve: string; slots: number }>;

export class Parking {
  readonly #codes: ParkingCodes;
  readonly #clock: Clock;
  readonly #keeper: ParkKeeper | undefined;
  readonly #slots: Map<string, Slot>;

  /** @param keeper absent: a restart empties every slot. Slots of the last life are taken from the start, until their calls are back or gone. */
  constructor(codes: ParkingCodes, clock: Clock, keeper?: ParkKeeper) {
    this.#codes = codes;
    this.#clock = clock;
    this.#keeper = keeper;
    this.#slots = new Map(keeper?.left());
  }

  isParkCode(number: string): boolean {
    return this.#codes.slots > 0 && number === this.#codes.park;
  }

  /** The slot that a dialled number asks for: `*86` and the slot. */
  slotDialled(number: string): string | undefined {
    const { retrieve, slots } = this.#codes;
    if (slots === 0 || !number.startsWith(retrieve)) return undefined;
    const slot = number.slice(retrieve.length);
    return this.#exists(slot) ? slot : undefined;
  }

  /** @throws BadRequest: there is no such slot; slot_taken; Busy: all of them are taken. */
  take(slot: string | undefined, parked: Parked): string {
    if (slot !== undefined && !this.#exists(slot))
      throw new BadRequest('slot', `slot: expected a number from 1 to ${this.#codes.slots}`);
    const free = slot ?? this.#firstFree();
    if (free === undefined || this.#slots.has(free))
      throw slot === undefined ? new Busy('every parking slot is taken', 30) : slotTaken(slot);
    this.#put(free, { ...parked, sinceMs: this.#clock.now() });
    return free;
  }

  find(slot: string): Parked | undefined {
    return this.#slots.get(slot);
  }

  ofCall(callId: CallId): (Parked & Readonly<{ slot: string }>) | undefined {
    for (const [slot, parked] of this.#slots) if (parked.callId === callId) return { ...parked, slot };
    return undefined;
  }

  isParked(callId: CallId): boolean {
    return [...this.#slots.values()].some((parked) => parked.callId === callId);
  }

  /** The call has ended, or goes on elsewhere. */
  free(callId: CallId): void {
    for (const [slot, parked] of this.#slots) if (parked.callId === callId) this.#put(slot, undefined);
  }

  /** After a restart: whose call did not come back, is parked no more. */
  freeAllBut(isUp: (callId: CallId) => boolean): void {
    for (const [slot, parked] of this.#slots) if (!isUp(parked.callId)) this.#put(slot, undefined);
  }

  #put(slot: string, parked: Slot | undefined): void {
    if (parked === undefined) this.#slots.delete(slot);
    else this.#slots.set(slot, parked);
    this.#keeper?.changed(slot, parked);
  }

  list(): readonly ParkedView[] {
    return [...this.#slots].map(([slot, { callId, number, by, sinceMs }]) => ({
      slot,
      callId,
      number,
      by,
      since: new Date(sinceMs).toISOString(),
    }));
  }

  #exists(slot: string): boolean {
    return /^[1-9][0-9]{0,3}$/.test(slot) && Number(slot) <= this.#codes.slots;
  }

  #firstFree(): string | undefined {
    for (let slot = 1; slot <= this.#codes.slots; slot++) if (!this.#slots.has(String(slot))) return String(slot);
    return undefined;
  }
}

/** RFC 3261 §21.4.24: who presses its code hears busy. */
const slotTaken = (slot: string): AppError =>
  new AppError({ code: 'slot_taken', http: 409, sip: 486, message: `slot ${slot} is taken` });
