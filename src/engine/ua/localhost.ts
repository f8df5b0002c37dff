/**
 * localhost: applications write `user@localhost` where the engine knows the address, and the engine fills it in:
 * drachtio's custom, in From, To, Contact and P-Asserted-Identity; and in P-Preferred-Identity and Referred-By, which it leaves as they are.
 */
import type { HeaderField } from '#sip/message.js';
import { hostPort, transportParam, type Place } from '../transport/flow.js';

const FILLED: ReadonlySet<string> = new Set([
  'From',
  'To',
  'Contact',
  'P-Asserted-Identity',
  'P-Preferred-Identity',
  'Referred-By',
]);

export function fillLocalhost(field: HeaderField, place: Place): HeaderField {
  if (!FILLED.has(field.name) || !field.value.includes('localhost')) return field;
  const value = field.name === 'Contact' ? fillContact(field.value, place) : fillAddress(field.value, place);
  return { name: field.name, value };
}

export function fillAddress(value: string, place: Place): string {
  return value.replace(/([@:])localhost(?::\d+)?(?=[;>?\s]|$)/g, `$1${hostPort(place.local)}`);
}

/** A Contact also says by which transport we are reached, unless the application did (RFC 3261 §19.1.1). */
export function fillContact(value: string, place: Place): string {
  const param = /;transport=/i.test(value) ? '' : transportParam(place.protocol);
  const filled = /[@:]localhost(?::\d+)?(?=[;>?\s]|$)/.test(value) && !value.includes('<') ? `<${value}>` : value;
  return filled.replace(/([@:])localhost(?::\d+)?(?=[;>?\s]|$)/g, `$1${hostPort(place.local)}${param}`);
}

/** The Contact of a request or response that must have one and was given none. */
export function contactFor(place: Place): string {
  return `<sip:${hostPort(place.local)}${transportParam(place.protocol)}>`;
}

/**
 * RFC 3261 §12.1.1, RFC 5630 §3.2: who was asked for by sips answers with a sips Contact, so that the rest of the dialog stays secure too.
 * There `transport=tls` would say it twice.
 */
export function contactToward(requestUri: string, contact: string): string {
  if (!/^sips:/i.test(requestUri)) return contact;
  return contact.replace(/(^|<)sip:/i, '$1sips:').replace(/;transport=tls(?=[;>?]|$)/i, '');
}
