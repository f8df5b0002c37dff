/**
 * conference: one conference: who is in it, who hears whom, who waits apart. Owns no call: it tells its members what to do.
 */
import type { ConferenceEvent } from '#core/events.js';
import type { CallId } from '#core/leg.js';
import type { ConferenceId, ConferenceView, OthersHear } from './conference-commands.js';
import type { ConferenceMember } from './conference-member.js';
import type { HearingRow, MixerPort } from './mixer-port.js';

/** `holder` talks to `target` while the others hear music. */
export type Consultation = Readonly<{
  holder: ConferenceMember;
  waiting: readonly ConferenceMember[];
  target: ConferenceMember;
}>;

export type ConferenceFacts = Readonly<{
  id: ConferenceId;
  mixer: MixerPort;
  createdMs: number;
  /** Whether a program has muted the phone of this member call. */
  isMuted: (callId: CallId) => boolean;
  othersHear: OthersHear;
  /** The class of music that its first members hear while another holds, by number. */
  music: Readonly<Record<string, string>>;
}>;

export class Conference {
  readonly facts: ConferenceFacts;
  readonly #members = new Map<string, ConferenceMember>();
  #music: ConferenceFacts['music'];
  consultation: Consultation | undefined;
  /** It was spoken of. */
  told = false;
  /** Who is to be in it is on the way: it is not over yet. */
  opening = false;
  ended = false;
  #named = 0;

  constructor(facts: ConferenceFacts) {
    this.facts = facts;
    this.#music = facts.music;
  }

  /** The class of music that this number hears while another member holds, if it has one of its own. */
  musicOf(number: string): string | undefined {
    return this.#music[number];
  }

  /** For members that come later. */
  givesMusic(more: ConferenceFacts['music'] = {}): void {
    this.#music = { ...this.#music, ...more };
  }

  /** Names in the mixer; none is used twice. */
  nextName(): string {
    return `m${++this.#named}`;
  }

  add(member: ConferenceMember): void {
    this.#members.set(member.facts.id, member);
  }

  /** @returns false: it was not there. */
  remove(member: ConferenceMember): boolean {
    return this.#members.delete(member.facts.id);
  }

  get members(): readonly ConferenceMember[] {
    return [...this.#members.values()];
  }

  ofCall(callId: CallId): ConferenceMember | undefined {
    return this.members.find((member) => member.callId === callId);
  }

  ofNumber(number: string): ConferenceMember | undefined {
    return this.members.find((member) => member.number === number && member.facts.as === 'member');
  }

  /** What the others hear while this one holds. With one there is nobody to go on with: it hears music, as in a call of two. */
  othersHear(holder: ConferenceMember): OthersHear {
    const { othersHear } = this.facts;
    if (othersHear !== 'conference') return othersHear;
    const isThere = ({ facts, state, apart }: ConferenceMember): boolean =>
      facts.as === 'member' && state !== 'ringing' && !apart;
    return this.members.filter((one) => one !== holder && isThere(one)).length === 1 ? 'music' : 'conference';
  }

  /** Fewer than two who talk are no conference; who is rung may still come. */
  get isOver(): boolean {
    return !this.opening && this.members.filter(({ facts }) => facts.as === 'member').length < 2;
  }

  /** The row of everybody who has joined. Whoever waits apart hears nobody and is heard by nobody; who listens is not heard; a whisperer by one alone. */
  rows(): Readonly<Record<string, HearingRow>> {
    const rowOf = (listener: ConferenceMember): HearingRow => {
      if (listener.apart) return { only: [] };
      return {
        except: this.members
          .filter((speaker) => speaker !== listener && !isHeardBy(speaker, listener))
          .map(({ facts }) => facts.id),
      };
    };
    return Object.fromEntries(this.members.filter(({ joined }) => joined).map((member) => [member.facts.id, rowOf(member)]));
  }

  event(): ConferenceEvent {
    const members = this.members.map((member) => shown(member, this.facts.isMuted(member.callId)));
    return { kind: 'conference.changed', conferenceId: this.facts.id, state: this.ended ? 'ended' : 'open', members };
  }

  view(): ConferenceView {
    const { id, createdMs, othersHear } = this.facts;
    return { id, createdAt: new Date(createdMs).toISOString(), othersHear, members: this.event().members };
  }
}

function isHeardBy(speaker: ConferenceMember, listener: ConferenceMember): boolean {
  if (speaker.apart) return false;
  if (speaker.facts.as === 'listener') return false;
  return speaker.facts.as === 'member' || speaker.whispersTo === listener.facts.id;
}

const shown = (
  { facts, number, callId, state, apart }: ConferenceMember,
  muted: boolean,
): ConferenceEvent['members'][number] => ({
  number,
  callId,
  state: apart && state !== 'ringing' ? 'held' : state,
  as: facts.as,
  muted,
});
