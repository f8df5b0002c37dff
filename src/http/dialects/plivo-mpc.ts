/**
 * plivo-mpc: the successor's MultiPartyCall API, as far as holding and muting a participant goes.
 * Here `hold: true` is done to the participant, who hears the music of its own role; a PHLO's hold is done by the member.
 */
import type { CallView, Command } from '#calls/commands.js';
import type { NodeConfig, PhlosConfig } from '#kit/config.js';
import { BadRequest, NotBuilt, Unauthorized } from '#kit/errors.js';
import { HttpRefusal } from '../refusals.js';
import type { Ask, AskingRoute, DialectReply, DialectRequest } from './dialect.js';
import { memberCommand, type MemberAction } from './plivo-actions.js';
import { participant } from './plivo-docs.js';
import { fieldsOf, flag, memberNotFound } from './plivo-fields.js';
import { callsOf, findMember, placesOf, type IsOurs, type Member } from './plivo-members.js';
import type { PlivoMemory } from './plivo-memory.js';
import { json, liveCalls } from './plivo-talk.js';

export type MpcDeps = Readonly<{ config: PhlosConfig; isOurs: IsOurs; newUuid: () => string; memory: PlivoMemory }>;

export function participantRoute(deps: MpcDeps): AskingRoute {
  return {
    method: 'POST',
    path: '/v1/Account/:authId/MultiPartyCall/:mpc/Participant/:memberId',
    doc: participant,
    answer: (request, ask) => update(request, ask, deps),
  };
}

async function update(request: DialectRequest, ask: Ask, deps: MpcDeps): Promise<DialectReply> {
  const { config, isOurs, memory, newUuid } = deps;
  if (request.identity !== `user:${request.params['authId'] ?? ''}`) throw new Unauthorized('this is another AUTH_ID');
  const { mute, hold } = wishes(request);
  const { node, name, calls } = mpcOf(request.params['mpc'] ?? '', config, await liveCalls(ask));
  const house = { node, holdSense: 'held', isOurs, memory } as const;
  const actions: MemberAction[] = [];
  // What may still be refused comes first: half of what was asked would be done otherwise.
  if (mute !== undefined) actions.push(mute ? 'mute' : 'unmute');
  if (hold !== undefined) actions.push(hold ? 'hold' : 'unhold');
  const commands: Command[] = membersOf(request.params['memberId'] ?? '', calls).flatMap((member) =>
    actions.map((action) => memberCommand(action, member, house)),
  );
  for (const command of commands) await ask(command);
  const said = (word: string): string => `MPC: ${name} ${word} member(s) succeeded`;
  return json(202, {
    api_id: newUuid(),
    ...(mute === undefined ? {} : { mute: said(mute ? 'mute' : 'unmute') }),
    ...(hold === undefined ? {} : { hold: said(hold ? 'hold' : 'unhold') }),
  });
}

type Wishes = Readonly<{ mute: boolean | undefined; hold: boolean | undefined }>;

function wishes(request: DialectRequest): Wishes {
  const fields = fieldsOf(request);
  const coach = flag(fields, 'coach_mode');
  if (coach !== undefined && request.params['memberId'] === 'all')
    throw new BadRequest('coach_mode', 'coach_mode: one participant has it, not all');
  if (coach !== undefined) throw new NotBuilt('coach_mode');
  const found = { mute: flag(fields, 'mute'), hold: flag(fields, 'hold') };
  if (found.mute === undefined && found.hold === undefined) throw new BadRequest('hold', 'expected hold or mute, true or false');
  return found;
}

type Mpc = Readonly<{ node: NodeConfig; name: string; calls: readonly CallView[] }>;

/** `name_` and a node's name or id: all calls of the node; `uuid_` and the id of a call or a conference: that one. */
function mpcOf(asked: string, { phlos }: PhlosConfig, live: readonly CallView[]): Mpc {
  const nodes = phlos.flatMap((phlo) => phlo.nodes);
  if (asked.startsWith('name_')) {
    const name = asked.slice('name_'.length);
    const node = nodes.find((one) => one.name === name) ?? nodes.find((one) => one.id === name);
    if (node !== undefined) return { node, name, calls: callsOf(node, live) };
  } else if (asked.startsWith('uuid_')) {
    const id = asked.slice('uuid_'.length);
    for (const node of nodes) {
      const calls = callsOf(node, live).filter((call) => call.id === id || call.conference === id);
      if (calls.length > 0) return { node, name: id, calls };
    }
  }
  throw new HttpRefusal('not_found', `no MultiPartyCall ${asked.slice(0, 100)}`);
}

/** `all` is every party that can be held: what still rings has no members yet. */
function membersOf(asked: string, calls: readonly CallView[]): readonly Member[] {
  const found =
    asked === 'all'
      ? calls
          .filter(({ state }) => state === 'in-call' || state === 'held')
          .flatMap((call) => placesOf(call).map((place): Member => ({ call, place })))
      : [findMember(calls, asked)].filter((member) => member !== undefined);
  if (found.length === 0) throw memberNotFound(asked);
  return found;
}
