import t from 'tap';
import { RealClock } from '#kit/clock.js';
import { createLogger } from '#kit/log.js';
import { DEADLINE_MS, RESEND_AT_MS, NgClient, PENDING_LIMIT, WINDOW } from '#media/ng-client.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakeNg, type NgRequest } from '../support/fake-ng.js';

const PONG = 'd6:result4:ponge';
const OK = 'd6:result2:oke';

async function setUp(t: { teardown: (fn: () => void) => void }) {
  const ng = await FakeNg.open();
  const clock = new FakeClock();
  const client = new NgClient({ host: '127.0.0.1', port: ng.port }, clock, createLogger('silent'), '127.0.0.1');
  t.teardown(() => {
    client.close();
    ng.close();
  });
  return { ng, clock, client };
}

t.test('a command and its reply', async (t) => {
  const { ng, clock, client } = await setUp(t);
  ng.onRequest((request) => ng.reply(request, 'd3:sdp3:v=06:result2:oke'));
  t.same(await client.request('offer', { 'call-id': 'c1', sdp: 'v=0' }), { sdp: 'v=0', result: 'ok' });
  t.match(ng.received[0]?.body.toString(), /^d.*7:command5:offer.*e$/);
  t.equal(client.pending, 0);
  t.same(clock.pending(), [], 'no timer is left');
});

t.test('an unanswered command is sent again and again with the same cookie, and its late answer counts', async (t) => {
  const { ng, clock, client } = await setUp(t);
  const waiting = client.request('ping', {});
  await ng.until(1);
  const [firstMs = 0, ...laterMs] = RESEND_AT_MS;
  clock.advance(firstMs - 1);
  t.equal(ng.received.length, 1);
  clock.advance(1);
  await ng.until(2);
  for (const [index, atMs] of laterMs.entries()) {
    if (index === laterMs.length - 1) ng.onRequest((request) => ng.reply(request, PONG));
    clock.advance(atMs - (RESEND_AT_MS[index] ?? 0));
    await ng.until(index + 3);
  }
  t.same(await waiting, { result: 'pong' });
  t.equal(new Set(ng.received.map((request) => request.cookie)).size, 1);
  t.equal(new Set(ng.received.map((request) => request.body.toString())).size, 1);
});

t.test('without any answer it ends after three seconds, and nothing of it is left', async (t) => {
  const { ng, clock, client } = await setUp(t);
  const waiting = client.request('blockMedia', { 'call-id': 'c1' });
  await ng.until(1);
  clock.advance(DEADLINE_MS - 1);
  t.equal(client.pending, 1);
  clock.advance(1);
  await t.rejects(waiting, { code: 'media_failed', message: /did not answer blockMedia/ });
  t.equal(client.pending, 0);
  t.same(clock.pending(), []);
});

t.test('replies that nobody waits for are dropped: too late, twice, or of an unknown cookie', async (t) => {
  const { ng, clock, client } = await setUp(t);
  const first = client.request('ping', {});
  await ng.until(1);
  clock.advance(DEADLINE_MS);
  await t.rejects(first, { code: 'media_failed' });
  await ng.until(1 + RESEND_AT_MS.length);
  ng.onRequest((request) => {
    ng.reply(ng.received[0] ?? request, PONG);
    ng.raw(request, `${'x'.repeat(36)} ${PONG}`);
    ng.reply(request, PONG);
    ng.reply(request, PONG);
  });
  await client.request('ping', {});
  ng.onRequest((request) => ng.reply(request, PONG));
  await client.request('ping', {});
  t.equal(client.dropped, 3);
});

t.test('garbage is dropped, and the repeated command brings the true answer', async (t) => {
  const { ng, clock, client } = await setUp(t);
  const spoilt = ['no bencode', 'd6:result', 'i5e', 'le', ''];
  ng.onRequest((request, index) => {
    if (index > 1) return ng.reply(request, OK);
    ng.raw(request, Buffer.from([0xff, 0x00, 0x20]));
    for (const body of spoilt) ng.reply(request, body);
    ng.raw(request, `${'y'.repeat(36)} ${OK}`);
  });
  const waiting = client.request('delete', { 'call-id': 'c1' });
  await ng.until(1);
  clock.advance(150);
  t.same(await waiting, { result: 'ok' });
  t.ok(client.dropped >= 1);
});

