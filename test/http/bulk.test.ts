/** bulk: how the REST API says which calls to hold and to resume, and what it answers. */
import t from 'tap';
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { BulkReport } from '#calls/bulk-commands.js';
import type { CallId } from '#core/leg.js';
import { BulkDone } from '#http/bulk-schemas.js';
import { appFixture, BEARER } from '../support/http-fixture.js';

const REPORT: BulkReport = {
  matched: 2,
  counts: { done: 1, unchanged: 0, pending: 0, failed: 1 },
  music: 2,
  ms: 3.25,
  calls: [
    {
      callId: 'a' as CallId,
      result: 'done',
      caller: { held: true, state: 'agreed', sound: 'music' },
      callee: { held: true, state: 'soft-held', sound: 'music' },
    },
    { callId: 'b' as CallId, result: 'failed', code: 'call_not_found', detail: 'no live call b' },
  ],
};

t.test('PUT holds the calls that the body names, and answers with the report', async (t) => {
  const { app, calls } = await appFixture(t);
  calls.answers.set('calls.hold', { kind: 'calls.changed', report: REPORT });
  const payload = { ids: ['a', 'b'], holder: 'caller', music: 'jazz', maxSeconds: 60 };
  const answer = await app.inject({ method: 'PUT', url: '/calls/hold', headers: BEARER, payload });
  t.equal(answer.statusCode, 200);
  t.same(answer.json(), REPORT);
  const { ids, holder, music, maxSeconds } = payload;
  t.same(calls.last, { kind: 'calls.hold', filter: { ids }, holder, music: { music }, policy: { maxSeconds } });
  t.equal(calls.askedBy.at(-1), 'rest', 'one program does not lift the hold of another');
});

t.test('every word of the filter is passed on, and silence is silence', async (t) => {
  const { app, calls } = await appFixture(t);
  const payload = { number: '101', trunk: 'carrier', state: 'in-call', all: true, music: false };
  t.equal((await app.inject({ method: 'PUT', url: '/calls/hold', headers: BEARER, payload })).statusCode, 200);
  const filter = { number: '101', trunk: 'carrier', state: 'in-call', all: true };
  t.same(calls.last, { kind: 'calls.hold', filter, holder: 'controller', music: null });
});

t.test('DELETE resumes by its body or by its query, and refuses two that disagree', async (t) => {
  const { app, calls } = await appFixture(t);
  const ask = (url: string, payload?: object) =>
    app.inject({ method: 'DELETE', url, headers: BEARER, ...(payload === undefined ? {} : { payload }) });
  await ask('/calls/hold', { ids: ['a'] });
  t.same(calls.last, { kind: 'calls.resume', filter: { ids: ['a'] }, holder: 'controller' });
  await ask('/calls/hold?all=true&holder=callee');
  t.same(calls.last, { kind: 'calls.resume', filter: { all: true }, holder: 'callee' });
  await ask('/calls/hold?number=101&trunk=carrier&state=held');
  t.same(calls.last, {
    kind: 'calls.resume',
    filter: { number: '101', trunk: 'carrier', state: 'held' },
    holder: 'controller',
  });
  const asked = calls.asked.length;
  const refused = await ask('/calls/hold?number=101', { number: '102' });
  t.match([refused.statusCode, refused.json()], [400, { code: 'bad_request', field: 'number' }]);
  t.equal(calls.asked.length, asked, 'nobody was resumed');
});

t.test('words that are wrong are refused by name, and nothing is held', async (t) => {
  const { app, calls } = await appFixture(t);
  const bodies: [object, string][] = [
    [{ all: false }, 'all'],
    [{ ids: [] }, 'ids'],
    [{ ids: Array.from({ length: 2001 }, () => 'x') }, 'ids'],
    [{ state: 'ringing' }, 'state'],
    [{ all: true, holder: 'nobody' }, 'holder'],
    [{ all: true, byPhone: true }, 'byPhone'],
    [{ all: true, maxSeconds: -1 }, 'maxSeconds'],
  ];
  for (const [payload, field] of bodies) {
    const answer = await app.inject({ method: 'PUT', url: '/calls/hold', headers: BEARER, payload });
    t.match([answer.statusCode, answer.json()], [400, { code: 'bad_request', field }], JSON.stringify(payload).slice(0, 40));
  }
  t.same(calls.asked, []);
});

t.test('strangers hold nobody', async (t) => {
  const { app, calls } = await appFixture(t);
  t.equal((await app.inject({ method: 'PUT', url: '/calls/hold', payload: { all: true } })).statusCode, 401);
  t.same(calls.asked, []);
});

t.test('the document describes both, and the report is as it says', async (t) => {
  const { app } = await appFixture(t);
  const { paths } = (await app.inject({ url: '/openapi.json' })).json<{ paths: Record<string, object> }>();
  t.same(Object.keys(paths['/calls/hold'] ?? {}).sort(), ['delete', 'put']);
  const words = (schema: TSchema): TSchema => JSON.parse(JSON.stringify(schema)) as TSchema;
  t.same(Object.keys(words(BulkDone)['properties'] as object).sort(), Object.keys(REPORT).sort());
  t.ok(Value.Check(BulkDone.properties.counts, REPORT.counts));
});
