/**
 * machine: a running script as a value. run(script, input) gives the next value and what is to be done; it waits for nothing and knows
 * no clock. Steps that only change the script are done on the way; whoever drives it (scripts.ts of the HTTP room) does the rest.
 */
import type { Command, Outcome } from '#calls/commands.js';
import { AppError, assertNever } from '#kit/errors.js';
import type { After, Subject } from './actions.js';
import { enter, leave, type Frame } from './frames.js';
import { onKey, onKeysOver } from './key-input.js';
import { perform } from './perform.js';
import { readScript, type Step } from './script.js';
import { withValue, type Variables } from './words.js';

export type ScriptLimits = Readonly<{ steps: number; jumps: number; scriptBytes: number }>;

export type Script = Readonly<{
  subject: Subject;
  limits: ScriptLimits;
  /** The innermost is the last. */
  frames: readonly Frame[];
  variables: Variables;
  arrays: ReadonlyMap<string, readonly string[]>;
  doing: Doing;
  /** So many steps were done, and so many scripts have taken the place of the one before. */
  steps: number;
  jumps: number;
}>;

export type Doing =
  | Readonly<{ kind: 'running' }>
  /** A command was asked for, and its answer is awaited. `ended`: sounds that were over before we knew their names. */
  | Readonly<{ kind: 'command'; number: number; step: Step; ended: readonly string[] }>
  | Readonly<{ kind: 'sound'; playId: string }>
  | Readonly<{ kind: 'recording'; finishDigits: string }>
  | Readonly<{ kind: 'delay' }>
  /** The phone of an API extension is on its way to somebody else, who may not be there. */
  | Readonly<{ kind: 'transfer' }>
  /** Keys of a UserInput, which is the innermost frame. */
  | Readonly<{ kind: 'keys' }>
  /** `script`: what comes is done instead of this script. Otherwise it is kept in a variable, if in any. */
  | Readonly<{ kind: 'answer'; number: number; script: boolean; into?: string | undefined }>
  | Readonly<{ kind: 'over' }>;

export type ScriptInput =
  | Readonly<{ kind: 'begin' }>
  | Readonly<{ kind: 'done'; number: number; outcome: Outcome }>
  | Readonly<{ kind: 'refused'; number: number; why: string; gone: boolean }>
  | Readonly<{ kind: 'sound.ended'; playId: string }>
  | Readonly<{ kind: 'recording.ended' }>
  | Readonly<{ kind: 'transfer.failed' }>
  | Readonly<{ kind: 'key'; key: string }>
  | Readonly<{ kind: 'time' }>
  /** Without a body: nobody answered, or not as one should. */
  | Readonly<{ kind: 'answered'; number: number; body?: string | undefined }>
  | Readonly<{ kind: 'call.ended' }>;

export type ScriptEffect =
  /** Its outcome comes back under this number. */
  | Readonly<{ kind: 'command'; number: number; command: Command; after: After }>
  /** Its outcome interests nobody. */
  | Readonly<{ kind: 'aside'; command: Command }>
  /** In place of the timer before. */
  | Readonly<{ kind: 'timer'; ms: number }>
  | Readonly<{ kind: 'no-timer' }>
  | Readonly<{ kind: 'request'; number: number; method: 'GET' | 'POST'; url: string; fields: Readonly<Record<string, string>> }>
  /** For the log. */
  | Readonly<{ kind: 'note'; why: string }>
  /** The last one. `release`: the call belongs to nobody else now, and a phone that talks to an API extension is hung up. */
  | Readonly<{ kind: 'over'; why: string; release: boolean }>;

export type Ran = readonly [Script, readonly ScriptEffect[]];

/** A sound says when it is over; should it not, the script goes on so long after its time. */
const SOUND_GRACE_MS = 5000;
const LONGEST_RECORDING_MS = 3_600_000;

export function newScript(
  steps: readonly Step[],
  subject: Subject,
  limits: ScriptLimits,
  variables: Variables = new Map(),
): Script {
  const frames: readonly Frame[] = [{ kind: 'steps', steps, at: 0 }];
  return { subject, limits, frames, variables, arrays: new Map(), doing: { kind: 'running' }, steps: 0, jumps: 0 };
}

export function run(script: Script, input: ScriptInput): Ran {
  const { doing } = script;
  if (doing.kind === 'over') return [script, []];
  switch (input.kind) {
    case 'begin':
      return goOn(script);
    case 'call.ended':
      return over(script, 'the call ended', false);
    case 'done':
      return isAwaited(doing, input.number) ? onDone(script, doing, input.outcome) : [script, lateSound(script, input.outcome)];
    case 'refused':
      if (!isAwaited(doing, input.number)) return [script, []];
      if (input.gone) return over(script, input.why, false);
      return goOn(script, [{ kind: 'note', why: `${doing.step.name}: ${input.why}` }]);
    case 'sound.ended':
      if (doing.kind === 'command')
        return [{ ...script, doing: { ...doing, ended: [...doing.ended, input.playId].slice(-8) } }, []];
      return doing.kind === 'sound' && doing.playId === input.playId ? goOn(script, [{ kind: 'no-timer' }]) : [script, []];
    case 'recording.ended':
      return doing.kind === 'recording' ? goOn(script, [{ kind: 'no-timer' }]) : [script, []];
    case 'transfer.failed':
      return doing.kind === 'transfer' ? goOn(script) : [script, []];
    case 'key':
      return pressed(script, input.key);
    case 'time':
      if (doing.kind === 'keys') return continued(onKeysOver(script));
      return doing.kind === 'delay' || doing.kind === 'sound' || doing.kind === 'recording' ? goOn(script) : [script, []];
    case 'answered':
      return doing.kind === 'answer' && doing.number === input.number ? onAnswer(script, doing, input.body) : [script, []];
    default:
      return assertNever(input);
  }
}

