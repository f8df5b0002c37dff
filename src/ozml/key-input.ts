/**
 * key-input: the keys of a UserInput. A key cuts its prompt short; keys that lead somewhere are followed as soon as no others could be
 * meant; `#` ends a number whose length is not fixed; the back key leads to the menu around this one.
 */
import { listen, startInput, type Frame, type InputFrame } from './frames.js';
import type { Ran, Script, ScriptEffect } from './machine.js';
import type { KeyInput } from './script.js';
import { withValue } from './words.js';

/** A key that no UserInput waits for says nothing. */
export function onKey(script: Script, key: string): Ran {
  const place = script.frames.findLastIndex((frame) => frame.kind === 'input' && frame.phase !== 'chosen');
  const frame = script.frames[place];
  if (frame?.kind !== 'input' || script.doing.kind === 'answer' || script.doing.kind === 'transfer') return [script, []];
  const outer = script.frames.slice(0, place);
  const hush: readonly ScriptEffect[] = [{ kind: 'no-timer' }, ...quiet(script)];
  if (key === frame.backKey && frame.keys === '') return withEffects(hush, back(script, outer, frame));
  const ends = key === '#' && frame.digits > frame.minDigits && inputFor(frame, `${frame.keys}#`).kind === 'none';
  const heard = { ...frame, phase: 'listening', keys: ends ? frame.keys : `${frame.keys}${key}` } as const;
  const next = ends || isComplete(heard) ? follow(script, outer, heard) : listen(script, outer, heard);
  return withEffects(hush, next);
}

/** Nobody has pressed anything for too long. */
export function onKeysOver(script: Script): Ran {
  const frame = script.frames.at(-1);
  if (frame?.kind !== 'input') return [script, []];
  const outer = script.frames.slice(0, -1);
  const enough = frame.keys !== '' && (frame.keys.length >= frame.minDigits || inputFor(frame, frame.keys).kind === 'exact');
  return enough ? follow(script, outer, frame) : again(script, outer, frame);
}

const withEffects = (before: readonly ScriptEffect[], [script, effects]: Ran): Ran => [script, [...before, ...effects]];

function quiet({ doing, subject }: Script): readonly ScriptEffect[] {
  if (doing.kind !== 'sound' || subject.callId === undefined) return [];
  return [{ kind: 'aside', command: { kind: 'call.quiet', callId: subject.callId, to: subject.phone ?? 'all' } }];
}

type Found = Readonly<{ kind: 'exact'; input: KeyInput }> | Readonly<{ kind: 'begins' }> | Readonly<{ kind: 'none' }>;

/** `exact` only when no longer one could be meant. */
function inputFor({ step }: InputFrame, keys: string, sure = false): Found {
  const longer = step.inputs.some((input) => input.keys.length > keys.length && input.keys.startsWith(keys));
  const input = step.inputs.find((one) => one.keys === keys);
  if (input !== undefined && !(sure && longer)) return { kind: 'exact', input };
  return longer ? { kind: 'begins' } : { kind: 'none' };
}

function isComplete(frame: InputFrame): boolean {
  if (frame.step.inputs.length > 0) {
    const found = inputFor(frame, frame.keys, true).kind;
    if (found !== 'none') return found === 'exact';
    if (frame.forwardToUrl === undefined) return true; // it leads nowhere
  }
  return frame.keys.length >= frame.digits;
}

/** Where the keys lead: to an Input, to the application, or nowhere. */
function follow(script: Script, outer: readonly Frame[], frame: InputFrame): Ran {
  const variables = withValue(script.variables, 'DtmfDigits', frame.keys);
  const found = inputFor(frame, frame.keys);
  if (found.kind === 'exact') {
    const chosen: Frame = { ...frame, phase: 'chosen' };
    const frames: readonly Frame[] = [...outer, chosen, { kind: 'steps', steps: found.input.steps, at: 0 }];
    return [{ ...script, variables, frames, doing: { kind: 'running' } }, []];
  }
  if (frame.forwardToUrl === undefined)
    return frame.step.inputs.length > 0
      ? again(script, outer, frame)
      : [{ ...script, variables, frames: outer, doing: { kind: 'running' } }, []];
  const jumps = script.jumps + 1;
  if (jumps > script.limits.jumps)
    return [
      { ...script, frames: [], doing: { kind: 'running' } },
      [{ kind: 'note', why: `more than ${script.limits.jumps} jumps` }],
    ];
  const request: ScriptEffect = {
    kind: 'request',
    number: jumps,
    method: 'POST',
    url: frame.forwardToUrl,
    fields: { NotificationName: 'DtmfEntered', DtmfDigits: frame.keys },
  };
  return [{ ...script, variables, jumps, frames: outer, doing: { kind: 'answer', number: jumps, script: true } }, [request]];
}

function again(script: Script, outer: readonly Frame[], frame: InputFrame): Ran {
  if (frame.again <= 0) return [{ ...script, frames: outer, doing: { kind: 'running' } }, []];
  return startInput({ ...script, steps: script.steps + 1 }, outer, { ...frame, again: frame.again - 1 });
}

/** To the menu around this one; there is none around the outermost, which is said again. */
function back(script: Script, outer: readonly Frame[], frame: InputFrame): Ran {
  const place = outer.findLastIndex((one) => one.kind === 'input');
  const menu = outer[place];
  const counted = { ...script, steps: script.steps + 1 };
  return menu?.kind === 'input' ? startInput(counted, outer.slice(0, place), menu) : startInput(counted, outer, frame);
}
