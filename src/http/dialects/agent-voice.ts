/**
 * agent-voice: /voicecall/{agentid}/...: calls an agent places, answers, mutes, passes on and ends. Its holds: agent-hold.ts.
 */
import type { CallView } from '#calls/commands.js';
import { inState, newest, otherOf, otherParty, talkingOf, type DeskCall, type Feature } from '../agents/desk.js';
import { AgentRefusal, type Codes, type Retcode } from './agent-codes.js';
import * as docs from './agent-docs.js';
import { fieldsOf, needed, phoneNumber } from './agent-fields.js';
import { named } from './agent-hold.js';
import { agentRoute, oneAtATime, type AgentDeps, type Answer, type Asked } from './agent-route.js';
import type { AskingRoute, Method } from './dialect.js';

export function voiceRoutes(deps: AgentDeps): readonly AskingRoute[] {
  const route = (method: Method, path: string, answer: Answer, doc: AskingRoute['doc']): AskingRoute =>
    agentRoute(method, `/voicecall/:agentid${path}`, doc, oneAtATime(path, answer), deps);
  return [
    route('PUT', '/callout', callOut, docs.callOut),
    route('PUT', '/callinner', callInner, docs.callInner),
    route('PUT', '/answer', answer, docs.answer),
    route('PUT', '/snatchpickup', snatch, docs.snatch),
    route('POST', '/beginmute', mutes(true), docs.mute),
    route('POST', '/endmute', mutes(false), docs.mute),
    route('POST', '/seconddialex', pressKeys, docs.keys),
    route('DELETE', '/release', release, docs.hangUp),
    route('POST', '/release', release, docs.hangUp), // one client in the wild
    route('DELETE', '/releasephone', release, docs.hangUp),
    route('PUT', '/phonehangup', release, docs.hangUp),
    route('POST', '/dropcall/:callid', drop, docs.hangUp),
    route('POST', '/disconnect/:number', disconnect, docs.hangUp),
  ];
}

async function callOut(asked: Asked): Promise<string> {
  const called = phoneNumber(needed(fieldsOf(asked.request), 'called', '200-001'), '200-001');
  return place(asked, called, 'outbound');
}

async function callInner(asked: Asked): Promise<string> {
  const called = needed(fieldsOf(asked.request), 'called', '200-001');
  const phone = asked.deps.agents.find(called)?.terms.phone;
  if (phone === undefined) throw new AgentRefusal('200-001', 'this agent is not signed in');
  return place(asked, phone, 'inner');
}

/** @returns the callid: the call is on its way, and events tell how it goes. */
async function place({ session, command, deps }: Asked, called: string, feature: Feature): Promise<string> {
  if (inState(session.desk, 'talking', 'conference', 'passing', 'ringing', 'alerting').length > 0)
    throw new AgentRefusal('100-007', 'the phone of the agent is busy: hold its call, or release it, first');
  const caller = session.terms.phone;
  const autoAnswer = session.autoAnswer;
  const codes: Codes = { gone: '200-001', moment: '100-007', number: '200-001' };
  const outcome = await command({ kind: 'call.setup', caller, callee: called, autoAnswer }, codes);
  if (outcome.kind !== 'call.accepted') throw new Error(`a set-up was answered ${outcome.kind}`);
  deps.agents.placed(session, outcome.call, feature);
  return deps.agents.ids.of(outcome.call.id);
}

async function answer({ session, command }: Asked): Promise<void> {
  const call = newest(session.desk, 'ringing');
  if (call === undefined) throw new AgentRefusal('200-002');
  if (talkingOf(session.desk) !== undefined) throw new AgentRefusal('100-007', 'another call talks: hold it first');
  await command({ kind: 'call.answer', callId: call.callId }, { gone: '200-002', moment: '100-007' });
}

/** What rings at another agent comes here. */
async function snatch({ request, session, command, deps }: Asked): Promise<void> {
  const wanted = request.query.get('destWorkNo');
  if (wanted === null) throw new AgentRefusal('000-002', 'destWorkNo is missing: it stands in the query');
  const other = deps.agents.find(wanted);
  if (other === undefined) throw new AgentRefusal('000-002', 'destWorkNo: expected an agent that is signed in');
  const call = newest(other.desk, 'ringing');
  if (call === undefined || other === session) throw new AgentRefusal('200-002');
  const to = { number: session.terms.phone };
  await command({ kind: 'call.pickup', callId: call.callId, to }, { gone: '200-002', moment: '200-002' });
}

function mutes(muted: boolean): Answer {
  const none: Retcode = muted ? '200-003' : '200-007';
  const moment: Retcode = muted ? '200-004' : '200-008';
  return async ({ session, command }) => {
    const call = talkingOf(session.desk);
    if (call === undefined) throw new AgentRefusal(session.desk.calls.length === 0 ? none : moment);
    await command({ kind: 'call.mute', callId: call.callId, party: call.party, muted }, { gone: none, moment });
  };
}

async function pressKeys({ request, session, command }: Asked): Promise<void> {
  const keys = request.query.get('number') ?? '';
  if (!/^[0-9A-Da-d*#]{1,32}$/.test(keys)) throw new AgentRefusal('000-002', 'number: expected keys, 32 at most');
  const call = talkingOf(session.desk);
  if (call === undefined) throw new AgentRefusal('200-013', 'there is no call to press keys in');
  if (call.state === 'conference') throw new AgentRefusal('200-014', 'nobody gets keys in a conference');
  const to = otherParty(call);
  await command({ kind: 'call.keys', callId: call.callId, to, keys: keys.toUpperCase() }, { gone: '200-013', moment: '200-014' });
}

/** The call it talks in, or else what rings, or else the one it held last. */
async function release({ session, command }: Asked): Promise<void> {
  const call = talkingOf(session.desk) ?? newest(session.desk, 'ringing', 'alerting') ?? newest(session.desk, 'held', 'passing');
  if (call === undefined) throw new AgentRefusal('200-017');
  await command({ kind: 'call.hangup', callId: call.callId }, { gone: '200-017', moment: '200-017' });
}

async function drop(asked: Asked): Promise<void> {
  const { callId } = named(asked, asked.request.params['callid'] ?? '', '200-025');
  await asked.command({ kind: 'call.hangup', callId }, { gone: '200-025', moment: '200-025' });
}

/** One party of a conference leaves it; a call of two is over when one of them goes. */
async function disconnect({ request, session, command }: Asked): Promise<void> {
  const number = request.params['number'] ?? '';
  const { calls } = session.desk;
  if (calls.length === 0) throw new AgentRefusal('200-023');
  const found = calls.map((call) => partyCall(call, number)).findLast((callId) => callId !== undefined);
  if (found === undefined) throw new AgentRefusal('200-024');
  await command({ kind: 'call.hangup', callId: found }, { gone: '200-204', moment: '200-204' });
}

function partyCall(call: DeskCall, number: string): CallView['id'] | undefined {
  if (call.state === 'conference') return call.partners.find((one) => one.number === number)?.callId;
  return otherOf(call) === number ? call.callId : undefined;
}
