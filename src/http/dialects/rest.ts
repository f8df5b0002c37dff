/**
 * rest: our own dialect, described by /openapi.json. JSON in, JSON out, problem documents (RFC 9457) for refusals.
 * Idempotency: a repeated `Idempotency-Key` answers as the first time did, with `Idempotent-Replayed: true`.
 * What is only looked at (registrations, events, health, metrics) lives in observe-routes.ts.
 */
import type { Static } from '@sinclair/typebox';
import type { Command, Holder, Outcome } from '#calls/commands.js';
import { readPolicy } from '#calls/written-policy.js';
import { assertNever, BadRequest } from '#kit/errors.js';
import { headerCredentials } from '../api-accounts.js';
import { problemReply } from '../error-reply.js';
import { eventText } from '../event-text.js';
import * as schemas from '../schemas.js';
import * as docs from './rest-docs.js';
import { conferenceRoutes } from './rest-conferences.js';
import { bulkRoutes } from './rest-bulk.js';
import { callId, connectRoutes } from './rest-connect.js';
import { readMusic } from './rest-hold.js';
import { reachRoutes } from './rest-reach.js';
import { soundRoutes } from './rest-sound.js';
import { recordRoutes } from './rest-records.js';
import type { Dialect, DialectReply, DialectRequest, DialectRoute } from './dialect.js';

export const rest: Dialect = {
  name: 'rest',
  credentialsIn: 'header',
  body: 'json',
  credentials: (request) => headerCredentials(request.header('authorization')),
  refuse: problemReply,
  event: eventText,
  routes: routes(),
};

function routes(): readonly DialectRoute[] {
  return [
    {
      method: 'POST',
      path: '/calls',
      schema: { body: schemas.SetupBody, querystring: schemas.NoQuery },
      doc: docs.setup,
      read: (request) => {
        const { caller, callee, autoAnswer, music } = request.body as Static<typeof schemas.SetupBody>;
        return {
          kind: 'call.setup',
          caller,
          callee,
          autoAnswer,
          music,
          idempotencyKey: idempotencyKey(request),
          owner: request.identity,
        };
      },
      write,
    },
    {
      method: 'GET',
      path: '/calls',
      schema: { querystring: schemas.NoQuery },
      doc: docs.list,
      read: () => ({ kind: 'call.list' }),
      write,
    },
    {
      method: 'GET',
      path: '/calls/:callId',
      schema: { querystring: schemas.NoQuery },
      doc: docs.get,
      read: (request) => ({ kind: 'call.get', callId: callId(request) }),
      write,
    },
    {
      method: 'DELETE',
      path: '/calls/:callId',
      schema: { body: schemas.NoBody, querystring: schemas.NoQuery },
      doc: docs.hangup,
      read: (request) => ({ kind: 'call.hangup', callId: callId(request) }),
      write,
    },
    {
      method: 'PUT',
      path: '/calls/:callId/hold',
      schema: { body: schemas.HoldBody, querystring: schemas.NoQuery },
      doc: docs.hold,
      read: readHold,
      write,
    },
    {
      method: 'DELETE',
      path: '/calls/:callId/hold',
      schema: { body: schemas.ResumeBody, querystring: schemas.ResumeQuery },
      doc: docs.resume,
      read: (request) => {
        const { byPhone } = request.body as Static<typeof schemas.ResumeBody>;
        const resume = { kind: 'call.resume', callId: callId(request), holder: resumingHolder(request) } as const;
        return byPhone === undefined ? resume : { ...resume, byPhone };
      },
      write,
    },
    ...bulkRoutes(write),
    ...connectRoutes(write),
    ...soundRoutes(write),
    ...recordRoutes(write),
    ...conferenceRoutes(write),
    ...reachRoutes(write),
  ];
}

function readHold(request: DialectRequest): Command {
  const { holder = 'controller', music, announcement, byPhone, ...policy } = request.body as Static<typeof schemas.HoldBody>;
  const phone = byPhone === undefined ? {} : { byPhone };
  const hold = { kind: 'call.hold', callId: callId(request), holder, music: readMusic(music, announcement), ...phone } as const;
  return Object.keys(policy).length === 0 ? hold : { ...hold, policy: readPolicy(policy) };
}

function idempotencyKey(request: DialectRequest): string | undefined {
  const key = request.header('idempotency-key');
  if (key === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw new BadRequest('Idempotency-Key', 'Idempotency-Key: expected 1 to 255 visible ASCII characters');
  return key;
}

/** The holder may stand in the query or, as in PUT, in the body; ignoring either would resume somebody else's hold. */
function resumingHolder(request: DialectRequest): Holder {
  const inQuery = (request.query.get('holder') ?? undefined) as Holder | undefined;
  const { holder: inBody } = request.body as Static<typeof schemas.ResumeBody>;
  if (inQuery !== undefined && inBody !== undefined && inQuery !== inBody)
    throw new BadRequest('holder', `holder: the query says ${inQuery} and the body ${inBody}`);
  return inQuery ?? inBody ?? 'controller';
}

function write(outcome: Outcome): DialectReply {
  switch (outcome.kind) {
    case 'call.accepted': {
      const replayed = outcome.repeated ? { 'idempotent-replayed': 'true' } : {};
      return json(202, outcome.call, { location: `/calls/${encodeURIComponent(outcome.call.id)}`, ...replayed });
    }
    case 'call.hangup-started':
      return json(202, { callId: outcome.callId, hangup: 'started' });
    case 'hold.done':
      return json(200, outcome.proof);
    case 'calls.changed':
      return json(200, outcome.report);
    case 'call.done':
      return json(202, { callId: outcome.callId });
    case 'transfer.started':
      return json(
        202,
        { callId: outcome.callId, newCallId: outcome.newCallId },
        { location: `/calls/${encodeURIComponent(outcome.newCallId)}` },
      );
    case 'call.parked':
      return json(200, { callId: outcome.callId, slot: outcome.slot });
    case 'play.started':
      return json(202, { callId: outcome.callId, playId: outcome.playId, ms: outcome.ms });
    case 'record.started':
      return json(
        202,
        { callId: outcome.callId, recordingId: outcome.recordingId },
        { location: `/recordings/${outcome.recordingId}` },
      );
    case 'history.found':
      return json(200, { total: outcome.total, page: outcome.page, calls: outcome.rows });
    case 'message.sent':
      return json(202, { status: outcome.status });
    case 'conference.found':
      return json(200, outcome.conference);
    case 'conference.listed':
      return json(200, { conferences: outcome.conferences });
    case 'park.listed':
      return json(200, { parked: outcome.parked });
    case 'call.found':
      return json(200, outcome.call);
    case 'call.listed':
      return json(200, { calls: outcome.calls });
    default:
      return assertNever(outcome);
  }
}

const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): DialectReply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(value),
});
