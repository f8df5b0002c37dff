/**
 * transfer-service: connects the party of a call that stays with somebody else: a number (blind), whom the leaving party talks to in
 * its other call (attended), or whoever takes the leaving party's place (Replaces, a parked call). The call that is left lives on,
 * with music for who waits, until the new call is answered; when nobody answers, the transferor has its party back.
 */
import type { Confirmed } from '#core/call.js';
import type { CallEvent } from '#core/events.js';
import { apiReason, phoneReason } from '#core/hold.js';
import { otherLeg, type CallId, type LegRole } from '#core/leg.js';
import { leavingOf } from '#core/transfer.js';
import { AppError, BadRequest, WrongMoment } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import type { CallTransfers, Joined } from './call-facts.js';
import type { CallService } from './call-service.js';
import { stateOf } from './call-view.js';
import type { TransferTarget } from './commands.js';
import type { EventBus, NumberedEvent } from './event-bus.js';
import { allSaid, type LiveCall } from './live-call.js';
import type { Announcer } from './announcer.js';
import type { DialogMoves } from './dialog-moves.js';
import type { Parking } from './parking.js';
import type { Asked, Pending } from './transfer-facts.js';
import type { Retrievals } from './retrievals.js';
import {
  askerOf,
  confirmedCall,
  mustBeItsOwn,
  mustBeReachable,
  mustBeTwo,
  staysReady,
  type ConfirmedCall,
  type FindCall,
} from './preconditions.js';
import type { BindingsPort, IncomingCall, LegId, LegSignal, ReferRequest, SignalingPort } from './ports.js';

export type TransferDeps = Readonly<{
  calls: CallService;
  bindings: BindingsPort;
  signaling: Pick<SignalingPort, 'adopt' | 'answerRefer' | 'referProgress'>;
  bus: EventBus;
  parking: Parking;
  moves: DialogMoves;
  announcer: Announcer;
  retrievals: Pick<Retrievals, 'takeOver'>;
  log: Logger;
}>;

/** A call that was transferred has come that far already (RFC 3261 §16.6 counts hops, and a transfer to oneself must end too). */
const MAX_FORWARDS = 60;

export class TransferService implements CallTransfers {
  readonly #deps: TransferDeps;
  /** By the new call. One for each call that is being transferred, so no more than there are calls. */
  readonly #pending = new Map<CallId, Pending>();
  readonly #unsubscribe: () => void;
  readonly #find: FindCall = (id) => this.#deps.calls.live(id);

  constructor(deps: TransferDeps) {
    this.#deps = deps;
    this.#unsubscribe = deps.bus.subscribe((event) => this.#hear(event));
  }

  /** Closing twice is closing once. */
  close(): void {
    this.#unsubscribe();
  }

  /**
   * RFC 5589 §6, §7, asked for by a program. @returns the call in which the party goes on.
   * @throws CallNotFound, WrongMoment, NumberUnknown, NotRegistered, Busy
   */
  transfer(from: CallId, leaving: LegRole | undefined, to: TransferTarget): CallId {
    const live = this.#confirmed(from);
    const leaves = leaving ?? leavingOf(live.call);
    if ('number' in to) return this.#dial({ from, leaving: leaves, to: to.number });
    const other = this.#confirmed(to.callId);
    mustBeTwo(from, to.callId);
    const name = live.call.parties[leaves];
    const otherLeaves = other.call.parties.caller === name ? 'caller' : other.call.parties.callee === name ? 'callee' : undefined;
    return this.#attend(from, leaves, { callId: to.callId, role: otherLeaves ?? leavingOf(other.call) }, false);
  }

