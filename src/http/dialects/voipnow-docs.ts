/**
 * voipnow-docs: what /docs and the OpenAPI document say of the UnifiedAPI routes.
 */
import type { RouteDoc } from '../openapi.js';

const ERRORS =
  'Errors are {"error":{"code","message"}}: 400 pc_phonecall_invalid, pc_phonecallview_invalid, pc_action_invalid, ' +
  'pc_number_invalid, pc_parameter_invalid, extension_invalid, user_invalid, request_invalid; 401 unauthorized; ' +
  '403 access_denied; 500 internal_error; 501 not_built; 503 busy.';

const route = (summary: string, status: number, answer: string, more: Partial<RouteDoc> = {}): RouteDoc => ({
  summary: `VoipNow: ${summary}`,
  description: ERRORS,
  open: true, // its tokens are its own: /oauth/token.php
  answers: { [status]: { description: answer } },
  ...more,
});

const FIELDS = { fields: 'keys of a phone call, separated by commas' };

export const list = route('the phone calls of an extension', 200, 'entry, and link with next and prev', {
  safe: true,
  query: {
    count: '1 to 5000, 20 when absent',
    startIndex: 'from 0',
    filterBy: 'id or published',
    filterOp: 'equals, contains, startsWith, present, lessThan, greaterThan',
    filterValue: 'what it is compared with',
    sortOrder: 'ascending or descending, by published',
    ...FIELDS,
  },
});
export const get = route('one phone call', 200, 'the phone call, bare and under entry', { safe: true, query: FIELDS });
export const act = route('do something with a phone call', 202, 'id, extension and link');
export const actOnAll = route('hold or resume every phone call of an extension', 200, 'entry; 204 when there is none');
export const hangup = route('hang up', 200, 'a list with the phone call as it was');
export const hangupAll = route('hang up every phone call of an extension', 200, 'a list of them as they were', {
  query: { phoneNumber: 'only those with this party' },
});
export const create = route('set up a phone call (simple)', 200, 'a list with the phone call');
export const wish = route('ask for phone call events of an extension', 200, 'a list with the phoneCallEvent');
export const wishes = route('the phone call events that were asked for', 200, 'entry', { safe: true });
export const unwish = route('ask for phone call events no longer', 200, 'a list with the phoneCallEvent as it was');
