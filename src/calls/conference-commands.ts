/**
 * conference-commands: calls of three and more. A conference is made of member calls: each has the conference as its caller and one
 * phone as its callee, so a member is held, muted, played to and hung up by the commands of its member call.
 * A call that becomes a conference ends with cause `conference`; its id goes on being understood by call.get, call.hold, call.resume,
 * call.mute and call.hangup as long as the conference lasts, for the party that it names.
 */
import type { ConferenceEvent } from '#core/events.js';
import { LEG_ROLES, otherLeg, type CallId, type LegRole } from '#core/leg.js';
import { assertNever, BadRequest, CallNotFound, WrongMoment } from '#kit/errors.js';
import { stateOf } from './call-view.js';
import type { Outcome } from './commands.js';
import type { ConferenceMember as Member } from './conference-member.js';
import type { Conference } from './conference.js';
import type { ConferenceService, Opening } from './conference-service.js';
import type { BindingsPort } from './ports.js';
import { liveCall, mustBeReachable, mustNotBeHeld, mustNotHold, type FindCall } from './preconditions.js';

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
  | Readonly<{
      kind: 'call.consult';
      callId: CallId;
      holder: LegRole;
      to: Number;
      othersHear?: OthersHear | undefined;
      music?: Readonly<Record<string, string>> | undefined;
    }>
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

type Asked<K extends ConferenceCommand['kind']> = Extract<ConferenceCommand, { kind: K }>;

export class ConferenceCommands {
  readonly #conferences: ConferenceService;
  readonly #bindings: BindingsPort;
  readonly #find: FindCall;

  constructor(conferences: ConferenceService, bindings: BindingsPort, find: FindCall) {
    this.#conferences = conferences;
    this.#bindings = bindings;
    this.#find = find;
  }

  async execute(command: ConferenceCommand): Promise<Outcome> {
    const conferences = this.#conferences;
    switch (command.kind) {
      case 'conference.create':
        return found(await this.#create(command));
      case 'conference.get':
        return found(conferences.get(command.conferenceId));
      case 'conference.list':
        return { kind: 'conference.listed', conferences: conferences.list().map((one) => one.view()) };
      case 'conference.end': {
        const conference = conferences.get(command.conferenceId);
        conferences.end(conference);
        return found(conference);
      }
      case 'conference.add': {
        const conference = conferences.get(command.conferenceId);
        if ('number' in command.member) await conferences.ring(conference, command.member.number);
        else await conferences.absorb(conference, command.member.callId);
        return found(conference);
      }
      case 'call.join':
        return found(await this.#join(command));
      case 'call.consult':
        return found(await this.#consult(command));
      case 'consult.join':
      case 'consult.cancel':
        return found(this.#endConsultation(command));
      default:
        return assertNever(command);
    }
  }

  /** Everything that can be wrong is found before anything is moved. */
  async #create({ calls, numbers, othersHear, music }: Asked<'conference.create'>): Promise<Conference> {
    const conferences = this.#conferences;
    if (calls.length + numbers.length === 0) throw new BadRequest('calls', 'calls or numbers: expected at least one');
    if (new Set(calls).size < calls.length) throw new BadRequest('calls', 'calls: expected each call once');
    const parties = new Set<string>();
    for (const callId of this.#talkingFirst(calls)) {
      const live = conferences.mustBeFree(callId);
      const roles = LEG_ROLES.filter((role) => !parties.has(live.call.parties[role])); // who is in another one comes with that
      mustNotHold(live, roles);
      for (const role of roles) parties.add(live.call.parties[role]);
    }
    for (const number of numbers) {
      mustBeReachable(this.#bindings, number, 'inside');
      if (parties.has(number)) throw new BadRequest('numbers', `numbers: ${number} is named twice`);
      parties.add(number);
    }
    const conference = await conferences.open({ othersHear, music }, numbers.length);
    const shown = [...parties].filter((party) => !numbers.includes(party));
    const ring = async (): Promise<void> => {
      for (const number of numbers) await conferences.ring(conference, number, undefined, shown);
    };
    if (calls.length > 0)
      return this.#opening(conference, async () => {
        await ring(); // who may not be rung is found before anybody is moved
        for (const callId of this.#talkingFirst(calls)) await conferences.absorb(conference, callId);
      });
    try {
      await ring();
    } catch (error) {
      conferences.end(conference); // who is refused a conference has nobody's phone ring for it
      throw error;
    }
    return conference;
  }

  /** Who is in two of the calls comes with the dialog it talks on; the other one, which it holds, is hung up. */
  #talkingFirst(calls: readonly CallId[]): readonly CallId[] {
    const held = (callId: CallId): number => {
      const call = this.#find(callId)?.call;
      return call?.kind === 'confirmed' && call.hold.size > 0 ? 1 : 0;
    };
    return [...calls].sort((one, other) => held(one) - held(other));
  }

  async #join(command: Asked<'call.join'>): Promise<Conference> {
    const { callId, as, party, to, othersHear, music } = command;
    const conferences = this.#conferences;
    mustBeReachable(this.#bindings, to.number, 'inside');
    const whispers = (conference: Conference, third: Member): void => {
      const named = conference.ofCall(callId) ?? conferences.absorbed.of(callId)?.[party];
      if (as === 'whisperer') conferences.whispers(conference, third, named);
    };
    const already = conferences.ofCall(callId);
    if (already !== undefined) {
      conferences.mustBeNew(already, to.number, 'to');
      already.givesMusic(music);
      whispers(already, await conferences.ring(already, to.number, { as }));
      return already;
    }
    const joined = this.#withThird(callId, to.number, { othersHear, music, as }, async (conference, third) => {
      await conferences.absorb(conference, callId);
      whispers(conference, third);
    });
    return joined.catch((error: unknown) => {
      // Of two who join in the same moment the other has made it a conference.
      if (error instanceof CallNotFound && conferences.ofCall(callId) !== undefined) return this.#join(command);
      throw error;
    });
  }

