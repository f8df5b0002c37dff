/**
 * call-service: the owner of live calls. Takes a call from the map, runs step() once, puts the new value back and hands the
 * effects to the runner; because nothing awaits in between there is no lock and no half-changed call.
 */
import { newCall } from '#core/setup.js';
import { step } from '#core/call.js';
import type { CallEvent } from '#core/events.js';
import type { Input } from '#core/inputs.js';
import { otherLeg, type CallId } from '#core/leg.js';
import type { Clock } from '#kit/clock.js';
import { Busy } from '#kit/errors.js';
import { newCallId } from '#kit/ids.js';
import type { Logger } from '#kit/log.js';
import type { CallFacts, CallTransfers, Joined } from './call-facts.js';
import { viewOf } from './call-view.js';
import type { CallView } from './commands.js';
import { EffectRunner } from './effect-runner.js';
import type { EventBus } from './event-bus.js';
import { EndedCalls } from './ended-calls.js';
import { heldBy } from './held-by.js';
import { reachability, reroute, type Interceptor } from './interceptor.js';
import { HeardKeys } from './heard-keys.js';
import { newLiveCall, tellWatches, type LiveCall } from './live-call.js';
import { keepCall, mayWait, type KeepWhen } from './keep-call.js';
import { MediaReturn } from './media-return.js';
import { partyTraits, type HouseHabits } from './party-traits.js';
import { chargeOf } from './charge.js';
import type { BindingsPort, CallSignals, IncomingCall, LegId, LegSignal, MediaPort, SignalingPort, TollPort } from './ports.js';
import { shortStory } from './short-story.js';
import { askedWithoutSrtp } from './srtp-refusal.js';
import { readSignal } from './signal-reader.js';
import { SipReturn } from './sip-return.js';
import type { CallStorePort } from './store-port.js';

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
  /** Ended calls that can still be asked for. */
  endedKept?: number | undefined;
  /** Absent: nothing is kept across a restart. */
  store?: CallStorePort | undefined;
  random?: () => number;
}>;

export class CallService implements CallSignals {
  readonly #deps: CallServiceDeps;
  readonly #runner: EffectRunner;
  readonly #calls = new Map<CallId, LiveCall>();
  readonly #ended: EndedCalls;
  /** Calls of the last life that have not spoken yet, and what happens to them first. */
  readonly #asleep = new Map<CallId, Input>();
  readonly #reinvites = new Map<number, number>();
  readonly keys: HeardKeys;
  readonly mediaReturn: MediaReturn;
  readonly sipReturn: SipReturn;
  #transfers: CallTransfers | undefined;
  #intercept: Interceptor | undefined;
  #draining = false;
  readonly #whenEmpty: (() => void)[] = [];

