/**
 * conference-aware: commands for a call that has become a conference, turned into commands for the member calls of its parties.
 * Everything else passes.
 */
import { LEG_ROLES, type CallId, type LegRole } from '#core/leg.js';
import { CallNotFound } from '#kit/errors.js';
import { viewOfAbsorbed, type AbsorbedCalls } from './absorbed-calls.js';
import type { ConferenceService } from './conference-service.js';
import type { CallView, Command, CommandPort, HoldProof, Outcome } from './commands.js';

type Asked<K extends Command['kind']> = Extract<Command, { kind: K }>;

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
        for (const callId of this.#memberCalls(command.callId)) await this.#commands.execute({ ...command, callId });
        return { kind: 'call.hangup-started', callId: command.callId };
      }
      default:
        return this.#commands.execute(command);
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
      const view = absorbed[role] === undefined ? undefined : this.#view(absorbed[role].callId);
      return view?.state === 'ended' ? undefined : view;
    };
    return viewOfAbsorbed(before, member, absorbed.conference.facts.id);
  }

  /** A party holds the conference: in its member call it is the callee. */
  #holdFor(command: Asked<'call.hold'> | Asked<'call.resume'>, holder: LegRole): Promise<Outcome> {
    const callId = this.#absorbed.memberCall(command.callId, holder);
    return this.#commands
      .execute({ ...command, callId, holder: 'callee' })
      .then((outcome) => proofAs(outcome, command.callId, holder));
  }

  async #holdBoth(command: Asked<'call.hold'> | Asked<'call.resume'>): Promise<Outcome> {
    const outcomes: Outcome[] = [];
    for (const callId of this.#memberCalls(command.callId)) outcomes.push(await this.#commands.execute({ ...command, callId }));
    const [one, other = one] = outcomes.flatMap((outcome) => (outcome.kind === 'hold.done' ? [outcome.proof] : []));
    if (one === undefined || other === undefined) return { kind: 'call.done', callId: command.callId };
    return { kind: 'hold.done', proof: bothProofs(command.callId, one, other) };
  }

  async #soundTo(command: Asked<'call.play'> | Asked<'call.quiet'> | Asked<'call.keys'>): Promise<Outcome> {
    const calls =
      command.to === 'all' ? this.#memberCalls(command.callId) : [this.#absorbed.memberCall(command.callId, command.to)];
    let last: Outcome = { kind: 'call.done', callId: command.callId };
    for (const callId of calls) last = await this.#commands.execute({ ...command, callId, to: 'callee' });
    return last;
  }

  /** @throws CallNotFound: both parties have left. */
  #memberCalls(callId: CallId): readonly CallId[] {
    const there = LEG_ROLES.flatMap((role) => {
      try {
        return [this.#absorbed.memberCall(callId, role)];
      } catch (error) {
        if (error instanceof CallNotFound) return [];
        throw error;
      }
    });
    if (there.length === 0) throw new CallNotFound(callId);
    return there;
  }
}

/** The proof of a member call, whose callee is the phone, told as that of the call it was. */
function proofAs(outcome: Outcome, callId: CallId, role: LegRole): Outcome {
  if (outcome.kind !== 'hold.done') return { kind: 'call.done', callId };
  const { proof } = outcome;
  const [phone, others] = [proof.callee, proof.caller];
  return {
    kind: 'hold.done',
    proof: { ...proof, callId, ...(role === 'caller' ? { caller: phone, callee: others } : { caller: others, callee: phone }) },
  };
}

const bothProofs = (callId: CallId, one: HoldProof, other: HoldProof): HoldProof => ({
  ...one,
  callId,
  changed: one.changed || other.changed,
  settled: one.settled && other.settled,
  caller: one.callee,
  callee: other.callee,
});
