/**
 * told-media: what rtpengine has been told of one call. That is not always what its phones said last: one that speaks while the other still
 * rings, or in the call that it is just leaving, is heard before there is anybody to connect it with, and what fails was never told.
 */
import { withUsableKeys } from '#sip/sdp-keys.js';
import { sameMedia } from '#sip/sdp-write.js';
import { otherLeg, type CallId, type LegRole } from '#core/leg.js';
import type { MediaPort, OfferWays } from './ports.js';

export class ToldMedia {
  readonly #callId: CallId;
  readonly #media: MediaPort;
  /** The phone's own words; absent: nothing, or by a life of this program before. */
  readonly #told: Partial<Record<LegRole, string | undefined>> = {};

  constructor(callId: CallId, media: MediaPort) {
    this.#callId = callId;
    this.#media = media;
  }

  /** @param said by the phone, of which `sdp` is made. */
  async offer(from: LegRole, said: string | undefined, sdp: string, ways: OfferWays): Promise<string> {
    const made = withUsableKeys(await this.#media.offer(this.#callId, from, sdp, ways));
    this.put(from, said);
    return made;
  }

  async answer(by: LegRole, said: string | undefined, sdp: string, stays: boolean): Promise<string> {
    const made = await this.#media.answer(this.#callId, otherLeg(by), sdp, stays);
    this.put(by, said);
    return made;
  }

  /** @param inForce what counts where it is not known what was told. @returns address, port and codecs are those that were told. */
  knows(role: LegRole, inForce: string | undefined, sdp: string): boolean {
    const told = this.#told[role] ?? inForce;
    return told !== undefined && sameMedia(told, sdp);
  }

  last(role: LegRole): string | undefined {
    return this.#told[role];
  }

  put(role: LegRole, said: string | undefined): void {
    this.#told[role] = said;
  }
}
