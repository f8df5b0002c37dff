/**
 * reach-commands: what a program may do with calls that ring or wait: answer, refuse, send elsewhere, fetch; and words without a call.
 * What forwarding is to a call is core/forward.ts's; how who is parked goes on is retrievals.ts's.
 */
import { mayForward } from '#core/forward.js';
import { NO_POLICY } from '#core/hold-policy.js';
import { LEG_ROLES, type CallId } from '#core/leg.js';
import { awaitsAnswer } from '#core/teardown.js';
import { assertNever, BadRequest, MessageRefused, WrongMoment } from '#kit/errors.js';
import type { CallService } from './call-service.js';
import { stateOf } from './call-view.js';
import type { Outcome } from './commands.js';
import { partyTraits } from './party-traits.js';
import type { BindingsPort, MessagePort, SignalingPort } from './ports.js';
import { liveCall, mustBeReachable, type FindCall } from './preconditions.js';
import type { Retrievals } from './retrievals.js';

type Number = Readonly<{ number: string }>;

export type ReachCommand =
  /** The phone that rings is asked to answer (NOTIFY `Event: talk`); 409 when it cannot be asked. */
  | Readonly<{ kind: 'call.answer'; callId: CallId }>
  /** The caller hears 603 (or `status`), and the phone that rings stops. */
  | Readonly<{ kind: 'call.reject'; callId: CallId; status?: 403 | 404 | 480 | 486 | 603 | undefined }>
  /** While it rings: the callee stops ringing and `to` is rung instead. */
  | Readonly<{ kind: 'call.forward'; callId: CallId; to: Number }>
  /** What rings at somebody else is answered by `to`, whose phone rings instead and is asked to answer by itself. */
  | Readonly<{ kind: 'call.pickup'; callId: CallId; to: Number }>
  /** Who waits in a parking slot is connected with `to`. */
  | Readonly<{ kind: 'call.retrieve'; callId: CallId; to: Number }>
  /** RFC 3428, to every phone of `to`. */
  | Readonly<{ kind: 'message.send'; from: string; to: string; text: string }>;

type Asked<K extends ReachCommand['kind']> = Extract<ReachCommand, { kind: K }>;

/** @throws as CommandPort; a phone's refusal of a message is MessageRefused. */
export type ReachOutcome = Readonly<{ kind: 'message.sent'; status: number }>;

export type ReachDeps = Readonly<{
  calls: Pick<CallService, 'live' | 'dispatch'>;
  bindings: BindingsPort;
  signaling: Pick<SignalingPort, 'notifyKey'>;
  retrievals: Pick<Retrievals, 'retrieve'>;
  messages: MessagePort;
}>;

/** RFC 3261 §21.4, §21.6. */
const REASONS = {
  403: 'Forbidden',
  404: 'Not Found',
  480: 'Temporarily Unavailable',
  486: 'Busy Here',
  603: 'Decline',
} as const;

export class ReachCommands {
  readonly #deps: ReachDeps;
  readonly #find: FindCall = (id) => this.#deps.calls.live(id);

  constructor(deps: ReachDeps) {
    this.#deps = deps;
  }

  /** @throws CallNotFound, WrongMoment, BadRequest, NumberUnknown, NotRegistered, Busy, MessageRefused */
  async execute(command: ReachCommand): Promise<Outcome> {
    switch (command.kind) {
      case 'call.answer':
        return this.#answer(command);
      case 'call.reject':
        return this.#reject(command);
      case 'call.forward':
        return this.#forward(command, false);
      case 'call.pickup':
        return this.#forward(command, true);
      case 'call.retrieve': {
        const { callId, to } = command;
        return { kind: 'transfer.started', callId, newCallId: this.#deps.retrievals.retrieve(callId, to.number) };
      }
      case 'message.send':
        return this.#send(command);
      default:
        return assertNever(command);
    }
  }

  #answer({ callId }: Asked<'call.answer'>): Outcome {
    const { call } = liveCall(this.#find, callId);
    const role = LEG_ROLES.find((one) => awaitsAnswer(call, one));
    if (role === undefined) throw new WrongMoment('nobody rings in this call', stateOf(call));
    if (!this.#deps.signaling.notifyKey({ callId, role }, 'talk'))
      throw new WrongMoment('the phone that rings does not say that it can be asked to answer (Event: talk)', stateOf(call));
    return { kind: 'call.done', callId };
  }

  #reject({ callId, status = 603 }: Asked<'call.reject'>): Outcome {
    const { call } = liveCall(this.#find, callId);
    if (call.kind === 'confirmed') throw new WrongMoment('a call can be rejected until it is answered', stateOf(call));
    this.#deps.calls.dispatch(callId, { kind: 'reject.requested', status, reason: REASONS[status] });
    return { kind: 'call.done', callId };
  }

  /** Whom the call goes to is looked for first: when nobody is to be had there, it goes on ringing where it rings. */
  #forward({ callId, to: { number } }: Asked<'call.forward' | 'call.pickup'>, autoAnswer: boolean): Outcome {
    const { calls, bindings } = this.#deps;
    const live = liveCall(this.#find, callId);
    const { call } = live;
    if (!mayForward(call)) throw new WrongMoment('a call can be forwarded while its callee rings', stateOf(call));
    if (call.conference !== undefined) throw new WrongMoment('a conference rings this phone, and no other', stateOf(call));
    if (number === call.parties.caller) throw new BadRequest('to', 'to: a number cannot be connected with itself');
    if (number === call.parties.callee) throw new BadRequest('to', 'to: it rings there already');
    mustBeReachable(bindings, number, live.dialFacts.asker);
    live.phones = { ...live.phones, callee: bindings.traits(number) };
    live.media.renew('callee', live.phones.callee.isProgram === true, live.phones.callee.srtp !== undefined);
    const { policy = NO_POLICY, music } = call.traits;
    const traits = partyTraits(live.phones, { policy }, music.call);
    calls.dispatch(callId, { kind: 'forward.requested', to: number, traits, autoAnswer });
    return { kind: 'call.done', callId };
  }

  async #send({ from, to, text }: Asked<'message.send'>): Promise<Outcome> {
    const { bindings, messages } = this.#deps;
    mustBeReachable(bindings, to, 'inside');
    // Whoever a program says it is, the world outside hears of our own numbers alone.
    if (bindings.traits(to).kind !== 'phone' && bindings.traits(from).kind !== 'phone')
      throw new BadRequest('from', 'from: expected a number of this house for a message that leaves it');
    const found = bindings.find(to, 'inside');
    const targets = found.kind === 'targets' ? found.targets : [];
    const { status, reason } = await messages.send({ targets, from, to, text });
    if (status >= 300) throw new MessageRefused(to, status, reason);
    return { kind: 'message.sent', status };
  }
}
