/**
 * rest-reach-docs: what /openapi.json and /docs say of the routes of rest-reach.ts. Words only; the shapes are the schemas.
 */
import type { RouteDoc } from '../openapi.js';
import { Accepted, MessageSent } from '../reach-schemas.js';
import { TransferStarted } from '../schemas.js';

const REFUSALS = ['bad_request', 'malformed_json', 'call_not_found', 'wrong_moment'] as const;
const REACHED = [...REFUSALS, 'number_unknown', 'not_registered', 'dial_forbidden'] as const;
const begun = (description: string): RouteDoc['answers'] => ({ 202: { description, schema: Accepted } });

export const answer: RouteDoc = {
  summary: 'Answer',
  description:
    'Asks the phone that rings to answer, as if its own key were pressed (NOTIFY `Event: talk`): the callee, or in a call that a ' +
    'program made first the caller. Phones that can be asked say so with `Allow-Events: talk`; for the others this is `wrong_moment`.',
  answers: begun('the phone was asked; `call.answered` tells when it has answered'),
  errors: REFUSALS,
};

export const reject: RouteDoc = {
  summary: 'Reject',
  description:
    'Refuses a call that nobody has answered yet: the caller hears `status` (603 unless said), and the phone that rings stops. ' +
    '`call.ended` comes with cause `refused`.',
  answers: begun('the refusal is on its way'),
  errors: REFUSALS,
};

export const forward: RouteDoc = {
  summary: 'Forward while it rings',
  description:
    'The phone that rings stops, and `to` rings instead. The call keeps its id, and its caller hears nothing of it. When nobody is ' +
    'to be had at `to` (`number_unknown`, `not_registered`) it goes on ringing where it rings.',
  answers: begun('`to` is being rung: `call.forwarded`'),
  errors: REACHED,
};

export const pickup: RouteDoc = {
  summary: 'Pick up a call that rings elsewhere',
  description:
    'Like forward, but the phone of `to` is asked to answer by itself (RFC 5373), and the other one shows no missed call.',
  answers: begun('`to` is being rung: `call.forwarded`'),
  errors: REACHED,
};

export const retrieve: RouteDoc = {
  summary: 'Fetch a parked call',
  description:
    'Rings `to`, and connects it with who waits in the parking slot. Whoever waits hears music until then, and stays parked when ' +
    'nobody answers; `transfer.changed` and `call.retrieved` tell how it goes.',
  answers: {
    202: { description: 'the new call is being set up', schema: TransferStarted, headers: { Location: 'where the new call is' } },
  },
  errors: [...REACHED, 'busy'],
};

export const message: RouteDoc = {
  summary: 'Send a message',
  description:
    'SIP MESSAGE (RFC 3428), plain text, to every phone of `to`; one that takes it is enough. The answer waits for the phones (32 ' +
    'seconds at most). Over UDP the whole request may have 1300 bytes, so a text of some 700 is safe. A message over a trunk comes ' +
    'from a number of this house.',
  answers: { 202: { description: 'a phone has taken it; `status` is its own', schema: MessageSent } },
  errors: ['bad_request', 'malformed_json', 'body_too_large', 'number_unknown', 'not_registered', 'message_refused'],
};
