/**
 * plivo-docs: what the routes of the Plivo dialect say of themselves in /docs and the OpenAPI document.
 */
import type { RouteDoc } from '../openapi.js';

const CREDENTIALS = 'AUTH_ID and AUTH_TOKEN of phlos.yaml in Basic credentials; refusals are {api_id, error}.';
const DONE = { description: '{"api_id": a new uuid, "error": ""}' };
/** Their refusals are no problem documents, so they are described in words. */
const doc = (summary: string, description: string, answers: RouteDoc['answers'], safe = false): RouteDoc => ({
  summary: `Plivo: ${summary}`,
  description: `${description} ${CREDENTIALS}`,
  open: true,
  answers,
  ...(safe ? { safe } : {}),
});

export const phlo = doc('a PHLO', 'Name and day of a PHLO.', { 200: { description: 'the PHLO' } }, true);
export const node = doc('a multiparty call node', 'A node of a PHLO.', { 200: { description: 'the node' } }, true);
export const run = doc('run a PHLO', 'Connects `from` with `to`.', {
  201: { description: '{api_id, phlo_run_id, phlo_id, message}' },
});
export const nodeAction = doc(
  'an action of a node',
  '`action`: call, warm_transfer, cold_transfer (with `to`, `role`, `trigger_source`) or abort_transfer.',
  { 201: DONE },
);
export const memberAction = doc(
  'an action of a member',
  '`action`: hold, unhold, mute, unmute, hangup, resume_call, voicemail_drop or abort_transfer, of the member with this number ' +
    'or SIP address. JSON, form or multipart. It is answered when it is begun.',
  { 201: DONE },
);
export const participant = doc(
  'a participant of a MultiPartyCall',
  '`hold` and `mute`, true or false, of one participant or of `all`; `hold` lets this participant hear the music.',
  { 202: { description: '{api_id, and a sentence for each of hold and mute that was sent}' } },
);
