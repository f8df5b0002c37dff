/**
 * plivo: the PHLO API for multiparty calls, and the hold and mute routes of its successor (plivo-mpc.ts).
 *
 *   GET  /v1/phlo/{phlo}     GET /v1/phlo/{phlo}/multi_party_call/{node}     POST /v1/account/{auth_id}/phlo/{phlo}
 *   POST /v1/phlo/{phlo}/multi_party_call/{node}                    call  warm_transfer  cold_transfer  abort_transfer
 *   POST /v1/phlo/{phlo}/multi_party_call/{node}/members/{address}  hold  unhold  mute  unmute  hangup  resume_call  ...
 *
 * AUTH_ID and AUTH_TOKEN (sip-config/phlos.yaml) in Basic credentials. Bodies are JSON, forms or multipart, as their clients of
 * different ages send them; a slash at the end of a path says nothing. Every answer has an api_id of its own; every refusal is
 * {api_id, error}, with one of the statuses their clients know: 400, 401, 404, 405 or 5xx.
 *
 * A node's conversation is a call of two or a conference; `call` with a trigger_source that talks already makes one of the other. Who
 * was added with a role keeps it until its call ends (plivo-memory.ts).
 */
import type { CallView, Command } from '#calls/commands.js';
import type { PhlosConfig } from '#kit/config.js';
import { assertNever, Unauthorized } from '#kit/errors.js';
import { headerCredentials } from '../api-accounts.js';
import { HttpRefusal } from '../refusals.js';
import type { Ask, AskingRoute, Dialect, DialectReply, DialectRequest } from './dialect.js';
import { abortCommand, coldTransfer, joinCommand, MEMBER_ACTIONS, memberCommand, NODE_ACTIONS } from './plivo-actions.js';
import { warmTransfer, type House } from './plivo-actions.js';
import type { Role } from './plivo-address.js';
import * as docs from './plivo-docs.js';
import { address, fieldsOf, memberNotFound, nodeOf, number, oneOf, phloOf, type Fields } from './plivo-fields.js';
import { callsOf, companyOf, findMember, roleOf, type IsOurs, type Member } from './plivo-members.js';
import type { PlivoMemory } from './plivo-memory.js';
import { participantRoute } from './plivo-mpc.js';
import { json, liveCalls, refuse } from './plivo-talk.js';
import { theRest } from './the-rest.js';

export type PlivoDeps = Readonly<{ config: PhlosConfig; isOurs: IsOurs; newUuid: () => string; memory: PlivoMemory }>;

export function plivo(deps: PlivoDeps): Dialect {
  const routes = [...phloRoutes(deps), participantRoute(deps)];
  return {
    name: 'plivo',
    root: '/v1',
    credentialsIn: 'header',
    body: 'fields',
    credentials: (request) => headerCredentials(request.header('authorization')),
    refuse: (error) => refuse(error, deps.newUuid()),
    event: () => undefined, // a PHLO is told of its calls by its own HTTP nodes, which nobody runs here
    routes: [...routes, ...theRest('/v1', routes)],
  };
}

const PHLO = '/v1/phlo/:phloId';
const NODE = `${PHLO}/multi_party_call/:nodeId`;
const MEMBER = `${NODE}/members/:memberAddress`;
const RUN = '/v1/account/:authId/phlo/:phloId';

function phloRoutes(deps: PlivoDeps): readonly AskingRoute[] {
  const { newUuid } = deps;
  return [
    {
      method: 'GET',
      path: PHLO,
      doc: docs.phlo,
      answer: (request) => json(200, { api_id: newUuid(), ...shownPhlo(phloOf(request, deps.config)) }),
    },
    {
      method: 'GET',
      path: NODE,
      doc: docs.node,
      answer: (request) => {
        const node = nodeOf(request, deps.config);
        const { phlo_id, created_on } = shownPhlo(phloOf(request, deps.config));
        const shown = { node_id: node.id, phlo_id, node_type: 'multi_party_call', name: node.name ?? node.id, created_on };
        return json(200, { api_id: newUuid(), ...shown });
      },
    },
    { method: 'POST', path: RUN, doc: docs.run, answer: (request, ask) => run(request, ask, deps) },
    { method: 'POST', path: NODE, doc: docs.nodeAction, answer: (request, ask) => nodeAction(request, ask, deps) },
    { method: 'POST', path: MEMBER, doc: docs.memberAction, answer: (request, ask) => memberAction(request, ask, deps) },
  ];
}