  /** RFC 3515 §2.4: 202 says that we try; how it went is told by NOTIFY. */
  refer(leg: LegId, refer: ReferRequest): void {
    const { signaling, parking, moves } = this.#deps;
    try {
      const { callId: from, role: leaving } = leg;
      const live = this.#confirmed(from);
      this.#mustBeFree(live);
      if (refer.replaces !== undefined) {
        mustBeTwo(from, refer.replaces.callId);
        mustBeItsOwn(this.#find, live.phones[leaving], live.call.parties[leaving], refer.replaces);
        staysReady(this.#find, refer.replaces);
        signaling.answerRefer(leg, 202);
        this.#attend(from, leaving, refer.replaces, true);
      } else if (parking.isParkCode(refer.to)) {
        signaling.answerRefer(leg, 202);
        moves.park(from, leaving, undefined, leg);
      } else {
        const referredBy = refer.saysWho ? shownName(live, leaving) : undefined;
        const asked = { from, leaving, to: refer.to, refer: true, referredBy };
        mustBeReachable(this.#deps.bindings, asked.to, askerOf(live, leaving));
        signaling.answerRefer(leg, 202);
        this.#dial(asked);
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#deps.log.info({ ...leg, why: error.message }, 'transfer refused');
      // Taken already: the phone hears why by NOTIFY. Refused: another REFER of it may still be open, and this is not its news.
      if (!signaling.answerRefer(leg, error.sip)) signaling.referProgress(leg, error.sip, error.message);
    }
  }

  /** A hold's policy asks for another party. Nobody waits for an answer: what goes wrong is told as an event. */
  asked(from: CallId, leaving: LegRole, to: string): void {
    try {
      this.#dial({ from, leaving, to, by: 'hold-policy' });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const live = this.#deps.calls.live(from);
      if (live === undefined) return;
      const { parties } = live.call;
      this.#tell({
        kind: 'transfer.changed',
        callId: from,
        parties,
        state: 'failed',
        by: 'hold-policy',
        to,
        status: error.sip,
        reason: error.message,
      });
    }
  }

  announces(call: IncomingCall): CallId | undefined {
    return this.#deps.moves.dialledPark(call);
  }

  signal(leg: LegId, signal: LegSignal): void {
    this.#deps.announcer.signal(leg, signal);
  }

  joins(call: IncomingCall): Joined | undefined {
    return this.#deps.moves.asked(call);
  }

  /** The new call was answered: who waits comes over, and the call it leaves is over. */
  async takeOver(newCallId: CallId): Promise<void> {
    const pending = this.#pending.get(newCallId);
    const { calls, signaling } = this.#deps;
    if (pending === undefined) return this.#deps.retrievals.takeOver(newCallId);
    await allSaid(calls.live(pending.from));
    // The new call has ended meanwhile, and that was told.
    if (!this.#pending.delete(newCallId)) return;
    const { from, leaving, by, to, refer } = pending;
    const staying = otherLeg(leaving);
    const old = calls.live(from);
    if (old?.call.kind !== 'confirmed' || old.call[staying].dialog !== 'confirmed') {
      return calls.dispatch(newCallId, { kind: 'leg.lost', leg: 'caller', why: 'the transferred party has hung up' });
    }
    const { parties } = old.call;
    const value = old.call[staying];
    signaling.adopt({ callId: from, role: staying }, { callId: newCallId, role: 'caller' });
    calls.dispatch(newCallId, { kind: 'leg.arrived', leg: 'caller', value });
    if (refer) signaling.referProgress({ callId: from, role: leaving }, 200, 'OK');
    this.#tell({ kind: 'transfer.changed', callId: from, parties, state: 'completed', by, to, newCallId });
    calls.dispatch(from, { kind: 'leg.moved', leg: staying });
  }

  #dial(asked: Asked): CallId {
    const { from, leaving, to, referredBy } = asked;
    const { calls } = this.#deps;
    const live = this.#confirmed(from);
    this.#mustBeFree(live);
    const asker = askerOf(live, leaving);
    mustBeReachable(this.#deps.bindings, to, asker);
    const staying = otherLeg(leaving);
    const { parties } = live.call;
    // Two phones of one number may have called each other: the one that leaves is had back.
    if (to === parties[staying] && to !== parties[leaving])
      throw new BadRequest('to', 'to: a number cannot be connected with itself');
    const newCallId = calls.create({
      origin: 'transfer',
      caller: live.call.parties[staying],
      callee: to,
      dialFacts: { autoAnswer: false, maxForwards: MAX_FORWARDS, asker, privacy: live.dialFacts.privacy, referredBy },
      // Who sends somebody elsewhere pays for it, and its rules count.
      ...(live.phones[leaving].kind === 'phone' ? { payer: live.call.parties[leaving] } : {}),
      waiting: { sdp: live.media.ofLeg(staying), phone: live.phones[staying] },
      conference: staying === 'caller' ? live.call.conference : undefined,
    });
    this.#begin(newCallId, asked, live.call);
    return newCallId;
  }

  /** Both parties have a dialog already: the one that is talked to in the other call is asked first, then the one that waits. */
  #attend(from: CallId, leaving: LegRole, other: LegId, refer: boolean): CallId {
    const { calls } = this.#deps;
    const live = this.#confirmed(from);
    this.#mustBeFree(live);
    const staying = otherLeg(leaving);
    const joins = this.#deps.moves.join({ callId: other.callId, role: otherLeg(other.role) });
    const newCallId = calls.create({
      origin: 'transfer',
      caller: live.call.parties[staying],
      callee: joins.number,
      dialFacts: { autoAnswer: false, maxForwards: MAX_FORWARDS, asker: 'inside', privacy: false },
      waiting: { sdp: live.media.ofLeg(staying), phone: live.phones[staying] },
      conference: staying === 'caller' ? live.call.conference : undefined,
      joins,
    });
    this.#begin(newCallId, { from, leaving, to: joins.number, refer }, live.call);
    return newCallId;
  }

  #begin(newCallId: CallId, { from, leaving, to, by, refer = false, recall = false }: Asked, call: Confirmed): void {
    const { calls } = this.#deps;
    const held = call.hold.has(phoneReason(leaving)) || call.hold.has(apiReason(leaving));
    const name = by ?? call.parties[leaving];
    this.#pending.set(newCallId, { from, leaving, by: name, to, refer, held, recall });
    this.#tell({ kind: 'transfer.changed', callId: from, parties: call.parties, state: 'started', by: name, to, newCallId });
    calls.dispatch(from, { kind: 'transfer.requested', leaving, park: false });
    calls.dispatch(newCallId, { kind: 'setup.requested' });
  }

  #hear({ event }: NumberedEvent): void {
    if (event.kind === 'call.ringing') {
      const pending = this.#pending.get(event.callId);
      if (pending?.refer === true)
        this.#deps.signaling.referProgress({ callId: pending.from, role: pending.leaving }, 180, 'Ringing');
    }
    if (event.kind === 'call.ended') {
      this.#deps.parking.free(event.callId);
      this.#failed(event);
      for (const [newCallId, { from }] of this.#pending) if (from === event.callId) this.#abandon(newCallId);
    }
    if (event.kind === 'hold.changed') {
      for (const [newCallId, { from, held, leaving }] of this.#pending) {
        const { reasons } = event.hold;
        const wantsBack = held && !reasons.includes(phoneReason(leaving)) && !reasons.includes(apiReason(leaving));
        if (from === event.callId && wantsBack) this.#abandon(newCallId);
      }
    }
  }

  #abandon(newCallId: CallId): void {
    this.#deps.calls.dispatch(newCallId, { kind: 'hangup.requested' });
  }

