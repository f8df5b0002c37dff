/**
 * in-dialog: INFO (DTMF) and MESSAGE pass from one leg to the other, and the answer passes back.
 */
import { keyInInfo } from './info-keys.js';
import type { RouteDeps } from './routes.js';
import { IN_DIALOG, type Headers, type SrfRequest, type SrfResponse } from './srf.js';

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
  const body = request.body === undefined || request.body === '' ? {} : { body: request.body };
  deps.srf.request(
    { method: request.method, uri: IN_DIALOG, stackDialogId: peer.dialogId, headers: passedHeaders(request), ...body },
    (error, sent) => {
      if (error || sent === undefined) return response.send(500);
      sent.on('update', (update, answer) => peer.onUpdate(update, answer));
      sent.on('response', (answer) => {
        if (answer.status >= 200) response.send(answer.status, answer.reason);
      });
    },
  );
}

export function passedHeaders(request: SrfRequest): Headers {
  const headers: Record<string, string> = {};
  for (const name of PASSED_HEADERS) {
    const value = request.get(name);
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}
