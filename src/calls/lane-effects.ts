/**
 * lane-effects: which effects need the media server, and so wait for their turn in the lane of their call; which of them may go together.
 */
import type { Effect } from '#core/effects.js';

export type LaneEffect = Extract<
  Effect,
  {
    kind:
      | 'dial'
      | 'progress'
      | 'bridge-early'
      | 'accept'
      | 'ack'
      | 'apply-answer'
      | 'send-reinvite'
      | 'answer-reinvite'
      | 'apply-reanswer'
      | 'gate'
      | 'ungate'
      | 'mute'
      | 'unmute'
      | 'play'
      | 'stop-sound'
      | 'remind'
      | 'play-over'
      | 'end-play'
      | 'take-over'
      | 'anchor-again'
      | 'delete-media';
  }
>;

const ONLY_MEDIA: ReadonlySet<Effect['kind']> = new Set(['gate', 'ungate', 'mute', 'unmute', 'remind']);

/** It tells rtpengine something, and says nothing to a phone. */
export const isOnlyMedia = (effect: Effect): boolean => isSound(effect) || ONLY_MEDIA.has(effect.kind);

/** Sounds for different listeners do not wait for each other. */
export const isSound = ({ kind }: Effect): boolean =>
  kind === 'play' || kind === 'stop-sound' || kind === 'play-over' || kind === 'end-play';