t.test('a refusal says what rtpengine said; an unknown call is an error of its own', async (t) => {
  const { ng, client } = await setUp(t);
  const refusal = (reason: string): string => `d12:error-reason${reason.length}:${reason}6:result5:errore`;
  const cases: [string, Record<string, unknown>][] = [
    [refusal('Ran out of ports'), { code: 'busy', http: 503, sip: 503, retryAfterSec: 10, message: /Ran out of ports/ }],
    [refusal('Unknown call-id'), { code: 'media_gone', message: /c7/ }],
    [refusal('Unknown call-ID'), { code: 'media_gone', message: /c7/ }],
    ['d7:message23:Parallel session limit 6:result10:load limite', { code: 'busy', sip: 503, retryAfterSec: 10 }],
    [refusal('Failed to parse SDP'), { code: 'media_failed', name: 'NgRefused', reason: 'Failed to parse SDP' }],
    ['de', { code: 'media_failed', reason: 'no reason given' }],
  ];
  for (const [body, expected] of cases) {
    ng.onRequest((request) => ng.reply(request, body));
    const error: unknown = await client.request('offer', { 'call-id': 'c7', sdp: 'v=0' }).catch((reason: unknown) => reason);
    t.match(error, expected);
  }
});

t.test('answers may come in any order', async (t) => {
  const { ng, client } = await setUp(t);
  const waiting = ['a', 'b', 'c'].map((sdp) => client.request('offer', { 'call-id': sdp, sdp }));
  await ng.until(3);
  for (const request of [...ng.received].reverse()) {
    const sdp = /3:sdp1:(.)/.exec(request.body.toString())?.[1] ?? '?';
    ng.reply(request, `d6:result2:ok3:sdp1:${sdp}e`);
  }
  t.same(
    (await Promise.all(waiting)).map((reply) => reply['sdp']),
    ['a', 'b', 'c'],
  );
});

t.test('bytes reach rtpengine as they are', async (t) => {
  const { ng, client } = await setUp(t);
  ng.onRequest((request) => ng.reply(request, OK));
  const blob = Buffer.from(Array.from({ length: 512 }, (_, index) => index & 0xff));
  await client.request('playMedia', { 'call-id': 'c1' }, blob);
  const body = ng.received[0]?.body ?? Buffer.alloc(0);
  const start = body.indexOf('4:blob512:') + '4:blob512:'.length;
  t.same(body.subarray(start, start + 512), blob);
  t.equal(body.subarray(start + 512).toString(), 'e');
  t.match(body.toString('latin1'), '7:call-id2:c1');
});

t.test('what is too long for a datagram fails at once instead of being lost', async (t) => {
  const { client } = await setUp(t);
  await t.rejects(client.request('playMedia', { 'call-id': 'c1' }, Buffer.alloc(70_000)), { message: /could not be sent/ });
  t.equal(client.pending, 0);
});

t.test('closing rejects what waits; closing twice is closing once; afterwards nothing is sent', async (t) => {
  const { ng, clock, client } = await setUp(t);
  const waiting = [client.request('ping', {}), client.request('query', { 'call-id': 'c1' })];
  await ng.until(2);
  client.close();
  client.close();
  for (const one of waiting) await t.rejects(one, { code: 'media_failed', message: /was closed/ });
  await t.rejects(client.request('ping', {}), { code: 'media_failed', message: /is closed/ });
  t.same(clock.pending(), []);
  t.equal(ng.received.length, 2);
});

t.test('while nothing runs, commands are refused at once; after a change of place they go to the new one', async (t) => {
  const { ng, client } = await setUp(t);
  const other = await FakeNg.open();
  t.teardown(() => other.close());
  other.onRequest((request) => other.reply(request, PONG));
  const waiting = client.request('ping', {});
  await ng.until(1);
  client.retarget(undefined, 'rtpengine crashed');
  await t.rejects(waiting, { code: 'media_failed', message: /rtpengine crashed/ });
  await t.rejects(client.request('ping', {}), { code: 'media_failed', message: /not running/ });
  client.retarget({ host: '127.0.0.1', port: other.port }, 'rtpengine was started again');
  t.same(await client.request('ping', {}), { result: 'pong' });
  t.equal(ng.received.length, 1);
});

