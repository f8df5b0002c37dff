/**
 * restart: what a webhook could not be told before the program ended, it is told afterwards: in order, signed, and within the limits.
 * Two lives share one disk in memory; the second knows nothing but what the first has kept.
 */
import t, { type Test } from 'tap';
import { verifySignature } from '#http/webhooks/signature.js';
import { createLogger } from '#kit/log.js';
import { LetterShelf } from '#store/letter-shelf.js';
import { MemoryDisk } from '#store/memory-disk.js';
import { Store } from '#store/store.js';
import { RealClock } from '#kit/clock.js';
import { HookReceiver } from '../../support/hook-receiver.js';
import { answered, figures, hooksFixture, ringing, SECRET } from '../../support/webhooks-fixture.js';

const log = createLogger('silent');
const hook = (url: string, more: object = {}) => ({ name: 'crm', url, secret: SECRET, ...more });

/** Ends as kill -9 does: nothing is closed, only what has been committed is there. */
function lives(t: Test) {
  const disk = new MemoryDisk();
  const begin = (config: Parameters<typeof hooksFixture>[1]) => {
    const store = new Store(disk, new RealClock(), log);
    t.teardown(() => store.close());
    const keeper = new LetterShelf(store, log);
    return { ...hooksFixture(t, config, { keeper }), store };
  };
  return { begin };
}

t.test('letters that no one took are sent in the next life, in the order of their call, with good signatures', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { begin } = lives(t);
  receiver.answerWith(503);
  const first = begin({ webhooks: [hook(receiver.url)] });
  for (const event of [ringing('c1'), answered('c1'), answered('c1'), ringing('c2')]) first.bus.publish(event);
  await figures(first.webhooks, { retried: 2, queued: 4 });
  await first.store.flush();
  receiver.notes.length = 0;
  receiver.answerWith(204);

  const second = begin({ webhooks: [hook(receiver.url)] });
  await figures(second.webhooks, { delivered: 4, queued: 0 });
  t.same(
    receiver.notes.filter(({ event }) => event.callId === 'c1').map(({ event }) => event.seq),
    [1, 2, 3],
  );
  t.same([...receiver.seqs].sort(), [1, 2, 3, 4]);
  for (const { headers, body } of receiver.notes) {
    const nowMs = Number(headers['holdfast-timestamp']) * 1000;
    t.ok(verifySignature({ header: String(headers['holdfast-signature']), body, secret: SECRET, nowMs }));
  }
  await second.store.flush();
  const third = begin({ webhooks: [hook(receiver.url)] });
  t.equal(third.webhooks.list()[0]?.figures.queued, 0, 'what was delivered is not sent again');
});

t.test('attempts that were made count: a letter has no more of them for having been moved', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { begin } = lives(t);
  receiver.answerWith(503);
  const config = { webhooks: [hook(receiver.url, { limits: { attempts: 3 } })] };
  const first = begin(config);
  first.bus.publish(ringing('c1'));
  await figures(first.webhooks, { retried: 1 });
  first.clock.advance(1000);
  await figures(first.webhooks, { retried: 2 });
  await first.store.flush();

  const second = begin(config);
  await figures(second.webhooks, { dead: 1, queued: 0, retried: 0 });
  t.match(second.webhooks.deadLetters.get(1), { reason: 'attempts-used-up', letter: { seq: 1, attempts: 3 } });
  t.same(receiver.seqs, [1, 1, 1]);
});

t.test('dead letters keep their numbers, can be sent again, and the oldest still make room', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { begin } = lives(t);
  receiver.answerWith(410);
  const config = { deadLetters: 3, webhooks: [hook(receiver.url)] };
  const first = begin(config);
  for (const call of ['c1', 'c2', 'c3', 'c4']) first.bus.publish(ringing(call));
  await figures(first.webhooks, { dead: 4 });
  first.webhooks.forget(3);
  await first.store.flush();

  const second = begin(config);
  t.same(
    second.webhooks.deadLetters.after(0, 10).map(({ id }) => id),
    [2, 4],
  );
  receiver.answerWith(204);
  second.webhooks.retry(2);
  await figures(second.webhooks, { delivered: 1 });
  receiver.answerWith(410);
  second.bus.publish(ringing('c5'));
  await figures(second.webhooks, { dead: 1 });
  t.equal(second.webhooks.deadLetters.after(4, 1)[0]?.id, 5, 'numbers go on');
  await second.store.flush();
  const third = begin(config);
  t.same(
    third.webhooks.deadLetters.after(0, 10).map(({ id }) => id),
    [4, 5],
  );
  third.webhooks.forget(5);
  await third.store.flush();
  const fourth = begin(config);
  fourth.bus.publish(ringing('c6'));
  await figures(fourth.webhooks, { dead: 1 });
  t.equal(fourth.webhooks.deadLetters.after(4, 1)[0]?.id, 6, 'a number is not given twice, though nobody has it any more');
});

t.test('a webhook that was added over the API is there again, and its letters with it, until it is removed', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { begin } = lives(t);
  receiver.answerWith(503);
  const first = begin({});
  first.webhooks.add(hook(receiver.url));
  first.bus.publish(ringing('c1'));
  await figures(first.webhooks, { retried: 1 });
  await first.store.flush();
  receiver.answerWith(204);

  const second = begin({});
  t.match(second.webhooks.get('crm').hook, { url: receiver.url, configured: false });
  await figures(second.webhooks, { delivered: 1 });
  second.webhooks.remove('crm');
  await second.store.flush();
  t.same(begin({}).webhooks.list(), []);
});

t.test('letters of a webhook that has left webhooks.yaml are dead letters with that reason, not lost', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { begin } = lives(t);
  receiver.answerWith(503);
  const first = begin({ webhooks: [hook(receiver.url)] });
  first.bus.publish(ringing('c1'));
  await figures(first.webhooks, { retried: 1 });
  await first.store.flush();
  const second = begin({});
  t.match(second.webhooks.deadLetters.after(0, 10), [{ webhook: 'crm', reason: 'webhook-gone', letter: { seq: 1 } }]);
});

t.test('what was told before anybody could listen is sent too', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { bus } = hooksFixture(t, {});
  bus.publish(ringing('c1'));
  const { webhooks } = hooksFixture(t, { webhooks: [hook(receiver.url)] }, { bus });
  bus.publish(answered('c1'));
  await figures(webhooks, { delivered: 2 });
  t.same(receiver.seqs, [1, 2]);
});
