/**
 * rest-conferences: the REST routes of calls of three and more, and of consultations.
 */
import type { Static } from '@sinclair/typebox';
import type { CallView } from '#calls/commands.js';
import { BadRequest } from '#kit/errors.js';
import * as bodies from '../conference-schemas.js';
import type { RouteDoc } from '../openapi.js';
import { NoBody, NoQuery } from '../schemas.js';
import type { DialectRequest, DialectRoute } from './dialect.js';
import { callId } from './rest-connect.js';

const conferenceId = (request: DialectRequest): string => request.params['conferenceId'] ?? '';
const asCallId = (text: string): CallView['id'] => text as CallView['id'];

export function conferenceRoutes(write: DialectRoute['write']): readonly DialectRoute[] {
  return [
    {
      method: 'POST',
      path: '/conferences',
      schema: { body: bodies.ConferenceBody, querystring: NoQuery },
      doc: docs.create,
      read: (request) => {
        const { calls = [], numbers = [], ...opening } = request.body as Static<typeof bodies.ConferenceBody>;
        return { kind: 'conference.create', calls: calls.map(asCallId), numbers, ...opening };
      },
      write,
    },
    {
      method: 'GET',
      path: '/conferences',
      schema: { querystring: NoQuery },
      doc: docs.list,
      read: () => ({ kind: 'conference.list' }),
      write,
    },
    {
      method: 'GET',
      path: '/conferences/:conferenceId',
      schema: { querystring: NoQuery },
      doc: docs.get,
      read: (request) => ({ kind: 'conference.get', conferenceId: conferenceId(request) }),
      write,
    },
    {
      method: 'DELETE',
      path: '/conferences/:conferenceId',
      schema: { body: NoBody, querystring: NoQuery },
      doc: docs.end,
      read: (request) => ({ kind: 'conference.end', conferenceId: conferenceId(request) }),
      write,
    },
    {
      method: 'POST',
      path: '/conferences/:conferenceId/members',
      schema: { body: bodies.AddMemberBody, querystring: NoQuery },
      doc: docs.add,
      read: (request) => {
        const { number, call } = request.body as Static<typeof bodies.AddMemberBody>;
        if ((number === undefined) === (call === undefined))
          throw new BadRequest('number', 'number: expected either number or call');
        const member = number === undefined ? { callId: asCallId(call ?? '') } : { number };
        return { kind: 'conference.add', conferenceId: conferenceId(request), member };
      },
      write,
    },
    ...joiningRoutes(write),
  ];
}

function joiningRoutes(write: DialectRoute['write']): readonly DialectRoute[] {
  return [
    {
      method: 'POST',
      path: '/calls/:callId/join',
      schema: { body: bodies.JoinBody, querystring: NoQuery },
      doc: docs.join,
      read: (request) => {
        const { to, as = 'member', party, ...opening } = request.body as Static<typeof bodies.JoinBody>;
        if (as === 'whisperer' && party === undefined)
          throw new BadRequest('party', 'party: a whisperer is heard by the caller or the callee; say which');
        return { kind: 'call.join', callId: callId(request), as, party: party ?? 'callee', to: { number: to }, ...opening };
      },
      write,
    },
    {
      method: 'POST',
      path: '/calls/:callId/consult',
      schema: { body: bodies.ConsultBody, querystring: NoQuery },
      doc: docs.consult,
      read: (request) => {
        const { to, ...how } = request.body as Static<typeof bodies.ConsultBody>;
        return { kind: 'call.consult', callId: callId(request), to: { number: to }, ...how };
      },
      write,
    },
    {
      method: 'DELETE',
      path: '/calls/:callId/consult',
      schema: { body: bodies.ConsultEndBody, querystring: NoQuery },
      doc: docs.consulted,
      read: (request) => {
        const { join = false } = request.body as Static<typeof bodies.ConsultEndBody>;
        return { kind: join ? 'consult.join' : 'consult.cancel', callId: callId(request), holder: 'caller' };
      },
      write,
    },
  ];
}

const shown = { description: 'the conference', schema: bodies.ConferenceSchema };
const RINGING = ['number_unknown', 'not_registered', 'dial_forbidden', 'busy', 'mixer_gone'] as const;
const BODY = ['bad_request', 'malformed_json'] as const;

const docs = {
  create: {
    summary: 'Open a conference',
    description:
      'Of `calls` that are up, whose parties become members, and of `numbers`, which are rung. Each member has a call of its own ' +
      '(`callId`), whose callee is its phone: it is held, muted and hung up there. A call that becomes a conference ends with cause ' +
      '`conference`, and its id goes on being understood. `othersHear` says what the others hear while a member holds: the `conference` ' +
      '(it goes on without whoever holds), `music` (each that of `music`, by number), or `silence`. With one member left it ends.',
    answers: { 200: shown },
    errors: [...BODY, 'call_not_found', 'wrong_moment', ...RINGING],
  },
  list: {
    summary: 'List the conferences',
    safe: true,
    answers: { 200: { description: 'every conference', schema: bodies.ConferenceList } },
    errors: ['bad_request'],
  },
  get: { summary: 'One conference', safe: true, answers: { 200: shown }, errors: ['conference_not_found'] },
  end: {
    summary: 'End a conference',
    description: 'Everybody is hung up.',
    answers: { 200: shown },
    errors: ['bad_request', 'conference_not_found'],
  },
  add: {
    summary: 'Add a member',
    description: 'A `number` is rung, or the parties of a `call` come over.',
    answers: { 200: shown },
    errors: [...BODY, 'conference_not_found', 'call_not_found', 'wrong_moment', ...RINGING],
  },
  join: {
    summary: 'Join a call',
    description:
      '`to` is rung and comes into the call: as a `member` who talks with both (barge in), as a `listener` whom nobody hears (monitor), ' +
      'or as a `whisperer` whom only `party` hears. The call becomes a conference, and stays one when nobody answers.',
    answers: { 200: shown },
    errors: [...BODY, 'call_not_found', 'wrong_moment', ...RINGING],
  },
  consult: {
    summary: 'Consult somebody',
    description:
      '`holder` talks to `to` while the other party waits with music. When the holder hangs up, the other two are connected; ' +
      'when nobody answers, the two talk on, as a conference of two.',
    answers: { 200: shown },
    errors: [...BODY, 'call_not_found', 'wrong_moment', ...RINGING],
  },
  consulted: {
    summary: 'End a consultation',
    description: 'The party that waits is taken back; with `join` all three are connected.',
    answers: { 200: shown },
    errors: [...BODY, 'call_not_found', 'wrong_moment'],
  },
} satisfies Record<string, RouteDoc>;