type Commanding = Extract<Doing, { kind: 'command' }>;

const isAwaited = (doing: Doing, number: number): doing is Commanding => doing.kind === 'command' && doing.number === number;

/** A key that was pressed before a prompt could be heard ends it all the same. */
function lateSound({ subject }: Script, outcome: Outcome): readonly ScriptEffect[] {
  if (outcome.kind !== 'play.started') return [];
  return [{ kind: 'aside', command: { kind: 'call.quiet', callId: outcome.callId, to: subject.phone ?? 'all' } }];
}

function onDone(script: Script, { step, ended }: Commanding, outcome: Outcome): Ran {
  switch (outcome.kind) {
    case 'play.started': {
      const { playId, ms } = outcome;
      if (ended.includes(playId)) return goOn(script);
      return [{ ...script, doing: { kind: 'sound', playId } }, [{ kind: 'timer', ms: ms + SOUND_GRACE_MS }]];
    }
    case 'record.started': {
      // A recording of two people goes on beside the script; one that a caller leaves is what the script waits for.
      if (script.subject.phone === undefined) return goOn(script);
      const finishDigits = step.parameters.get('finishdigits') ?? '';
      return [{ ...script, doing: { kind: 'recording', finishDigits } }, [{ kind: 'timer', ms: LONGEST_RECORDING_MS }]];
    }
    case 'transfer.started':
      // It ends with the call, or takes its phone back.
      return script.subject.phone === undefined ? goOn(script) : [{ ...script, doing: { kind: 'transfer' } }, []];
    default:
      if (step.name === 'Hangup' || step.name === 'Reject') return over(script, step.name, false);
      if (script.subject.phone !== undefined && step.name === 'ForwardCall') return over(script, 'forwarded', false);
      return goOn(script);
  }
}

function pressed(script: Script, key: string): Ran {
  const { doing, subject } = script;
  if (doing.kind === 'recording') {
    if (!doing.finishDigits.includes(key) || subject.callId === undefined) return [script, []];
    return [script, [{ kind: 'aside', command: { kind: 'record.stop', callId: subject.callId } }]];
  }
  return continued(onKey(script, key));
}

const continued = ([script, effects]: Ran): Ran => (script.doing.kind === 'running' ? goOn(script, effects) : [script, effects]);

function onAnswer(script: Script, { script: isScript, into }: Extract<Doing, { kind: 'answer' }>, body: string | undefined): Ran {
  if (!isScript) {
    const variables = into === undefined ? script.variables : withValue(script.variables, into, body ?? '');
    return goOn({ ...script, variables });
  }
  if (body === undefined) return goOn(script, [{ kind: 'note', why: 'the application did not answer' }]);
  try {
    const steps = readScript(body, script.limits.scriptBytes);
    // Nothing to be done is an answer too: then this script goes on.
    return steps.length === 0 ? goOn(script) : goOn({ ...script, frames: [{ kind: 'steps', steps, at: 0 }] });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return over(script, `the answer is no script: ${error.message}`, true);
  }
}

/** Does steps until one has to be waited for, or none is left. */
function goOn(from: Script, before: readonly ScriptEffect[] = []): Ran {
  let script: Script = { ...from, doing: { kind: 'running' } };
  const effects = [...before];
  while (script.doing.kind === 'running') {
    const frame = script.frames.at(-1);
    if (frame === undefined) return after(effects, over(script, 'its end was reached', true));
    if (frame.kind !== 'steps') {
      const [next, more] = frame.kind === 'each' ? enter(script, frame) : leave(script, frame);
      effects.push(...more);
      script = next;
      continue;
    }
    const step = frame.steps[frame.at];
    if (step === undefined) {
      script = { ...script, frames: script.frames.slice(0, -1) };
      continue;
    }
    if (script.steps >= script.limits.steps) return after(effects, over(script, `more than ${script.limits.steps} steps`, true));
    const frames = [...script.frames.slice(0, -1), { ...frame, at: frame.at + 1 }];
    const [next, more] = perform({ ...script, frames, steps: script.steps + 1 }, step);
    effects.push(...more);
    script = next;
  }
  return [script, effects];
}

const after = (before: readonly ScriptEffect[], [script, effects]: Ran): Ran => [script, [...before, ...effects]];

export function over(script: Script, why: string, release: boolean): Ran {
  return [{ ...script, frames: [], doing: { kind: 'over' } }, [{ kind: 'no-timer' }, { kind: 'over', why, release }]];
}
