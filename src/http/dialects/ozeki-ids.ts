/**
 * ozeki-ids: the short call ids Ozeki's clients know (5 or 6 characters of [A-Za-z0-9], dialects.md chapter 0), both ways.
 */
import type { CallId } from '#core/leg.js';
import { systemRandom } from '#kit/ids.js';

const MOST_IDS = 20_000;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export class OzekiIds {
  readonly #wireIds = new Map<CallId, string>();
  readonly #callIds = new Map<string, CallId>();

  wireIdOf(callId: CallId): string {
    const known = this.#wireIds.get(callId);
    if (known !== undefined) return known;
    const wireId = this.#unused();
    this.#wireIds.set(callId, wireId);
    this.#callIds.set(wireId, callId);
    const oldest = this.#wireIds.entries().next();
    if (this.#wireIds.size > MOST_IDS && oldest.done !== true) {
      this.#wireIds.delete(oldest.value[0]);
      this.#callIds.delete(oldest.value[1]);
    }
    return wireId;
  }

  callIdOf(wireId: string): CallId | undefined {
    return this.#callIds.get(wireId);
  }

  #unused(): string {
    for (;;) {
      const id = [...systemRandom(6)].map((byte) => ALPHABET[byte % ALPHABET.length] ?? 'A').join('');
      if (!this.#callIds.has(id)) return id;
    }
  }
}
