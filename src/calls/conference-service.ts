/**
 * conference-service: the owner of conferences. Lets parties of calls and phones that are rung become members, and members leave; holds
 * who waits while the others consult. Mixing is the mixer's, SIP and hold of each member are its member call's.
 */
import { LEG_ROLES, type CallId, type LegRole } from '#core/leg.js';
import type { Clock } from '#kit/clock.js';
import { AppError, BadRequest, WrongMoment } from '#kit/errors.js';
import { word } from '#kit/ids.js';
import type { Logger } from '#kit/log.js';
import { AbsorbedCalls } from './absorbed-calls.js';
import type { CallService } from './call-service.js';
import { stateOf } from './call-view.js';
import type { ConferenceId, OthersHear } from './conference-commands.js';
import { ConferenceMember, type MemberFacts } from './conference-member.js';
import { Conference } from './conference.js';
import { Consultations } from './consultations.js';
import { ConferenceNotFound } from './conference-not-found.js';
import type { DialogMoves } from './dialog-moves.js';
import type { EventBus } from './event-bus.js';
import type { HoldMusicSounds } from './hold-music-sounds.js';
import type { MixerPort } from './mixer-port.js';
import type { BindingsPort } from './ports.js';
import { confirmedCall, mustBeReachable, mustNotHold, staysReady, type ConfirmedCall, type FindCall } from './preconditions.js';
import type { VirtualPhones } from './virtual-phones.js';

export type ConferenceServiceDeps = Readonly<{
  calls: CallService;
  parties: Pick<VirtualPhones, 'invite' | 'adopt' | 'bye'>;
  moves: Pick<DialogMoves, 'join'>;
  bindings: BindingsPort;
  /** Starts the mixer when it is first asked for. */
  mixer: () => Promise<MixerPort>;
  sounds: HoldMusicSounds;
  bus: EventBus;
  clock: Clock;
  log: Logger;
}>;

export type Opening = Readonly<{ othersHear?: OthersHear | undefined; music?: Readonly<Record<string, string>> | undefined }>;
type Role = Pick<MemberFacts, 'as'>;
type NewMember = Readonly<{ member: ConferenceMember; offer: string }>;

/** What member phones show as the caller. */
const NAME = 'conference';
const PLAIN_MEMBER: Role = { as: 'member' };

export class ConferenceService {
  /** Calls that have become conferences, by their old names. */
  readonly absorbed = new AbsorbedCalls();
  readonly consultations: Consultations;
  readonly #deps: ConferenceServiceDeps;
  /** No more than the mixer allows. */
  readonly #conferences = new Map<ConferenceId, Conference>();
  readonly #find: FindCall = (id) => this.#deps.calls.live(id);

  constructor(deps: ConferenceServiceDeps) {
    this.#deps = deps;
    this.consultations = new Consultations({
      calls: deps.calls,
      hear: (conference) => this.#hear(conference),
      changed: (conference) => this.#changed(conference),
    });
  }

