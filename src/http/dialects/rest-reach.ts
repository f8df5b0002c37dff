/**
 * rest-reach: the REST routes for calls that ring or wait (answer, reject, forward, pick up, retrieve), and words without a call.
 */
import type { Static } from '@sinclair/typebox';
import type { Command } from '#calls/commands.js';
import * as reach from '../reach-schemas.js';
import * as schemas from '../schemas.js';
import * as docs from './rest-reach-docs.js';
import { callId } from './rest-connect.js';
import type { DialectRoute } from './dialect.js';

export function reachRoutes(write: DialectRoute['write']): readonly DialectRoute[] {
  const toNumber = (
    kind: 'call.forward' | 'call.pickup' | 'call.retrieve',
    path: string,
    doc: DialectRoute['doc'],
  ): DialectRoute => ({
    method: 'POST',
    path: `/calls/:callId/${path}`,
    schema: { body: reach.ToBody, querystring: schemas.NoQuery },
    doc,
    read: (request): Command => {
      const { to } = request.body as Static<typeof reach.ToBody>;
      return { kind, callId: callId(request), to: { number: to } };
    },
    write,
  });
  return [
    {
      method: 'POST',
      path: '/calls/:callId/answer',
      schema: { body: schemas.NoBody, querystring: schemas.NoQuery },
      doc: docs.answer,
      read: (request) => ({ kind: 'call.answer', callId: callId(request) }),
      write,
    },
    {
      method: 'POST',
      path: '/calls/:callId/reject',
      schema: { body: reach.RejectBody, querystring: schemas.NoQuery },
      doc: docs.reject,
      read: (request) => {
        const { status } = request.body as Static<typeof reach.RejectBody>;
        return { kind: 'call.reject', callId: callId(request), status };
      },
      write,
    },
    toNumber('call.forward', 'forward', docs.forward),
    toNumber('call.pickup', 'pickup', docs.pickup),
    toNumber('call.retrieve', 'retrieve', docs.retrieve),
    {
      method: 'POST',
      path: '/messages',
      schema: { body: reach.MessageBody, querystring: schemas.NoQuery },
      doc: docs.message,
      read: (request) => {
        const { from, to, text } = request.body as Static<typeof reach.MessageBody>;
        return { kind: 'message.send', from, to, text };
      },
      write,
    },
  ];
}
