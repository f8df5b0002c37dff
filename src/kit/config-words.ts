/**
 * config-words: what is wrong with a configuration, in words: file, key, what was found and what was expected.
 */
import type { TSchema } from '@sinclair/typebox';
import type { ValueError } from '@sinclair/typebox/value';
import { ENVIRONMENT } from './environment.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** One complaint as a sentence: which file, which key, what was found and what was expected. Secrets are not repeated. */
export function describe(wrong: ValueError, file: string, environment: Environment): string {
  const path = wrong.path.slice(1).replaceAll('/', '.');
  const variable = variableOf(path, environment);
  const key = variable === undefined ? path || '(the whole file)' : `${path} (${variable})`;
  if (wrong.message.includes('Unexpected property')) return `${file}: ${key}: unknown key; ${knownKeys(wrong)}`;
  const found = wrong.value === undefined ? 'nothing' : hideSecret(key, wrong.value, wrong.schema).slice(0, 80);
  return `${file}: ${key}: found ${found}, expected ${expected(wrong.schema)}${quotesFor(wrong, variable)}`;
}

/** Which variable has said it, over the file. */
function variableOf(path: string, environment: Environment): string | undefined {
  const found = Object.entries(ENVIRONMENT).find(([, key]) => key.join('.') === path);
  return found === undefined || (environment[found[0]] ?? '') === '' ? undefined : found[0];
}

/** YAML reads 101 as a number and true as neither. What it was is not said again: it may be a secret, and 0101 has lost its nought. */
function quotesFor({ value, schema }: ValueError, variable: string | undefined): string {
  const isBare = typeof value === 'number' || typeof value === 'boolean';
  return schema['type'] === 'string' && isBare && variable === undefined ? ': write it in quotes' : '';
}

/** What was written of another kind than it should be may have a secret anywhere in it, and an address has one before its host. */
function hideSecret(key: string, found: unknown, { type }: TSchema): string {
  if (/password|token|secret|ha1|md5|sha256/i.test(key)) return 'a value that does not fit';
  if (typeof found === 'string' && (type === 'object' || type === 'array')) return 'text';
  if (Array.isArray(found)) return 'a list';
  if (typeof found === 'object' && found !== null) return 'keys with values';
  const words = JSON.stringify(found);
  return /@/.test(words) ? words.replace(/^"[^@]*@/, '"…@') : words;
}

function knownKeys(wrong: ValueError): string {
  const properties = (wrong.schema as { properties?: Record<string, unknown> }).properties;
  return properties === undefined ? 'remove it' : `known here: ${Object.keys(properties).join(', ')}`;
}

const KINDS: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  object: 'keys with values',
  array: 'a list',
  boolean: 'true, false',
};

function expected(schema: TSchema): string {
  if (Array.isArray(schema['anyOf'])) {
    const ways = schema['anyOf'] as readonly Readonly<{ const?: string | number | boolean; type?: string }>[];
    return `one of ${ways.map((one) => (one.const === undefined ? (KINDS[one.type ?? ''] ?? one.type) : String(one.const))).join(', ')}`;
  }
  const words = [KINDS[String(schema['type'])] ?? `a ${String(schema['type'] ?? 'value')}`];
  if (schema['minimum'] !== undefined) words.push(`from ${String(schema['minimum'])} to ${String(schema['maximum'])}`);
  if (schema['pattern'] !== undefined) words.push(`matching ${String(schema['pattern'])}`);
  if (schema['minLength'] !== undefined) words.push(`of ${String(schema['minLength'])} or more characters`);
  return words.join(' ');
}