  list(): readonly Conference[] {
    return [...this.#conferences.values()];
  }

  /** @throws ConferenceNotFound */
  get(id: ConferenceId): Conference {
    const found = this.#conferences.get(id);
    if (found === undefined) throw new ConferenceNotFound(id);
    return found;
  }

  /** The one that this call belongs to, or has become. */
  ofCall(callId: CallId): Conference | undefined {
    return this.absorbed.of(callId)?.conference ?? this.list().find((one) => one.ofCall(callId) !== undefined);
  }

  /** @param calls so many it begins with. @throws Busy: the mixer or the house is full, or closing. */
  async open({ othersHear = 'conference', music = {} }: Opening, calls: number): Promise<Conference> {
    this.#deps.calls.mustHaveRoom(calls);
    const mixer = await this.#deps.mixer();
    const { clock } = this.#deps;
    const isMuted = (callId: CallId): boolean => this.#deps.calls.view(callId)?.muted?.callee === true;
    const conference = new Conference({ id: word(10), mixer, createdMs: clock.now(), isMuted, othersHear, music });
    await mixer.create(conference.facts.id);
    this.#conferences.set(conference.facts.id, conference);
    return conference;
  }

  /** The parties of a call can become members now. @throws CallNotFound, WrongMoment */
  mustBeFree(callId: CallId): ConfirmedCall {
    const live = confirmedCall(this.#find, callId, 'a call can become a conference once it is answered');
    const { call } = live;
    if (call.conference !== undefined) throw new WrongMoment('this call is in a conference already', stateOf(call));
    if ([...call.hold.keys()].some((reason) => reason.endsWith('-transfer') || reason.endsWith('-park')))
      throw new WrongMoment('this call is parked or being transferred', stateOf(call));
    staysReady(this.#find, { callId, role: 'caller' });
    return staysReady(this.#find, { callId, role: 'callee' });
  }

  /**
   * Both parties of a call become members; one that is a member already comes with one of its dialogs only.
   * @param apart waits with music until it is let in. @throws CallNotFound, WrongMoment, Busy
   */
  async absorb(conference: Conference, callId: CallId, apart?: LegRole): Promise<void> {
    const { calls, parties } = this.#deps;
    const { call } = this.mustBeFree(callId);
    const roles = LEG_ROLES.filter((role) => conference.ofNumber(call.parties[role]) === undefined);
    mustNotHold({ call }, roles);
    const asked = roles.map(async (role) => ({
      role,
      ...(await this.#newMember(conference, call.parties[role], PLAIN_MEMBER, role === apart)),
    }));
    const coming = (await Promise.allSettled(asked)).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    this.#hear(conference);
    try {
      await Promise.all(asked); // both have room in the mixer
      mustNotHold(this.mustBeFree(callId), roles); // which has taken its time
      calls.mustHaveRoom(0); // before the first of them has moved
      if (conference.ended) throw new ConferenceNotFound(conference.facts.id);
    } catch (error) {
      for (const { member } of coming) this.#dismiss(conference, member);
      throw error;
    }
    for (const { role, member, offer } of coming) this.#moveIn(conference, member, offer, { callId, role });
    for (const role of LEG_ROLES.filter((one) => !roles.includes(one)))
      parties.bye({ callId, role }, { cause: 16, text: 'in the conference already' });
    const byRole = (role: LegRole): ConferenceMember | undefined => conference.ofNumber(call.parties[role]);
    this.absorbed.add(callId, { conference, parties: call.parties, caller: byRole('caller'), callee: byRole('callee') });
    calls.dispatch(callId, { kind: 'legs.moved', conferenceId: conference.facts.id });
    this.#changed(conference);
  }

  /** @throws NumberUnknown, NotRegistered, BadRequest: a member already. */
  mustBeNew(conference: Conference, number: string, field = 'number'): void {
    mustBeReachable(this.#deps.bindings, number, 'inside');
    if (conference.members.some((member) => member.number === number)) throw alreadyIn(number, field);
  }

  /** @param shown who is there, where they come later. @throws Busy, DialForbidden, and what `mustBeNew` does. */
  async ring(
    conference: Conference,
    number: string,
    role: Role = PLAIN_MEMBER,
    shown: readonly string[] = namesOf(conference),
  ): Promise<ConferenceMember> {
    this.mustBeNew(conference, number);
    const { member, offer } = await this.#newMember(conference, number, role, false);
    this.#hear(conference);
    if (conference.ended) throw new ConferenceNotFound(conference.facts.id);
    try {
      const fromName = shown.join(', ').slice(0, 60);
      const who = { fromUser: NAME, fromName, toUser: number, conference: conference.facts.id };
      member.callId = this.#deps.parties.invite(member, offer, who);
    } catch (error) {
      this.#dismiss(conference, member);
      throw error;
    }
    this.#changed(conference);
    return member;
  }

  /** Whom a whisperer is heard by, once that one has come. */
  whispers(conference: Conference, member: ConferenceMember, to: ConferenceMember | undefined): void {
    member.whispersTo = to?.facts.id;
    this.#hear(conference);
  }

  /** A program has muted a party of this call, or lets it be heard again. */
  muted(callId: CallId): void {
    const conference = this.list().find((one) => one.ofCall(callId) !== undefined);
    if (conference !== undefined) this.#changed(conference);
  }

  /** Everybody is hung up. Twice is once. */
  end(conference: Conference): void {
    if (conference.ended) return;
    conference.ended = true;
    this.#conferences.delete(conference.facts.id);
    this.absorbed.forget(conference);
    for (const member of conference.members) member.hangUp();
    if (conference.told) this.#publish(conference); // nobody hears the end of what never began
    conference.facts.mixer.end(conference.facts.id).catch((error: unknown) => this.#failed(error));
  }

  /** The mixer is gone, and with it everybody's sound. */
  mixerLost(): void {
    for (const conference of this.list()) this.end(conference);
  }

  /** @throws Busy: the mixer has no room, and nobody has come. */
  async #newMember(conference: Conference, number: string, role: Role, apart: boolean): Promise<NewMember> {
    const { facts } = conference;
    const { mixer } = facts;
    const holdMusic = await this.#musicOf(conference, number);
    // Asked for twice at once, it was new both times before its music was looked for.
    if (conference.members.some((one) => one.number === number)) throw alreadyIn(number);
    const own = { id: conference.nextName(), conferenceId: facts.id, holdMusic, ...role };
    const member = new ConferenceMember(number, own, {
      mixer,
      othersHear: (one) => conference.othersHear(one),
      failed: (error) => this.#failed(error),
      changed: (one) => this.#memberChanged(conference, one),
      moved: (one) => this.#moved(conference, one),
      gone: (one) => this.#gone(conference, one),
    });
    if (apart) member.setApart(true);
    conference.add(member);
    this.#hear(conference); // before it has joined, so that nobody is heard for even one frame who should not be
    try {
      return { member, offer: await member.describe() };
    } catch (error) {
      this.#dismiss(conference, member);
      throw error;
    }
  }

  #moveIn(
    conference: Conference,
    member: ConferenceMember,
    offer: string,
    leg: Readonly<{ callId: CallId; role: LegRole }>,
  ): void {
    const { parties, moves } = this.#deps;
    const joined = {
      ...moves.join(leg),
      arrived: (newCallId: CallId) => parties.adopt(leg, { callId: newCallId, role: 'callee' }),
    };
    const who = { fromUser: NAME, toUser: member.number, conference: conference.facts.id };
    member.callId = parties.invite(member, offer, { ...who, joined });
  }

  #memberChanged(conference: Conference, member: ConferenceMember): void {
    this.consultations.memberChanged(conference, member);
    for (const one of conference.members) one.tellHold();
    this.#changed(conference);
  }

  /** Somebody has taken its place by a transfer. */
  #moved(conference: Conference, member: ConferenceMember): void {
    member.number = this.#deps.calls.view(member.callId)?.parties.callee ?? member.number;
    this.#changed(conference);
  }

  #gone(conference: Conference, member: ConferenceMember): void {
    if (!conference.remove(member) || conference.ended) return;
    this.consultations.memberGone(conference, member);
    if (conference.isOver) return this.end(conference);
    this.#hear(conference);
    this.#changed(conference);
  }

  #dismiss(conference: Conference, member: ConferenceMember): void {
    conference.remove(member);
    member.hangUp();
    if (conference.isOver && !conference.ended) this.end(conference);
  }

  /** Also where the others go on: they may be one, who would hear nothing. @throws Busy: the mixer has as many sounds as it takes. */
  async #musicOf(conference: Conference, number: string): Promise<string | undefined> {
    const { mixer, othersHear } = conference.facts;
    if (othersHear === 'silence') return undefined;
    const named = this.#deps.sounds.name(mixer, conference.musicOf(number));
    return othersHear === 'music' ? named : named.catch(() => undefined);
  }

  #hear(conference: Conference): void {
    for (const member of conference.members) member.tellHold();
    conference.facts.mixer.hear(conference.facts.id, conference.rows()).catch((error: unknown) => this.#failed(error));
  }

  #changed(conference: Conference): void {
    if (!conference.ended) this.#publish(conference);
  }

  #publish(conference: Conference): void {
    const event = conference.event();
    conference.told = true;
    this.#deps.log.info({ conference: conference.facts.id, state: event.state, members: event.members }, event.kind);
    this.#deps.bus.publish(event);
  }

  #failed(error: unknown): void {
    // Whoever leaves last finds that the conference is over already.
    const gone = error instanceof AppError && error.http === 404;
    this.#deps.log[gone ? 'debug' : 'warn']({ err: gone ? error.message : error }, 'the mixer refused');
  }
}

const alreadyIn = (number: string, field = 'number'): BadRequest =>
  new BadRequest(field, `${field}: ${number} is in this conference already`);

/** What a phone that is rung may show: who is there already. */
const namesOf = (conference: Conference): readonly string[] =>
  conference.members.filter(({ state, facts }) => state !== 'ringing' && facts.as === 'member').map(({ number }) => number);
