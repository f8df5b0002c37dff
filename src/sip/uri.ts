/**
 * uri: SIP, SIPS and tel URIs, and when two of them are the same (RFC 3261 §19.1, RFC 3966).
 */
import { parseParams, writeParams, NO_PARAMS, type Params } from './params.js';

/** `user` and `params` are decoded; `host` is lower case, IPv6 in brackets; `port` only where one was written. */
export type SipUri = Readonly<{
  scheme: 'sip' | 'sips' | 'tel';
  user?: string | undefined;
  password?: string | undefined;
  host: string;
  port?: number | undefined;
  params: Params;
  /** What follows `?`, undecoded. */
  headers: string;
}>;

const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9\-_.]*[A-Za-z0-9.])?)$/;
const USER = /^(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/#]|%[0-9A-Fa-f]{2})*$/;
const FORBIDDEN = /[\s<>"\x00-\x1f\x7f]/;

/** @returns undefined for anything but a well-formed sip, sips or tel URI. */
export function parseUri(text: string): SipUri | undefined {
  const colon = text.indexOf(':');
  if (colon < 0 || FORBIDDEN.test(text)) return undefined;
  const scheme = text.slice(0, colon).toLowerCase();
  const rest = text.slice(colon + 1);
  if (scheme === 'tel') return parseTel(rest);
  if (scheme !== 'sip' && scheme !== 'sips') return undefined;
  const at = rest.lastIndexOf('@', rest.includes('?') && rest.indexOf('@') < rest.indexOf('?') ? rest.indexOf('?') : rest.length);
  const userinfo = at < 0 ? undefined : rest.slice(0, at);
  const place = parsePlace(rest.slice(at + 1));
  if (place === undefined) return undefined;
  if (userinfo === undefined) return { scheme, ...place };
  const [user = '', ...password] = userinfo.split(':');
  if (user === '' || !USER.test(user)) return undefined;
  const decoded = decode(user);
  return password.length === 0
    ? { scheme, user: decoded, ...place }
    : { scheme, user: decoded, password: password.join(':'), ...place };
}

type Place = Pick<SipUri, 'host' | 'port' | 'params' | 'headers'>;

function parsePlace(text: string): Place | undefined {
  const question = text.indexOf('?');
  const headers = question < 0 ? '' : text.slice(question + 1);
  const beforeHeaders = question < 0 ? text : text.slice(0, question);
  const semicolon = beforeHeaders.indexOf(';');
  const hostport = semicolon < 0 ? beforeHeaders : beforeHeaders.slice(0, semicolon);
  const params = semicolon < 0 ? NO_PARAMS : parseUriParams(beforeHeaders.slice(semicolon));
  const place = parseHostPort(hostport);
  return place === undefined || params === undefined ? undefined : { ...place, params, headers };
}

/** @returns undefined when the host is none or the port is out of range. */
export function parseHostPort(text: string): Pick<SipUri, 'host' | 'port'> | undefined {
  const colon = text.endsWith(']') ? -1 : text.lastIndexOf(':');
  const host = colon < 0 ? text : text.slice(0, colon);
  if (!HOST.test(host)) return undefined;
  if (colon < 0) return { host: host.toLowerCase() };
  const digits = text.slice(colon + 1);
  const port = Number(digits);
  if (!/^[0-9]{1,5}$/.test(digits) || port > 65_535) return undefined;
  return { host: host.toLowerCase(), port };
}

function parseTel(rest: string): SipUri | undefined {
  const semicolon = rest.indexOf(';');
  const number = semicolon < 0 ? rest : rest.slice(0, semicolon);
  const params = semicolon < 0 ? NO_PARAMS : parseUriParams(rest.slice(semicolon));
  if (!/^\+?[0-9A-Fa-f*#\-.()]+$/.test(number) || params === undefined) return undefined;
  return { scheme: 'tel', user: number.replace(/[-.()]/g, ''), host: '', params, headers: '' };
}

/** RFC 3261 §19.1.4: an escaped character is the character itself, so %6C%72 is lr. */
function parseUriParams(text: string): Params | undefined {
  const params = parseParams(text);
  if (params === undefined || !text.includes('%')) return params;
  return new Map(
    [...params].map(([name, value]) => [decode(name).toLowerCase(), value === undefined ? undefined : decode(value)]),
  );
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

const encode = (text: string): string =>
  text.replace(/[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);

const encodeParam = (text: string): string =>
  text.replace(/[^A-Za-z0-9\-_.!~*'()[\]/:&+$]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);

const writeUriParams = (params: Params): string =>
  writeParams(
    new Map([...params].map(([name, value]) => [encodeParam(name), value === undefined ? undefined : encodeParam(value)])),
  );

export function writeUri(uri: SipUri): string {
  if (uri.scheme === 'tel') return `tel:${uri.user ?? ''}${writeUriParams(uri.params)}`;
  const userinfo = uri.user === undefined ? '' : `${encode(uri.user)}${uri.password === undefined ? '' : `:${uri.password}`}@`;
  const port = uri.port === undefined ? '' : `:${uri.port}`;
  return `${uri.scheme}:${userinfo}${uri.host}${port}${writeUriParams(uri.params)}${uri.headers === '' ? '' : `?${uri.headers}`}`;
}

/** Of these a difference always counts, even when only one URI has them (RFC 3261 §19.1.4). */
const DECISIVE = ['user', 'ttl', 'method', 'maddr', 'transport'];

/** RFC 3261 §19.1.4. Text that is no SIP URI is compared as text. */
export function sameUri(a: string, b: string): boolean {
  if (a === b) return true;
  const one = parseUri(a);
  const other = parseUri(b);
  if (one === undefined || other === undefined) return false;
  if (one.scheme !== other.scheme || one.user !== other.user || one.password !== other.password) return false;
  if (one.host !== other.host || one.port !== other.port) return false;
  if (!sameParams(one.params, other.params)) return false;
  const sorted = (headers: string): string => decode(headers).toLowerCase().split('&').sort().join('&');
  return sorted(one.headers) === sorted(other.headers);
}

function sameParams(a: Params, b: Params): boolean {
  const equal = (name: string): boolean => (a.get(name) ?? '').toLowerCase() === (b.get(name) ?? '').toLowerCase();
  for (const name of a.keys()) if (b.has(name) && !equal(name)) return false;
  return DECISIVE.every((name) => a.has(name) === b.has(name));
}
