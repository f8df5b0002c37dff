/**
 * play: what programs do with the sound of a call that is up, as rules: who is not heard by its peer, and what is played to whom over
 * everything else. Both are wishes beside the hold ledger: who really is cut off follows from all of them together (hold.ts).
 */
import type { Confirmed, Step } from './call.js';
import type { Effect } from './effects.js';
import type { CallEvent } from './events.js';
import type { Input } from './inputs.js';
import { LEG_ROLES, otherLeg, type Leg, type LegRole, type Play } from './leg.js';
import { settle, withLeg } from './settle.js';
import { onHangup } from './teardown.js';

type InputOf<K extends Input['kind']> = Extract<Input, { kind: K }>;
type Why = Extract<CallEvent, { kind: 'play.ended' }>['why'];

export function onMuteRequested(call: Confirmed, { leg: role, muted }: InputOf<'mute.requested'>): Step {
  const { silenced, ...leg } = call[role];
  if ((silenced === true) === muted) return [call, []];
  return settle(withLeg(call, muted ? { ...leg, silenced: true } : leg));
}

/** A party that has left, or whose late offer has no answer yet, cannot be played to. */
export const canHear = (leg: Leg): boolean => leg.dialog === 'confirmed' && leg.halfOpen !== true;

/** The peer is cut off before anything plays, so that nobody ever hears two at once. */
export function onPlayRequested(call: Confirmed, { legs, play }: InputOf<'play.requested'>): Step {
  const listeners = legs.filter((role) => canHear(call[role]));
  const [silent, ended] = endPlays(call, listeners, 'stopped', false);
  const playing = listeners.reduce((so, role) => withLeg(so, { ...so[role], playing: play }), silent);
  const [next, effects] = settle(playing);
  const begin = listeners.flatMap((role): Effect[] => [
    { kind: 'play-over', leg: role, play },
    { kind: 'start-timer', timer: `play-${role}`, ms: play.ms },
  ]);
  return [next, [...ended, ...effects, ...begin]];
}

export function onQuietRequested(call: Confirmed, { legs }: InputOf<'quiet.requested'>): Step {
  const [silent, ended] = endPlays(call, legs, 'stopped');
  return ended.length === 0 ? [call, []] : after(silent, ended);
}

export function onPlayFailed(call: Confirmed, { leg, playId }: InputOf<'play.failed'>): Step {
  if (call[leg].playing?.id !== playId) return [call, []]; // another has taken its place
  return after(...endPlay(call, leg, 'failed'));
}

/** One play to both ends for both at once: its rounds began together. */
export function onPlayTimer(call: Confirmed, role: LegRole, atMs: number): Step {
  const { playing } = call[role];
  if (playing === undefined) return [call, []];
  const [silent, ended] = endPlays(call, listenersOf(call, playing), 'done');
  if (playing.hangUpAfter !== true) return after(silent, ended);
  const [next, effects] = onHangup(silent, atMs);
  return [next, [...ended, ...effects]];
}

/** What is played to this party is over; the other may go on hearing it, and then it is not ended yet. */
export function endPlay(call: Confirmed, role: LegRole, why: Why): readonly [Confirmed, readonly Effect[]] {
  return endPlays(call, [role], why);
}

/** The call has ended, and with it what was played. */
export function lastPlays(call: Confirmed): readonly Effect[] {
  return endPlays(call, LEG_ROLES, 'stopped', false)[1];
}

const listenersOf = (call: Confirmed, { id }: Play): readonly LegRole[] =>
  LEG_ROLES.filter((role) => call[role].playing?.id === id);

/** First it is silent, then the peer is heard again. */
function after(call: Confirmed, ended: readonly Effect[]): Step {
  const [next, effects] = settle(call);
  return [next, [...ended, ...effects]];
}

/** @param silence false: something else takes its place at once, or there is no media any more. */
function endPlays(call: Confirmed, roles: readonly LegRole[], why: Why, silence = true): readonly [Confirmed, readonly Effect[]] {
  let next = call;
  const effects: Effect[] = [];
  for (const role of roles) {
    const { playing, ...leg } = next[role];
    if (playing === undefined) continue;
    next = withLeg(next, leg);
    effects.push({ kind: 'stop-timer', timer: `play-${role}` });
    if (silence) effects.push({ kind: 'end-play', leg: role });
    if (next[otherLeg(role)].playing?.id !== playing.id) effects.push(endedEvent(call, playing, why));
  }
  return [next, effects];
}

const endedEvent = ({ id, parties }: Confirmed, play: Play, why: Why): Effect => ({
  kind: 'publish',
  event: { kind: 'play.ended', callId: id, parties, playId: play.id, why },
});
