/**
 * rest-docs: what /openapi.json and /docs say of each REST route. Words only; the shapes are the schemas.
 */
import type { RouteDoc } from '../openapi.js';
import { Call, CallList, HangupStarted, Parked, ParkedList, Proof, TransferStarted } from '../schemas.js';

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
    'dial_forbidden',
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
    'absent) holds both parties; `caller` or `callee` lets that party hold the other. `music` names a class, and `false` or `null` ' +
    'holds in silence; it may be changed while held, without another re-INVITE. `announcement` is said between the music. ' +
    '`maxSeconds`, `remindHolderEverySeconds` and `onExpiry` stand over the policy of the account; `ring-holder` resumes where a ' +
    'program holds, which has no phone. ' +
    'Each request says the whole of the hold: what a repetition leaves out is as if it had never been said (the music that is due, no ' +
    'announcement, the policy of the account). Repeating it as it was changes nothing and says so with `changed: false`. A phone that refuses is `soft-held`: cut off, and with music.',
  answers: { 200: { description: 'what really happened, per leg', schema: Proof } },
  errors: ['bad_request', 'malformed_json', 'call_not_found', 'wrong_moment', 'number_unknown', 'media_failed', 'media_gone'],
};

export const resume: RouteDoc = {
  summary: 'Resume',
  description:
    'Lifts the hold of one holder (`controller` when absent; in the query or in the body). Audio flows again once nobody holds ' +
    'the call any more (`reasons` says who still does) and both phones have answered what they were asked before.',
  answers: { 200: { description: 'what really happened, per leg', schema: Proof } },
  errors: ['bad_request', 'malformed_json', 'call_not_found', 'wrong_moment', 'media_failed', 'media_gone'],
};

export const transfer: RouteDoc = {
  summary: 'Transfer',
  description:
    'The party that does not leave (`leaving`: in a call that a program made the caller, else the callee) is connected with the ' +
    'number `to`, or with whom the leaving party talks to in `toCall`. It hears music until somebody has answered. Nobody answers: ' +
    'the leaving party has it back. `transfer.changed` tells how it goes.',
  answers: {
    202: { description: 'the new call is being set up', schema: TransferStarted, headers: { Location: 'where the new call is' } },
  },
  errors: [
    'bad_request',
    'malformed_json',
    'call_not_found',
    'wrong_moment',
    'number_unknown',
    'not_registered',
    'dial_forbidden',
    'busy',
  ],
};

export const park: RouteDoc = {
  summary: 'Park',
  description:
    'The party that does not leave waits in a slot, with music; the other is hung up. Dialling the retrieve code and the slot ' +
    '(`*861` for slot 1) gets it back, from any phone.',
  answers: { 200: { description: 'where it waits', schema: Parked } },
  errors: ['bad_request', 'malformed_json', 'call_not_found', 'wrong_moment', 'busy', 'slot_taken'],
};

export const parked: RouteDoc = {
  summary: 'Who is parked',
  safe: true,
  answers: { 200: { description: 'every slot that is taken', schema: ParkedList } },
  errors: ['bad_request'],
};
