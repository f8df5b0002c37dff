/** Goal: docs/limits.md cannot go stale: every key it names is in the schema with that default, every constant in its file. */
import t from 'tap';
import { readFileSync } from 'node:fs';
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { HoldfastFile, MusicFile } from '#kit/config-schema.js';
import { GuardsFile } from '#kit/guards-schema.js';
import { LimitsFile } from '#kit/limits-schema.js';
import { OzekiFile } from '#kit/ozeki-schema.js';
import { RecordsFile } from '#kit/records-schema.js';
import { WebhooksFile } from '#kit/webhooks-schema.js';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

const FILES: Readonly<Record<string, TSchema>> = {
  'holdfast.yaml': HoldfastFile,
  'guards.yaml': GuardsFile,
  'limits.yaml': LimitsFile,
  'music.yaml': MusicFile,
  'records.yaml': RecordsFile,
  'webhooks.yaml': WebhooksFile,
  'ozeki.yaml': OzekiFile,
};

const cells = (line: string): string[] => line.split('|').map((cell) => cell.trim().replaceAll('`', ''));
const rows = read('docs/limits.md')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map(cells);

const defaultOf = (file: TSchema, key: string): unknown =>
  key
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], Value.Default(file, {}));

t.test('every key is in the schema of its file, with this default', async (t) => {
  const keys = rows.filter(([, file = '']) => file.endsWith('.yaml'));
  t.ok(keys.length > 40, `${keys.length} keys`);
  for (const [, file = '', key = '', usual = ''] of keys) {
    const schema = FILES[file];
    if (schema === undefined) t.fail(`${file} is not known here`);
    else t.equal(String(defaultOf(schema, key)), usual, `${file} ${key}`);
  }
});

t.test('every key of limits.yaml is in the table', async (t) => {
  const named = new Set(rows.filter(([, file]) => file === 'limits.yaml').map(([, , key]) => key));
  const leaves = (schema: TSchema, path: string): string[] =>
    Object.entries((schema['properties'] ?? {}) as Record<string, TSchema>).flatMap(([name, inner]) =>
      inner['properties'] === undefined ? [`${path}${name}`] : leaves(inner, `${path}${name}.`),
    );
  for (const key of leaves(LimitsFile, '')) t.ok(named.has(key), key);
});

t.test('every constant is in its file', async (t) => {
  const constants = rows.filter(([, file = '']) => file.startsWith('src/'));
  t.ok(constants.length > 30, `${constants.length} constants`);
  for (const [, file = '', name = ''] of constants) t.match(read(file), new RegExp(`\\bconst ${name}\\b`), `${file} ${name}`);
});
