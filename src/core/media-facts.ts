/**
 * media-facts: what the media server has to say of a call, as rules.
 */
import type { Call, Confirmed, Step } from './call.js';
import { otherLeg, type LegRole } from './leg.js';
import type { Input } from './inputs.js';
import { settle, withLeg, withSound } from './settle.js';
import { end } from './teardown.js';

type InputOf<K extends Input['kind']> = Extract<Input, { kind: K }>;

/**
 * One leg's codecs changed so that the other must be offered the change; music is started again in the new codec. A refusal of
 * what was offered before says nothing about the new one.
 */
export function onMediaChanged(call: Confirmed, input: InputOf<'media.changed'>): Step {
  const peer = call[otherLeg(input.leg)];
  if (!input.peerStale || peer.dialog === 'terminated') return [call, []];
  return settle(withLeg(call, { ...peer, refused: undefined, media: { ...peer.media, stale: true } }));
}

/** rtpengine (or our own reading of the SDP) refused what a leg brought: without media there is no call. */
export function onMediaRefused(call: Call, input: InputOf<'media.refused'>, atMs: number): Step {
  return end(call, input.status >= 500 ? 'media-lost' : 'refused', atMs, { status: input.status, reason: input.reason });
}

/** The sound did not start. It is not asked for again until the wish changes, and the view says so. */
export function onSoundFailed(call: Call, role: LegRole): Step {
  if (call.kind === 'ringing' && role === 'caller' && call.caller.media.sound === 'ringback') {
    return [{ ...call, caller: { ...call.caller, media: { ...call.caller.media, sound: 'failed' } } }, []];
  }
  if (call.kind !== 'confirmed' || call[role].media.sound !== 'music') return [call, []];
  return settle(withSound(call, role, 'failed', call[role].media.music));
}
