/**
 * perform: one step of a script: what it changes in the script itself, or what it asks of the world. A step whose words are wrong is
 * noted and passed over, so that a sentence that cannot be said does not keep a call from being held.
 */
import { AppError, BadRequest } from '#kit/errors.js';
import { ACTION_NAMES, needed, readAction, seconds, url, type ActionName, type Parameters } from './actions.js';
import { startInput, type InputFrame } from './frames.js';
import { over, type Doing, type Ran, type Script } from './machine.js';
import type { Step, StepName } from './script.js';
import { filled, filledParameters, withValue } from './words.js';

/** @returns a script that is `running` when there is nothing to wait for. */
export function perform(script: Script, step: Step): Ran {
  const parameters = filledParameters(step.parameters, script.variables);
  try {
    return performed(script, step, parameters);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [script, [{ kind: 'note', why: `${step.name}: ${error.message}` }]];
  }
}

function performed(script: Script, step: Step, given: Parameters): Ran {
  const { name } = step;
  switch (name) {
    case 'Var':
      return [{ ...script, variables: withValue(script.variables, needed(given, 'id'), given.get('value') ?? '') }, []];
    case 'Array':
      return [withArray(script, step, given), []];
    case 'ForEach':
      return forEach(script, step, given);
    case 'Exit':
      return over(script, 'Exit', true);
    case 'Delay': {
      const ms = 1000 * (seconds(given, 'Seconds') ?? seconds(given, 'Second') ?? seconds(given, 'Time') ?? DELAY_SEC);
      return [{ ...script, doing: { kind: 'delay' } }, [{ kind: 'timer', ms }]];
    }
    case 'GoTo':
      return goTo(script, given);
    case 'Request':
      return request(script, given);
    case 'UserInput':
      return startInput(script, script.frames, inputFrame(step, given));
    default:
      return command(script, step, name, given);
  }
}

const DELAY_SEC = 1;
const isAction = (name: StepName): name is StepName & ActionName => ACTION_NAMES.some((one) => one === name);

function command(script: Script, step: Step, name: StepName, given: Parameters): Ran {
  if (!isAction(name)) throw new BadRequest('command', `${name} cannot stand here`);
  const { command: asked, after } = readAction(name, given, script.subject);
  const number = script.steps;
  const doing: Doing = { kind: 'command', number, step: { ...step, parameters: given }, ended: [] };
  return [{ ...script, doing }, [{ kind: 'command', number, command: asked, after }]];
}

function withArray(script: Script, step: Step, given: Parameters): Script {
  const items = step.items.map((item) => filled(item, script.variables));
  return { ...script, arrays: new Map([...script.arrays, [arrayName(needed(given, 'id')), items]]) };
}

const arrayName = (written: string): string => written.trim().replace(/^\$/, '').toLowerCase();

/** @throws BadRequest when there is no such array */
function forEach(script: Script, step: Step, given: Parameters): Ran {
  const named = given.get('array') ?? given.get('arrayid') ?? given.get('in') ?? '';
  const items = script.arrays.get(arrayName(named));
  if (items === undefined) throw new BadRequest('Array', `there is no array ${named}`);
  const variable = given.get('id') ?? given.get('var') ?? given.get('item') ?? 'item';
  return [{ ...script, frames: [...script.frames, { kind: 'each', variable, items, inner: step.inner }] }, []];
}

/** What the application answers is done instead of this script. */
function goTo(script: Script, given: Parameters): Ran {
  const address = url(given, 'Url');
  if (address === undefined) throw new BadRequest('Url', 'Url is missing');
  const jumps = script.jumps + 1;
  if (jumps > script.limits.jumps) return over(script, `more than ${script.limits.jumps} jumps`, true);
  const fields = { NotificationName: 'GoTo' };
  return [
    // When nothing comes back there is nothing left to do.
    { ...script, jumps, frames: [], doing: { kind: 'answer', number: jumps, script: true } },
    [{ kind: 'request', number: jumps, method: 'POST', url: address, fields }],
  ];
}

/** What the application answers is a word, kept in a variable for whoever wants it. */
function request(script: Script, given: Parameters): Ran {
  const address = url(given, 'Url');
  if (address === undefined) throw new BadRequest('Url', 'Url is missing');
  const method = (given.get('method') ?? 'GET').trim().toUpperCase() === 'POST' ? 'POST' : 'GET';
  const jumps = script.jumps + 1;
  if (jumps > script.limits.jumps) return over(script, `more than ${script.limits.jumps} requests`, true);
  const into = given.get('id') ?? given.get('var');
  return [
    { ...script, jumps, doing: { kind: 'answer', number: jumps, script: false, into } },
    [{ kind: 'request', number: jumps, method, url: address, fields: { NotificationName: 'Request' } }],
  ];
}

const INPUT_SEC = 10;
const MOST_DIGITS = 64;
/** `true` says it again as long as anybody could listen. */
const MOST_TIMES = 100;

function inputFrame(step: Step, given: Parameters): InputFrame {
  const maxDigits = count(given, 'MaxDigits');
  const digits = maxDigits ?? count(given, 'Digits') ?? Math.max(1, ...step.inputs.map(({ keys }) => keys.length));
  const backKey = (given.get('backkey') ?? '').trim().toUpperCase();
  return {
    kind: 'input',
    step,
    again: timesAgain(given),
    keys: '',
    phase: 'prompt',
    digits,
    minDigits: Math.min(count(given, 'MinDigits') ?? (maxDigits === undefined ? digits : 1), digits),
    timeoutMs: 1000 * (seconds(given, 'Timeout') ?? INPUT_SEC),
    backKey,
    forwardToUrl: url(given, 'ForwardToUrl') ?? url(given, 'EnteredUrl'),
  };
}

function count(given: Parameters, name: string): number | undefined {
  const written = (given.get(name.toLowerCase()) ?? '').trim();
  if (written === '') return undefined;
  const value = Number(written);
  if (!Number.isInteger(value) || value < 1 || value > MOST_DIGITS)
    throw new BadRequest(name, `${name} is a number from 1 to ${MOST_DIGITS}`);
  return value;
}

function timesAgain(given: Parameters): number {
  const written = (given.get('repeat') ?? '').trim().toLowerCase();
  if (written === 'true' || written === 'yes') return MOST_TIMES;
  return /^[0-9]{1,3}$/.test(written) ? Math.min(Number(written), MOST_TIMES) : 0;
}