  constructor(deps: CallServiceDeps) {
    this.#deps = deps;
    this.#ended = new EndedCalls(deps.endedKept);
    const { signaling, media, bindings, clock } = deps;
    const publish = (event: CallEvent): void => this.publish(event);
    const dispatch = (id: CallId, input: Input): void => this.dispatch(id, input);
    const calls = { live: (id: CallId) => this.live(id), ids: () => [...this.#calls.keys()] };
    this.mediaReturn = new MediaReturn({ calls, media, dispatch, clock });
    this.sipReturn = new SipReturn({ calls, dispatch, clock });
    this.keys = new HeardKeys({ find: (id) => this.live(id), publish, clock });
    this.#runner = new EffectRunner({
      ...{ signaling, media, bindings, clock, dispatch, publish },
      ringMs: deps.ringSeconds * 1000,
      random: deps.random ?? Math.random,
      mediaFailed: (id) => this.mediaReturn.failed(id),
      mediaAway: (id) => this.mediaReturn.waits(id),
      changed: (live) => this.#keep(live, 'may-wait'),
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

  /** @param calls that are new: one that takes another's place is none. @throws Busy: the house is closing, or would be more than full. */
  mustHaveRoom(calls: number): void {
    if (this.#draining) throw new Busy('this server is closing', 30);
    if (calls > 0 && this.#calls.size + calls > this.#deps.maxCalls)
      throw new Busy(`the limit of ${this.#deps.maxCalls} calls is reached`, 5);
  }

  /** @throws Busy, DialForbidden */
  create(facts: CallFacts): CallId {
    const { origin, caller, callee, dialFacts, music, joins, waiting, conference } = facts;
    this.mustHaveRoom(joins === undefined ? 1 : 0);
    const id = newCallId() as CallId;
    const { bindings, house } = this.#deps;
    const phones = {
      caller: waiting?.phone ?? bindings.traits(caller, dialFacts.trunk),
      callee: joins?.phone ?? bindings.traits(callee),
    };
    const charge = chargeOf(facts, phones);
    this.#deps.toll?.admit({ callId: id, ...charge });
    const traits = partyTraits(phones, house, music);
    const adopted = joins?.leg;
    const said = {
      ...(waiting === undefined ? {} : { caller: waiting.sdp }),
      ...(joins === undefined ? {} : { callee: joins.sdp }),
    };
    const call = newCall({ id, origin, caller, callee, conference, createdMs: this.#deps.clock.now(), traits, adopted });
    const log = this.#deps.log.child({ callId: id });
    const live = newLiveCall({ call, dialFacts, phones, charge, log }, this.#deps.media, said);
    this.#calls.set(id, live);
    joins?.arrived(id);
    return id;
  }

  /** It goes on from the program's last life. It sleeps until `wake`, or until somebody speaks to it, and `first` happens to it then. */
  take(live: LiveCall, first: Input): void {
    const { id, createdMs } = live.call;
    this.#calls.set(id, live);
    this.#asleep.set(id, first);
    this.#deps.toll?.goesOn({ callId: id, ...live.charge, sinceMs: createdMs });
    this.#keep(live); // what was raised so that it is not said twice must be on the disk before it is said
  }

  wake(id: CallId): void {
    const first = this.#asleep.get(id);
    const live = this.#calls.get(id);
    if (first === undefined || live === undefined) return;
    this.#asleep.delete(id);
    const nowMs = this.#deps.clock.now();
    for (const [timer, dueMs] of [...live.dueMs]) this.#runner.startTimer(live, timer, Math.max(0, dueMs - nowMs));
    this.dispatch(id, first);
  }

  changed({ callId }: LegId): void {
    const live = this.#calls.get(callId);
    if (live !== undefined && !this.#asleep.has(callId)) this.#keep(live);
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
    this.wake(id);
    const live = this.#calls.get(id);
    if (live === undefined) return;
    const before = live.call;
    const [call, effects] = step(before, input, this.#deps.clock.now());
    live.call = call;
    if (live.log.isLevelEnabled('debug'))
      live.log.debug({ input: input.kind, state: call.kind, effects: effects.map((effect) => effect.kind) }, 'step');
    if (call.kind === 'terminated' && before.kind !== 'terminated') {
      this.#ended.add(call);
      this.#deps.toll?.ended(id); // whoever hangs up and dials again does not wait for rtpengine
    }
    this.#runner.run(live, effects);
    this.#keep(live, mayWait(input));
    tellWatches(live);
    for (const tell of live.stepped) tell();
  }

  /** Only says that it has changed: what it is then is written with the next batch, for many steps at once. */
  #keep(live: LiveCall, when: KeepWhen = 'next'): void {
    const { store, signaling } = this.#deps;
    if (store !== undefined) keepCall(store, live, signaling, when);
  }

  live(id: CallId): LiveCall | undefined {
    return this.#calls.get(id);
  }

  view(id: CallId): CallView | undefined {
    const live = this.#calls.get(id);
    return live === undefined ? this.#ended.view(id) : viewOf(live.call);
  }

  /** The youngest call in which this number holds the other party. */
  heldBy(number: string): LegId | undefined {
    return heldBy([...this.#calls.values()].reverse(), number);
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

  /** Takes no new call, and lets those that go on end by themselves. @returns when the last one has been forgotten. */
  async drain(): Promise<void> {
    this.#draining = true;
    if (this.#calls.size > 0) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  /** Ends every call politely and takes no new one. @returns when the last one has been forgotten. */
  async close(): Promise<void> {
    this.#draining = true;
    // What has not spoken yet stays what it was: another life may have more luck.
    for (const id of this.#asleep.keys()) this.#calls.delete(id);
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

  #forget(id: CallId): void {
    this.#calls.delete(id);
    this.mediaReturn.forget(id);
    this.#deps.signaling.forget({ callId: id, role: 'caller' });
    this.#deps.signaling.forget({ callId: id, role: 'callee' });
    if (this.#calls.size === 0) for (const tell of this.#whenEmpty.splice(0)) tell();
  }
}
