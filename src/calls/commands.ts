/**
 * commands: the one language every dialect speaks to the calls, and what it gets back.
 * Dialect words (CallId of Ozeki, phoneCallViewId ...) never appear here.
 */
import type { Direction } from '#core/direction.js';
import type { EndCause, HoldReason, HoldView, LegHoldState } from '#core/events.js';
export type { MusicWish } from '#core/hold-music.js';
import type { MusicWish } from '#core/hold-music.js';
import type { HoldPolicy } from '#core/hold-policy.js';
import type { CallId, LegRole, Sound } from '#core/leg.js';
import type { BulkCommand, BulkOutcome } from './bulk-commands.js';
import type { ConferenceCommand, ConferenceId, ConferenceOutcome } from './conference-commands.js';
import type { HistoryCommand, HistoryOutcome } from './history-commands.js';
import type { ReachCommand, ReachOutcome } from './reach-commands.js';
import type { RecordCommand, RecordOutcome } from './record-commands.js';
import type { SoundCommand, SoundOutcome } from './sound-commands.js';

export type Holder = 'controller' | LegRole;

export type Command =
  | Readonly<{
      kind: 'call.setup';
      caller: string;
      callee: string;
      /** Ask the caller's phone to answer by itself (Alert-Info, Call-Info answer-after=0; RFC 5373). */
      autoAnswer?: boolean | undefined;
      /** A class of music for whoever is held in this call, where no hold says otherwise. */
      music?: string | undefined;
      /** The same key within ten minutes answers with the same call and sets up none. */
      idempotencyKey?: string | undefined;
      /** Who asked; keeps idempotency keys of different API users apart. */
      owner?: string | undefined;
    }>
  | Readonly<{ kind: 'call.hangup'; callId: CallId }>
  /** `music` null holds in silence (a=inactive), absent with whatever is due; `policy` key by key over that of the holder's account. */
  | Readonly<{
      kind: 'call.hold';
      callId: CallId;
      holder: Holder;
      music?: MusicWish;
      policy?: Partial<HoldPolicy> | undefined;
      /** The holder's phone is asked to press its own key (NOTIFY), instead of holding in its name. */
      byPhone?: true | undefined;
      /** Its holder hears nothing while it holds, also not the music of the other's hold. */
      deaf?: true | undefined;
      /** Which of the programs that hold for one reason this is; one's resume never lifts another's hold. */
      by?: string | undefined;
      /** Answered `call.done` as soon as it is begun, instead of with its proof: for clients that wait a few seconds only. */
      atOnce?: true | undefined;
      /** Its proof counts no packets of music, which takes rtpengine one command more. */
      brief?: true | undefined;
    }>
  | Readonly<{
      kind: 'call.resume';
      callId: CallId;
      holder: Holder;
      by?: string | undefined;
      byPhone?: true | undefined;
      atOnce?: true | undefined;
      brief?: true | undefined;
    }>
  /** Connects the party that does not leave with a number, or with whom `leaving` talks to in its other call (attended). */
  | Readonly<{ kind: 'call.transfer'; callId: CallId; leaving?: LegRole | undefined; to: TransferTarget }>
  /** Lets the party that does not leave wait in a slot; without one in the first that is free. */
  | Readonly<{ kind: 'call.park'; callId: CallId; leaving?: LegRole | undefined; slot?: string | undefined }>
  | Readonly<{ kind: 'park.list' }>
  | Readonly<{ kind: 'call.get'; callId: CallId }>
  | Readonly<{ kind: 'call.list' }>
  | BulkCommand
  | SoundCommand
  | RecordCommand
  | HistoryCommand
  | ReachCommand
  | ConferenceCommand;

export type TransferTarget = Readonly<{ number: string }> | Readonly<{ callId: CallId }>;

export type ParkedView = Readonly<{ slot: string; callId: CallId; number: string; by: string; since: string }>;

export type CallState = 'trying' | 'ringing' | 'in-call' | 'held' | 'ended';

export type CallView = Readonly<{
  id: CallId;
  /** `transfer`: its caller came from another call. `conference`: its caller is a conference. */
  origin: 'phone' | 'api' | 'transfer' | 'conference';
  state: CallState;
  parties: Readonly<{ caller: string; callee: string }>;
  createdAt: string;
  ringingAt?: string | undefined;
  answeredAt?: string | undefined;
  endedAt?: string | undefined;
  hold: HoldView;
  /** Whom a program has muted; absent: nobody. */
  muted?: Readonly<Record<LegRole, boolean>> | undefined;
  /** A member call of this conference: its caller is no phone. */
  conference?: ConferenceId | undefined;
  end?: Readonly<{ cause: EndCause; status?: number | undefined; reason?: string | undefined }> | undefined;
}>;

export type LegProof = Readonly<{
  held: boolean;
  state: LegHoldState;
  direction: Direction;
  sound: Sound;
  /** The class of the music, while it plays. */
  music?: string | undefined;
  /** Final SIP status of the re-INVITE this operation sent; absent when none was needed. */
  status?: number | undefined;
  reason?: string | undefined;
  /** Music packets rtpengine has counted leaving for this party during this hold. */
  musicPackets: number;
  /** Milliseconds from the command to each step; absent steps did not happen. */
  ms: Readonly<{ reinviteSent?: number | undefined; reinviteAnswered?: number | undefined; musicStarted?: number | undefined }>;
}>;

/** The proof of hold: what really happened, per leg. */
export type HoldProof = Readonly<{
  callId: CallId;
  /** False when the call was already in the asked state. */
  changed: boolean;
  /** False when a re-INVITE was still open when the answer had to be given. */
  settled: boolean;
  reasons: readonly HoldReason[];
  /** Milliseconds until media was cut (hold) or let through again (resume), and until both legs had answered. */
  ms: Readonly<{ gate?: number | undefined; ungate?: number | undefined; settled?: number | undefined }>;
  caller: LegProof;
  callee: LegProof;
}>;

export type Outcome =
  | Readonly<{ kind: 'call.accepted'; call: CallView; repeated: boolean }>
  | Readonly<{ kind: 'call.hangup-started'; callId: CallId }>
  | Readonly<{ kind: 'hold.done'; proof: HoldProof }>
  /** Begun or done, and there is nothing more to say of it. */
  | Readonly<{ kind: 'call.done'; callId: CallId }>
  | Readonly<{ kind: 'transfer.started'; callId: CallId; newCallId: CallId }>
  | Readonly<{ kind: 'call.parked'; callId: CallId; slot: string }>
  | Readonly<{ kind: 'park.listed'; parked: readonly ParkedView[] }>
  | Readonly<{ kind: 'call.found'; call: CallView }>
  | Readonly<{ kind: 'call.listed'; calls: readonly CallView[] }>
  | BulkOutcome
  | SoundOutcome
  | RecordOutcome
  | HistoryOutcome
  | ReachOutcome
  | ConferenceOutcome;

/**
 * What adapters may ask of the calls. Rejects with AppError: CallNotFound, WrongMoment, NumberUnknown,
 * NotRegistered, BadRequest, Busy, MediaFailed, NotBuilt.
 */
export interface CommandPort {
  execute(command: Command): Promise<Outcome>;
}
