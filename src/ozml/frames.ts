/**
 * frames: where a script is: steps that follow each other, a ForEach with the items that are left, a UserInput with the keys it has. What
 * happens when the steps of a frame have ended.
 */
import type { Ran, Script } from './machine.js';
import type { Step } from './script.js';
import { withValue } from './words.js';

export type StepsFrame = Readonly<{ kind: 'steps'; steps: readonly Step[]; at: number }>;
export type EachFrame = Readonly<{ kind: 'each'; variable: string; items: readonly string[]; inner: readonly Step[] }>;
export type InputFrame = Readonly<{
  kind: 'input';
  step: Step;
  /** Times it may still be said again. */
  again: number;
  keys: string;
  phase:
    | 'prompt'
    /** Its prompt is over, or was cut short by a key. */
    | 'listening'
    /** Keys were pressed that lead somewhere, and there the script is. */
    | 'chosen';
  digits: number;
  minDigits: number;
  timeoutMs: number;
  backKey: string;
  forwardToUrl?: string | undefined;
}>;
export type Frame = StepsFrame | EachFrame | InputFrame;

/** The next item of a ForEach, or what follows it. */
export function enter(script: Script, frame: EachFrame): Ran {
  const [item, ...items] = frame.items;
  const outer = script.frames.slice(0, -1);
  // A round counts as a step, also when nothing is done in it.
  if (item === undefined) return [{ ...script, frames: outer }, []];
  const frames: readonly Frame[] = [...outer, { ...frame, items }, { kind: 'steps', steps: frame.inner, at: 0 }];
  return [{ ...script, frames, steps: script.steps + 1, variables: withValue(script.variables, frame.variable, item) }, []];
}

/** A UserInput whose prompt is over waits for keys; one that led somewhere is done. */
export function leave(script: Script, frame: InputFrame): Ran {
  const outer = script.frames.slice(0, -1);
  if (frame.phase === 'chosen') return [{ ...script, frames: outer }, []];
  return listen(script, outer, { ...frame, phase: 'listening' });
}

export function listen(script: Script, outer: readonly Frame[], frame: InputFrame): Ran {
  return [{ ...script, frames: [...outer, frame], doing: { kind: 'keys' } }, [{ kind: 'timer', ms: frame.timeoutMs }]];
}

/** From its prompt on. */
export function startInput(script: Script, outer: readonly Frame[], frame: InputFrame): Ran {
  const frames: readonly Frame[] = [
    ...outer,
    { ...frame, keys: '', phase: 'prompt' },
    { kind: 'steps', steps: frame.step.inner, at: 0 },
  ];
  return [{ ...script, frames, doing: { kind: 'running' } }, []];
}
