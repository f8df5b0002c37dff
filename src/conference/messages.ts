/**
 * messages: what is said between the thread that owns the calls and the mixer's thread; types only. Each command has one answer.
 */
import type { DoorStats, RtpFrom } from './door.js';
import type { Pcm } from './frame.js';
import type { G711 } from './g711.js';
import type { Matrix } from './hearing.js';
import type { MemberStats } from './member.js';
import type { RefusalFacts } from './refusals.js';
import type { TickerStats } from './ticker.js';

export type JoinOptions = Readonly<{
  /** Where the member's RTP comes from and goes to; without it, where its first packet comes from. */
  rtpFrom?: RtpFrom;
  /** What is sent to it, PCMU unless said; from it both are understood. */
  codec?: G711;
  /** The name of the sound it hears while another member holds. */
  holdMusic?: string;
}>;

/** Where a member's RTP is to be sent. */
export type MemberPort = Readonly<{ address: string; port: number }>;

/** How a member holds; `itHears` names a sound. */
export type HoldOptions = Readonly<{ othersHear?: 'music' | 'silence' | 'conference'; itHears?: string }>;

/** An announcement over the conference; `to` names the members that hear it, everyone unless said. */
export type PlayOptions = Readonly<{ loop?: boolean; to?: readonly string[] }>;

export type ConferenceStats = Readonly<{ members: Readonly<Record<string, MemberStats & DoorStats>>; ticker: TickerStats }>;

export type Command =
  | Readonly<{ kind: 'load'; name: string; samples: Pcm }>
  | Readonly<{ kind: 'create'; conference: string }>
  | Readonly<{ kind: 'end'; conference: string }>
  | Readonly<{ kind: 'join'; conference: string; member: string; options: JoinOptions }>
  | Readonly<{ kind: 'leave'; conference: string; member: string }>
  | Readonly<{ kind: 'mute'; conference: string; member: string; muted: boolean }>
  | Readonly<{ kind: 'hold'; conference: string; member: string; options: HoldOptions }>
  | Readonly<{ kind: 'resume'; conference: string; member: string }>
  | Readonly<{ kind: 'hear'; conference: string; matrix: Matrix }>
  | Readonly<{ kind: 'play'; conference: string; sound: string; options: PlayOptions }>
  | Readonly<{ kind: 'stop-sound'; conference: string; sound: string }>
  | Readonly<{ kind: 'stats'; conference: string }>;

/** What a command is answered with; nothing where nothing stands. */
export type Answer = MemberPort | ConferenceStats | undefined;

export type ToWorker = Readonly<{ kind: 'ask'; id: number; command: Command }> | Readonly<{ kind: 'stop' }>;

export type FromWorker =
  | Readonly<{ kind: 'started' }>
  | Readonly<{ kind: 'answer'; id: number; answer: Answer }>
  | Readonly<{ kind: 'refusal'; id: number; facts: RefusalFacts }>
  | Readonly<{ kind: 'log'; line: string }>;
