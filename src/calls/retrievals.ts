/**
 * retrievals: who waits in a parking slot is connected with a number that a program names. It waits on, with music, until somebody
 * has answered, and stays parked when nobody does. Who dials the slot's code comes by dialog-moves instead.
 */
import type { CallEvent } from '#core/events.js';
import { otherLeg, type CallId, type LegRole } from '#core/leg.js';
import { BadRequest, WrongMoment } from '#kit/errors.js';
import type { CallService } from './call-service.js';
import { stateOf } from './call-view.js';
import type { EventBus, NumberedEvent } from './event-bus.js';
import { allSaid } from './live-call.js';
import type { Parking } from './parking.js';
import type { BindingsPort, SignalingPort } from './ports.js';
import { confirmedCall, mustBeReachable, type FindCall } from './preconditions.js';

type Pending = Readonly<{ from: CallId; staying: LegRole; slot: string; to: string }>;

export type RetrievalsDeps = Readonly<{
  calls: CallService;
  bindings: BindingsPort;
  signaling: Pick<SignalingPort, 'adopt'>;
  parking: Parking;
  bus: EventBus;
}>;

/** It has come that far already (RFC 3261 §16.6 counts hops). */
const MAX_FORWARDS = 60;

export class Retrievals {
  readonly #deps: RetrievalsDeps;
  /** By the new call. One for each slot, at most. */
  readonly #pending = new Map<CallId, Pending>();
  readonly #unsubscribe: () => void;
  readonly #find: FindCall = (id) => this.#deps.calls.live(id);

  constructor(deps: RetrievalsDeps) {
    this.#deps = deps;
    this.#unsubscribe = deps.bus.subscribe((event) => this.#hear(event));
  }

  /** Closing twice is closing once. */
  close(): void {
    this.#unsubscribe();
  }

  /** @returns the call in which the party goes on. @throws CallNotFound, WrongMoment, NumberUnknown, NotRegistered, Busy */
  retrieve(from: CallId, to: string): CallId {
    const { bindings, calls, parking } = this.#deps;
    const live = confirmedCall(this.#find, from, 'a call can be retrieved once it is parked');
    const parked = parking.ofCall(from);
    if (parked === undefined) throw new WrongMoment('this call is not parked', stateOf(live.call));
    for (const pending of this.#pending.values())
      if (pending.from === from) throw new WrongMoment('this call is being retrieved already', stateOf(live.call));
    const { staying, slot } = parked;
    if (to === live.call.parties[staying]) throw new BadRequest('to', 'to: a number cannot be connected with itself');
    // Who came over a trunk, and was parked by one, reaches our phones and no further: else strangers would call at our cost.
    const asker = live.phones[otherLeg(staying)].kind === 'phone' ? 'inside' : 'trunk';
    mustBeReachable(bindings, to, asker);
    const newCallId = calls.create({
      origin: 'transfer',
      caller: live.call.parties[staying],
      callee: to,
      dialFacts: { autoAnswer: false, maxForwards: MAX_FORWARDS, asker, privacy: live.dialFacts.privacy },
      waiting: { sdp: live.media.ofLeg(staying), phone: live.phones[staying] },
    });
    this.#pending.set(newCallId, { from, staying, slot, to });
    this.#tell(from, { state: 'started', to, newCallId });
    calls.dispatch(newCallId, { kind: 'setup.requested' });
    return newCallId;
  }

  /** The new call was answered: who waits comes over, and the slot is free. */
  async takeOver(newCallId: CallId): Promise<void> {
    const pending = this.#pending.get(newCallId);
    if (pending === undefined) return;
    await allSaid(this.#deps.calls.live(pending.from));
    if (!this.#pending.delete(newCallId)) return;
    const { calls, signaling } = this.#deps;
    const { from, staying, slot, to } = pending;
    const old = calls.live(from);
    if (old?.call.kind !== 'confirmed' || old.call[staying].dialog !== 'confirmed')
      return calls.dispatch(newCallId, { kind: 'leg.lost', leg: 'caller', why: 'who waited has hung up' });
    const { parties } = old.call;
    const value = old.call[staying];
    signaling.adopt({ callId: from, role: staying }, { callId: newCallId, role: 'caller' });
    calls.dispatch(newCallId, { kind: 'leg.arrived', leg: 'caller', value });
    calls.publish({ kind: 'call.retrieved', callId: from, parties, slot, by: to, newCallId });
    this.#tell(from, { state: 'completed', to, newCallId });
    calls.dispatch(from, { kind: 'leg.moved', leg: staying });
  }

  #hear({ event }: NumberedEvent): void {
    if (event.kind !== 'call.ended') return;
    const failed = this.#pending.get(event.callId);
    this.#pending.delete(event.callId);
    if (failed !== undefined) {
      const { status = 487, reason = event.cause } = event;
      this.#tell(failed.from, { state: 'failed', to: failed.to, status, reason });
    }
    // Who waited has hung up, or was fetched by somebody else: nobody needs to be rung any more.
    for (const [newCallId, { from }] of this.#pending)
      if (from === event.callId) this.#deps.calls.dispatch(newCallId, { kind: 'hangup.requested' });
  }

  #tell(from: CallId, how: Pick<Told, 'state' | 'to' | 'newCallId' | 'status' | 'reason'>): void {
    const live = this.#deps.calls.live(from);
    if (live === undefined || live.call.kind === 'terminated') return;
    const { parties } = live.call;
    this.#deps.calls.publish({ kind: 'transfer.changed', callId: from, parties, by: how.to, ...how });
  }
}

type Told = Extract<CallEvent, { kind: 'transfer.changed' }>;
