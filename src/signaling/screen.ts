/**
 * screen: the door of the house where the SIP engine is a drachtio-server: what it lets through is judged here. Its own `spammers` can
 * stay silent; by then a request has to be answered, so who is kept out hears 403 and no more.
 */
import type { RequestHandler, SrfRequest } from './srf.js';

export type Screened = Readonly<{ kind: 'in' } | { kind: 'refuse'; retryAfterSec: number } | { kind: 'drop' }>;

export type Screen = (
  knock: Readonly<{ method: string; source: string; port: number; userAgent: string | undefined; inCall: boolean }>,
) => Screened;

export function screened(screen: Screen | undefined, handler: RequestHandler): RequestHandler {
  if (screen === undefined) return handler;
  return (request, response) => {
    const verdict = screen(knockOf(request));
    switch (verdict.kind) {
      case 'in':
        return handler(request, response);
      case 'refuse':
        return response.send(503, { headers: { 'Retry-After': String(verdict.retryAfterSec) } }); // RFC 3261 §21.5.4
      case 'drop':
        return response.send(403);
    }
  };
}

const knockOf = (request: SrfRequest): Parameters<Screen>[0] => ({
  method: request.method,
  source: request.source_address,
  port: request.source_port,
  userAgent: request.get('User-Agent'),
  inCall: request.stackDialogId !== undefined,
});
