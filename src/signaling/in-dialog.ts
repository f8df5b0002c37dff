/**
 * in-dialog: INFO (DTMF) and MESSAGE pass from one leg to the other, and the answer passes back.
 */
import { passedOn } from '#core/teardown.js';
import { keyInInfo } from './info-keys.js';
import type { RouteDeps } from './routes.js';
import type { Headers, SrfRequest, SrfResponse } from './srf.js';

const PASSED_HEADERS = ['Content-Type', 'Info-Package'];

export function relayInDialog(deps: RouteDeps, request: SrfRequest, response: SrfResponse): void {
  const leg = deps.signaling.legs.ofDialog(request.stackDialogId);
  if (leg === undefined) return response.send(481);
  const key = request.method === 'INFO' ? keyInInfo(request.get('Content-Type'), request.body) : undefined;
  if (key !== undefined) deps.calls.signal(leg.id, { kind: 'key', ...key });
  // While anyone is held the parties are cut apart, keys and words as much as voices; the phone did nothing wrong.
  if (!deps.calls.mayRelay(leg.id, request.method === 'INFO' ? 'key' : undefined)) return response.send(200);
  const peer = deps.signaling.legs.peerOf(leg);
  if (peer?.dialogId === undefined) return response.send(200);
  const method = request.method === 'INFO' ? 'INFO' : 'MESSAGE';
  peer.relay({ method, headers: () => passedHeaders(request), body: request.body ?? '' }, ({ status, reason }) => {
    if (relayed(status) === status) response.send(status, reason);
    else response.send(relayed(status));
  });
}

/** RFC 5057 §5.1: 408 and 481 would tell the phone that its own dialog is gone, and what asks for credentials is not its to answer. */
function relayed(status: number): number {
  if (status < 400) return status;
  return status === 408 ? 500 : passedOn(status);
}

export function passedHeaders(request: SrfRequest): Headers {
  const headers: Record<string, string> = {};
  for (const name of PASSED_HEADERS) {
    const value = request.get(name);
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}
