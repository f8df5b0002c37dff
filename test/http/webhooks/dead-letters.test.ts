/** dead-letters: what cannot be delivered is kept, told, sent again or forgotten; queues and lists have their limits. */
import t from 'tap';
import { DeadLetters } from '#http/webhooks/dead-letters.js';
import { HookReceiver } from '../../support/hook-receiver.js';
import { answered, figures, hooksFixture, ringing, SECRET } from '../../support/webhooks-fixture.js';

const hook = (url: string, more: object = {}) => ({ name: 'crm', url, secret: SECRET, ...more });

t.test('a refusal is final at once, a redirect is not followed, and the next event of the call goes on', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { bus, webhooks, clock } = hooksFixture(t, { webhooks: [hook(receiver.url)] });
  receiver.answer = ({ event }, response) =>
    void response.writeHead(event.seq === 1 ? 410 : event.seq === 2 ? 307 : 200, { location: `${receiver.url}/elsewhere` }).end();
  bus.publish(ringing('c1'));
  bus.publish(answered('c1'));
  bus.publish(answered('c1'));
  await figures(webhooks, { delivered: 1, dead: 2, retried: 0, queued: 0 });
  t.same(receiver.seqs, [1, 2, 3]);
  t.ok(receiver.notes.every(({ path }) => path === '/hook'));
  const dead = webhooks.deadLetters.after(0, 10);
  t.same(
    dead.map(({ id, webhook, reason, why, letter }) => ({
      id,
      webhook,
      reason,
      why,
      seq: letter.seq,
      attempts: letter.attempts,
    })),
    [
      { id: 1, webhook: 'crm', reason: 'refused', why: 'status 410', seq: 1, attempts: 1 },
      { id: 2, webhook: 'crm', reason: 'redirected', why: 'status 307', seq: 2, attempts: 1 },
    ],
  );
  t.same(clock.pending(), []);
});

t.test('after the last attempt an event is given up, and those behind it are tried', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { bus, webhooks, clock } = hooksFixture(t, { webhooks: [hook(receiver.url, { limits: { attempts: 3 } })] });
  receiver.answer = ({ event }, response) => void response.writeHead(event.seq === 1 ? 502 : 200).end();
  bus.publish(ringing('c1'));
  bus.publish(answered('c1'));
  await figures(webhooks, { retried: 1 });
  clock.advance(1000);
  await figures(webhooks, { retried: 2 });
  clock.advance(2000);
  await figures(webhooks, { dead: 1, delivered: 1, queued: 0 });
  t.same(receiver.seqs, [1, 1, 1, 2]);
  const [dead] = webhooks.deadLetters.after(0, 10);
  t.match(dead, { reason: 'attempts-used-up', why: 'status 502', letter: { seq: 1, attempts: 3 } });
});

t.test('a dead letter that is sent again has all its attempts before it, and is no dead letter any more', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { bus, webhooks, clock } = hooksFixture(t, { webhooks: [hook(receiver.url, { limits: { attempts: 2 } })] });
  receiver.answerWith(500);
  bus.publish(ringing('c1'));
  await figures(webhooks, { retried: 1 });
  clock.advance(1000);
  await figures(webhooks, { dead: 1 });
  webhooks.retry(1);
  t.equal(webhooks.deadLetters.size, 0);
  await figures(webhooks, { retried: 2 });
  receiver.answerWith(200);
  clock.advance(1000);
  await figures(webhooks, { delivered: 1 });
  t.same(receiver.seqs, [1, 1, 1, 1]);
  t.equal(new Set(receiver.notes.map(({ body }) => body)).size, 1, 'the same event to the letter');
  t.throws(() => webhooks.retry(1), { code: 'dead_letter_not_found' });
  t.throws(() => webhooks.forget(1), { code: 'dead_letter_not_found' });
});

