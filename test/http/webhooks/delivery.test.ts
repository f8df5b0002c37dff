/** delivery: what a receiver gets, in which order, how often, and what becomes of what it does not take. Real sockets, moved clock. */
import t from 'tap';
import { verifySignature } from '#http/webhooks/signature.js';
import { HookReceiver } from '../../support/hook-receiver.js';
import { answered, figures, hooksFixture, registered, ringing, SECRET } from '../../support/webhooks-fixture.js';
import { until } from '../../support/until.js';

const hook = (url: string, more: object = {}) => ({ name: 'crm', url, secret: SECRET, ...more });

t.test('an event arrives as the JSON of the event stream, with its number, signed', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { bus, clock, webhooks } = hooksFixture(t, { webhooks: [hook(receiver.url)] });
  bus.publish(ringing('c1'));
  await figures(webhooks, { delivered: 1, queued: 0 });
  const [note] = receiver.notes;
  if (note === undefined) return t.fail('nothing arrived');
  t.same(JSON.parse(note.body), {
    seq: 1,
    at: new Date(clock.now()).toISOString(),
    kind: 'call.ringing',
    callId: 'c1',
    parties: { caller: '101', callee: '102' },
    leg: 'callee',
  });
  t.equal(note.headers['holdfast-event-id'], '1');
  t.equal(note.headers['holdfast-timestamp'], String(clock.now() / 1000));
  t.equal(note.headers['content-type'], 'application/json');
  t.equal(note.headers['user-agent'], 'Holdfast');
  const header = String(note.headers['holdfast-signature']);
  t.ok(verifySignature({ header, body: note.body, secret: SECRET, nowMs: clock.now() }));
  t.notOk(verifySignature({ header, body: `${note.body} `, secret: SECRET, nowMs: clock.now() }), 'another body');
});

t.test('the events of one call wait for each other, those of other calls and phones do not', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { bus, webhooks } = hooksFixture(t, { webhooks: [hook(receiver.url)] });
  receiver.holdBack();
  bus.publish(ringing('slow')); // 1
  bus.publish(answered('slow')); // 2
  bus.publish(ringing('other')); // 3
  bus.publish(registered('101')); // 4
  bus.publish(registered('101')); // 5
  bus.publish(registered('102')); // 6
  await receiver.has(4);
  t.same(receiver.seqs.sort(), [1, 3, 4, 6], 'one of each');
  for (const response of receiver.held.splice(0)) response.writeHead(200).end();
  await receiver.has(6);
  t.same(receiver.seqs.slice(4).sort(), [2, 5], 'then what waited behind them');
  for (const response of receiver.held.splice(0)) response.writeHead(200).end();
  await figures(webhooks, { delivered: 6, queued: 0 });
});

t.test('fifty events of one call arrive in order over a receiver that fails every third time', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { bus, clock, webhooks } = hooksFixture(t, { webhooks: [hook(receiver.url, { limits: { timeoutSeconds: 1_000_000 } })] });
  let asked = 0;
  const taken: number[] = [];
  receiver.answer = ({ event }, response) => {
    const fails = ++asked % 3 === 0;
    if (!fails) taken.push(event.seq);
    response.writeHead(fails ? 503 : 200).end();
  };
  for (let index = 0; index < 50; index++) bus.publish(ringing('one'));
  await until('all delivered', () => {
    clock.advance(1000);
    return webhooks.list()[0]?.figures.delivered === 50;
  });
  t.same(
    taken,
    Array.from({ length: 50 }, (_, index) => index + 1),
  );
});

t.test('no more requests at once than the limit says', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { bus, webhooks } = hooksFixture(t, { webhooks: [hook(receiver.url, { limits: { parallel: 2 } })] });
  receiver.holdBack();
  for (let index = 0; index < 20; index++) bus.publish(ringing(`c${index}`));
  let most = 0;
  await until('all delivered', () => {
    most = Math.max(most, receiver.held.length);
    if (receiver.held.length >= 2) receiver.held.shift()?.writeHead(200).end();
    if (receiver.notes.length === 20) for (const response of receiver.held.splice(0)) response.writeHead(200).end();
    return webhooks.list()[0]?.figures.delivered === 20;
  });
  t.equal(most, 2);
});

t.test('only the kinds that were asked for', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { bus, webhooks } = hooksFixture(t, { webhooks: [hook(receiver.url, { events: ['call.answered'] })] });
  bus.publish(ringing('c1'));
  bus.publish(answered('c1'));
  await figures(webhooks, { delivered: 1, queued: 0 });
  t.same(receiver.seqs, [2]);
});

