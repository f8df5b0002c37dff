/**
 * call-service: the owner of live calls. Takes a call from the map, runs step() once, puts the new value back and hands the
 * effects to the runner; because nothing awaits in between there is no lock and no half-changed call.
 */
import { newCall } from '#core/setup.js';
import { step, type Call } from '#core/call.js';
import { isSettled } from '#core/hold-view.js';
import type { CallEvent } from '#core/events.js';
import type { Input, Reachability } from '#core/inputs.js';
import { isHeld } from '#core/hold.js';
import { LEG_ROLES, otherLeg, type CallId } from '#core/leg.js';
import type { Clock } from '#kit/clock.js';
import { Busy } from '#kit/errors.js';
import { newCallId } from '#kit/ids.js';
import type { Logger } from '#kit/log.js';
import type { CallFacts, CallTransfers, Joined } from './call-facts.js';
import { viewOf } from './call-view.js';
import type { CallView } from './commands.js';
import { EffectRunner } from './effect-runner.js';
import type { EventBus } from './event-bus.js';
import { reroute, type Interceptor } from './interceptor.js';
import { HeardKeys } from './heard-keys.js';
import type { LiveCall } from './live-call.js';
import { MediaSession } from './media-session.js';
import { partyTraits, type HouseHabits } from './party-traits.js';
import type {
  BindingsPort,
  CallSignals,
  DialPlanAnswer,
  IncomingCall,
  LegId,
  LegSignal,
  MediaPort,
  SignalingPort,
  TollPort,
} from './ports.js';
import { chargeOf } from './charge.js';
import { shortStory } from './short-story.js';
import { askedWithoutSrtp } from './srtp-refusal.js';
import { readSignal } from './signal-reader.js';
import { isWorthKeeping, storedOf, type CallStorePort } from './store-port.js';

export type CallServiceDeps = Readonly<{
  signaling: SignalingPort;
  media: MediaPort;
  bindings: BindingsPort;
  bus: EventBus;
  clock: Clock;
  log: Logger;
  ringSeconds: number;
  maxCalls: number;
  house: HouseHabits;
  /** Absent: everybody may call everybody. */
  toll?: TollPort | undefined;
  /** Ended calls that can still be asked for, so that nobody is left wondering how a call ended. */
  endedKept?: number | undefined;
  /** Absent: nothing is kept across a restart. */
  store?: CallStorePort | undefined;
  random?: () => number;
}>;

const ENDED_KEPT = 1000;

export class CallService implements CallSignals {
  readonly #deps: CallServiceDeps;
  readonly #runner: EffectRunner;
  readonly #calls = new Map<CallId, LiveCall>();
  readonly #ended = new Map<CallId, CallView>();
  readonly #reinvites = new Map<number, number>();
  readonly keys: HeardKeys;
  #transfers: CallTransfers | undefined;
  #intercept: Interceptor | undefined;
  #draining = false;
  readonly #whenEmpty: (() => void)[] = [];

