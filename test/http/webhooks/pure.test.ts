/** pure: signatures, verdicts, waits and lanes: what needs no socket. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { LetterQueue, type Letter } from '#http/webhooks/letter-queue.js';
import { signatureOf, verifySignature } from '#http/webhooks/signature.js';
import { backoffMs, judge, retryAfterMs } from '#http/webhooks/verdict.js';
import { NO_WEBHOOKS } from '../../support/http-fixture.js';

const { limits } = NO_WEBHOOKS;
const NOW_MS = 1_700_000_000_000;
const secret = 'a secret of many letters';

t.test('the signature is the HMAC-SHA256 of time, dot and body, as any language can make it', (t) => {
  const hex = createHmac('sha256', secret).update('1700000000.{"a":1}').digest('hex');
  t.equal(signatureOf(secret, 1_700_000_000, '{"a":1}'), `t=1700000000,v1=${hex}`);
  t.end();
});

t.test('a signature counts for its body, its secret and five minutes', (t) => {
  const body = '{"seq":1,"name":"Jürgen"}';
  const header = signatureOf(secret, NOW_MS / 1000, body);
  const right = { header, body, secret, nowMs: NOW_MS };
  t.ok(verifySignature(right));
  t.ok(verifySignature({ ...right, header: header.replace(',', ', ') }), 'a space after the comma');
  t.ok(verifySignature({ ...right, header: `${header},v1=${'0'.repeat(64)}` }), 'one of several');
  t.ok(verifySignature({ ...right, nowMs: NOW_MS + 300_000 }));
  t.ok(verifySignature({ ...right, nowMs: NOW_MS + 900_000, toleranceSec: 900 }));
  for (const [what, change] of Object.entries({
    'another body': { body: `${body} ` },
    'another secret': { secret: `${secret}!` },
    'too old': { nowMs: NOW_MS + 301_000 },
    'from the future': { nowMs: NOW_MS - 301_000 },
    'no header': { header: undefined },
    'an empty header': { header: '' },
    'no time': { header: header.replace(/^t=\d+,/, '') },
    'a younger time': { header: header.replace('t=1700000000', 't=1700000001') },
    'no signature': { header: 't=1700000000' },
    'a signature that is cut': { header: header.slice(0, -2) },
    'a longer one': { header: `${header}00` },
    'no number': { header: header.replace('t=1700000000', 't=1e9') },
  }))
    t.notOk(verifySignature({ ...right, ...change }), what);
  t.end();
});

t.test('the verifier that README.md gives away is right', async (t) => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const text = /```js\n(import \{ createHmac[^`]*`[^`]*`[^`]*)```/.exec(readme)?.[1] ?? '';
  type Verifier = { isFromHoldfast: (headers: Record<string, string>, body: string, secret: string) => boolean };
  const { isFromHoldfast } = (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as Verifier;
  const nowSec = Math.floor(Date.now() / 1000);
  const ask = (unixSec: number, body: string) =>
    isFromHoldfast({ 'holdfast-signature': signatureOf(secret, unixSec, '{"seq":1}') }, body, secret);
  t.ok(ask(nowSec, '{"seq":1}'));
  t.notOk(ask(nowSec, '{"seq":2}'), 'another body');
  t.notOk(ask(nowSec - 1000, '{"seq":1}'), 'too old');
  t.notOk(isFromHoldfast({}, '{"seq":1}', secret), 'no signature');
});

t.test('what an answer means', (t) => {
  const verdictOf = (status: number, attempts = 1) => judge({ kind: 'answered', status }, attempts, limits, NOW_MS, 1);
  for (const status of [200, 201, 202, 204, 299]) t.equal(verdictOf(status).kind, 'delivered', String(status));
  for (const status of [408, 429, 500, 502, 503, 504, 599]) t.equal(verdictOf(status).kind, 'again', String(status));
  for (const status of [400, 401, 403, 404, 409, 410, 422, 451])
    t.match(verdictOf(status), { kind: 'dead', reason: 'refused', why: `status ${status}` });
  for (const status of [300, 301, 302, 304, 307, 308]) t.match(verdictOf(status), { kind: 'dead', reason: 'redirected' });
  t.match(judge({ kind: 'no-answer', why: 'timeout' }, 1, limits, NOW_MS, 1), { kind: 'again', why: 'timeout', pauseAll: false });
  t.match(judge({ kind: 'address-refused' }, 1, limits, NOW_MS, 1), { kind: 'dead', reason: 'address-refused' });
  t.equal(verdictOf(500, limits.attempts - 1).kind, 'again');
  t.match(verdictOf(500, limits.attempts), { kind: 'dead', reason: 'attempts-used-up' });
  t.end();
});

t.test('waits double up to the longest, and half of each is left to chance', (t) => {
  t.same(
    [1, 2, 3, 9, 10, 50].map((attempts) => backoffMs(attempts, limits, 1) / 1000),
    [1, 2, 4, 256, 300, 300],
  );
  t.same(
    [1, 2, 50].map((attempts) => backoffMs(attempts, limits, 0) / 1000),
    [0.5, 1, 150],
  );
  t.end();
});

t.test('Retry-After: seconds or a date, never backwards, never more than an hour; nonsense is nothing', (t) => {
  t.equal(retryAfterMs('120', NOW_MS), 120_000);
  t.equal(retryAfterMs(' 0 ', NOW_MS), 0);
  t.equal(retryAfterMs(new Date(NOW_MS + 5000).toUTCString(), NOW_MS), 5000);
  t.equal(retryAfterMs(new Date(NOW_MS - 5000).toUTCString(), NOW_MS), 0);
  t.equal(retryAfterMs('999999', NOW_MS), 3_600_000);
  t.equal(retryAfterMs('soon', NOW_MS), undefined);
  t.equal(retryAfterMs(undefined, NOW_MS), undefined);
  const asked = judge({ kind: 'answered', status: 503, retryAfter: '9' }, 1, limits, NOW_MS, 1);
  t.match(asked, { kind: 'again', afterMs: 9000, pauseAll: true });
  const sooner = judge({ kind: 'answered', status: 503, retryAfter: '1' }, 5, limits, NOW_MS, 1);
  t.match(sooner, { afterMs: 16_000 }, 'no earlier than our own patience says');
  t.end();
});

const letter = (seq: number, lane: string): Letter => ({ seq, lane, kind: 'call.ringing', body: '{}', attempts: 0 });

t.test('a lane is closed while its first letter is under way, and the others are not', (t) => {
  const queue = new LetterQueue(10);
  for (const [seq, lane] of [
    [1, 'a'],
    [2, 'a'],
    [3, 'b'],
  ] as const)
    t.ok(queue.add(letter(seq, lane)));
  t.equal(queue.next()?.seq, 1);
  t.equal(queue.next()?.seq, 3);
  t.equal(queue.next(), undefined);
  queue.attempted('a');
  t.equal(queue.next(), undefined, 'it waits for its next attempt');
  queue.open('a');
  t.match(queue.next(), { seq: 1, attempts: 1 });
  queue.done('a');
  queue.done('b');
  t.match(queue.next(), { seq: 2, attempts: 0 });
  queue.done('a');
  queue.done('a');
  t.equal(queue.size, 0, 'done once too often is nothing');
  t.end();
});

t.test('whatever happens in whatever order, each lane leaves in order, one at a time, and nothing is lost', (t) => {
  let chance = 12_345;
  const random = (below: number): number => (chance = (chance * 48_271) % 2_147_483_647) % below;
  const queue = new LetterQueue(40);
  const underWay = new Map<string, number>();
  const waiting = new Set<string>();
  const left: Record<string, number[]> = {};
  const added: Record<string, number[]> = {};
  let refused = 0;
  for (let turn = 1; turn <= 20_000; turn++) {
    const lane = `lane ${random(7)}`;
    const what = random(5);
    if (what <= 1) {
      if (queue.add(letter(turn, lane))) (added[lane] ??= []).push(turn);
      else refused += 1;
    } else if (what === 2) {
      const next = queue.next();
      if (next === undefined) continue;
      if (underWay.has(next.lane) || waiting.has(next.lane)) t.fail(`two of ${next.lane} at once`);
      underWay.set(next.lane, next.seq);
    } else if (what === 3 && underWay.has(lane)) {
      (left[lane] ??= []).push(underWay.get(lane) ?? 0);
      underWay.delete(lane);
      queue.done(lane);
    } else if (what === 4 && underWay.has(lane)) {
      underWay.delete(lane);
      queue.attempted(lane);
      waiting.add(lane);
    } else if (waiting.delete(lane)) queue.open(lane);
    if (queue.size > 40) t.fail('over the limit');
  }
  const rest = queue.state().letters;
  t.equal(rest.length, queue.size);
  t.ok(refused > 100, 'the limit was met');
  for (const [lane, seqs] of Object.entries(added)) {
    const still = rest.filter((one) => one.lane === lane).map(({ seq }) => seq);
    t.same([...(left[lane] ?? []), ...still], seqs, lane);
  }
  t.end();
});
