/**
 * script: OzML text read into steps. Names of elements and attributes count without case; the main parameter of an element may be its
 * text. What the parameters mean is actions.ts; in which order what happens is machine.ts.
 */
import { AppError } from '#kit/errors.js';
import type { Parameters } from './actions.js';
import { readXml, XmlFault, type XmlElement, type XmlLimits } from './xml.js';

/** Every element a script may have as a step, with the parameter that its text stands for. */
const STEPS = {
  Speak: 'Text',
  Play: 'AudioFile',
  Beep: undefined,
  Hold: undefined,
  Unhold: undefined,
  Hangup: undefined,
  SendDTMF: 'Keys',
  Record: undefined,
  BlindTransfer: 'Target',
  AttendedTransfer: 'TargetCallId',
  ForwardCall: 'Destination',
  Route: 'Destination',
  Reject: undefined,
  CallSetup: undefined,
  Call: 'Dialed',
  SendMessage: 'Message',
  Delay: 'Seconds',
  GoTo: 'Url',
  Request: 'Url',
  UserInput: undefined,
  Var: 'Value',
  Array: 'Items',
  ForEach: undefined,
  Exit: undefined,
} as const;

export type StepName = keyof typeof STEPS;

export type Step = Readonly<{
  name: StepName;
  parameters: Parameters;
  /** ForEach: what is done for each item. UserInput: its InitialCommands. */
  inner: readonly Step[];
  /** UserInput: what is done for which keys. */
  inputs: readonly KeyInput[];
  /** Array: its items, as written. */
  items: readonly string[];
}>;

export type KeyInput = Readonly<{ keys: string; steps: readonly Step[] }>;

/** It is not OzML: not well-formed, or not in this order. */
export class ScriptUnreadable extends AppError {
  constructor(why: string) {
    super({ code: 'script_unreadable', http: 400, sip: 400, message: why });
  }
}

/** A command that another product has, or nobody. */
export class UnknownStep extends AppError {
  readonly step: string;

  constructor(step: string) {
    super({ code: 'unknown_step', http: 400, sip: 501, message: `no command ${step}` });
    this.step = step;
  }
}

const LIMITS: Omit<XmlLimits, 'characters'> = { depth: 16, elements: 2000, attributes: 32 };
const MOST_ITEMS = 1000;

/** @returns no steps when there is nothing to read: an application that answers nothing wants nothing done. @throws ScriptUnreadable, UnknownStep */
export function readScript(text: string, mostCharacters: number): readonly Step[] {
  if (text.trim() === '') return [];
  const root = readTree(text, mostCharacters);
  if (!isNamed(root, 'Response')) throw new ScriptUnreadable(`the root is ${root.name}, not Response`);
  return stepsOf(root);
}

function readTree(text: string, characters: number): XmlElement {
  try {
    return readXml(text, { ...LIMITS, characters });
  } catch (error) {
    if (error instanceof XmlFault) throw new ScriptUnreadable(error.message);
    throw error;
  }
}

const isNamed = (element: XmlElement, name: string): boolean => element.name.toLowerCase() === name.toLowerCase();

/** Text between commands says nothing: an application that prints a warning before its script is still understood. */
const stepsOf = (element: XmlElement): readonly Step[] => element.children.map(readStep);

function readStep(element: XmlElement): Step {
  const name = (Object.keys(STEPS) as StepName[]).find((one) => isNamed(element, one));
  if (name === undefined) throw new UnknownStep(element.name.slice(0, 64));
  const plain = { name, parameters: parametersOf(element, STEPS[name]), inner: [], inputs: [], items: [] };
  if (name === 'ForEach') return { ...plain, inner: stepsOf(element) };
  if (name === 'UserInput') return { ...plain, ...readUserInput(element) };
  if (name === 'Array') return { ...plain, items: readItems(element) };
  const inside = element.children[0];
  if (inside !== undefined) throw new ScriptUnreadable(`${name} has no place for ${inside.name}`);
  return plain;
}

function parametersOf({ attributes, text }: XmlElement, main: string | undefined): Parameters {
  const found = new Map(attributes.map(([name, value]) => [name.toLowerCase(), value]));
  const said = text.trim();
  if (main !== undefined && said !== '' && !found.has(main.toLowerCase())) found.set(main.toLowerCase(), said);
  return found;
}

function readUserInput(element: XmlElement): Pick<Step, 'inner' | 'inputs'> {
  const inner: Step[] = [];
  const inputs: KeyInput[] = [];
  for (const child of element.children) {
    if (isNamed(child, 'InitialCommands')) inner.push(...stepsOf(child));
    else if (isNamed(child, 'Inputs')) inputs.push(...child.children.map(readKeyInput));
    else throw new ScriptUnreadable(`UserInput has no place for ${child.name}`);
  }
  return { inner, inputs };
}

function readKeyInput(element: XmlElement): KeyInput {
  const keys = parametersOf(element, undefined).get('key') ?? '';
  if (!isNamed(element, 'Input') || !/^[0-9*#A-D]{1,32}$/i.test(keys))
    throw new ScriptUnreadable('Inputs has a place for Input with a key only');
  return { keys: keys.toUpperCase(), steps: stepsOf(element) };
}

/** One element each, or one text with commas or semicolons between them. */
function readItems({ children, text }: XmlElement): readonly string[] {
  const written =
    children.length > 0 ? children.map((child) => child.text.trim()) : text.split(/[,;\n]/).map((one) => one.trim());
  const items = children.length > 0 ? written : written.filter((one) => one !== '');
  if (items.length > MOST_ITEMS) throw new ScriptUnreadable(`Array has more than ${MOST_ITEMS} items`);
  return items;
}
