/**
 * thread: the mixer in a thread of its own, seen from the thread that starts it: the port other rooms call. How questions
 * travel is link.ts.
 */
import type { Pcm } from './frame.js';
import type { Matrix } from './hearing.js';
import { Link, type LinkOptions } from './link.js';
import type * as Say from './messages.js';

export type { ConferenceStats, HoldOptions, JoinOptions, MemberPort, PlayOptions } from './messages.js';

/** All of it may be refused with an AppError: conference_not_found, member_not_found, busy, mixer_gone and so on. */
export interface ConferencePort {
  /** Keeps a sound under a name; over a SharedArrayBuffer it is not copied. */
  load(name: string, samples: Pcm): Promise<void>;
  create(conference: string): Promise<void>;
  end(conference: string): Promise<void>;
  /** Opens the member's RTP port; joining again only says where the member is now. */
  join(conference: string, member: string, options?: Say.JoinOptions): Promise<Say.MemberPort>;
  leave(conference: string, member: string): Promise<void>;
  mute(conference: string, member: string, muted: boolean): Promise<void>;
  /** The member is no longer heard and hears silence; what the others hear is in the options, their hold music unless said. */
  hold(conference: string, member: string, options?: Say.HoldOptions): Promise<void>;
  resume(conference: string, member: string): Promise<void>;
  /** Changes who hears whom, row by row (hearing.ts: monitor, whisper, bargeIn). */
  hear(conference: string, matrix: Matrix): Promise<void>;
  /** Plays a loaded sound over the conference. */
  play(conference: string, sound: string, options?: Say.PlayOptions): Promise<void>;
  stopSound(conference: string, sound: string): Promise<void>;
  stats(conference: string): Promise<Say.ConferenceStats>;
}

export type ConferenceThread = ConferencePort &
  Readonly<{ stop: () => Promise<void>; onExit: (listener: (why: string) => void) => void }>;

/** Resolves when the mixer listens to commands. */
export async function startConferenceThread(options: LinkOptions): Promise<ConferenceThread> {
  const link = new Link(options);
  await link.started;
  const tell = async (command: Say.Command): Promise<void> => void (await link.ask(command));
  return {
    load: (name, samples) => tell({ kind: 'load', name, samples }),
    create: (conference) => tell({ kind: 'create', conference }),
    end: (conference) => tell({ kind: 'end', conference }),
    // Which command has which answer is promised in messages.ts and kept in conferences.ts.
    join: async (conference, member, join = {}) =>
      (await link.ask({ kind: 'join', conference, member, options: join })) as Say.MemberPort,
    leave: (conference, member) => tell({ kind: 'leave', conference, member }),
    mute: (conference, member, muted) => tell({ kind: 'mute', conference, member, muted }),
    hold: (conference, member, hold = {}) => tell({ kind: 'hold', conference, member, options: hold }),
    resume: (conference, member) => tell({ kind: 'resume', conference, member }),
    hear: (conference, matrix) => tell({ kind: 'hear', conference, matrix }),
    play: (conference, sound, play = {}) => tell({ kind: 'play', conference, sound, options: play }),
    stopSound: (conference, sound) => tell({ kind: 'stop-sound', conference, sound }),
    stats: async (conference) => (await link.ask({ kind: 'stats', conference })) as Say.ConferenceStats,
    stop: () => link.stop(),
    onExit: (listener) => link.onExit(listener),
  };
}