t.test('what finds the queue full goes to the dead letters; those that wait are not touched', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { bus, webhooks } = hooksFixture(t, { webhooks: [hook(receiver.url, { limits: { queue: 3 } })] });
  receiver.holdBack();
  for (let index = 1; index <= 5; index++) bus.publish(ringing('c1'));
  t.match(webhooks.list()[0]?.figures, { queued: 3, dead: 2 });
  t.same(
    webhooks.deadLetters.after(0, 10).map(({ reason, letter }) => [reason, letter.seq, letter.attempts]),
    [
      ['queue-full', 4, 0],
      ['queue-full', 5, 0],
    ],
  );
  t.throws(() => webhooks.retry(1), { code: 'busy' }, 'still no room');
  t.equal(webhooks.deadLetters.size, 2, 'and it stays where it was');
  await receiver.has(1);
  receiver.answerWith(200);
  receiver.held[0]?.writeHead(200).end();
  await figures(webhooks, { delivered: 3, queued: 0 });
});

t.test('one webhook that is full or slow takes nothing from another', async (t) => {
  const slow = await HookReceiver.open(t);
  const quick = await HookReceiver.open(t);
  const { bus, webhooks } = hooksFixture(t, {
    limits: { queue: 2 },
    webhooks: [hook(slow.url), { name: 'other', url: quick.url, secret: SECRET, limits: { queue: 100 } }],
  });
  slow.holdBack();
  for (let index = 1; index <= 10; index++) bus.publish(ringing('c1'));
  await quick.has(10);
  t.same(quick.seqs, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  t.match(webhooks.list()[0]?.figures, { queued: 2, dead: 8, delivered: 0 });
});

t.test('the list of dead letters is bounded: the oldest make room and are counted, pages go on by id', (t) => {
  const letters = new DeadLetters(3);
  const letter = { seq: 1, lane: 'call c', kind: 'call.ringing', body: '{}', attempts: 1 };
  for (let index = 0; index < 5; index++) letters.add({ webhook: 'crm', at: '', reason: 'refused', why: '', letter });
  const ids = (after: number, limit: number) => letters.after(after, limit).map(({ id }) => id);
  t.same(ids(0, 10), [3, 4, 5]);
  t.same(ids(0, 2), [3, 4]);
  t.same(ids(4, 10), [5]);
  t.same([letters.size, letters.dropped], [3, 2]);
  t.end();
});

t.test('at the end, what can leave still leaves; the rest is cut off after half a second, and no timer stays', async (t) => {
  const good = await HookReceiver.open(t);
  const stuck = await HookReceiver.open(t);
  const { bus, webhooks, clock } = hooksFixture(t, {
    webhooks: [hook(good.url), { name: 'stuck', url: stuck.url, secret: SECRET }],
  });
  stuck.holdBack();
  for (let index = 1; index <= 20; index++) bus.publish(ringing(`c${index % 10}`));
  const closed = webhooks.close();
  t.equal(webhooks.close(), closed, 'closing twice is closing once');
  bus.publish(ringing('late'));
  await figures(webhooks, { delivered: 20, queued: 0 });
  await stuck.has(8);
  clock.advance(500);
  await closed;
  t.same(clock.pending(), []);
  t.equal(webhooks.list()[1]?.figures.delivered, 0);
  const unsent = webhooks.state()['stuck']?.letters ?? [];
  t.equal(unsent.length, 20, 'what a store would keep');
  t.same(JSON.parse(JSON.stringify(unsent)), unsent, 'plain data');
  t.same(
    unsent.filter(({ lane }) => lane === 'call c3').map(({ seq }) => seq),
    [3, 13],
  );
});

t.test('closing while attempts are waited for and while the receiver wants peace ends at once', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { bus, webhooks, clock } = hooksFixture(t, { webhooks: [hook(receiver.url)] });
  receiver.answerWith(429, { 'retry-after': '60' });
  bus.publish(ringing('c1'));
  await figures(webhooks, { retried: 1 });
  bus.publish(ringing('c2'));
  await webhooks.close();
  t.same(clock.pending(), []);
  t.equal(receiver.notes.length, 1);
});
