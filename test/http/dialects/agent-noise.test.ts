/** agent: whatever is sent, the answer is JSON of the dialect and never a fault of ours. */
import t from 'tap';
import { agentFixture, ROOT } from '../../support/agent-fixture.js';

const VALUES: readonly unknown[] = [
  null,
  '',
  '1',
  'x'.repeat(3000),
  0,
  -1,
  1e99,
  1.5,
  true,
  [],
  [[]],
  {},
  { a: {} },
  '\u0000',
  '__proto__',
  '102',
];
const KEYS = [
  'password',
  'phonenum',
  'status',
  'agenttype',
  'ip',
  'called',
  'callid',
  'devicetype',
  'address',
  'mode',
  '__proto__',
];
const PATHS = [
  'onlineagent/101',
  'onlineagent/101/forcelogin',
  'onlineagent/101/saybusy',
  'onlineagent/101/rest/{part}/{part}',
  'onlineagent/101/autoanswer/{part}',
  'voicecall/101/callout',
  'voicecall/101/callinner',
  'voicecall/101/hold',
  'voicecall/101/gethold?callid={part}',
  'voicecall/101/connecthold/{part}',
  'voicecall/101/confjoin',
  'voicecall/101/transfer',
  'voicecall/101/innerhelp',
  'voicecall/101/seconddialex?number={part}',
  'voicecall/101/disconnect/{part}',
  'voicecall/101/dropcall/{part}',
  'voicecall/101/snatchpickup?destWorkNo={part}',
  'voicecall/{part}/hold',
  'calldata/101/callinfobycallid/{part}',
  'calldata/101/holdlistex/{part}',
  'calldata/{part}/callinfo',
  '{part}/{part}/{part}',
];
const PARTS = [
  '101',
  '%00',
  'a%2e%2e',
  '%ff',
  '%F0%9F%98%80',
  '__proto__',
  'constructor',
  '1456402370-1',
  'x'.repeat(500),
  '<>',
  '-1',
  '%20',
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

t.test('noise in paths, queries, headers and bodies gives neither 500 nor a stack', async (t) => {
  const { app, signIn, guids, house, logged } = await agentFixture(t);
  await signIn('101');
  house.held(house.talks('a', '0301234', '101'), 'callee-api');
  house.talks('b', '0305555', '101');
  const guid = guids.get('101') ?? '';
  const below = numbers(11);
  const one = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const seen = new Set<string>();
  for (let round = 0; round < 2000; round++) {
    const method = one(['GET', 'PUT', 'POST', 'DELETE', 'PATCH'] as const);
    const url = `${ROOT}/${one(PATHS).replaceAll('{part}', () => one(PARTS))}`;
    const body = Object.fromEntries(Array.from({ length: below(4) }, () => [one(KEYS), one(VALUES)]));
    const payload = JSON.stringify(below(5) === 0 ? one(VALUES) : body);
    const torn = below(20) === 0 ? payload.slice(1) : payload;
    const headers = {
      guid: below(20) === 0 ? one(PARTS) : guid,
      'content-type': below(20) === 0 ? 'text/plain' : 'application/json; charset=UTF-8',
    };
    const answer = await app.inject({ method, url, headers, ...(method === 'GET' ? {} : { payload: torn }) });
    const said = `${method} ${url.slice(0, 120)} ${torn.slice(0, 120)}: ${answer.statusCode} ${answer.body.slice(0, 200)}`;
    if (answer.statusCode >= 500) t.fail(said);
    if (/\bat .*:\d+:\d+|node_modules|dist\//.test(answer.body)) t.fail(said);
    const { retcode, message } = answer.json<{ retcode?: string; message?: unknown }>();
    if (typeof message !== 'string' || typeof retcode !== 'string') t.fail(said);
    seen.add(retcode ?? '');
  }
  t.ok(
    ['0', '000-002', '000-003', '000-006', '100-001', '200-013'].every((code) => seen.has(code)),
    [...seen].sort().join(' '),
  );
  t.notMatch(logged(), /a request met a fault/);
});
