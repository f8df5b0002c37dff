/** voipnow: whatever is sent, the answer is JSON and never a fault of ours. */
import t from 'tap';
import { callView, FakeCalls } from '../../support/fake-calls.js';
import { appFixture } from '../../support/http-fixture.js';

const VALUES: readonly unknown[] = [
  null,
  '',
  '01',
  'x'.repeat(3000),
  0,
  -1,
  1e99,
  true,
  [],
  [[]],
  {},
  { a: {} },
  '\u0000',
  '__proto__',
];
const KEYS = [
  'action',
  'phoneCallViewId',
  'sendCallTo',
  'transferNumber',
  'maxInParking',
  'private',
  'format',
  'extension',
  'phoneCallView',
  'nonce',
  '__proto__',
];
const ACTIONS = ['OnHold', 'Park', 'UnPark', 'PickUp', 'BargeIn', 'Whisper', 'Transfer', 'StartRecording'];
const PARTS = [
  '12',
  '@me',
  '%40self',
  '@self',
  '0003*210',
  '210',
  '%00',
  'a%2e%2e',
  '%F0%9F%98%80',
  '%ff',
  '__proto__',
  'constructor',
  'call1',
  'simple',
  'callback',
  'conferenceInvite',
  'x'.repeat(500),
  '<>',
];

/** The same noise every time (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

t.test('noise in paths, queries and bodies gives neither 500 nor a stack', async (t) => {
  const { app } = await appFixture(t, new FakeCalls(callView({ parties: { caller: '210', callee: '024' } })));
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const token = await app.inject({
    method: 'POST',
    url: '/oauth/token.php',
    headers: form,
    payload: 'client_id=demo&client_secret=demo&grant_type=client_credentials',
  });
  const authorization = `Bearer ${token.json<{ access_token: string }>().access_token}`;
  const below = numbers(7);
  const one = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const seen = new Set<number>();
  for (let round = 0; round < 1500; round++) {
    const method = one(['GET', 'PUT', 'POST', 'DELETE'] as const);
    const path = Array.from({ length: 1 + below(3) }, () => one(PARTS)).join('/');
    const likely = below(2) === 0 ? `12/210/call1` : path;
    const query = below(3) === 0 ? `?${one(['count', 'startIndex', 'filterBy', 'fields', 'phoneNumber'])}=${one(PARTS)}` : '';
    const body = Object.fromEntries(Array.from({ length: below(4) }, () => [one(KEYS), one(VALUES)]));
    const payload = JSON.stringify(
      below(5) === 0 ? one(VALUES) : below(2) === 0 ? body : { action: one(ACTIONS), phoneCallViewId: '00', ...body },
    );
    const torn = below(20) === 0 ? payload.slice(1) : payload;
    const url = `/uapi/${one(['phoneCalls', 'phoneCall'])}/${likely}${query}`;
    const headers = { authorization, 'content-type': 'application/json' };
    const answer = await app.inject({ method, url, headers, ...(method === 'GET' ? {} : { payload: torn }) });
    seen.add(answer.statusCode);
    const said = `${method} ${url.slice(0, 120)} ${torn.slice(0, 120)}: ${answer.statusCode} ${answer.body.slice(0, 200)}`;
    if (answer.statusCode === 500) t.fail(said);
    if (/\bat .*:\d+:\d+|node_modules|dist\//.test(answer.body)) t.fail(said);
    if (answer.statusCode !== 204 && !/json/.test(String(answer.headers['content-type']))) t.fail(said);
  }
  t.ok(seen.has(200) && seen.has(202) && seen.has(400), 'some of it was understood');
});
