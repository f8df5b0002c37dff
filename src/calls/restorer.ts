/**
 * restorer: calls that the program's last life has left become live calls again: first they and their legs are there and sleep, then,
 * once SIP can be spoken, each is told that it was restored. What that means for it is the core's (core/restore.ts).
 */
import type { Confirmed } from '#core/call.js';
import { holdersOf, holdView } from '#core/hold-view.js';
import type { Input } from '#core/inputs.js';
import { LEG_ROLES, type CallId, type LegRole } from '#core/leg.js';
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import type { CallService } from './call-service.js';
import type { EventBus } from './event-bus.js';
import { inSteps } from '#kit/in-steps.js';
import { restoredSdp } from './leg-sdp.js';
import { newLiveCall, type LiveCall } from './live-call.js';
import { heldFirst } from './media-return.js';
import type { BindingsPort, DialTarget, MediaPort, SignalingPort } from './ports.js';
import type { StoredCall } from './store-port.js';
import { toldPorts } from './told-ports.js';

export type RestorerDeps = Readonly<{
  calls: Pick<CallService, 'take' | 'wake' | 'live'>;
  signaling: Pick<SignalingPort, 'restore'>;
  media: MediaPort;
  bindings: Pick<BindingsPort, 'find'>;
  bus: Pick<EventBus, 'recall'>;
  clock: Clock;
  log: Logger;
}>;

type Memory = Extract<Input, { kind: 'call.restored' }>['media'];

const NO_CHARGE = { outside: [] };

export class Restorer {
  readonly #deps: RestorerDeps;
  readonly #asleep: CallId[] = [];
  readonly #dialogs: string[] = [];

  constructor(deps: RestorerDeps) {
    this.#deps = deps;
  }

  /** The dialogs that somebody speaks for again, by drachtio's names. */
  get dialogs(): readonly string[] {
    return this.#dialogs;
  }

  /** @param there the dialogs that the SIP engine still has; undefined: it does not say. */
  async prepare(left: readonly StoredCall[], there: readonly string[] | undefined): Promise<void> {
    const { media, log } = this.#deps;
    const known = await Promise.all(left.map(({ call }) => media.knows(call.id).catch(() => false)));
    const lost = left.filter((_stored, index) => known[index] !== true);
    await media.shun(lost.flatMap(({ sdp }) => toldPorts({ ofLeg: (role) => sdp[role] })));
    const dialogs = there === undefined ? undefined : new Set(there);
    left.forEach((stored, index) => this.#restore(stored, known[index] === true ? 'kept' : 'lost', dialogs));
    if (left.length > 0) log.info({ calls: left.length, mediaKept: known.filter(Boolean).length }, 'calls of the last life');
  }

  /** From now on SIP can be spoken. @returns once all are awake. */
  begin(): Promise<void> {
    const { calls, clock, bus } = this.#deps;
    const lives = this.#asleep.splice(0).flatMap((id) => calls.live(id) ?? []);
    for (const { call } of lives) if (call.kind === 'confirmed') recalled(call, bus);
    const inOrder = lives.sort((one, other) => heldFirst(one) - heldFirst(other));
    return inSteps('restored calls', clock, inOrder, ({ call }) => calls.wake(call.id));
  }

  #restore(stored: StoredCall, media: Memory, dialogs: ReadonlySet<string> | undefined): void {
    const { calls, log } = this.#deps;
    const { id } = stored.call;
    const missing = LEG_ROLES.filter((role) => !this.#restoreLeg(stored, role, dialogs));
    const why = this.#isProgram(stored)
      ? 'its other party was a program'
      : missing.length > 0
        ? `the dialog of the ${missing.join(' and of the ')} was not kept`
        : undefined;
    if (why !== undefined) log.warn({ callId: id, why }, 'a call of the last life cannot go on');
    this.#asleep.push(id);
    calls.take(
      this.#liveOf(stored),
      why === undefined ? { kind: 'call.restored', media, aged: true } : { kind: 'call.abandoned', why },
    );
  }

  /** Conferences and scripts end with the program that ran them. */
  #isProgram = ({ call, phones }: StoredCall): boolean =>
    call.conference !== undefined || LEG_ROLES.some((role) => phones[role].isProgram === true);

  /** @returns false: it should be there, and is not. */
  #restoreLeg(stored: StoredCall, role: LegRole, dialogs: ReadonlySet<string> | undefined): boolean {
    const { call, legs, phones } = stored;
    const leg = role === 'caller' ? call.caller : call.kind === 'trying' ? undefined : call.callee;
    if (leg?.dialog !== 'confirmed' || phones[role].isProgram === true) return true;
    const kept = legs?.[role];
    if (kept === undefined || dialogs?.has(kept.dialogId) === false) return false;
    this.#deps.signaling.restore({ callId: call.id, role }, kept, this.#loginFor(stored, role));
    this.#dialogs.push(kept.dialogId);
    return true;
  }

  /** Passwords are not stored: the configuration is asked again how the number is reached. */
  #loginFor({ call, phones, dialFacts }: StoredCall, role: LegRole): DialTarget['credentials'] {
    if (phones[role].kind !== 'trunk') return undefined;
    const found = this.#deps.bindings.find(call.parties[role], dialFacts.asker);
    return found.kind === 'targets' ? found.targets.find(({ credentials }) => credentials !== undefined)?.credentials : undefined;
  }

  #liveOf({ call, dialFacts, phones, sdp, keysIn, dueMs, charge = NO_CHARGE }: StoredCall): LiveCall {
    const { media, log } = this.#deps;
    const facts = { call, dialFacts, phones, charge, log: log.child({ callId: call.id }) };
    const live = newLiveCall(facts, media, { caller: restoredSdp(sdp.caller), callee: restoredSdp(sdp.callee) }, keysIn);
    live.hasMedia = true;
    for (const [timer, ms] of dueMs) live.dueMs.set(timer, ms);
    return live;
  }
}

/** Those who keep a book of live calls were not there when it was answered and held. */
function recalled(call: Confirmed, bus: RestorerDeps['bus']): void {
  const { id: callId, parties, hold } = call;
  bus.recall({ kind: 'call.answered', callId, parties });
  if (hold.size > 0) bus.recall({ kind: 'hold.changed', callId, parties, holders: holdersOf(call), hold: holdView(call) });
  const left = LEG_ROLES.find((role) => call[role].dialog === 'terminated');
  if (left !== undefined) bus.recall({ kind: 'call.parked', callId, parties, slot: '', by: parties[left] });
}
