/**
 * access-tokens: bearer tokens that say of themselves whose they are and until when, signed by a key that dies with the process.
 * Nothing is kept, so nothing has to be limited; a token ends by its time or by a restart. Who gets one is not decided here.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { CredentialsWrong } from './refusals.js';

export class AccessTokens {
  readonly #key = randomBytes(32);
  readonly #nowMs: () => number;
  readonly #secretOf: (name: string) => string | undefined;

  /** @param secretOf what proves them; who has none any more, or another, has no token that is good. */
  constructor(nowMs: () => number, secretOf: (name: string) => string | undefined) {
    this.#nowMs = nowMs;
    this.#secretOf = secretOf;
  }

  /** Only [A-Za-z0-9_.-]: the vendor's client keeps tokens between colons. */
  issue(name: string, seconds: number): string {
    const until = (Math.floor(this.#nowMs() / 1000) + seconds).toString(36);
    const claim = `${Buffer.from(name).toString('base64url')}.${until}`;
    return `${claim}.${this.#sign(claim, this.#secretOf(name)).toString('base64url')}`;
  }

  /**
   * @returns the name it was issued to.
   * @throws CredentialsWrong: forged, torn, too old, or of one who has another secret now.
   */
  nameOf(token: string): string {
    const [encoded = '', until = '', signature = '', ...rest] = token.split('.');
    const name = Buffer.from(encoded, 'base64url').toString();
    const secret = this.#secretOf(name);
    const given = Buffer.from(signature, 'base64url');
    const due = this.#sign(`${encoded}.${until}`, secret);
    if (secret === undefined || rest.length > 0 || given.length !== due.length || !timingSafeEqual(given, due))
      throw new CredentialsWrong();
    if (Number.parseInt(until, 36) * 1000 <= this.#nowMs()) throw new CredentialsWrong();
    return name;
  }

  #sign(claim: string, secret = ''): Buffer {
    return createHmac('sha256', this.#key).update(`${claim}\n${secret}`).digest();
  }
}
