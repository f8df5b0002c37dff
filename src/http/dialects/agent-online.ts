/**
 * agent-online: /onlineagent/{agentid}/...: what a signed-in agent says of itself: its state, its Guid, and that it goes;
 * and /agentevent/{agentid}, where it waits for what happens.
 */
import type { StateWish } from '../agents/agent-state.js';
import { heldOf, talkingOf } from '../agents/desk.js';
import { AgentRefusal, json } from './agent-codes.js';
import * as docs from './agent-docs.js';
import { fieldsOf } from './agent-fields.js';
import { agentRoute, rawRoute, type AgentDeps, type Answer, type Asked } from './agent-route.js';
import { guidHeaders, isLinked } from './agent-sign-in.js';
import type { AskingRoute, DialectReply, Method } from './dialect.js';

export function onlineRoutes(deps: AgentDeps): readonly AskingRoute[] {
  const route = (method: Method, path: string, answer: Answer, doc = docs.online): AskingRoute =>
    agentRoute(method, `/onlineagent/:agentid${path}`, doc, answer, deps);
  return [
    route('DELETE', '/logout', logout(false), docs.logout),
    route('DELETE', '/forcelogout', logout(true), docs.logout),
    rawRoute('PUT', '/onlineagent/:agentid/updateGuid', docs.updateGuid, updateGuid, deps),
    ...(['GET', 'POST', 'PUT'] as const).map((method) => route(method, '/heartbeat', ({ session }) => session.seen(true))),
    route('GET', '/agentstatus', agentStatus, docs.agentStatus),
    route('POST', '/sayfree', changes('say-free')),
    route('POST', '/saybusy', sayBusy),
    route('POST', '/cancelbusy', changes('cancel-busy')),
    route('POST', '/work', changes('work')),
    route('POST', '/cancelwork', changes('cancel-work')),
    route('POST', '/rest/:time/:restcause', rest),
    route('POST', '/cancelrest', changes('cancel-rest')),
    route('POST', '/autoanswer/:flag', ({ request, session }) => void (session.autoAnswer = request.params['flag'] === 'true')),
    route('POST', '/autoenteridle/:flag', ({ request, session }) => {
      session.state = { ...session.state, autoIdle: request.params['flag'] === 'true' };
    }),
    route('POST', '/resetskill/:flag', resetSkill),
    rawRoute('GET', '/agentevent/:agentid', docs.poll, poll, deps),
  ];
}

const logout =
  (force: boolean): Answer =>
  ({ request, session, deps }) => {
    fieldsOf(request, '100-005');
    if (!force && (talkingOf(session.desk) !== undefined || heldOf(session.desk).length > 0)) throw new AgentRefusal('100-010');
    deps.agents.signOut(session.terms.agent);
  };

function updateGuid({ session, deps }: Asked): DialectReply {
  const guid = deps.agents.renewGuid(session, false);
  return json(200, { result: { guid }, message: 'success', retcode: '0' }, guidHeaders(guid));
}

/** One event per answer, and `event: null` when there was none in time. It doubles as the agent's heartbeat. */
async function poll({ request, session, deps }: Asked): Promise<DialectReply> {
  session.seen(true);
  const polled = await session.line.poll(request.whenGone);
  if (polled.kind === 'closed') throw new AgentRefusal('100-006');
  if (polled.kind === 'replaced') throw new AgentRefusal('000-001');
  session.seen(true);
  const renewed = deps.config.authMode === 2 ? guidHeaders(deps.agents.renewGuid(session, true)) : {};
  return json(200, { message: '', retcode: '0', event: polled.kind === 'event' ? polled.event : null }, renewed);
}

const changes =
  (wish: StateWish): Answer =>
  ({ session, deps }) => {
    if (!deps.agents.wish(session, wish)) throw new AgentRefusal('100-009');
  };

const sayBusy: Answer = (asked) => {
  const reason = asked.request.query.get('reason') ?? '0';
  if (!/^(0|2[0-4][0-9]|250)?$/.test(reason)) throw new AgentRefusal('000-002', 'reason: expected 0, or 200 to 250');
  return changes('say-busy')(asked);
};

const rest: Answer = (asked) => {
  const { time = '', restcause = '' } = asked.request.params;
  if (!/^[1-9][0-9]{0,4}$/.test(time) || Number(time) > 86_399)
    throw new AgentRefusal('000-002', 'time: expected 1 to 86399 seconds');
  if (!/^[0-9]{1,3}$/.test(restcause) || Number(restcause) > 255)
    throw new AgentRefusal('000-002', 'restcause: expected 0 to 255');
  return changes('rest')(asked);
};

/** There are no skills and no queues here; what stands in the query besides is heard. */
const resetSkill: Answer = ({ request, session }) => {
  const linkage = request.query.get('phonelinkage');
  if (linkage !== null) session.phoneLinkage = isLinked(linkage);
};

/** 7 is talking; the others are what stands in `status` of a sign-in, and 8 for rest. */
const STATUS = { ready: 4, busy: 3, work: 5, rest: 8 } as const;

const agentStatus: Answer = ({ session: { state } }) => ({ agentState: state.inCall ? 7 : STATUS[state.mode] });
