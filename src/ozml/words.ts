/**
 * words: what `$name` stands for in a script. Names count without case; a name that nobody has given a value stays as it is written.
 */
import type { Parameters } from './actions.js';

export type Variables = ReadonlyMap<string, string>;

/** A value that repeats itself grows no further than this. */
const MOST_CHARACTERS = 8192;
const NAME = /\$([A-Za-z_][A-Za-z0-9_]*)/g;

export function filled(text: string, variables: Variables): string {
  return text.replace(NAME, (written, name: string) => variables.get(name.toLowerCase()) ?? written).slice(0, MOST_CHARACTERS);
}

/** In an address a value is one word of it, unless it is the address. */
function filledAddress(text: string, variables: Variables): string {
  const word = (written: string, name: string, at: number): string => {
    const value = variables.get(name.toLowerCase());
    return value === undefined ? written : at === 0 ? value : encodeURIComponent(value.replace(/\p{Surrogate}/gu, '\ufffd'));
  };
  return text.replace(NAME, word).slice(0, MOST_CHARACTERS);
}

/** A script inside a script has variables of its own. */
const AS_WRITTEN: ReadonlySet<string> = new Set(['responseozml']);

export function filledParameters(parameters: Parameters, variables: Variables): Parameters {
  const fill = (name: string, value: string): string => {
    if (AS_WRITTEN.has(name)) return value;
    return name.endsWith('url') ? filledAddress(value, variables) : filled(value, variables);
  };
  return new Map([...parameters].map(([name, value]) => [name, fill(name, value)]));
}

export function withValue(variables: Variables, name: string, value: string): Variables {
  return new Map([...variables, [name.trim().replace(/^\$/, '').toLowerCase(), value.slice(0, MOST_CHARACTERS)]]);
}
