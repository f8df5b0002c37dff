/**
 * fake-calls: a CommandPort that a test scripts: it keeps what it was asked, and answers from a small house of calls.
 */
import type { BulkReport } from '#calls/bulk-commands.js';
import type { CallView, Command, CommandPort, HoldProof, LegProof, Outcome } from '#calls/commands.js';
import type { HoldView, LegHold } from '#core/events.js';
import type { CallId } from '#core/leg.js';
import { assertNever, CallNotFound, NotBuilt, NotRegistered, NumberUnknown, WrongMoment } from '#kit/errors.js';

const QUIET: LegHold = { held: false, state: 'agreed', direction: 'sendrecv', sound: 'none' };
const HELD: LegHold = { held: true, state: 'agreed', direction: 'sendonly', sound: 'music' };
export const NO_HOLD: HoldView = { reasons: [], caller: QUIET, callee: QUIET };
export const BOTH_HELD: HoldView = { reasons: ['controller'], caller: HELD, callee: HELD };

const NO_CALLS: BulkReport = {
  matched: 0,
  counts: { done: 0, unchanged: 0, pending: 0, failed: 0 },
  music: 0,
  ms: 0.5,
  calls: [],
};

/** A call whose uninteresting facts are filled in. */
export function callView(facts: Partial<CallView> & { id?: CallId } = {}): CallView {
  return {
    id: 'call1' as CallId,
    origin: 'api',
    state: 'in-call',
    parties: { caller: '101', callee: '102' },
    createdAt: '2026-11-21T10:00:00.000Z',
    ringingAt: '2026-11-21T10:00:00.500Z',
    answeredAt: '2026-11-21T10:00:04.000Z',
    hold: NO_HOLD,
    ...facts,
  };
}

export function holdProof(facts: Partial<HoldProof> = {}): HoldProof {
  const leg: LegProof = {
    ...HELD,
    status: 200,
    musicPackets: 1,
    ms: { reinviteSent: 1, reinviteAnswered: 3, musicStarted: 2 },
  };
  return {
    callId: 'call1' as CallId,
    changed: true,
    settled: true,
    reasons: ['controller'],
    ms: { gate: 0.9, settled: 4.5 },
    caller: leg,
    callee: leg,
    ...facts,
  };
}

export class FakeCalls implements CommandPort {
  readonly asked: Command[] = [];
  readonly calls = new Map<string, CallView>();
  /** What a hold or a resume gives, unless the call is not there or not answered. */
  proof: HoldProof = holdProof();
  /** Thrown by every command, when set. */
  failure: Error | undefined;
  /** What commands of a kind give, instead of what this house would say; an Error is thrown. */
  readonly answers = new Map<Command['kind'], Outcome | Error>();
  readonly #keys = new Map<string, CallView>();

  constructor(...calls: readonly CallView[]) {
    for (const call of calls) this.calls.set(call.id, call);
  }

  get last(): Command | undefined {
    return this.asked.at(-1);
  }

  /** Which dialect a hold or a resume came from is not part of what it asked: see `askedBy`. */
  readonly askedBy: (string | undefined)[] = [];

  execute(asked: Command): Promise<Outcome> {
    const { by, ...command } = { by: undefined, ...asked } as Command & { by?: string };
    this.asked.push(command);
    this.askedBy.push(by);
    return this.failure === undefined ? Promise.resolve().then(() => this.#answer(command)) : Promise.reject(this.failure);
  }

  #answer(command: Command): Outcome {
    const scripted = this.answers.get(command.kind);
    if (scripted instanceof Error) throw scripted;
    if (scripted !== undefined) return scripted;
    switch (command.kind) {
      case 'call.setup':
        return this.#setup(command);
      case 'call.hangup':
        return { kind: 'call.hangup-started', callId: this.#find(command.callId).id };
      case 'call.hold':
      case 'call.resume': {
        const { id, state } = this.#find(command.callId);
        if (state === 'trying' || state === 'ringing') throw new WrongMoment('a call can be held once it is answered', state);
        if (command.atOnce === true) return { kind: 'call.done', callId: id };
        return { kind: 'hold.done', proof: { ...this.proof, callId: id } };
      }
      case 'call.transfer':
        return { kind: 'transfer.started', callId: this.#find(command.callId).id, newCallId: 'new' as CallId };
      case 'call.park':
        return { kind: 'call.parked', callId: this.#find(command.callId).id, slot: command.slot ?? '1' };
      case 'call.answer':
      case 'call.reject':
      case 'call.forward':
      case 'call.pickup':
        return { kind: 'call.done', callId: this.#find(command.callId).id };
      case 'call.retrieve':
        return { kind: 'transfer.started', callId: this.#find(command.callId).id, newCallId: 'new' as CallId };
      case 'message.send':
        return { kind: 'message.sent', status: 202 };
      case 'park.list':
        return { kind: 'park.listed', parked: [] };
      case 'call.get':
        return { kind: 'call.found', call: this.#find(command.callId) };
      case 'calls.hold':
      case 'calls.resume':
        return { kind: 'calls.changed', report: NO_CALLS };
      case 'call.list':
        return { kind: 'call.listed', calls: [...this.calls.values()] };
      case 'history.find':
        return { kind: 'history.found', page: command.page ?? 1, total: 0, rows: [] };
      case 'conference.create':
      case 'conference.get':
      case 'conference.add':
      case 'conference.list':
      case 'conference.end':
        throw new NotBuilt(command.kind);
      case 'call.mute':
      case 'call.play':
      case 'call.quiet':
      case 'call.keys':
      case 'record.start':
      case 'record.stop':
      case 'call.join':
      case 'call.consult':
      case 'consult.join':
      case 'consult.cancel':
        this.#find(command.callId);
        throw new NotBuilt(command.kind);
      default:
        return assertNever(command);
    }
  }

  #setup(command: Extract<Command, { kind: 'call.setup' }>): Outcome {
    const key = command.idempotencyKey === undefined ? undefined : `${command.owner ?? ''} ${command.idempotencyKey}`;
    const before = key === undefined ? undefined : this.#keys.get(key);
    if (before !== undefined) return { kind: 'call.accepted', call: before, repeated: true };
    for (const number of [command.caller, command.callee]) {
      if (number.startsWith('9')) throw new NumberUnknown(number);
      if (number.startsWith('8')) throw new NotRegistered(number);
    }
    const id = `new${this.calls.size + 1}` as CallId;
    const parties = { caller: command.caller, callee: command.callee };
    const call: CallView = { id, origin: 'api', state: 'trying', parties, createdAt: '2026-11-21T10:00:00.000Z', hold: NO_HOLD };
    this.calls.set(id, call);
    if (key !== undefined) this.#keys.set(key, call);
    return { kind: 'call.accepted', call, repeated: false };
  }

  #find(callId: CallId): CallView {
    const call = this.calls.get(callId);
    if (call === undefined) throw new CallNotFound(callId);
    return call;
  }
}