  async #consult({ callId, holder, to, othersHear, music }: Asked<'call.consult'>): Promise<Conference> {
    const conferences = this.#conferences;
    mustBeReachable(this.#bindings, to.number, 'inside');
    const already = conferences.ofCall(callId);
    if (already !== undefined) return this.#consultInside(already, callId, holder, to.number);
    return this.#withThird(callId, to.number, { othersHear, music }, async (conference, target) => {
      await conferences.absorb(conference, callId, otherLeg(holder));
      const absorbed = conferences.absorbed.of(callId);
      const waiting = absorbed?.[otherLeg(holder)];
      const holds = absorbed?.[holder];
      if (waiting === undefined || holds === undefined) throw new CallNotFound(callId);
      conferences.consultations.setAside(conference, { holder: holds, waiting: [waiting], target });
    });
  }

  /** Everybody but the one who asks waits, once it is certain that somebody is rung. */
  async #consultInside(conference: Conference, callId: CallId, holder: LegRole, number: string): Promise<Conference> {
    const conferences = this.#conferences;
    const asks = (): Member => {
      const holds = conference.ofCall(callId) ?? conferences.absorbed.of(callId)?.[holder];
      if (holds === undefined || !conference.members.includes(holds)) throw new CallNotFound(callId);
      if (conference.consultation !== undefined) throw new WrongMoment('somebody is being consulted already', 'held');
      return holds;
    };
    asks();
    conferences.mustBeNew(conference, number, 'to');
    const target = await conferences.ring(conference, number);
    try {
      const holds = asks(); // which has taken its time
      const isOther = (one: Member): boolean => one !== holds && one !== target;
      const waiting = conference.members.filter((one) => isOther(one) && one.facts.as === 'member' && one.state !== 'ringing');
      conferences.consultations.setAside(conference, { holder: holds, waiting, target });
    } catch (error) {
      target.hangUp();
      throw error;
    }
    return conference;
  }

  /** @throws CallNotFound, WrongMoment: nobody is consulted. */
  #endConsultation({ kind, callId }: Asked<'consult.join' | 'consult.cancel'>): Conference {
    const conference = this.#conferences.ofCall(callId);
    if (conference === undefined) {
      const { call } = liveCall(this.#find, callId);
      throw new WrongMoment('nobody is being consulted', stateOf(call));
    }
    const { consultation } = conference;
    if (consultation === undefined) throw new WrongMoment('nobody is being consulted', 'in-call');
    this.#conferences.consultations.letIn(conference);
    if (kind === 'consult.cancel') consultation.target.hangUp();
    return conference;
  }

  /**
   * The two of this call and a third, who is rung before they are moved: whoever may not be rung, or finds no room, leaves them as they were.
   * @throws CallNotFound, WrongMoment, BadRequest, Busy, DialForbidden
   */
  async #withThird(
    callId: CallId,
    number: string,
    { as = 'member', ...opening }: Opening & Readonly<{ as?: Member['facts']['as'] }>,
    move: (conference: Conference, third: Member) => Promise<void>,
  ): Promise<Conference> {
    const live = this.#conferences.mustBeFree(callId);
    mustNotHold(live, LEG_ROLES);
    if (as !== 'member') mustNotBeHeld(live);
    const { parties } = live.call;
    if (parties.caller === number || parties.callee === number)
      throw new BadRequest('to', `to: ${number} is in this call already`);
    const conference = await this.#conferences.open(opening, 1);
    return this.#opening(conference, async () => {
      const third = await this.#conferences.ring(conference, number, { as }, [parties.caller, parties.callee]);
      await move(conference, third);
    });
  }

  /** Who has come so far is hung up where the rest cannot come; but once a call has been moved it goes on. */
  async #opening(conference: Conference, move: () => Promise<void>): Promise<Conference> {
    const conferences = this.#conferences;
    conference.opening = true;
    try {
      await move();
    } catch (error) {
      if (!conferences.absorbed.isOf(conference)) conferences.end(conference);
      throw error;
    } finally {
      conference.opening = false;
      if (conference.isOver) conferences.end(conference);
    }
    return conference;
  }
}

const found = (conference: Conference): Outcome => ({ kind: 'conference.found', conference: conference.view() });
