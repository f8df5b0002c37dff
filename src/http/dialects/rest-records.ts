/**
 * rest-records: the REST routes of what is kept of calls: a recording is begun and ended, and calls that have ended are looked up.
 */
import { Type, type Static } from '@sinclair/typebox';
import type { CallRecord } from '#calls/history-commands.js';
import { BadRequest } from '#kit/errors.js';
import type { Command } from '#calls/commands.js';
import type { RouteDoc } from '../openapi.js';
import { NoBody, NoQuery, PhoneNumber } from '../schemas.js';
import { callId } from './rest-connect.js';
import type { DialectRequest, DialectRoute } from './dialect.js';

const strict = { additionalProperties: false } as const;
const Seconds = Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 86_400 }));
const Whole = Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,8}$', description: 'a whole number from 1' }));
const Time = Type.Optional(Type.String({ minLength: 4, maxLength: 40, description: 'a time as 2026-11-21T10:00:00Z' }));
const Word = Type.Optional(Type.String({ minLength: 1, maxLength: 128 }));

const RecordingBody = Type.Object(
  {
    format: Type.Optional(Type.Unsafe<'wav' | 'mp3'>({ type: 'string', enum: ['wav', 'mp3'] })),
    maxSec: Seconds,
    silenceSec: Seconds,
  },
  strict,
);
/** All of them, so that a misspelt one finds nothing because it is wrong and not because there is none. */
const CAUSES: Readonly<Record<CallRecord['cause'], true>> = {
  'caller-hung-up': true,
  'callee-hung-up': true,
  'controller-hung-up': true,
  'caller-cancelled': true,
  refused: true,
  'no-answer': true,
  'caller-lost': true,
  'callee-lost': true,
  'media-lost': true,
  'hold-expired': true,
  transferred: true,
  conference: true,
  'server-lost': true,
  shutdown: true,
};
const Cause = Type.Unsafe<CallRecord['cause']>({ type: 'string', enum: Object.keys(CAUSES) });

const HistoryQuery = Type.Object(
  {
    callId: Word,
    number: Type.Optional(PhoneNumber),
    caller: Type.Optional(PhoneNumber),
    callee: Type.Optional(PhoneNumber),
    since: Time,
    until: Time,
    cause: Type.Optional(Cause),
    page: Whole,
    rows: Whole,
  },
  strict,
);

const RecordingStarted = Type.Object({ callId: Type.String(), recordingId: Type.String() });
const RecordingEnded = Type.Object({ callId: Type.String() });
const Moment = Type.String({ format: 'date-time' });
const EndedCall = Type.Object({
  id: Type.String(),
  origin: Type.String({ enum: ['phone', 'api', 'transfer', 'conference'] }),
  parties: Type.Object({ caller: Type.String(), callee: Type.String() }),
  createdAt: Moment,
  ringingAt: Type.Optional(Moment),
  answeredAt: Type.Optional(Moment),
  endedAt: Moment,
  cause: Cause,
  status: Type.Optional(Type.Integer({ description: 'SIP status, where there was one' })),
  reason: Type.Optional(Type.String()),
  holds: Type.Integer({ description: 'how often it was held' }),
  heldMs: Type.Number({ description: 'how long in all' }),
  recordings: Type.Array(Type.String()),
  transferredTo: Type.Optional(Type.Object({ number: Type.String(), callId: Type.Optional(Type.String()) })),
});
const HistoryPage = Type.Object({ total: Type.Integer(), page: Type.Integer(), calls: Type.Array(EndedCall) });

export function recordRoutes(write: DialectRoute['write']): readonly DialectRoute[] {
  return [
    {
      method: 'POST',
      path: '/calls/:callId/recording',
      schema: { body: RecordingBody, querystring: NoQuery },
      doc: startDoc,
      read: (request) => ({
        kind: 'record.start',
        callId: callId(request),
        ...(request.body as Static<typeof RecordingBody>),
      }),
      write,
    },
    {
      method: 'DELETE',
      path: '/calls/:callId/recording',
      schema: { body: NoBody, querystring: NoQuery },
      doc: stopDoc,
      read: (request) => ({ kind: 'record.stop', callId: callId(request) }),
      write,
    },
    { method: 'GET', path: '/history', schema: { querystring: HistoryQuery }, doc: historyDoc, read: readHistory, write },
  ];
}

function readHistory(request: DialectRequest): Command {
  const { page, rows, ...filter } = Object.fromEntries(request.query) as Static<typeof HistoryQuery>;
  const { since, until } = filter;
  if (since !== undefined && until !== undefined && Date.parse(until) <= Date.parse(since))
    throw new BadRequest('until', `until: found ${until}, expected a time after since`);
  return {
    kind: 'history.find',
    ...filter,
    ...(page === undefined ? {} : { page: Number(page) }),
    ...(rows === undefined ? {} : { rows: Number(rows) }),
  };
}

const startDoc: RouteDoc = {
  summary: 'Record a call',
  description:
    'Both parties, the caller left and the callee right. It ends with the call, after `maxSec`, after `silenceSec` in which nobody was ' +
    'heard, or by DELETE; `recording.completed` tells when the file is there. A party that is held or muted is silent in it; music and ' +
    'prompts are not in it.',
  answers: {
    202: { description: 'it is being recorded', schema: RecordingStarted, headers: { Location: 'where the recording is' } },
  },
  errors: ['bad_request', 'malformed_json', 'call_not_found', 'wrong_moment', 'media_failed', 'media_gone', 'busy'],
};

const stopDoc: RouteDoc = {
  summary: 'End the recording of a call',
  answers: { 202: { description: 'it has ended; `recording.completed` tells when the file is there', schema: RecordingEnded } },
  errors: ['bad_request', 'call_not_found', 'wrong_moment'],
};

const historyDoc: RouteDoc = {
  summary: 'Calls that have ended',
  description:
    'Newest first, page by page (`rows` to a page: 100 when absent, 1000 at most). All that is said must fit: `number` is either party, ' +
    '`since` and `until` are about when the call began. The last ones are kept (`history.maxCalls`, 10 000), also over a restart.',
  safe: true,
  answers: { 200: { description: 'one page, and how many fit in all', schema: HistoryPage } },
  errors: ['bad_request'],
};
