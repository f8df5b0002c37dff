/**
 * agent-data: GET /calldata/{agentid}/...: what calls an agent has. Data that travels with a call (callappdata) is not kept here.
 */
import { heldOf, newest, otherOf, shownParties, talkingOf, type DeskCall } from '../agents/desk.js';
import { AgentRefusal } from './agent-codes.js';
import * as docs from './agent-docs.js';
import { FEATURES } from './agent-events.js';
import { agentId } from './agent-fields.js';
import { named } from './agent-hold.js';
import { agentRoute, type AgentDeps, type Answer, type Asked } from './agent-route.js';
import type { AskingRoute } from './dialect.js';

export function dataRoutes(deps: AgentDeps): readonly AskingRoute[] {
  const route = (path: string, answer: Answer): AskingRoute =>
    agentRoute('GET', `/calldata/:agentid${path}`, docs.callData, answer, deps);
  return [
    route('/holdlist', (asked) => listed(asked, heldOf(asked.session.desk))),
    route('/holdlistex/:workno', holdListOf),
    route('/allcallid', ({ session, deps: { agents } }) => session.desk.calls.map(({ callId }) => agents.ids.of(callId))),
    route('/callinfo', (asked) => current(asked, talkingOf(asked.session.desk) ?? asked.session.desk.calls.at(-1))),
    route('/callinfobeforeanswer', (asked) => current(asked, newest(asked.session.desk, 'ringing'))),
    route('/callinfobycallid/:callid', (asked) => callInfo(asked, named(asked, asked.request.params['callid'] ?? '', '000-002'))),
    route('/remotenumbers', ({ session }) => session.desk.calls.flatMap(numbersOf)),
  ];
}

/** An empty list has a code of its own. */
function listed(asked: Asked, calls: readonly DeskCall[]): unknown {
  if (calls.length === 0) throw new AgentRefusal('400-003');
  return calls.map((call) => callInfo(asked, call));
}

/** Any agent that is signed in may look at what another one holds, as an inspector does: there are no ranks here. */
function holdListOf(asked: Asked): unknown {
  const other = asked.deps.agents.find(agentId(asked.request, 'workno'));
  if (other === undefined) throw new AgentRefusal('000-002', 'workno: this agent is not signed in');
  return listed(asked, heldOf(other.desk));
}

/** No call is an empty result. */
const current = (asked: Asked, call: DeskCall | undefined): unknown => (call === undefined ? {} : callInfo(asked, call));

const callInfo = ({ deps }: Asked, call: DeskCall): unknown => ({
  callfeature: FEATURES[call.feature],
  callid: deps.agents.ids.of(call.callId),
  caller: shownParties(call).caller,
  called: shownParties(call).callee,
  callskill: '',
  callskillid: 0,
  orgicallednum: '',
  calldata: '',
  begintime: call.beganMs,
  endtime: 0,
});

const numbersOf = (call: DeskCall): readonly string[] =>
  call.state === 'conference' ? call.partners.map(({ number }) => number) : [otherOf(call)];
