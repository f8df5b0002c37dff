/**
 * routes: every request that can come in, and the room that answers it. A table of contents; the rules are elsewhere.
 */
import type { Asker, BindingsPort, CallSignals } from '#calls/ports.js';
import type { TollPort } from '#calls/toll-port.js';
import type { Logger } from '#kit/log.js';
import { corkTurns } from './cork.js';
import { relayInDialog } from './in-dialog.js';
import { onInvite } from './invite.js';
import { OpenKeys } from './open-keys.js';
import { onMessage } from './message.js';
import { screened, type Screen } from './screen.js';
import type { SessionPolicy } from './session-timer.js';
import type { Signaling } from './signaling.js';
import { notUnderstood, SUPPORTED } from './extensions.js';
import { ALLOW, EVENTS, SDP_TYPE } from './sip-words.js';
import type { RequestHandler, Srf, SrfRequest, SrfResponse } from './srf.js';

/** Who sent a request, once that is proven. */
export type Identity = Readonly<
  { kind: 'account'; number: string; name?: string | undefined } | { kind: 'trunk'; name: string; asker: Asker }
>;

export type RouteDeps = Readonly<{
  srf: Srf;
  signaling: Signaling;
  calls: CallSignals;
  bindings: BindingsPort;
  /** Absent: whoever is known may write to any number. */
  toll?: Pick<TollPort, 'mayDial'> | undefined;
  /** Gives the identity, or answers the request itself (401, 403) and gives undefined. */
  authenticate: (request: SrfRequest, response: SrfResponse) => Identity | undefined;
  register: RequestHandler;
  /** Absent: no event package is served (RFC 6665 §8.2.1). */
  subscribe?: RequestHandler | undefined;
  session: SessionPolicy;
  /** Absent: the engine keeps out by itself who is to be kept out. */
  screen?: Screen | undefined;
  /** Hears of every call that comes in. */
  openKeys?: Pick<OpenKeys, 'look'> | undefined;
  log: Logger;
}>;

export function installRoutes(given: RouteDeps): void {
  const deps: RouteDeps = { ...given, openKeys: given.openKeys ?? new OpenKeys(given.log) };
  const route = (method: string, handler: RequestHandler): void => {
    const judged = screened(deps.screen, handler);
    deps.srf.use(method, (request, response) => {
      if (request.socket !== undefined) corkTurns(request.socket);
      guarded(deps.log, method, judged, request, response);
    });
  };

  route('register', deps.register);
  route('invite', (request, response) => {
    const leg = deps.signaling.legs.ofDialog(request.stackDialogId);
    if (leg !== undefined) return leg.onReinvite(request, response);
    if (hasToTag(request)) return response.send(481); // RFC 3261 §12.2.2
    onInvite(deps, request, response);
  });
  route('update', (request, response) => {
    const leg = deps.signaling.legs.ofDialog(request.stackDialogId);
    if (leg === undefined) return response.send(481);
    leg.onUpdate(request, response);
  });
  route('bye', (request, response) => {
    const leg = deps.signaling.legs.ofDialog(request.stackDialogId);
    if (leg === undefined) return response.send(481);
    leg.onBye(request, response);
  });
  route('info', (request, response) => relayInDialog(deps, request, response));
  route('message', (request, response) => {
    if (hasToTag(request)) return relayInDialog(deps, request, response);
    onMessage(deps, request, response);
  });
  route('options', (request, response) => {
    const unknown = notUnderstood(request);
    if (unknown !== undefined) return response.send(420, { headers: { Unsupported: unknown } }); // RFC 3261 §8.2.2.3, RFC 4475 §3.3.5
    // RFC 3261 §12.2.2: a phone that asks whether its call is still there hears it when it is not.
    if (hasToTag(request) && deps.signaling.legs.ofDialog(request.stackDialogId) === undefined) return response.send(481);
    response.send(200, { headers: { Allow: ALLOW, Accept: SDP_TYPE, Supported: SUPPORTED, 'Allow-Events': EVENTS } });
  });
  route('subscribe', (request, response) => {
    const leg = deps.signaling.legs.ofDialog(request.stackDialogId);
    if (leg !== undefined) return deps.signaling.refers.onSubscribe(leg, request, response);
    if (deps.subscribe === undefined) return response.send(489);
    deps.subscribe(request, response);
  });
  route('publish', (_request, response) => response.send(489));
  route('notify', (request, response) => {
    // We have subscribed to nothing. Inside a call 481 would be taken for the end of the call (RFC 5057 §5.1), which it is not.
    response.send(deps.signaling.legs.ofDialog(request.stackDialogId) === undefined ? 481 : 200);
  });
  route('refer', (request, response) => {
    const leg = deps.signaling.legs.ofDialog(request.stackDialogId);
    if (leg !== undefined) return deps.signaling.refers.onRefer(leg, request, response);
    // Nobody makes us call for them from outside a call: there is no party there whom it could be about.
    if (hasToTag(request)) response.send(481);
    else response.send(403, 'REFER only in a call');
  });
}

export const hasToTag = (request: SrfRequest): boolean => /;\s*tag=/i.test(request.get('To') ?? '');

/** A fault in a handler costs its own request a 500, never the process. */
function guarded(log: Logger, method: string, handler: RequestHandler, request: SrfRequest, response: SrfResponse): void {
  try {
    handler(request, response);
  } catch (error) {
    log.error({ err: error, method }, 'a request could not be handled');
    try {
      response.send(500);
    } catch (second) {
      log.error({ err: second, method }, 'nor refused');
    }
  }
}
