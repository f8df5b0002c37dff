/**
 * dialog-moves: confirmed dialogs that become the callee's leg of another call: of a party whose peer is replaced (RFC 3891), that
 * is talked to in a transferor's other call, or that waits in a parking slot.
 */
import type { CallEvent } from '#core/events.js';
import { otherLeg, type CallId, type LegRole } from '#core/leg.js';
import { leavingOf } from '#core/transfer.js';
import { CallNotFound, NumberUnknown, WrongMoment } from '#kit/errors.js';
import type { Announcer } from './announcer.js';
import type { Joined } from './call-facts.js';
import type { CallService } from './call-service.js';
import { stateOf } from './call-view.js';
import type { Parking } from './parking.js';
import type { IncomingCall, LegId, SignalingPort } from './ports.js';
import { confirmedCall, staysReady, type FindCall } from './preconditions.js';

export type DialogMovesDeps = Readonly<{
  calls: CallService;
  signaling: Pick<SignalingPort, 'adopt' | 'referProgress'>;
  parking: Parking;
  announcer: Announcer;
}>;

export class DialogMoves {
  readonly #deps: DialogMovesDeps;
  readonly #find: FindCall = (id) => this.#deps.calls.live(id);

  constructor(deps: DialogMovesDeps) {
    this.#deps = deps;
  }

  /** @throws CallNotFound, WrongMoment: an offer is open on that dialog, so no other may be made (RFC 3261 §14.1). */
  join(leg: LegId): Joined {
    const { calls, signaling } = this.#deps;
    const live = staysReady(this.#find, { callId: leg.callId, role: otherLeg(leg.role) });
    return {
      number: live.call.parties[leg.role],
      leg: live.call[leg.role],
      sdp: live.media.ofLeg(leg.role),
      phone: live.phones[leg.role],
      arrived: (callId) => {
        signaling.adopt(leg, { callId, role: 'callee' });
        calls.dispatch(leg.callId, { kind: 'leg.moved', leg: leg.role });
      },
    };
  }

  /** The dialog that a new INVITE asks for; undefined: an INVITE like others. @throws AppError */
  asked(call: IncomingCall): Joined | undefined {
    const { replaces, offer, asker, toUser } = call;
    const slot = asker === 'inside' ? this.#deps.parking.slotDialled(toUser) : undefined;
    if (replaces === undefined && slot === undefined) return undefined;
    if (offer === undefined) throw new WrongMoment('taking over a call needs an offer in the INVITE', 'held');
    // A stranger who guesses a dialog takes nobody's place in it.
    if (replaces !== undefined && asker !== 'inside') throw new CallNotFound(replaces.callId);
    if (replaces !== undefined) return this.join({ callId: replaces.callId, role: otherLeg(replaces.role) });
    return slot === undefined ? undefined : this.#retrieve(slot, call);
  }

  /** Whoever dials the parking code parks the call it holds, and hears where. @throws NumberUnknown when it holds none; AppError */
  dialledPark(call: IncomingCall): CallId | undefined {
    const { announcer, calls, parking } = this.#deps;
    if (call.asker !== 'inside' || call.replaces !== undefined || !parking.isParkCode(call.toUser)) return undefined;
    if (call.offer === undefined) throw new WrongMoment('parking needs an offer in the INVITE', 'in-call');
    const held = calls.heldBy(call.fromUser);
    if (held === undefined) throw new NumberUnknown(call.toUser);
    const slot = this.park(held.callId, held.role, undefined);
    return announcer.answer(call.offer, { text: `Parked at ${slot}.` });
  }

  #retrieve(slot: string, call: IncomingCall): Joined {
    const { calls, parking } = this.#deps;
    const parked = parking.find(slot);
    const waiting = parked === undefined ? undefined : calls.live(parked.callId);
    if (parked === undefined || waiting === undefined) throw new NumberUnknown(call.toUser);
    const { parties } = waiting.call;
    const joined = this.join({ callId: parked.callId, role: parked.staying });
    const arrived = (newCallId: CallId): void => {
      // First: with its last party moved the call is over, and nothing is told of it any more.
      calls.publish({ kind: 'call.retrieved', callId: parked.callId, parties, slot, by: call.fromUser, newCallId });
      joined.arrived(newCallId);
    };
    return { ...joined, arrived };
  }

  /**
   * @param leaving hangs up, the other waits. @param refer whoever asked for it by REFER.
   * @returns the slot. @throws CallNotFound, WrongMoment, BadRequest, Busy
   */
  park(callId: CallId, leaving: LegRole | undefined, slot: string | undefined, refer?: LegId): string {
    const { calls, parking, signaling } = this.#deps;
    const live = confirmedCall(this.#find, callId, 'a call can be parked once it is answered');
    if (live.call.conference !== undefined)
      throw new WrongMoment('a conference cannot be parked, and who leaves it hangs up', stateOf(live.call));
    if (parking.isParked(callId)) throw new WrongMoment('this call is parked already', stateOf(live.call));
    if (live.call.callee.halfOpen === true) throw new WrongMoment('the call is still being connected', stateOf(live.call));
    const { parties } = live.call;
    const leaves = leaving ?? leavingOf(live.call);
    const staying = otherLeg(leaves);
    const given = parking.take(slot, { callId, staying, number: parties[staying], by: parties[leaves] });
    calls.dispatch(callId, { kind: 'transfer.requested', leaving: leaves, park: true });
    const parked: CallEvent = { kind: 'call.parked', callId, parties, slot: given, by: parties[leaves] };
    calls.publish(parked);
    if (refer !== undefined) signaling.referProgress(refer, 200, 'OK');
    calls.dispatch(callId, { kind: 'leg.dismissed', leg: leaves });
    return given;
  }
}
