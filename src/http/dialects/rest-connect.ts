/**
 * rest-connect: the REST routes that connect a party with somebody else: transfer and parking.
 */
import type { Static } from '@sinclair/typebox';
import type { CallView, Command } from '#calls/commands.js';
import { BadRequest } from '#kit/errors.js';
import * as schemas from '../schemas.js';
import * as docs from './rest-docs.js';
import type { DialectRequest, DialectRoute } from './dialect.js';

export const callId = (request: DialectRequest): CallView['id'] => (request.params['callId'] ?? '') as CallView['id'];

export function connectRoutes(write: DialectRoute['write']): readonly DialectRoute[] {
  return [
    {
      method: 'POST',
      path: '/calls/:callId/transfer',
      schema: { body: schemas.TransferBody, querystring: schemas.NoQuery },
      doc: docs.transfer,
      read: readTransfer,
      write,
    },
    {
      method: 'POST',
      path: '/calls/:callId/park',
      schema: { body: schemas.ParkBody, querystring: schemas.NoQuery },
      doc: docs.park,
      read: (request) => {
        const { leaving, slot } = request.body as Static<typeof schemas.ParkBody>;
        return { kind: 'call.park', callId: callId(request), leaving, slot };
      },
      write,
    },
    {
      method: 'GET',
      path: '/parked',
      schema: { querystring: schemas.NoQuery },
      doc: docs.parked,
      read: () => ({ kind: 'park.list' }),
      write,
    },
  ];
}

function readTransfer(request: DialectRequest): Command {
  const { to, toCall, leaving } = request.body as Static<typeof schemas.TransferBody>;
  if (to !== undefined && toCall === undefined)
    return { kind: 'call.transfer', callId: callId(request), leaving, to: { number: to } };
  if (to === undefined && toCall !== undefined)
    return { kind: 'call.transfer', callId: callId(request), leaving, to: { callId: toCall as CallView['id'] } };
  throw new BadRequest('to', 'to: expected either to (a number) or toCall (a call)');
}
