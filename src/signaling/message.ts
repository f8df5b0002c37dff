/**
 * message: MESSAGE (RFC 3428) between registered phones. It goes to every contact of the number; one that takes it is enough.
 */
import { DialForbidden } from '#kit/errors.js';
import { parseUri } from '#sip/uri.js';
import type { DialTarget } from '#calls/ports.js';
import { bestRefusal, type FinalRefusal } from './best-refusal.js';
import { passedHeaders } from './in-dialog.js';
import type { Identity, RouteDeps } from './routes.js';
import { sendMessage } from './send-message.js';
import { displayName, userPart } from './sip-words.js';
import type { Srf, SrfRequest, SrfResponse } from './srf.js';

export function onMessage(deps: RouteDeps, request: SrfRequest, response: SrfResponse): void {
  const hops = Number(request.get('Max-Forwards') ?? 70);
  if (!(hops > 0)) return response.send(483);
  const identity = deps.authenticate(request, response);
  if (identity === undefined) return;
  const number = parseUri(request.uri)?.user;
  if (number === undefined) return response.send(404);
  const found = deps.bindings.find(number, identity.kind === 'trunk' ? identity.asker : 'inside');
  if (found.kind === 'unknown') return response.send(404);
  if (found.kind === 'not-registered') return response.send(480);
  if (isForbidden(deps, identity, number)) {
    deps.log.warn(
      { from: identity.kind === 'account' ? identity.number : undefined, to: number },
      'a MESSAGE is against the dial rules',
    );
    return response.send(403);
  }
  const from =
    identity.kind === 'account'
      ? `${displayName(identity.name)}<sip:${userPart(identity.number)}@localhost>`
      : '<sip:anonymous@localhost>';
  const deliver = (target: DialTarget): Promise<FinalRefusal> => deliverTo(deps.srf, request, target, from, number, hops - 1);
  void firstTaken(found.targets.map(deliver)).then(({ status, reason }) => response.send(status, reason));
}

/** One that takes it is enough: the others are not waited for, who may be gone. */
async function firstTaken(answers: readonly Promise<FinalRefusal>[]): Promise<FinalRefusal> {
  const taken = answers.map(async (answer) => {
    const final = await answer;
    if (final.status >= 300) throw new Error(final.reason);
    return final;
  });
  return Promise.any(taken).catch(async () => bestRefusal(await Promise.all(answers)));
}

/** What may not be dialled is not written to either: a carrier charges for both. */
function isForbidden({ bindings, toll }: RouteDeps, identity: Identity, number: string): boolean {
  if (identity.kind !== 'account' || bindings.traits(number).kind !== 'trunk') return false;
  try {
    toll?.mayDial({ payer: identity.number, outside: [number] });
    return false;
  } catch (error) {
    if (error instanceof DialForbidden) return true;
    throw error;
  }
}

function deliverTo(
  srf: Srf,
  request: SrfRequest,
  target: DialTarget,
  from: string,
  number: string,
  hops: number,
): Promise<FinalRefusal> {
  const headers = {
    ...passedHeaders(request),
    From: from,
    To: `<sip:${userPart(number)}@localhost>`,
    'Max-Forwards': String(hops),
  };
  return new Promise((resolve) => sendMessage(srf, target, headers, request.body ?? '', resolve));
}
