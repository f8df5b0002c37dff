/**
 * secrets: wherever a password, token or secret stands in the configuration, `file:<path>` or `env:<NAME>` may stand for it, so that the
 * YAML can be shown to anybody. A secret that itself begins so must be put into a file.
 */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from './errors.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** `file` is the name shown in complaints, `folder` what relative paths are relative to. */
export type SecretSource = Readonly<{ file: string; folder: string; environment: Environment }>;

const SECRET_KEYS: ReadonlySet<string> = new Set(['password', 'secret', 'token', 'authToken', 'md5', 'sha256']);
const LONGEST_BYTES = 4096;

/** @throws ConfigError naming file, key and reference, never what it stands for. */
export function resolveSecrets(found: unknown, source: SecretSource, path = ''): unknown {
  if (typeof found !== 'object' || found === null) return found;
  if (Array.isArray(found)) return found.map((one, index) => resolveSecrets(one, source, `${path}${index}.`));
  const entries = Object.entries(found).map(([key, value]): [string, unknown] =>
    typeof value === 'string' && SECRET_KEYS.has(key)
      ? [key, secretOf(value, source, `${source.file}: ${path}${key}`)]
      : [key, resolveSecrets(value, source, `${path}${key}.`)],
  );
  return Object.fromEntries(entries);
}

function secretOf(text: string, { folder, environment }: SecretSource, key: string): string {
  if (text.startsWith('file:')) return readSecret(resolve(folder, text.slice('file:'.length)), key);
  if (!text.startsWith('env:')) return text;
  const name = text.slice('env:'.length);
  const value = environment[name];
  if (value === undefined || value === '') throw new ConfigError(`${key}: found env:${name}, and no such variable is set`);
  return value;
}

/** Docker and systemd write secrets with or without a line end behind them; it is not part of the secret. */
function readSecret(path: string, key: string): string {
  try {
    if (statSync(path).size > LONGEST_BYTES) throw new Error(`longer than ${LONGEST_BYTES} bytes`);
    const secret = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (secret === '') throw new Error('empty');
    return secret;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${key}: found file:${path}, which cannot be used: ${code ?? message}`);
  }
}