t.test('no more than a window of commands is on the way, and each answer lets the next one go', async (t) => {
  const { ng, clock, client } = await setUp(t);
  const answers = Array.from({ length: WINDOW + 10 }, () => client.request('ping', {}));
  await ng.until(WINDOW);
  clock.advance(150);
  await ng.until(2 * WINDOW); // each of them once more, and nobody else
  t.equal(new Set(ng.received.map((request) => request.cookie)).size, WINDOW);
  ng.onRequest((request) => ng.reply(request, PONG));
  ng.received.slice(0, WINDOW).forEach((request) => ng.reply(request, PONG));
  t.equal((await Promise.all(answers)).length, WINDOW + 10);
  t.equal(ng.received.length, 2 * WINDOW + 10);
  t.equal(client.pending, 0);
});

t.test('a whole window of long replies at once is not lost while the thread is busy', async (t) => {
  const { ng } = await setUp(t);
  const client = new NgClient({ host: '127.0.0.1', port: ng.port }, new RealClock(), createLogger('silent'), '127.0.0.1');
  t.teardown(() => client.close());
  const said = 'x'.repeat(2000);
  const reply = (request: NgRequest): void => ng.reply(request, `d6:result2:ok4:said${said.length}:${said}e`);
  ng.onRequest((request, index) => {
    // All leave in one turn of the loop: nobody reads meanwhile.
    if (index === WINDOW) ng.received.forEach(reply);
    if (index > WINDOW) reply(request);
  });
  const replies = await Promise.all(Array.from({ length: WINDOW }, () => client.request('query', { 'call-id': 'c1' })));
  t.same(replies, Array(WINDOW).fill({ result: 'ok', said }));
  t.equal(ng.received.length, WINDOW, 'none was asked for again');
});

t.test('who waits for its turn too long ends like the others, and later ones are served', async (t) => {
  const { ng, clock, client } = await setUp(t);
  const waiting = Array.from({ length: WINDOW + 1 }, () => client.request('ping', {}).catch((error: unknown) => error));
  await ng.until(WINDOW);
  clock.advance(DEADLINE_MS);
  t.match(await Promise.all(waiting), Array(WINDOW + 1).fill({ code: 'media_failed' }));
  t.same(clock.pending(), []);
  await ng.until(4 * WINDOW);
  ng.onRequest((request) => ng.reply(request, PONG));
  t.same(await client.request('ping', {}), { result: 'pong' });
});

t.test('there is a limit to what may wait', async (t) => {
  const { ng } = await setUp(t);
  const client = new NgClient({ host: '127.0.0.1', port: ng.port }, new RealClock(), createLogger('silent'), '127.0.0.1');
  const waiting = Array.from({ length: PENDING_LIMIT }, () => client.request('ping', {}).catch(() => 'rejected'));
  await t.rejects(client.request('ping', {}), { code: 'media_failed', message: /wait for rtpengine already/ });
  client.close();
  t.same(new Set(await Promise.all(waiting)), new Set(['rejected']));
});

t.test('who asks for the backlog hears when what waited before him has had its turn', async (t) => {
  const { ng, client } = await setUp(t);
  const heard: string[] = [];
  client.afterBacklog(() => heard.push('nothing waits'));
  t.same(heard, ['nothing waits']);
  const first = Array.from({ length: WINDOW + 1 }, () => client.request('ping', {}));
  client.afterBacklog(() => heard.push('after the one that waits'));
  await ng.until(WINDOW);
  t.equal(heard.length, 1);
  for (const request of [...ng.received].slice(0, 2)) ng.reply(request, PONG);
  await ng.until(WINDOW + 1);
  t.same(heard, ['nothing waits', 'after the one that waits']);
  client.retarget(undefined, 'the test ends');
  await Promise.allSettled(first);
  client.afterBacklog(() => heard.push('without an rtpengine nothing waits'));
  t.equal(heard.length, 3);
});
