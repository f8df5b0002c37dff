/**
 * bindings: the algebra of registrations (RFC 3261 §10.3): contacts + now → new bindings, or why not. Pure; keeps nothing.
 */

/** Where a REGISTER came from; a phone behind NAT is reached there, not at its Contact (RFC 5626 §5.3). */
export type Flow = Readonly<{ protocol: string; address: string; port: number }>;

export type Binding = Readonly<{
  contact: string;
  expiresAtMs: number;
  /** 0 to 1; higher is tried first (RFC 3261 §20.10). */
  q: number;
  callId: string;
  cseq: number;
  flow: Flow;
  userAgent?: string | undefined;
  /** RFC 5626 §4.1, §4.2: the device and which of its flows; the same pair is the same phone, whatever its address. */
  instance?: string | undefined;
}>;

export type AskedContact = Readonly<{ uri: string; expiresSec?: number | undefined; q: number; instance?: string | undefined }>;

export type Registration = Readonly<{
  contacts: '*' | readonly AskedContact[];
  /** The Expires header; a contact's own parameter wins. */
  expiresSec?: number | undefined;
  callId: string;
  cseq: number;
  flow: Flow;
  userAgent?: string | undefined;
}>;

/** Seconds, and how many contacts one address-of-record may have. */
export type BindingLimits = Readonly<{ minSec: number; maxSec: number; maxContacts: number }>;

export type BindingChange = Readonly<{ change: 'registered' | 'refreshed' | 'unregistered'; binding: Binding }>;

export type BindingResult =
  | Readonly<{ kind: 'ok'; bindings: readonly Binding[]; changes: readonly BindingChange[] }>
  | Readonly<{ kind: 'refused'; status: 400 | 403 | 423 | 500; reason: string; minExpiresSec?: number | undefined }>;

type SameUri = (a: string, b: string) => boolean;

/** RFC 3261 §10.3 steps 6 and 7: all of it happens, or none of it. */
export function updateBindings(
  current: readonly Binding[],
  asked: Registration,
  nowMs: number,
  limits: BindingLimits,
  sameUri: SameUri,
): BindingResult {
  const live = current.filter((binding) => binding.expiresAtMs > nowMs);
  if (asked.contacts === '*') return removeAll(live, asked);
  let bindings = live;
  const changes: BindingChange[] = [];
  for (const contact of asked.contacts) {
    const expiresSec = grantedExpiresSec(contact.expiresSec ?? asked.expiresSec, limits);
    if (expiresSec === 'too-brief') {
      return { kind: 'refused', status: 423, reason: 'Interval Too Brief', minExpiresSec: limits.minSec };
    }
    const old = findOld(bindings, contact, sameUri);
    // What this very request has bound is not older than itself: a contact may stand in it twice.
    if (old !== undefined && live.includes(old) && isOlder(asked, old))
      return { kind: 'refused', status: 500, reason: 'CSeq is not higher than before' };
    bindings = bindings.filter((one) => one !== old);
    if (expiresSec === 0) {
      if (old !== undefined) changes.push({ change: 'unregistered', binding: old });
      continue;
    }
    const binding = bind(contact, asked, nowMs + expiresSec * 1000);
    bindings = [...bindings, binding];
    if (old !== undefined && old.contact !== binding.contact) changes.push({ change: 'unregistered', binding: old });
    changes.push({ change: old?.contact === binding.contact ? 'refreshed' : 'registered', binding });
  }
  if (bindings.length > limits.maxContacts)
    return { kind: 'refused', status: 403, reason: `More than ${limits.maxContacts} contacts` };
  return { kind: 'ok', bindings, changes };
}

/** RFC 3261 §10.2.2: the star stands alone and takes everything away. */
function removeAll(live: readonly Binding[], asked: Registration): BindingResult {
  if (asked.expiresSec !== 0) return { kind: 'refused', status: 400, reason: 'Contact: * needs Expires: 0' };
  if (live.some((binding) => isOlder(asked, binding)))
    return { kind: 'refused', status: 500, reason: 'CSeq is not higher than before' };
  return { kind: 'ok', bindings: [], changes: live.map((binding) => ({ change: 'unregistered', binding })) };
}

/** RFC 3261 §10.3 step 7: within one Call-ID the CSeq must grow; a phone that restarted has a new Call-ID. */
const isOlder = (asked: Registration, old: Binding): boolean => old.callId === asked.callId && asked.cseq <= old.cseq;

/** RFC 5626 §6: the same flow of the same device is its own successor, wherever it is now; otherwise the URIs are compared. */
function findOld(bindings: readonly Binding[], contact: AskedContact, sameUri: SameUri): Binding | undefined {
  const { instance, uri } = contact;
  const named = instance === undefined ? undefined : bindings.find((one) => one.instance === instance);
  return named ?? bindings.find((one) => sameUri(one.contact, uri));
}

function bind(contact: AskedContact, asked: Registration, expiresAtMs: number): Binding {
  return {
    contact: contact.uri,
    expiresAtMs,
    q: contact.q,
    callId: asked.callId,
    cseq: asked.cseq,
    flow: asked.flow,
    userAgent: asked.userAgent,
    instance: contact.instance,
  };
}

/** RFC 3261 §10.3: nought removes; shorter than the minimum (and under an hour) is too brief; longer than the maximum is cut. */
export function grantedExpiresSec(askedSec: number | undefined, limits: BindingLimits): number | 'too-brief' {
  if (askedSec === 0) return 0;
  const wanted = Math.min(askedSec ?? limits.maxSec, limits.maxSec);
  return wanted < limits.minSec && wanted < 3600 ? 'too-brief' : wanted;
}
