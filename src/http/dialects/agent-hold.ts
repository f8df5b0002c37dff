/**
 * agent-hold: hold, gethold, connecthold and confjoin: the calls an agent holds, and what becomes of them.
 * A hold is one by the agent: the other party hears music, and holds by others on the same call are not touched.
 */
import { assertNever } from '#kit/errors.js';
import { callOf, heldOf, newest, otherParty, talkingOf, type DeskCall } from '../agents/desk.js';
import { AgentRefusal, type Codes, type Retcode } from './agent-codes.js';
import * as docs from './agent-docs.js';
import { fieldsOf, needed } from './agent-fields.js';
import { agentRoute, oneAtATime, type AgentDeps, type Answer, type Asked } from './agent-route.js';
import type { AskingRoute } from './dialect.js';

const HOLD: Codes = { gone: '200-013', moment: '200-014' };
const GET_HOLD: Codes = { gone: '200-015', moment: '200-016' };

export function holdRoutes(deps: AgentDeps): readonly AskingRoute[] {
  const route = (path: string, answer: Answer, doc: AskingRoute['doc']): AskingRoute =>
    agentRoute('POST', `/voicecall/:agentid${path}`, doc, oneAtATime('hold', answer), deps);
  return [
    route('/hold', hold, docs.hold),
    route('/gethold', getHold, docs.getHold),
    route('/connecthold/:callid', connectHold, docs.connectHold),
    route('/confjoin', confJoin, docs.confJoin),
  ];
}

async function hold(asked: Asked): Promise<void> {
  const { desk } = asked.session;
  const call = talkingOf(desk);
  if (call === undefined) throw new AgentRefusal(desk.calls.length === 0 ? '200-013' : '200-014');
  await holdCall(asked, call);
}

async function holdCall({ command }: Asked, { callId, party }: DeskCall): Promise<void> {
  await command({ kind: 'call.hold', callId, holder: party }, HOLD);
}

async function getHold(asked: Asked): Promise<void> {
  const { desk } = asked.session;
  const wanted = asked.request.query.get('callid') ?? '';
  const call = wanted === '' ? newest(desk, 'held') : named(asked, wanted, '200-015');
  if (call === undefined) throw new AgentRefusal('200-015');
  if (call.state !== 'held') throw new AgentRefusal('200-016', 'this call is not held');
  // An agent talks to one at a time.
  if (talkingOf(desk) !== undefined) throw new AgentRefusal('200-016', 'another call talks: hold it, or release it, first');
  const { callId, party, heldBy } = call;
  // What the phone's own key holds only the phone can take back; it is asked to press it.
  const byPhone = heldBy.program ? {} : ({ byPhone: true } as const);
  const outcome = await asked.command({ kind: 'call.resume', callId, holder: party, ...byPhone }, GET_HOLD);
  if (outcome.kind !== 'hold.done') return;
  const { reasons } = outcome.proof;
  if (reasons.includes(`${party}-phone`)) throw new AgentRefusal('200-016', "the phone's own key still holds the call");
  if (reasons.includes(`${party}-api`))
    throw new AgentRefusal('200-016', 'another program still holds the call in the name of the agent');
  if (outcome.proof[otherParty(call)].state === 'refused')
    throw new AgentRefusal('100-007', 'the other phone refuses to be taken back');
}

/** dialects.md 3.3: the seed's words say hold, all else says that the held and the talking call are joined. */
async function connectHold(asked: Asked): Promise<void> {
  const { desk } = asked.session;
  const call = named(asked, asked.request.params['callid'] ?? '', '200-013');
  if (call.state !== 'talking' && call.state !== 'held') throw new AgentRefusal('200-014');
  const talking = newest(desk, 'talking');
  const held = heldOf(desk);
  const mode = asked.deps.config.connectHold;
  switch (mode) {
    case 'auto':
      return talking !== undefined && held.length > 0 ? join(asked, call, talking, held) : holdAlone(asked, call);
    case 'join':
      if (held.length === 0) throw new AgentRefusal('200-014', 'no call is held');
      if (talking === undefined) throw new AgentRefusal('200-013', 'no call talks');
      return join(asked, call, talking, held);
    case 'hold':
      return holdAlone(asked, call);
    default:
      return assertNever(mode);
  }
}

/** What is held already stays so. */
const holdAlone = async (asked: Asked, call: DeskCall): Promise<void> => {
  if (call.state === 'talking') await holdCall(asked, call);
};

/** The agent leaves both calls, and the two it talked to are connected. */
async function join({ command }: Asked, call: DeskCall, talking: DeskCall, held: readonly DeskCall[]): Promise<void> {
  const joined = call.state === 'held' ? call : held.length === 1 ? held[0] : undefined;
  if (joined === undefined) throw new AgentRefusal('200-014', 'several calls are held: name the one that is to be connected');
  await command(
    { kind: 'call.transfer', callId: joined.callId, leaving: joined.party, to: { callId: talking.callId } },
    { ...HOLD, number: '200-014' },
  );
}

async function confJoin(asked: Asked): Promise<void> {
  const { desk } = asked.session;
  const wireId = needed(fieldsOf(asked.request), 'callid', '000-006');
  const talking = talkingOf(desk);
  if (talking === undefined) throw new AgentRefusal('200-010');
  const held = named(asked, wireId, '200-011');
  if (held.state !== 'held') throw new AgentRefusal('200-011');
  const codes: Codes = { gone: '200-010', moment: '200-011' };
  const { conference } = talking;
  if (conference !== undefined) {
    await asked.command({ kind: 'conference.add', conferenceId: conference, member: { callId: held.callId } }, codes);
    return;
  }
  await asked.command({ kind: 'conference.create', calls: [talking.callId, held.callId], numbers: [] }, codes);
}

/** @throws AgentRefusal for an id that is malformed, unknown, or of somebody else's call: they look the same. */
export function named({ session, deps }: Asked, wireId: string, unknown: Retcode): DeskCall {
  const callId = deps.agents.ids.find(wireId);
  const call = callId === undefined ? undefined : callOf(session.desk, callId);
  if (call === undefined) throw new AgentRefusal(unknown, 'the agent has no call with this id');
  return call;
}
