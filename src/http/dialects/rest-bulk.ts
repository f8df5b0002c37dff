/**
 * rest-bulk: the REST routes that hold and resume many calls with one request.
 */
import type { Static } from '@sinclair/typebox';
import type { BulkFilter } from '#calls/bulk-commands.js';
import type { CallView, Command } from '#calls/commands.js';
import { readPolicy } from '#calls/written-policy.js';
import { BadRequest } from '#kit/errors.js';
import { BulkDone, BulkHoldBody, BulkResumeBody, BulkResumeQuery } from '../bulk-schemas.js';
import type { RouteDoc } from '../openapi.js';
import { NoQuery } from '../schemas.js';
import { readMusic } from './rest-hold.js';
import type { DialectRequest, DialectRoute } from './dialect.js';

export function bulkRoutes(write: DialectRoute['write']): readonly DialectRoute[] {
  return [
    {
      method: 'PUT',
      path: '/calls/hold',
      schema: { body: BulkHoldBody, querystring: NoQuery },
      doc: holdDoc,
      read: readBulkHold,
      write,
    },
    {
      method: 'DELETE',
      path: '/calls/hold',
      schema: { body: BulkResumeBody, querystring: BulkResumeQuery },
      doc: resumeDoc,
      read: readBulkResume,
      write,
    },
  ];
}

type ResumeBody = Static<typeof BulkResumeBody>;

function readBulkHold(request: DialectRequest): Command {
  const body = request.body as Static<typeof BulkHoldBody>;
  const { ids, number, trunk, state, all, holder = 'controller', music, announcement, ...policy } = body;
  const filter = filterOf({ ids, number, trunk, state, all });
  const hold = { kind: 'calls.hold', filter, holder, music: readMusic(music, announcement) } as const;
  return Object.keys(policy).length === 0 ? hold : { ...hold, policy: readPolicy(policy) };
}

/** Each word may stand in the query or in the body; said twice and differently it is refused, because either could be meant. */
function readBulkResume({ body, query }: DialectRequest): Command {
  const inBody = body as ResumeBody;
  const said = (name: 'number' | 'trunk' | 'state' | 'holder'): string | undefined => {
    const inQuery = query.get(name) ?? undefined;
    if (inQuery !== undefined && inBody[name] !== undefined && inQuery !== inBody[name])
      throw new BadRequest(name, `${name}: the query says ${inQuery} and the body ${inBody[name]}`);
    return inQuery ?? inBody[name];
  };
  const state = said('state') as ResumeBody['state'];
  const all = query.has('all') ? true : inBody.all;
  const filter = filterOf({ ids: inBody.ids, number: said('number'), trunk: said('trunk'), state, all });
  return { kind: 'calls.resume', filter, holder: (said('holder') as ResumeBody['holder']) ?? 'controller' };
}

type Words = { [Key in 'ids' | 'number' | 'trunk' | 'state' | 'all']: ResumeBody[Key] | undefined };

function filterOf({ ids, number, trunk, state, all }: Words): BulkFilter {
  return {
    ...(ids === undefined ? {} : { ids: ids as CallView['id'][] }),
    ...(number === undefined ? {} : { number }),
    ...(trunk === undefined ? {} : { trunk }),
    ...(state === undefined ? {} : { state }),
    ...(all === undefined ? {} : { all }),
  };
}

const FILTER =
  'Which calls: those that fit every one of `ids`, `number` (caller or callee), `trunk` (it came in over it), `state` and `all`; at least ' +
  'one must be said. ';
const ANSWER =
  'Always 200 when the request could be read: what became of each call stands in its row, in the order of `ids`, with the `code` that a ' +
  'request for this call alone would have been refused with. 32 calls are under way at a time, and up to 256 while others than Holdfast take ' +
  'their time; after 5 seconds the rest is only begun (`pending`).';
const errors = ['bad_request', 'malformed_json', 'body_too_large', 'unsupported_media_type', 'busy'] as const;

const holdDoc: RouteDoc = {
  summary: 'Hold many calls',
  description: `${FILTER}Calls that ring are left out unless they are named. The rest as in holding one call. ${ANSWER}`,
  answers: { 200: { description: 'what became of each call, and how many of each', schema: BulkDone } },
  errors: [...errors, 'number_unknown'],
};

const resumeDoc: RouteDoc = {
  summary: 'Resume many calls',
  description: `${FILTER}Calls that nobody holds are left out unless they are named. All but \`ids\` may stand in the query. ${ANSWER}`,
  answers: { 200: { description: 'what became of each call, and how many of each', schema: BulkDone } },
  errors,
};
