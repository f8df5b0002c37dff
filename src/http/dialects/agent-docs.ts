/**
 * agent-docs: what the routes of the AgentGateway say of themselves in /docs and the OpenAPI document.
 */
import type { RouteDoc } from '../openapi.js';

const ENVELOPE = '{"message", "retcode": "0", "result"}; a refusal has another retcode, and HTTP 200 all the same.';
/** Their refusals are no problem documents, so they are described in words. */
const doc = (summary: string, description: string, more: Partial<RouteDoc> = {}): RouteDoc => ({
  summary: `AgentGateway: ${summary}`,
  description,
  open: true,
  answers: { 200: { description: ENVELOPE } },
  headers: { Guid: 'What `Set-GUID` said at sign-in, without `JSESSIONID=`.' },
  ...more,
});
const SET_GUID = { 200: { description: ENVELOPE, headers: { 'Set-GUID': 'JSESSIONID=<guid>', 'Set-Cookie': 'the same' } } };
const SIGN_IN = 'JSON with `password` and `phonenum` (agents.yaml); `status` 3 busy, 4 idle, 5 work.';

export const signIn = doc('sign in', SIGN_IN, { headers: {}, answers: SET_GUID });
export const forceLogin = doc('sign in although signed in already', `${SIGN_IN} The earlier Guid is good no more.`, {
  headers: {},
  answers: SET_GUID,
});
export const logout = doc('sign out', 'Refused during a call, unless by forcelogout; calls go on.');
export const updateGuid = doc('a new Guid', 'The old one is good no more.', { answers: SET_GUID });
export const agentStatus = doc('the state of the agent', '`agentState`: 3 busy, 4 idle, 5 work, 7 talking, 8 rest.');
export const online = doc('state of the agent', 'Told as an event too.');
export const poll = doc(
  'wait for an event',
  'One event per answer, at once when there is one, else `event: null` after `waitSeconds`.',
  {
    answers: { 200: { description: '{"message", "retcode", "event": {eventType, eventGenTime, workNo, content}}' } },
  },
);

export const callOut = doc('call a number', '`called`; the phone of the agent rings first. `result` is the callid.');
export const callInner = doc('call another agent', '`called` is the number of an agent that is signed in.');
export const answer = doc('answer', 'The phone of the agent is asked to answer the call that rings.');
export const hold = doc('hold', 'The call the agent talks in: the other party hears music.');
export const getHold = doc('take back', 'The call `callid`, or the one held last, while no other call talks.', {
  query: { callid: 'Which of the held calls.' },
});
export const connectHold = doc(
  'connecthold',
  'Connects the held and the talking call and lets the agent go; alone, a talking call is held (agents.yaml: connectHold).',
);
export const confJoin = doc('three-party call', 'The held call `callid` and the talking one become a conference.');
export const mute = doc('mute', 'The agent is not heard, and still hears.');
export const transfer = doc('transfer', '`devicetype` 2 (agent) or 5 (number), `address`, `mode`.');
export const innerHelp = doc('consult', '`dstaddress`, `mode` 1 (two of them talk) or 2 (all three).');
export const keys = doc('press keys', '`number` in the query: keys that the other party gets.', {
  query: { number: 'The keys.' },
});
export const hangUp = doc('hang up', 'A call, or one party of it.');
export const snatch = doc('pick up', 'What rings at agent `destWorkNo` rings here instead.', {
  query: { destWorkNo: 'The other agent.' },
});
export const callData = doc('what calls there are', 'Calls of the agent.');