  /** RFC 5589 §6.2: the transferor hears why and has its party again; when it has hung up meanwhile, its phone is rung. */
  #failed(event: Extract<CallEvent, { kind: 'call.ended' }>): void {
    const pending = this.#pending.get(event.callId);
    if (pending === undefined) return;
    this.#pending.delete(event.callId);
    const { calls, signaling } = this.#deps;
    const { from, leaving, by, to, refer, recall } = pending;
    const status = event.status ?? 487;
    const reason = event.reason ?? event.cause;
    if (refer) signaling.referProgress({ callId: from, role: leaving }, status, reason);
    const live = calls.live(from);
    if (live?.call.kind !== 'confirmed') return;
    const { parties } = live.call;
    this.#tell({ kind: 'transfer.changed', callId: from, parties, state: 'failed', by, to, status, reason });
    if (live.call[leaving].dialog === 'confirmed') return calls.dispatch(from, { kind: 'transfer.failed', leaving });
    if (recall || !this.#recall(from, leaving, parties[leaving])) calls.dispatch(from, { kind: 'hangup.requested' });
  }

  #recall(from: CallId, leaving: LegRole, to: string): boolean {
    try {
      this.#dial({ from, leaving, to, by: 'recall', recall: true });
      return true;
    } catch (error) {
      if (error instanceof AppError) return false;
      throw error;
    }
  }

  #confirmed(callId: CallId): ConfirmedCall {
    return confirmedCall(this.#find, callId, 'a call can be transferred once it is answered');
  }

  #mustBeFree(live: LiveCall): void {
    const { id } = live.call;
    if (live.call.kind === 'confirmed' && live.call.callee.halfOpen === true)
      throw new WrongMoment('the call is still being connected', stateOf(live.call));
    if (this.#deps.parking.isParked(id)) throw new WrongMoment('this call is parked', stateOf(live.call));
    for (const { from } of this.#pending.values())
      if (from === id) throw new WrongMoment('this call is being transferred already', stateOf(live.call));
  }

  #tell(event: CallEvent): void {
    this.#deps.calls.publish(event);
  }
}

/** RFC 3892 §2.1: who transfers is named as we know it, or a phone could speak in anybody's name; who wants not to be known (RFC 3323) is not. */
const shownName = ({ call, dialFacts }: LiveCall, leaving: LegRole): string | undefined =>
  leaving === 'caller' && dialFacts.privacy ? undefined : call.parties[leaving];