t.test('a receiver that fails is asked again after 1, 2 and 4 seconds, and not earlier', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { bus, clock, webhooks } = hooksFixture(t, { webhooks: [hook(receiver.url)] });
  receiver.answerWith(500);
  bus.publish(ringing('c1'));
  for (const [attempt, waitMs] of [1000, 2000, 4000].entries()) {
    await figures(webhooks, { retried: attempt + 1 });
    t.same(clock.pending(), ['webhook retry']);
    clock.advance(waitMs - 1);
    t.same(clock.pending(), ['webhook retry'], 'not yet');
    if (attempt === 2) receiver.answerWith(200);
    clock.advance(1);
  }
  await figures(webhooks, { delivered: 1, queued: 0, dead: 0 });
  t.equal(receiver.notes.length, 4);
  t.equal(new Set(receiver.notes.map(({ headers }) => headers['holdfast-signature'])).size, 4, 'each signed with its own time');
});

t.test('408, 429, 5xx and a connection that breaks are tried again', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { bus, clock, webhooks } = hooksFixture(t, { webhooks: [hook(receiver.url)] });
  const answers = [0, 408, 429, 500, 503, 599];
  receiver.answer = (_note, response) => {
    const status = answers.shift();
    if (status === 0) response.destroy();
    else response.writeHead(status ?? 200).end();
  };
  bus.publish(ringing('c1'));
  for (let attempt = 1; attempt <= 6; attempt++) {
    await figures(webhooks, { retried: attempt });
    clock.advance(1000 * 2 ** (attempt - 1));
  }
  await figures(webhooks, { delivered: 1, dead: 0 });
});

t.test('nobody at home, and a receiver that never answers, are tried again', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { bus, clock, webhooks } = hooksFixture(t, { webhooks: [hook(receiver.url)] });
  receiver.holdBack();
  bus.publish(ringing('c1'));
  await receiver.has(1);
  t.same(clock.pending(), ['webhook answer']);
  clock.advance(10_000);
  await figures(webhooks, { retried: 1 });
  await receiver.close();
  clock.advance(1000);
  await figures(webhooks, { retried: 2, delivered: 0, dead: 0 });
});

t.test('Retry-After is honoured, in seconds and as a date, and stops every event of this webhook', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { bus, clock, webhooks } = hooksFixture(t, { webhooks: [hook(receiver.url)] });
  receiver.answerWith(429, { 'retry-after': '30' });
  bus.publish(ringing('c1'));
  await figures(webhooks, { retried: 1 });
  bus.publish(ringing('c2'));
  clock.advance(29_999);
  t.equal(receiver.notes.length, 1, 'peace');
  receiver.answerWith(503, { 'retry-after': new Date(clock.now() + 60_001).toUTCString() });
  clock.advance(1);
  await figures(webhooks, { retried: 3 });
  receiver.answerWith(200);
  clock.advance(50_000);
  t.equal(receiver.notes.length, 3, 'peace again');
  clock.advance(11_000);
  await figures(webhooks, { delivered: 2, queued: 0, retried: 3 });
  t.equal(receiver.notes.length, 5, 'the second event did not try in between');
});

t.test('an answer of any length is a delivery, and one without end costs no more than its limit', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { bus, clock, webhooks } = hooksFixture(t, { webhooks: [hook(receiver.url, { limits: { responseBytes: 1000 } })] });
  let cut = 0;
  receiver.answer = (_note, response) => {
    response.writeHead(200);
    response.on('close', () => (cut += 1));
    const more = (): void => {
      if (response.destroyed) return;
      response.write('x'.repeat(500));
      setImmediate(more);
    };
    more();
  };
  bus.publish(ringing('c1'));
  await figures(webhooks, { delivered: 1 });
  await until('the connection is cut', () => cut === 1);
  receiver.answer = (_note, response) => void response.writeHead(200).write('half an ans');
  bus.publish(ringing('c2'));
  await receiver.has(2);
  clock.advance(10_000);
  await figures(webhooks, { delivered: 2 });
});

t.test('an idle connection is used again, and one that the receiver closed meanwhile costs no attempt', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { bus, webhooks } = hooksFixture(t, { webhooks: [hook(receiver.url)] });
  const ports = new Set<number | undefined>();
  receiver.answer = (_note, response) => {
    ports.add(response.socket?.remotePort);
    response.writeHead(200).end();
  };
  for (let index = 1; index <= 3; index++) {
    bus.publish(ringing('c'));
    await figures(webhooks, { delivered: index });
  }
  t.equal(ports.size, 1);
  let reset = 0;
  receiver.answer = (_note, response) => {
    if (reset++ === 0) response.socket?.resetAndDestroy();
    else response.writeHead(200).end();
  };
  bus.publish(ringing('c'));
  await figures(webhooks, { delivered: 4, retried: 0 });
});