  constructor(deps: CallServiceDeps) {
    this.#deps = deps;
    this.keys = new HeardKeys({ find: (id) => this.live(id), publish: (event) => this.publish(event), clock: deps.clock });
    this.#runner = new EffectRunner({
      signaling: deps.signaling,
      media: deps.media,
      bindings: deps.bindings,
      clock: deps.clock,
      ringMs: deps.ringSeconds * 1000,
      random: deps.random ?? Math.random,
      dispatch: (id, input) => this.dispatch(id, input),
      publish: (event) => this.publish(event),
      changed: (live) => this.#keep(live),
      forget: (id) => this.#forget(id),
      takeOver: (id) => this.#transfers?.takeOver(id),
      askTransfer: (id, leaving, to) => this.#transfers?.asked(id, leaving, to),
    });
  }

  /** Calls and their transfers need each other; main ties the knot. */
  transferBy(transfers: CallTransfers): void {
    this.#transfers = transfers;
  }

  /** Asked where a phone's call should go; calls and whoever answers need each other too. */
  interceptBy(intercept: Interceptor | undefined): void {
    this.#intercept = intercept;
  }

  /**
   * @param joined a dialog of ours that is the callee, where the caller has brought it along.
   * @throws Busy when the house is full or closing.
   */
  incoming(call: IncomingCall, joined?: Joined): CallId {
    const { fromName, maxForwards, asker, privacy, trunk, conference } = call;
    const dialFacts = { fromName, autoAnswer: false, maxForwards, asker, privacy, trunk };
    const announced = this.#transfers?.announces(call);
    if (announced !== undefined) return announced;
    const joins = joined ?? this.#transfers?.joins(call);
    const callee = joins?.number ?? call.toUser;
    const id = this.create({ origin: 'phone', caller: call.fromUser, callee, dialFacts, joins, conference });
    const live = this.#calls.get(id);
    if (live === undefined) return id;
    const { bindings } = this.#deps;
    const begin = (): void => {
      const found = joins === undefined ? reachability(bindings.find(live.call.parties.callee, asker)) : 'reachable';
      this.dispatch(id, readSignal.invite(live, call.offer, found));
    };
    // The adapter must know the id before it is told what to do with the leg.
    if (this.#intercept === undefined || joins !== undefined || live.phones.caller.isProgram === true) setImmediate(begin);
    else
      void this.#intercept({ callId: id, caller: call.fromUser, callee, trunk }).then((routing) => {
        if (routing.kind === 'reject') return this.dispatch(id, { kind: 'reject.requested', status: 603, reason: 'Decline' });
        if (routing.kind === 'route') reroute(live, routing, bindings);
        begin();
      }, begin);
    return id;
  }

  /** @throws Busy, DialForbidden */
  create(facts: CallFacts): CallId {
    const { origin, caller, callee, dialFacts, music, joins, waiting, conference } = facts;
    if (this.#draining) throw new Busy('this server is closing', 30);
    if (this.#calls.size >= this.#deps.maxCalls) throw new Busy(`the limit of ${this.#deps.maxCalls} calls is reached`, 5);
    const id = newCallId() as CallId;
    const { bindings, house } = this.#deps;
    const phones = {
      caller: waiting?.phone ?? bindings.traits(caller, dialFacts.trunk),
      callee: joins?.phone ?? bindings.traits(callee),
    };
    this.#deps.toll?.admit(chargeOf(id, facts, phones));
    const traits = partyTraits(phones, house, music);
    const programs = { caller: phones.caller.isProgram === true, callee: phones.callee.isProgram === true };
    const srtp = { caller: phones.caller.srtp !== undefined, callee: phones.callee.srtp !== undefined };
    const said = {
      ...(waiting === undefined ? {} : { caller: waiting.sdp }),
      ...(joins === undefined ? {} : { callee: joins.sdp }),
    };
    const live: LiveCall = {
      call: newCall({ id, origin, caller, callee, conference, createdMs: this.#deps.clock.now(), traits, adopted: joins?.leg }),
      media: new MediaSession(id, this.#deps.media, () => live.call.traits.modes, programs, said, srtp),
      dialFacts,
      phones,
      timers: new Map(),
      dueMs: new Map(),
      log: this.#deps.log.child({ callId: id }),
      watches: new Set(),
      lane: Promise.resolve(),
      hasMedia: false,
    };
    this.#calls.set(id, live);
    joins?.arrived(id);
    return id;
  }

  signal(leg: LegId, signal: LegSignal): void {
    const live = this.#calls.get(leg.callId);
    if (live === undefined) return this.#transfers?.signal(leg, signal);
    if (signal.kind === 'reinvite-answered' || signal.kind === 'reinvite-refused') {
      this.#reinvites.set(signal.status, (this.#reinvites.get(signal.status) ?? 0) + 1);
    }
    if (signal.kind === 'key') return this.keys.heard(leg, { ...signal, by: 'info' });
    if (signal.kind === 'refer') return this.#transfers?.refer(leg, signal.refer);
    const read = readSignal.leg(live, leg.role, signal);
    if (read.kind === 'refuse-reinvite') return this.#deps.signaling.refuseReinvite(leg, read.status);
    const again = read.kind === 'input' ? askedWithoutSrtp(live, read.input) : undefined;
    if (again !== undefined) this.#runner.run(live, [again]);
    else if (read.kind === 'input') this.dispatch(leg.callId, read.input);
  }

  mayRelay({ callId, role }: LegId, what?: 'key'): boolean {
    const call = this.#calls.get(callId)?.call;
    if (call?.kind !== 'confirmed' || call.hold.size > 0) return false;
    return what !== 'key' || (call[role].silenced !== true && call[otherLeg(role)].playing === undefined);
  }

  /** Runs one input through the call. An input for a call that is gone is a late word and changes nothing. */
  dispatch(id: CallId, input: Input): void {
    const live = this.#calls.get(id);
    if (live === undefined) return;
    const before = live.call;
    const [call, effects] = step(before, input, this.#deps.clock.now());
    live.call = call;
    live.log.debug({ input: input.kind, state: call.kind, effects: effects.map((effect) => effect.kind) }, 'step');
    if (call.kind === 'terminated' && before.kind !== 'terminated') this.#keepEnded(call);
    this.#runner.run(live, effects);
    this.#keep(live);
    this.#tellWatches(live);
  }

  /** Only says that it has changed: what it is then is written with the next batch, for many steps at once. */
  #keep(live: LiveCall): void {
    const { store } = this.#deps;
    if (store === undefined) return;
    if (live.call.kind === 'terminated') store.ended(live.call.id);
    else if (isWorthKeeping(live.call)) store.changed(live.call.id, () => storedOf(live));
  }

  /** Those who wait for a hold or resume hear when nothing is left to be told, or when the call has ended. */
  #tellWatches(live: LiveCall): void {
    if (live.watches.size === 0) return;
    const { call } = live;
    if (call.kind === 'confirmed' && !isSettled(call)) return;
    for (const watch of live.watches) watch.finish();
  }

  live(id: CallId): LiveCall | undefined {
    return this.#calls.get(id);
  }

  view(id: CallId): CallView | undefined {
    const live = this.#calls.get(id);
    return live === undefined ? this.#ended.get(id) : viewOf(live.call);
  }

  /** The youngest call in which this number holds the other party. */
  heldBy(number: string): LegId | undefined {
    for (const { call, phones } of [...this.#calls.values()].reverse()) {
      if (call.kind !== 'confirmed') continue;
      const role = LEG_ROLES.find(
        (one) => call.parties[one] === number && phones[one].kind === 'phone' && isHeld(call.hold, otherLeg(one)),
      );
      if (role !== undefined && !isHeld(call.hold, role)) return { callId: call.id, role };
    }
    return undefined;
  }

  list(): readonly CallView[] {
    return [...this.#calls.values()].filter((live) => live.call.kind !== 'terminated').map((live) => viewOf(live.call));
  }

  get size(): number {
    return this.#calls.size;
  }

  /** Final answers to our re-INVITEs since the start, by status. */
  get reinvites(): ReadonlyMap<number, number> {
    return this.#reinvites;
  }

  /** rtpengine has come back empty: no live call has media any more. */
  mediaLost(): void {
    for (const id of [...this.#calls.keys()]) this.dispatch(id, { kind: 'media.lost' });
  }

  /** Takes no new call, and lets those that go on end by themselves. @returns when the last one has been forgotten. */
  async drain(): Promise<void> {
    this.#draining = true;
    if (this.#calls.size > 0) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  /** Ends every call politely and takes no new one. @returns when the last one has been forgotten. */
  async close(): Promise<void> {
    this.#draining = true;
    if (this.#calls.size === 0) return;
    const empty = new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
    for (const id of [...this.#calls.keys()]) this.dispatch(id, { kind: 'shutdown.requested' });
    await empty;
  }

  /** Every word of a call to the outside goes this way, so that the log tells the same story as the events. */
  publish(event: CallEvent): void {
    this.#deps.log.info(shortStory(event), event.kind);
    this.#deps.bus.publish(event);
  }

  #keepEnded(call: Call): void {
    this.#ended.set(call.id, viewOf(call));
    const oldest = this.#ended.keys().next();
    if (this.#ended.size > (this.#deps.endedKept ?? ENDED_KEPT) && oldest.done !== true) this.#ended.delete(oldest.value);
  }

  #forget(id: CallId): void {
    this.#calls.delete(id);
    this.#deps.toll?.ended(id);
    this.#deps.signaling.forget({ callId: id, role: 'caller' });
    this.#deps.signaling.forget({ callId: id, role: 'callee' });
    if (this.#calls.size === 0) for (const tell of this.#whenEmpty.splice(0)) tell();
  }
}

export function reachability(answer: DialPlanAnswer): Reachability {
  return answer.kind === 'targets' ? 'reachable' : answer.kind;
}
