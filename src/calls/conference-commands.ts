/**
 * conference-commands: calls of three and more. A conference is made of member calls: each has the conference as its caller and one
 * phone as its callee, so a member is held, muted, played to and hung up by the commands of its member call.
 * A call that becomes a conference ends with cause `conference`; its id goes on being understood by call.get, call.hold, call.resume,
 * call.mute and call.hangup as long as the conference lasts, for the party that it names.
 */
import type { ConferenceEvent } from '#core/events.js';
import type { CallId, LegRole } from '#core/leg.js';
import { NotBuilt } from '#kit/errors.js';
import type { Outcome } from './commands.js';

export type ConferenceId = string;

type Number = Readonly<{ number: string }>;

/** What the others hear while a member holds. */
export type OthersHear = 'conference' | 'music' | 'silence';

export type ConferenceCommand =
  /** Of calls that are up (all their parties become members) and of numbers that are rung. */
  | Readonly<{
      kind: 'conference.create';
      calls: readonly CallId[];
      numbers: readonly string[];
      othersHear?: OthersHear | undefined;
      /** The class of music that a member hears while another one holds, by number; `default` unless said. */
      music?: Readonly<Record<string, string>> | undefined;
    }>
  | Readonly<{ kind: 'conference.get'; conferenceId: ConferenceId }>
  | Readonly<{ kind: 'conference.list' }>
  /** All members are hung up. */
  | Readonly<{ kind: 'conference.end'; conferenceId: ConferenceId }>
  /** A number is rung, or the parties of a call come over. */
  | Readonly<{ kind: 'conference.add'; conferenceId: ConferenceId; member: Number | Readonly<{ callId: CallId }> }>
  /**
   * `to` listens (`listener`), is heard by `party` alone (`whisperer`), or talks with all (`member`); the call becomes a conference.
   * Who only listens is no party to the others: when it is left alone with one, or without, the conference ends as a call of two does.
   */
  | Readonly<{
      kind: 'call.join';
      callId: CallId;
      as: 'listener' | 'whisperer' | 'member';
      party: LegRole;
      to: Number;
      othersHear?: OthersHear | undefined;
      music?: Readonly<Record<string, string>> | undefined;
    }>
  /** `holder` talks to `to` first, while the other party waits with music. When `holder` hangs up, the other two are connected. */
  | Readonly<{ kind: 'call.consult'; callId: CallId; holder: LegRole; to: Number }>
  /** All three are connected. */
  | Readonly<{ kind: 'consult.join'; callId: CallId; holder: LegRole }>
  /** Ends the consultation and takes the party that waits back. */
  | Readonly<{ kind: 'consult.cancel'; callId: CallId; holder: LegRole }>;

export type ConferenceMember = ConferenceEvent['members'][number];

export type ConferenceView = Readonly<{
  id: ConferenceId;
  createdAt: string;
  othersHear: OthersHear;
  members: readonly ConferenceMember[];
}>;

export type ConferenceOutcome =
  | Readonly<{ kind: 'conference.found'; conference: ConferenceView }>
  | Readonly<{ kind: 'conference.listed'; conferences: readonly ConferenceView[] }>;

export class ConferenceCommands {
  execute(command: ConferenceCommand): Promise<Outcome> {
    return Promise.reject(new NotBuilt(command.kind));
  }
}
