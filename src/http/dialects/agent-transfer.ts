/**
 * agent-transfer: passing a call on, and asking somebody else about it first: transfer, canceltransfer, innerhelp.
 * Skills, IVRs and access codes (devicetype 1, 3, 4) are not there.
 */
import type { Command } from '#calls/commands.js';
import { newest, talkingOf, type DeskCall } from '../agents/desk.js';
import { AgentRefusal, type Codes } from './agent-codes.js';
import * as docs from './agent-docs.js';
import { fieldsOf, needed, phoneNumber, whole, type Fields } from './agent-fields.js';
import { agentRoute, oneAtATime, type AgentDeps, type Asked, type Answer } from './agent-route.js';
import type { AskingRoute } from './dialect.js';

export function transferRoutes(deps: AgentDeps): readonly AskingRoute[] {
  const route = (path: string, answer: Answer, doc: AskingRoute['doc']): AskingRoute =>
    agentRoute('POST', `/voicecall/:agentid${path}`, doc, oneAtATime('transfer', answer), deps);
  return [
    route('/transfer', transfer, docs.transfer),
    route('/canceltransfer', cancel, docs.transfer),
    route('/innerhelp', help, docs.innerHelp),
  ];
}

const TRANSFER: Codes = { gone: '200-012', moment: '200-012', number: '000-006' };
const HELP: Codes = { gone: '200-018', moment: '200-018', number: '000-006' };

/** What the modes mean: `pass` gives the call away, `talk` talks to the other first, `all` lets all three talk. */
type Way = 'pass' | 'talk' | 'all';
const TO_AGENT: readonly (Way | undefined)[] = ['pass', 'talk', 'pass', 'pass', 'all'];
const TO_NUMBER: readonly (Way | undefined)[] = [undefined, 'pass', 'pass', 'talk', 'all'];

async function transfer(asked: Asked): Promise<void> {
  const fields = fieldsOf(asked.request);
  const device = whole(fields, 'devicetype', '000-006');
  const target = addressee(asked, device, needed(fields, 'address', '000-006', 24));
  const mode = whole(fields, 'mode', '000-006') ?? (device === 5 ? 1 : 0);
  const way = (device === 5 ? TO_NUMBER : TO_AGENT)[mode];
  if (way === undefined) throw new AgentRefusal('000-006', `mode: ${mode} is not known for devicetype ${device ?? ''}`);
  const call = newest(asked.session.desk, 'talking', 'conference', 'held');
  if (call === undefined) throw new AgentRefusal('200-012');
  await ask(asked, way, call, target, TRANSFER);
}

async function help(asked: Asked): Promise<void> {
  const fields = fieldsOf(asked.request);
  const device = whole(fields, 'devicetype', '000-006') ?? 2;
  const target = addressee(asked, device, helper(fields));
  const mode = whole(fields, 'mode', '000-006') ?? 1;
  if (mode !== 1 && mode !== 2) throw new AgentRefusal('000-006', 'mode: expected 1 or 2');
  const call = talkingOf(asked.session.desk);
  if (call === undefined) throw new AgentRefusal('200-018');
  await ask(asked, mode === 1 ? 'talk' : 'all', call, target, HELP);
}

/** Who is asked for help, or to come in, sees who asks. */
async function ask(asked: Asked, way: Way, call: DeskCall, target: string, codes: Codes): Promise<void> {
  const { agents } = asked.deps;
  if (way !== 'pass') agents.asksFor(target, asked.session.terms.phone);
  try {
    await asked.command(commandOf(way, call, target), codes);
  } catch (error) {
    if (way !== 'pass') agents.asksFor(target, undefined);
    throw error;
  }
}

const helper = (fields: Fields): string =>
  needed(fields, fields.get('dstaddress') === undefined ? 'address' : 'dstaddress', '000-006', 24);

async function cancel({ session, command }: Asked): Promise<void> {
  const call = talkingOf(session.desk) ?? newest(session.desk, 'held');
  if (call === undefined) throw new AgentRefusal('200-012');
  await command({ kind: 'consult.cancel', callId: call.callId, holder: call.party }, TRANSFER);
}

function commandOf(way: Way, { callId, party }: DeskCall, number: string): Command {
  const to = { number };
  if (way === 'pass') return { kind: 'call.transfer', callId, leaving: party, to };
  if (way === 'talk') return { kind: 'call.consult', callId, holder: party, to };
  return { kind: 'call.join', callId, as: 'member', party, to };
}

/** An agent is reached at the phone it has signed in at. */
function addressee({ deps }: Asked, device: number | undefined, address: string): string {
  if (device === 5) return phoneNumber(address, '000-006');
  if (device !== 2) throw new AgentRefusal('000-006', 'devicetype: expected 2 (agent) or 5 (number)');
  const phone = deps.agents.find(address)?.terms.phone;
  if (phone === undefined) throw new AgentRefusal('000-006', 'address: this agent is not signed in');
  return phone;
}
