/**
 * early-answer: the answer to our INVITE that a phone gave before its 2xx, reliably (RFC 3262 §5). From then on it counts, and what the
 * 2xx says of the session is only a repetition (RFC 3261 §13.2.1); an UPDATE of the phone's may follow it.
 */
import { tagOf } from '#sip/name-addr.js';
import type { EarlyExchange } from './early-update.js';
import { hasToken } from './extensions.js';
import { bodyOf } from './sip-words.js';
import type { SrfMessage, SrfRequest, SrfResponse } from './srf.js';

export class EarlyAnswer {
  readonly #offered: boolean;
  /** Of several phones behind one target each has a dialog, and an answer, of its own. */
  #tag = '';
  #sdp: string | undefined;
  #updated = false;

  constructor(offer: string | undefined) {
    this.#offered = offer !== undefined;
  }

  /** A reliable 1xx; the engine passes none twice and none out of order. */
  note(response: SrfResponse): void {
    const sdp = bodyOf(response);
    if (sdp === undefined || !this.#offered || this.#sdp !== undefined) return;
    this.#tag = tagOf(response.get('To') ?? '') ?? '';
    this.#sdp = sdp;
  }

  /** RFC 3311 §5.2: may the phone offer now? */
  exchange(update: SrfRequest): EarlyExchange {
    if (this.#sdp !== undefined && tagOf(update.get('From') ?? '') === this.#tag) return 'agreed';
    return this.#offered ? 'our-offer-open' : 'their-offer-open';
  }

  updated(sdp: string | undefined): void {
    this.#sdp = sdp ?? this.#sdp;
    this.#updated = true;
  }

  /** What the phone that sent this 2xx has said of its media: there, or before. */
  inForce(response: SrfResponse): string | undefined {
    const sdp = bodyOf(response);
    if (tagOf(response.get('To') ?? '') !== this.#tag) return sdp;
    return this.#updated ? this.#sdp : (sdp ?? this.#sdp);
  }
}

/** RFC 3262 §4: it wants a PRACK. */
export const isReliable = (response: SrfMessage): boolean =>
  hasToken(response, 'Require', '100rel') && /^\s*[0-9]+\s*$/.test(response.get('RSeq') ?? '');
