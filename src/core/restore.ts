/**
 * restore: a call goes on after the program, or the media server, has lost its memory. What was under way on a leg is taken for lost
 * and the phone is told again; what the media server does is made known by cutting first; then wish and facts are planned as ever.
 * Nothing says how far a step had come, so it is the same at every step.
 */
import type { Call, Confirmed, Step } from './call.js';
import type { Effect } from './effects.js';
import type { Input } from './inputs.js';
import { LEG_ROLES, type Leg, type LegMedia } from './leg.js';
import { changeWish, settle } from './settle.js';
import { end, onMediaLost } from './teardown.js';
import { leavingReason } from './transfer.js';
import { withoutReason } from './hold.js';

type Restored = Extract<Input, { kind: 'call.restored' }>;
type Memory = Restored['media'];

/** The program has lost everything but what it had written down, or its SIP engine what was under way. `aged`: the phones may have heard more since. */
export function onRestored(call: Call, { media, aged = false }: Omit<Restored, 'kind'>, atMs: number): Step {
  const hopeless = whyHopeless(call);
  if (hopeless !== undefined) return onAbandoned(call, hopeless, atMs);
  if (call.kind !== 'confirmed') return [call, []];
  const glares = LEG_ROLES.filter((role) => call[role].offerAnswer.kind === 'glare-wait');
  const waits = glares.map((role): Effect => ({ kind: 'stop-timer', timer: `glare-${role}` }));
  const restored = aged ? ({ restored: true } as const) : {};
  const again = { ...call, ...restored, caller: forgotten(call.caller, aged), callee: forgotten(call.callee, aged) };
  const [next, effects] = replan(withoutTransfers(again), media);
  return [next, [...waits, ...effects]];
}

/** The media server has been away while we and the phones were not: offers that are open stay open, and are answered. */
export function onMediaBack(call: Call, media: Memory, atMs: number): Step {
  // A late offer has no answer yet that could be told once more.
  if (call.kind !== 'confirmed' || LEG_ROLES.some((role) => call[role].halfOpen === true)) return onMediaLost(call, atMs);
  return replan(call, media);
}

/** Somebody that this call cannot do without has not come back. */
export const onAbandoned = (call: Call, reason: string, atMs: number): Step =>
  end(call, 'server-lost', atMs, { status: 503, reason });

function whyHopeless(call: Call): string | undefined {
  if (call.kind !== 'confirmed') return 'restarted in the middle of the set-up';
  // Its first offer has no answer, and whoever knew the transaction is gone.
  if (LEG_ROLES.some((role) => call[role].halfOpen === true)) return 'restarted before the first answer';
  const left = LEG_ROLES.filter((role) => call[role].dialog === 'terminated');
  const parked = left.every((role) => call.hold.has(leavingReason(role, true)));
  return parked ? undefined : 'restarted in the middle of a transfer';
}

/** Whoever looked for the third party has forgotten it: the transferor has the other party back. */
function withoutTransfers(call: Confirmed): Confirmed {
  const hold = LEG_ROLES.reduce((ledger, role) => withoutReason(ledger, leavingReason(role, false)), call.hold);
  return hold.size === call.hold.size ? call : changeWish(call, hold);
}

/**
 * A leg on which nothing is under way; where something was, its phone may have heard of it or not, and is told again. So is every phone when
 * nobody knows how old the record is: a hold that came and went between two batches has left nothing in it.
 */
function forgotten(leg: Leg, aged: boolean): Leg {
  if (leg.dialog === 'terminated') return leg;
  const { refreshing: _lost, retried: _forgotten, ...rest } = leg;
  const { kind } = leg.offerAnswer;
  const stale = leg.media.stale || (kind !== 'stable' && kind !== 'glare-wait');
  const unsure = aged ? ({ unsure: true } as const) : {};
  return { ...rest, ...unsure, offerAnswer: { kind: 'stable' }, glares: 0, media: { ...leg.media, stale } };
}

/** Nobody is heard before it is known who may be: also a pair that talks is cut for the moment until the gate opens. */
function replan(call: Confirmed, memory: Memory): Step {
  const known: Confirmed = {
    ...call,
    caller: unheard(call.caller, memory),
    callee: unheard(call.callee, memory),
    gated: true,
    muted: { caller: false, callee: false },
  };
  const [next, planned] = settle(known);
  return [next, [...cutFirst(memory), ...playsAgain(call), ...planned]];
}

/** Nothing plays to it that anybody knows of. */
function unheard(leg: Leg, memory: Memory): Leg {
  if (leg.dialog === 'terminated') return leg;
  const { refused, ...rest } = leg;
  const { music: _silent, ...media } = leg.media;
  const heard: LegMedia = { ...media, sound: 'none', stale: media.stale || memory === 'lost' };
  // A refusal was of what was offered then; what is new is worth asking, and what was no refusal too.
  const forgiven = heard.stale || refused === undefined || rest.unreached !== undefined;
  return { ...rest, ...(forgiven ? {} : { refused }), media: heard };
}

function cutFirst(memory: Memory): readonly Effect[] {
  if (memory === 'lost') return [{ kind: 'anchor-again' }, { kind: 'gate' }];
  return [
    { kind: 'gate' },
    ...LEG_ROLES.map((leg): Effect => ({ kind: 'stop-sound', leg })),
    ...LEG_ROLES.map((leg): Effect => ({ kind: 'unmute', leg })),
  ];
}

/** What a program plays begins anew, as music does: its end, and what follows from that, is the program's to count on. */
const playsAgain = (call: Confirmed): readonly Effect[] =>
  LEG_ROLES.flatMap((leg): Effect[] => {
    const play = call[leg].playing;
    if (play === undefined || call[leg].dialog === 'terminated') return [];
    return [
      { kind: 'play-over', leg, play },
      { kind: 'start-timer', timer: `play-${leg}`, ms: play.ms },
    ];
  });
