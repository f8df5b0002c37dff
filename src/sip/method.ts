/**
 * method: the request methods the engine knows.
 */
export const METHODS = [
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'OPTIONS',
  'REGISTER',
  'INFO',
  'MESSAGE',
  'UPDATE',
  'PRACK',
  'SUBSCRIBE',
  'NOTIFY',
  'REFER',
  'PUBLISH',
] as const;

export type Method = (typeof METHODS)[number];

const KNOWN: ReadonlySet<string> = new Set(METHODS);

/** RFC 3261 §7.1: method names are case-sensitive. */
export const isKnownMethod = (method: string): method is Method => KNOWN.has(method);

/** RFC 3261 §20.5: what an Allow header lists for an element that speaks them all. */
export const ALLOW_ALL = METHODS.join(', ');
