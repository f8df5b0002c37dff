/**
 * invite: a new INVITE is judged (extensions, hops, who sent it) and becomes a call.
 */
import { AppError, Busy } from '#kit/errors.js';
import { parseNameAddr } from '#sip/name-addr.js';
import { parseUri } from '#sip/uri.js';
import { notUnderstood } from './extensions.js';
import { replacedLeg } from './replaced-leg.js';
import type { RouteDeps } from './routes.js';
import { grant, readAsk } from './session-timer.js';
import { SDP_TYPE } from './sip-words.js';
import type { SrfRequest, SrfResponse } from './srf.js';

const HOPS_WHEN_UNSAID = 70; // RFC 3261 §8.1.1.6

export function onInvite(deps: RouteDeps, request: SrfRequest, response: SrfResponse): void {
  const unknown = notUnderstood(request);
  if (unknown !== undefined) return response.send(420, { headers: { Unsupported: unknown } }); // RFC 3261 §8.2.2.3
  const hops = Number(request.get('Max-Forwards') ?? HOPS_WHEN_UNSAID);
  if (!(hops > 0)) return response.send(483); // RFC 3261 §16.3; a call that comes back to us is a loop
  const body = request.body === '' ? undefined : request.body;
  if (body !== undefined && !isSdp(request)) return response.send(415, { headers: { Accept: SDP_TYPE } });

  const identity = deps.authenticate(request, response);
  if (identity === undefined) return;
  const session = grant(readAsk(request), deps.session);
  if (session.kind === 'too-short') return response.send(422, { headers: session.headers }); // RFC 4028 §9
  const called = parseUri(request.uri);
  const replaced = replacedLeg(request, (name) => deps.signaling.legs.names.find(name));
  if (replaced.kind === 'refused') return response.send(replaced.status);
  // With Replaces it goes to our Contact, which names nobody: the dialog says who is meant.
  const toUser = called?.user ?? (replaced.kind === 'leg' ? '' : undefined);
  if (toUser === undefined) return response.send(404);
  const from = parseNameAddr(request.get('From') ?? '');
  const fromUser = identity.kind === 'account' ? identity.number : (parseUri(from?.uri ?? '')?.user ?? 'anonymous');
  deps.openKeys?.look(identity.kind === 'trunk' ? identity.name : fromUser, request);
  try {
    const callId = deps.calls.incoming({
      fromUser,
      fromName: identity.kind === 'account' ? (identity.name ?? from?.displayName) : from?.displayName,
      toUser,
      offer: body,
      maxForwards: hops - 1,
      asker: identity.kind === 'trunk' ? identity.asker : 'inside',
      ...(identity.kind === 'trunk' ? { trunk: identity.name } : {}),
      privacy: wantsPrivacy(request),
      ...(replaced.kind === 'leg' ? { replaces: replaced.id } : {}),
    });
    deps.signaling.addIncoming({ callId, role: 'caller' }, request, response);
    deps.log.info({ callId, from: fromUser, to: toUser, sipCallId: request.get('Call-ID') }, 'call came in');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    response.send(error.sip, error instanceof Busy ? { headers: { 'Retry-After': String(error.retryAfterSec) } } : {});
  }
}

/** RFC 3323 §4.2, and the older way of calling oneself anonymous. */
const wantsPrivacy = (request: SrfRequest): boolean =>
  /\b(id|user|header)\b/i.test(request.get('Privacy') ?? '') || /sips?:anonymous@/i.test(request.get('From') ?? '');

const isSdp = (request: SrfRequest): boolean => (request.get('Content-Type') ?? SDP_TYPE).toLowerCase().startsWith(SDP_TYPE);
