/**
 * conference-aware: commands for a call that has become a conference, turned into commands for the member calls of its parties.
 * Everything else passes.
 */
import { LEG_ROLES, type CallId, type LegRole } from '#core/leg.js';
import { CallNotFound, WrongMoment } from '#kit/errors.js';
import { newPlayId } from '#kit/ids.js';
import { viewOfAbsorbed, type AbsorbedCalls } from './absorbed-calls.js';
import type { ConferenceService } from './conference-service.js';
import type { CallView, Command, CommandPort, HoldProof, LegProof, Outcome } from './commands.js';

type Asked<K extends Command['kind']> = Extract<Command, { kind: K }>;

const MEMBER_CALLS = 'this call has become a conference; ask that of the member call of the party, which the conference lists';

export class ConferenceAware implements CommandPort {
  readonly #commands: CommandPort;
  readonly #conferences: Pick<ConferenceService, 'absorbed' | 'muted'>;
  readonly #absorbed: AbsorbedCalls;
  readonly #view: (callId: CallId) => CallView | undefined;

  /** @param view also of calls that have ended. */
  constructor(
    commands: CommandPort,
    conferences: Pick<ConferenceService, 'absorbed' | 'muted'>,
    view: (callId: CallId) => CallView | undefined,
  ) {
    this.#commands = commands;
    this.#conferences = conferences;
    this.#absorbed = conferences.absorbed;
    this.#view = view;
  }

  /** @throws as CommandPort */
  async execute(command: Command): Promise<Outcome> {
    // A call that became a conference has ended, and stands in the history under its own id.
    if (command.kind === 'history.find') return this.#commands.execute(command);
    if (command.kind === 'call.mute') return this.#mute(command);
    if (!('callId' in command) || this.#absorbed.of(command.callId) === undefined) return this.#commands.execute(command);
    switch (command.kind) {
      case 'call.get':
        return { kind: 'call.found', call: this.#shown(command.callId) };
      case 'call.hold':
      case 'call.resume':
        return command.holder === 'controller' ? this.#holdBoth(command) : this.#holdFor(command, command.holder);
      case 'call.play':
      case 'call.quiet':
      case 'call.keys':
        return this.#soundTo(command);
      case 'call.hangup': {
        await oneIsEnough(this.#memberCalls(command.callId).map((callId) => this.#commands.execute({ ...command, callId })));
        return { kind: 'call.hangup-started', callId: command.callId };
      }
      case 'call.join':
      case 'call.consult':
      case 'consult.join':
      case 'consult.cancel':
      case 'record.stop': // of a recording that ended with the call: nothing to stop is no error there
        return this.#commands.execute(command);
      default:
        throw new WrongMoment(MEMBER_CALLS, this.#shown(command.callId).state);
    }
  }

  async #mute(command: Asked<'call.mute'>): Promise<Outcome> {
    const { callId, party } = command;
    const isAbsorbed = this.#absorbed.of(callId) !== undefined;
    const asked = isAbsorbed
      ? { ...command, callId: this.#absorbed.memberCall(callId, party), party: 'callee' as const }
      : command;
    const outcome = await this.#commands.execute(asked);
    this.#conferences.muted(asked.callId);
    return outcome;
  }

  #shown(callId: CallId): CallView {
    const absorbed = this.#absorbed.of(callId);
    const before = this.#view(callId);
    if (absorbed === undefined || before === undefined) throw new CallNotFound(callId);
    const member = (role: LegRole): CallView | undefined => {
      const there = this.#absorbed.member(callId, role);
      const view = there === undefined ? undefined : this.#view(there.callId);
      return view?.state === 'ended' ? undefined : view;
    };
    return viewOfAbsorbed(before, member, absorbed.conference.facts.id);
  }

  /** A party holds the conference: in its member call it is the callee. */
  async #holdFor(command: Asked<'call.hold'> | Asked<'call.resume'>, holder: LegRole): Promise<Outcome> {
    const callId = this.#absorbed.memberCall(command.callId, holder);
    const outcome = await this.#commands.execute({ ...command, callId, holder: 'callee' });
    if (outcome.kind !== 'hold.done') return { kind: 'call.done', callId: command.callId };
    return { kind: 'hold.done', proof: proofAs(outcome.proof, this.#shown(command.callId), holder) };
  }

  async #holdBoth(command: Asked<'call.hold'> | Asked<'call.resume'>): Promise<Outcome> {
    const outcomes: Outcome[] = [];
    for (const callId of this.#memberCalls(command.callId)) outcomes.push(await this.#commands.execute({ ...command, callId }));
    const [one, other = one] = outcomes.flatMap((outcome) => (outcome.kind === 'hold.done' ? [outcome.proof] : []));
    if (one === undefined || other === undefined) return { kind: 'call.done', callId: command.callId };
    return { kind: 'hold.done', proof: bothProofs(this.#shown(command.callId), one, other) };
  }

  async #soundTo(command: Asked<'call.play'> | Asked<'call.quiet'> | Asked<'call.keys'>): Promise<Outcome> {
    const calls =
      command.to === 'all' ? this.#memberCalls(command.callId) : [this.#absorbed.memberCall(command.callId, command.to)];
    const named = command.kind === 'call.play' ? { ...command, playId: newPlayId() } : command; // one play has one name
    return oneIsEnough(calls.map((callId) => this.#commands.execute({ ...named, callId, to: 'callee' })));
  }

  /** @throws CallNotFound: both parties have left. */
  #memberCalls(callId: CallId): readonly CallId[] {
    const there = LEG_ROLES.flatMap((role) => this.#absorbed.member(callId, role)?.callId ?? []);
    if (there.length === 0) throw new CallNotFound(callId);
    return there;
  }
}

/** As in a call of two: who can hear it does, and who has hung up meanwhile need not be hung up. @throws what the first of them did. */
async function oneIsEnough(asked: readonly Promise<Outcome>[]): Promise<Outcome> {
  const outcomes = await Promise.allSettled(asked);
  const done = outcomes.find((one) => one.status === 'fulfilled');
  return done === undefined ? Promise.race(asked) : done.value;
}

/** The proof of a member call, whose callee is the phone; of the other party nothing was asked, so it is told as it is. */
function proofAs(proof: HoldProof, shown: CallView, role: LegRole): HoldProof {
  const { reasons } = shown.hold;
  const untouched = (leg: LegRole): LegProof => ({ ...shown.hold[leg], musicPackets: 0, ms: {} });
  const legs =
    role === 'caller'
      ? { caller: proof.callee, callee: untouched('callee') }
      : { caller: untouched('caller'), callee: proof.callee };
  return { ...proof, callId: shown.id, reasons, ...legs };
}

const bothProofs = (shown: CallView, one: HoldProof, other: HoldProof): HoldProof => ({
  ...one,
  callId: shown.id,
  reasons: shown.hold.reasons,
  changed: one.changed || other.changed,
  settled: one.settled && other.settled,
  caller: one.callee,
  callee: other.callee,
});
