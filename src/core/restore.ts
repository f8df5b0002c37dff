/**
 * restore: a call goes on after the program, or the media server, has lost its memory. What was under way on a leg is taken for lost
 * and the phone is told again; what the media server does is made known by cutting first; then wish and facts are planned as ever.
 * Nothing says how far a step had come, so it is the same at every step.
 */
import type { Call, Confirmed, Step } from './call.js';
import type { Effect } from './effects.js';
import type { Input } from './inputs.js';
import { LEG_ROLES, type Leg, type LegMedia } from './leg.js';
import { settle } from './settle.js';
import { end } from './teardown.js';

type Memory = Extract<Input, { kind: 'call.restored' }>['media'];

export function onRestored(call: Call, media: Memory, atMs: number): Step {
  if (call.kind !== 'confirmed')
    return end(call, 'shutdown', atMs, { status: 500, reason: 'restarted in the middle of the set-up' });
  // Its first offer has no answer, and whoever knew the transaction is gone.
  if (LEG_ROLES.some((role) => call[role].halfOpen === true))
    return end(call, 'shutdown', atMs, { status: 500, reason: 'restarted before the first answer' });
  const known: Confirmed = {
    ...call,
    caller: again(call.caller, media),
    callee: again(call.callee, media),
    gated: true,
    muted: { caller: false, callee: false },
  };
  const [next, planned] = settle(known);
  const glares = LEG_ROLES.filter((role) => call[role].offerAnswer.kind === 'glare-wait');
  const waits = glares.map((role): Effect => ({ kind: 'stop-timer', timer: `glare-${role}` }));
  return [next, [...waits, ...firstOfAll(media), ...planned]];
}

/** Nobody is heard before it is known who may be: also a pair that talks is cut for the moment until the gate opens. */
function firstOfAll(media: Memory): readonly Effect[] {
  if (media === 'lost') return [{ kind: 'anchor-again' }, { kind: 'gate' }];
  return [
    { kind: 'gate' },
    ...LEG_ROLES.map((leg): Effect => ({ kind: 'stop-sound', leg })),
    ...LEG_ROLES.map((leg): Effect => ({ kind: 'unmute', leg })),
  ];
}

/** A leg on which nothing is under way; where something was, its phone may have heard of it or not, and is told again. */
function again(leg: Leg, memory: Memory): Leg {
  if (leg.dialog === 'terminated') return leg;
  const { refreshing: _lost, retried: _forgotten, refused, ...rest } = leg;
  const { music: _silent, ...media } = leg.media;
  const { kind } = leg.offerAnswer;
  const unsure = memory === 'lost' || (kind !== 'stable' && kind !== 'glare-wait');
  const heard: LegMedia = { ...media, sound: 'none', stale: media.stale || unsure };
  // A refusal was of what was offered then; what is new is worth asking.
  const kept = unsure || refused === undefined ? {} : { refused };
  return { ...rest, ...kept, offerAnswer: { kind: 'stable' }, glares: 0, media: heard };
}