const shownPhlo = ({ id, name, createdOn }: ReturnType<typeof phloOf>) => ({
  phlo_id: id,
  name: name ?? id,
  created_on: createdOn,
});

const created = (deps: PlivoDeps): DialectReply => json(201, { api_id: deps.newUuid(), error: '' });

/** What a PHLO does when it runs is connecting `from` with `to`; other fields are its own and mean nothing here. */
async function run(request: DialectRequest, ask: Ask, { config, newUuid }: PlivoDeps): Promise<DialectReply> {
  // An account sees its own PHLOs only; what others have is not told.
  if (request.identity !== `user:${request.params['authId'] ?? ''}`) throw new Unauthorized('this is another AUTH_ID');
  const { id } = phloOf(request, config);
  const fields = fieldsOf(request);
  await ask({ kind: 'call.setup', caller: number(fields, 'from'), callee: number(fields, 'to') });
  return json(201, { api_id: newUuid(), phlo_run_id: newUuid(), phlo_id: id, message: 'PHLO triggered successfully' });
}

async function memberAction(request: DialectRequest, ask: Ask, deps: PlivoDeps): Promise<DialectReply> {
  const house = houseOf(request, deps);
  const action = oneOf(fieldsOf(request), 'action', MEMBER_ACTIONS);
  const asked = request.params['memberAddress'] ?? '';
  const member = findMember(callsOf(house.node, await liveCalls(ask)), asked);
  if (member === undefined) throw memberNotFound(asked);
  await ask(memberCommand(action, member, house));
  return created(deps);
}

async function nodeAction(request: DialectRequest, ask: Ask, deps: PlivoDeps): Promise<DialectReply> {
  const house = houseOf(request, deps);
  const fields = fieldsOf(request);
  const action = oneOf(fields, 'action', NODE_ACTIONS);
  // The words are judged before anybody is looked for.
  const to: Target | undefined =
    action === 'abort_transfer' ? undefined : { number: number(fields, 'to'), role: oneOf(fields, 'role', ROLES, 'agent') };
  const calls = callsOf(house.node, await liveCalls(ask));
  const member = action === 'call' ? findMember(calls, address(fields, 'trigger_source')) : initiator(fields, calls, house);
  if (to === undefined || action === 'abort_transfer') {
    if (member !== undefined) await ask(abortCommand(member));
    return created(deps);
  }
  for (const command of nodeCommands(action, to, member, fields, calls, house)) await ask(command);
  deps.memory.added(to.number, to.role);
  return created(deps);
}

const ROLES = ['agent', 'customer'] as const;
type Target = Readonly<{ number: string; role: Role }>;

/** @param member who asks; absent: nobody who is in a call. */
function nodeCommands(
  action: Exclude<(typeof NODE_ACTIONS)[number], 'abort_transfer'>,
  to: Target,
  member: Member | undefined,
  fields: Fields,
  calls: readonly CallView[],
  house: House,
): readonly Command[] {
  // Who is in a call already gets one member more; who is not is connected with the first.
  if (member === undefined) return [{ kind: 'call.setup', caller: number(fields, 'trigger_source'), callee: to.number }];
  switch (action) {
    case 'call':
      return [joinCommand(member, to, calls, house)];
    case 'warm_transfer':
      return [warmTransfer(member, to, calls, house)];
    case 'cold_transfer':
      return coldTransfer(member, to, calls, house);
    default:
      return assertNever(action);
  }
}

/** Whom `trigger_source` names; without it the agent of the newest conversation. */
function initiator(fields: Fields, calls: readonly CallView[], house: House): Member {
  if (fields.has('trigger_source')) {
    const asked = address(fields, 'trigger_source');
    const member = findMember(calls, asked);
    if (member === undefined) throw memberNotFound(asked);
    return member;
  }
  const [call] = calls;
  const company = call === undefined ? [] : companyOf({ call, place: 'callee' }, calls);
  const found = company.find((member) => roleOf(member, house) === 'agent') ?? company.at(-1);
  if (found === undefined) throw new HttpRefusal('not_found', 'no live call in this node');
  return found;
}

function houseOf(request: DialectRequest, { config, isOurs, memory }: PlivoDeps): House {
  return { node: nodeOf(request, config), holdSense: config.holdSense, isOurs, memory };
}
