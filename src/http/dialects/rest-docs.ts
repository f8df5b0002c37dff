/**
 * rest-docs: what /openapi.json and /docs say of each REST route. Words only; the shapes are the schemas.
 */
import type { RouteDoc } from '../openapi.js';
import { Call, CallList, HangupStarted, Proof } from '../schemas.js';

export const setup: RouteDoc = {
  summary: 'Set up a call',
  description:
    'Rings the caller, plays ringback to it, then dials the callee, who sees the number of the caller. The answer does not wait ' +
    'for anybody to pick up: follow `Location` or the events.',
  headers: { 'Idempotency-Key': 'the same key within ten minutes answers with the same call and sets up none' },
  answers: {
    202: {
      description: 'the call is being set up',
      schema: Call,
      headers: { Location: 'where the call is', 'Idempotent-Replayed': '`true` when the key came before' },
    },
  },
  errors: [
    'bad_request',
    'malformed_json',
    'body_too_large',
    'unsupported_media_type',
    'number_unknown',
    'not_registered',
    'busy',
  ],
};

export const list: RouteDoc = {
  summary: 'List the calls that are up',
  safe: true,
  answers: { 200: { description: 'every live call', schema: CallList } },
  errors: ['bad_request'],
};

export const get: RouteDoc = {
  summary: 'One call',
  description: 'Ended calls can be asked for, for a while.',
  safe: true,
  answers: { 200: { description: 'the call', schema: Call } },
  errors: ['call_not_found'],
};

export const hangup: RouteDoc = {
  summary: 'Hang up',
  description: 'Ends the call towards both parties, whatever it was doing; `call.ended` tells when it is over.',
  answers: { 202: { description: 'BYE, CANCEL or a refusal is on its way to both', schema: HangupStarted } },
  errors: ['bad_request', 'call_not_found'],
};

export const hold: RouteDoc = {
  summary: 'Hold',
  description:
    'Cuts the two parties apart in the media server, then sends a re-INVITE to both, then plays music. `holder` `controller` (or ' +
    'absent) holds both parties; `caller` or `callee` lets that party hold the other. `music` `false` or `null` holds in silence. ' +
    'Repeating it changes nothing and says so with `changed: false`. A phone that refuses is `soft-held`: cut off, and with music.',
  answers: { 200: { description: 'what really happened, per leg', schema: Proof } },
  errors: ['bad_request', 'malformed_json', 'call_not_found', 'wrong_moment', 'media_failed', 'media_gone'],
};

export const resume: RouteDoc = {
  summary: 'Resume',
  description:
    'Lifts the hold of one holder (`controller` when absent; in the query or in the body). Audio flows again once nobody holds ' +
    'the call any more: `reasons` says who still does.',
  answers: { 200: { description: 'what really happened, per leg', schema: Proof } },
  errors: ['bad_request', 'malformed_json', 'call_not_found', 'wrong_moment', 'media_failed', 'media_gone'],
};
