/**
 * kept-logs: what programs under test have printed, kept where the run of all tests wants it (HOLDFAST_KEPT_LOGS), with the secrets of their
 * configurations beside it: src/setup/log-secrets.mjs looks at all of them in the end.
 */
import { createHash, randomUUID } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';

const SECRET_KEYS: ReadonlySet<string> = new Set(['password', 'secret', 'token', 'authToken', 'md5', 'sha256']);

/** @param secrets what the log must not show. @returns what to call with everything that is printed. */
export function keepLog(secrets: () => readonly string[]): (chunk: string) => void {
  const folder = process.env['HOLDFAST_KEPT_LOGS'];
  if (folder === undefined || folder === '') return () => undefined;
  const name = join(folder, `${basename(process.argv[1] ?? 'test', '.test.ts')}-${randomUUID().slice(0, 8)}`);
  writeFileSync(`${name}.secrets`, JSON.stringify([...new Set(secrets())]));
  return (chunk) => appendFileSync(`${name}.log`, chunk);
}

/** Every secret in the YAML files of a configuration, and in the files and variables these refer to; and what phones' passwords hash to. */
export function secretsOf(folder: string, environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const found: string[] = [];
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.yaml'))) {
    walk(readYaml(join(folder, name)), (secret, beside) => {
      const value = secret.startsWith('env:')
        ? (environment[secret.slice(4)] ?? '')
        : secret.startsWith('file:')
          ? readFileSync(join(folder, secret.slice(5)), 'utf8').trim()
          : secret;
      found.push(value, ...ha1s(beside['number'] ?? beside['user'], value));
    });
  }
  return found.filter((one) => one !== '');
}

/** Some tests write what cannot be read on purpose. */
function readYaml(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function walk(value: unknown, tell: (secret: string, beside: Readonly<Record<string, unknown>>) => void): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (SECRET_KEYS.has(key) && (typeof inner === 'string' || typeof inner === 'number'))
      tell(String(inner), value as Readonly<Record<string, unknown>>);
    else walk(inner, tell);
  }
}

/** RFC 7616 §3.4.2, in the realm that tests have. */
const ha1s = (who: unknown, password: string): string[] =>
  typeof who === 'string'
    ? ['md5', 'sha256'].map((one) => createHash(one).update(`${who}:holdfast:${password}`).digest('hex'))
    : [];
