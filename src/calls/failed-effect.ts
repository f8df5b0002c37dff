/**
 * failed-effect: what it means for a call that an effect in its lane could not be performed. Says it; whoever asked does it.
 */
import type { Input } from '#core/inputs.js';
import type { LegRole } from '#core/leg.js';
import { AppError, assertNever, MediaGone } from '#kit/errors.js';
import type { LaneEffect } from './lane-effects.js';

export type Meaning = Readonly<
  | { kind: 'forget' }
  /** rtpengine has not done what the call cannot be without. */
  | { kind: 'media' }
  | { kind: 'tell'; input: Input }
  /** The call is none the worse, or everything is being said anew. */
  | { kind: 'nothing' }
>;

export type MediaNow = Readonly<{
  /** rtpengine has come back since this was asked for. */
  stale: boolean;
  /** It is away, and everything will be said anew when it is back. */
  away: boolean;
}>;

const NOTHING: Meaning = { kind: 'nothing' };

export function meaningOf(effect: LaneEffect, error: unknown, { stale, away }: MediaNow): Meaning {
  const known = error instanceof AppError ? error : undefined;
  const lost: Meaning = stale ? NOTHING : { kind: 'media' };
  const refused = (leg: LegRole): Meaning => ({
    kind: 'tell',
    input: { kind: 'media.refused', leg, status: known?.sip ?? 500, reason: known?.message ?? 'internal error' },
  });
  const isGone = error instanceof MediaGone;
  switch (effect.kind) {
    case 'delete-media':
      return { kind: 'forget' };
    case 'gate':
    case 'ungate':
    case 'mute':
    case 'unmute':
    case 'anchor-again':
      return lost;
    // The only answer to an INVITE, or its ACK: what is planned anew says neither once more.
    case 'accept':
      return refused('caller');
    case 'ack':
      return refused(effect.leg);
    case 'play':
      if (isGone) return lost;
      return stale || away ? NOTHING : { kind: 'tell', input: { kind: 'sound.failed', leg: effect.leg } };
    case 'play-over':
      if (isGone) return lost;
      return stale || away ? NOTHING : { kind: 'tell', input: { kind: 'play.failed', leg: effect.leg, playId: effect.play.id } };
    case 'answer-reinvite': // its phone has been refused, and what was agreed before goes on
    case 'apply-reanswer': // the old media goes on: RFC 3261 §14.1
    case 'progress':
    case 'bridge-early':
    case 'remind':
    case 'stop-sound':
    case 'end-play':
      return isGone ? lost : NOTHING;
    case 'dial':
    case 'apply-answer':
    case 'send-reinvite':
    case 'take-over':
      return isGone ? lost : refused(effect.leg);
    default:
      return assertNever(effect);
  }
}
