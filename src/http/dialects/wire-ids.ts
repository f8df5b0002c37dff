/**
 * wire-ids: short call ids for dialects whose clients expect five or six letters and digits, kept in a table both ways.
 * Made when a call is first shown, forgotten when it has ended. Owned by app.ts: a dialect has no state.
 */
import type { CallView } from '#calls/commands.js';
import type { NumberedEvent } from '#calls/event-bus.js';
import { systemRandom, type RandomBytes } from '#kit/ids.js';
import { FORGETFUL_NOTEBOOK, type Notebook, type Page } from '../notebook.js';

type CallId = CallView['id'];

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** What an id is made of, and how short it may be. */
export type Shape = Readonly<{ alphabet: string; fewest: number }>;
const SHORT: Shape = { alphabet: ALPHABET, fewest: 5 };
/** VoipNow: twenty lower-case hex digits. */
export const LONG_HEX: Shape = { alphabet: '0123456789abcdef', fewest: 20 };
/** A belt: ended calls leave by themselves. The oldest goes first, and gets a new id if it is shown again. */
const MOST_IDS = 200_000;

/** Where ids are written down, so that they still mean the same call after a restart. */
export type Notes = Readonly<{ book: Notebook; page: Page; left: readonly (readonly [string, string])[] }>;

const NO_NOTES: Notes = { book: FORGETFUL_NOTEBOOK, page: 'ozeki-ids', left: [] };

export class WireIds {
  readonly #random: RandomBytes;
  readonly #mostIds: number;
  readonly #shape: Shape;
  readonly #note: (callId: CallId, wireId: string | undefined) => void;
  readonly #wireIds = new Map<CallId, string>();
  readonly #callIds = new Map<string, CallId>();

  constructor(random: RandomBytes = systemRandom, mostIds = MOST_IDS, shape: Shape = SHORT, notes: Notes = NO_NOTES) {
    this.#random = random;
    this.#mostIds = mostIds;
    this.#shape = shape;
    this.#note = (callId, wireId) => notes.book.write(notes.page, callId, wireId);
    for (const [callId, wireId] of notes.left) this.#put(callId as CallId, wireId);
  }

  /** The same id for the same call, as long as it lives. */
  of(callId: CallId): string {
    const known = this.#wireIds.get(callId);
    if (known !== undefined) return known;
    const wireId = this.#unused();
    this.#put(callId, wireId);
    this.#note(callId, wireId);
    return wireId;
  }

  #put(callId: CallId, wireId: string): void {
    this.#wireIds.set(callId, wireId);
    this.#callIds.set(wireId, callId);
    if (this.#wireIds.size <= this.#mostIds) return;
    const oldest = this.#wireIds.keys().next();
    if (oldest.done !== true) this.forget(oldest.value);
  }

  find(wireId: string): CallId | undefined {
    return this.#callIds.get(wireId);
  }

  /** A call that has ended is forgotten; one that has become a conference goes on being spoken of, until its turn comes as the oldest. */
  hear({ event }: NumberedEvent): void {
    if (event.kind === 'call.ended' && event.cause !== 'conference') this.forget(event.callId);
  }

  forget(callId: CallId): void {
    const wireId = this.#wireIds.get(callId);
    if (wireId === undefined) return;
    this.#wireIds.delete(callId);
    this.#callIds.delete(wireId);
    this.#note(callId, undefined);
  }

  get size(): number {
    return this.#wireIds.size;
  }

  /** A drawn id that is taken is drawn again, one character longer. */
  #unused(): string {
    const { alphabet, fewest } = this.#shape;
    for (let length = fewest; ; length++) {
      const wireId = [...this.#random(length)].map((byte) => alphabet[byte % alphabet.length]).join('');
      if (!this.#callIds.has(wireId)) return wireId;
    }
  }
}
