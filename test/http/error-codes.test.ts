/** error-codes: the list that is printed and the codes that are made are the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { ERROR_CODES } from '#http/error-codes.js';
import * as errors from '#kit/errors.js';
import { appFixture } from '../support/http-fixture.js';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

/** They stop the start, are said in SIP (488, 603), or by Ozeki in its own codes (300, 301): no problem document carries them. */
const NOT_OVER_HTTP = ['config_error', 'bad_sdp', 'declined', 'script_unreadable', 'unknown_step', 'store_failed'];

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && path !== 'http/error-codes.ts' && !path.startsWith('engine/'))
  .map((path) => readFileSync(`${SRC}${path}`, 'utf8'));

t.test('every refusal of the house has its code and its status in the list', async (t) => {
  const instances = Object.values(errors)
    .filter((one) => typeof one === 'function' && one.prototype instanceof errors.AppError)
    .map((one) => new (one as new (...words: string[]) => errors.AppError)('x', 'y'));
  t.ok(instances.length >= 8, 'the errors were found');
  for (const { code, http, name } of instances) {
    if (NOT_OVER_HTTP.includes(code)) continue;
    const listed = (ERROR_CODES as Readonly<Record<string, { status: number }>>)[code];
    t.equal(listed?.status, http, `${name}: ${code}`);
  }
});

t.test('every code written in the sources is in the list, and every code in the list is made somewhere', async (t) => {
  const written = new Set(
    sources.flatMap((text) => [...text.matchAll(/(?:\bcode: |new HttpRefusal\(\s*)'([a-z_]+)'/g)].map((match) => match[1] ?? '')),
  );
  const listed = Object.keys(ERROR_CODES);
  t.same(
    [...written].filter((code) => !listed.includes(code) && !NOT_OVER_HTTP.includes(code)),
    [],
    'nothing unlisted',
  );
  t.same(
    listed.filter((code) => !written.has(code)),
    [],
    'nothing that is never made',
  );
});

t.test('/docs explains every code at the place that problem documents point to', async (t) => {
  const { app } = await appFixture(t);
  const { body } = await app.inject({ url: '/docs' });
  for (const code of Object.keys(ERROR_CODES)) t.ok(body.includes(`id="${code}"`), code);
});
