/**
 * phone-keys: which phones press a key of their own when a NOTIFY asks them to (`Event: talk` and `hold`, a custom of desk phones that
 * RFC 6665 has no package for): `talk` also answers while it rings. They say so in Allow-Events, of a call or when they register.
 */
import { splitList } from '#sip/headers.js';
import { parseNameAddr } from '#sip/name-addr.js';
import { hasToken } from './extensions.js';
import type { Headers, SrfMessage } from './srf.js';

export type PhoneKey = 'talk' | 'hold';

const KEYS: readonly PhoneKey[] = ['talk', 'hold'];
/** As many phones as this are remembered; the one that said so first is forgotten first. */
const MOST = 10_000;

/** RFC 6665 §8.2.2; `u` is its compact form. */
export const keysIn = (message: SrfMessage): readonly PhoneKey[] =>
  KEYS.filter((key) => hasToken(message, 'Allow-Events', key) || hasToken(message, 'u', key));

/** No subscription is behind it, by the custom of the phones that know these two. */
export const keyHeaders = (key: PhoneKey): Headers => ({ Event: key, 'Subscription-State': 'active' });

/** By the Contact, because the phones of one number need not be alike. */
export class PhoneKeys {
  readonly #byContact = new Map<string, readonly PhoneKey[]>();

  /** A REGISTER that was granted. */
  learn(register: SrfMessage): void {
    const keys = keysIn(register);
    for (const contact of contactsOf(register)) {
      this.#byContact.delete(contact);
      if (keys.length > 0) this.#byContact.set(contact, keys);
    }
    for (const oldest of this.#byContact.keys()) {
      if (this.#byContact.size <= MOST) break;
      this.#byContact.delete(oldest);
    }
  }

  of(contact: string): readonly PhoneKey[] {
    return this.#byContact.get(contact) ?? [];
  }
}

/** The URIs in Contact. */
export const contactsOf = (message: SrfMessage): readonly string[] =>
  splitList(message.get('Contact') ?? '').flatMap((value) => parseNameAddr(value)?.uri ?? []);
