/**
 * sound-commands: what a program may do with the sound of a call that is up: mute a party, play and speak to it, press keys.
 */
import type { CallId, LegRole } from '#core/leg.js';
import { NotBuilt } from '#kit/errors.js';
import type { Outcome } from './commands.js';

/** Who hears it. */
export type Listener = LegRole | 'all';

/**
 * What is heard: a prompt of music.yaml by its name, words that are spoken, a file of sip-config/sounds by its name (no path), or a beep.
 */
export type SoundWish =
  | Readonly<{ prompt: string }>
  | Readonly<{ text: string; language?: string | undefined; voice?: string | undefined }>
  | Readonly<{ file: string }>
  | Readonly<{ beep: true }>;

export type SoundCommand =
  /** A party that is muted is not heard by the other, and still hears it. */
  | Readonly<{ kind: 'call.mute'; callId: CallId; party: LegRole; muted: boolean }>
  /**
   * While it plays its listener hears nothing else. Answered `play.started` as soon as it is heard; its end is the event
   * `play.ended`. A second one to the same listener ends the first.
   */
  | Readonly<{
      kind: 'call.play';
      callId: CallId;
      to: Listener;
      what: SoundWish;
      /** So many times; once unless said. */
      times?: number | undefined;
      /** It ends by then, played to its end or not. */
      maxSec?: number | undefined;
      hangUpAfter?: true | undefined;
    }>
  /** Ends what plays to this listener; nothing playing is no error. */
  | Readonly<{ kind: 'call.quiet'; callId: CallId; to: Listener }>
  /** 0-9 * # A-D, and `,` or `w` for half a second of nothing, heard by `to` as keys of its peer (RFC 4733, or INFO where a phone knows no other). */
  | Readonly<{ kind: 'call.keys'; callId: CallId; to: Listener; keys: string }>;

export type SoundOutcome = Readonly<{
  kind: 'play.started';
  callId: CallId;
  playId: string;
  /** How long all of it lasts, in milliseconds. */
  ms: number;
}>;

export class SoundCommands {
  execute(command: SoundCommand): Promise<Outcome> {
    return Promise.reject(new NotBuilt(command.kind));
  }
}
