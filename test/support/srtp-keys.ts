/**
 * srtp-keys: the keys of a phone made for tests, as it writes them into its SDP and reads them from that of the other (RFC 4568).
 */
import { randomBytes } from 'node:crypto';
import { MASTER_BYTES, Srtp } from './srtp.js';

const SUITE = 'AES_CM_128_HMAC_SHA1_80';

export class SrtpKeys {
  tag = '1';
  #own = randomBytes(MASTER_BYTES);
  #out = new Srtp(this.#own);
  #theirs = '';
  #in: Srtp | undefined;

  /** Another key of our own (RFC 4568 §7.1.4). */
  renew(): void {
    this.#own = randomBytes(MASTER_BYTES);
    this.#out = new Srtp(this.#own);
  }

  get line(): string {
    return `a=crypto:${this.tag} ${SUITE} inline:${this.#own.toString('base64')}`;
  }

  /** The key of the other, and the tag under which it is answered. A key that stays goes on where it was. */
  obey(sdp: string): void {
    const [, tag, key] = new RegExp(`^a=crypto:(\\d+) ${SUITE} inline:([^\\s|]+)`, 'm').exec(sdp) ?? [];
    if (tag === undefined || key === undefined) throw new Error(`no key of ours in ${sdp}`);
    this.tag = tag;
    if (key !== this.#theirs) this.#in = new Srtp(Buffer.from(key, 'base64'));
    this.#theirs = key;
  }

  get theirs(): string {
    return this.#theirs;
  }

  get refused(): number {
    return this.#in?.refused ?? 0;
  }

  protect = (packet: Buffer): Buffer => this.#out.protect(packet);
  unprotect = (packet: Buffer): Buffer | undefined => this.#in?.unprotect(packet);
}
