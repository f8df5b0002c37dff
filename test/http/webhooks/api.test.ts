/** api: webhooks and dead letters over REST, with real receivers behind them; what is wrong with a wish or with webhooks.yaml. */
import t, { type Test } from 'tap';
import { FormatRegistry, type TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { WEBHOOK_SCHEMAS } from '#http/webhooks/webhook-schemas.js';
import { verifySignature } from '#http/webhooks/signature.js';
import { HookReceiver } from '../../support/hook-receiver.js';
import { appFixture, BASIC, BEARER, NO_WEBHOOKS } from '../../support/http-fixture.js';
import { until } from '../../support/until.js';
import { figures, hooksFixture, ringing, SECRET } from '../../support/webhooks-fixture.js';

FormatRegistry.Set('date-time', (text) => !Number.isNaN(Date.parse(text)));

type Ask = Readonly<{ method?: 'GET' | 'POST' | 'DELETE' | 'HEAD'; url: string; payload?: object; headers?: object }>;

async function house(t: Test) {
  const parts = await appFixture(t);
  const ask = async ({ headers = BEARER, ...rest }: Ask) => {
    const answer = await parts.app.inject({ headers: { ...headers }, ...rest });
    return { status: answer.statusCode, headers: answer.headers, text: answer.body };
  };
  const json = async (wish: Ask) => JSON.parse((await ask(wish)).text) as Record<string, unknown>;
  return { ...parts, ask, json };
}

const fits = (t: Test, name: string, value: unknown): void => {
  const schema = WEBHOOK_SCHEMAS.find(({ $id }) => $id === name) as TSchema;
  t.same(
    [...Value.Errors(schema, value)].map(({ path, message }) => `${path}: ${message}`),
    [],
    name,
  );
};

t.test('a webhook is added, gets events, is listed with its figures and without its secret, and is removed', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { ask, json, bus, webhooks, logged } = await house(t);
  const added = await ask({ method: 'POST', url: '/webhooks', payload: { name: 'crm', url: receiver.url, secret: SECRET } });
  t.equal(added.status, 201);
  t.equal(added.headers['location'], '/webhooks/crm');
  t.notMatch(added.text, SECRET);
  fits(t, 'Webhook', JSON.parse(added.text));
  bus.publish(ringing('c1'));
  await figures(webhooks, { delivered: 1 });
  const listed = await ask({ url: '/webhooks' });
  t.notMatch(listed.text, SECRET);
  fits(t, 'WebhookList', JSON.parse(listed.text));
  t.match(JSON.parse(listed.text), {
    webhooks: [{ name: 'crm', url: receiver.url, configured: false, delivered: 1, queued: 0 }],
  });
  t.same(JSON.parse(listed.text), { webhooks: [await json({ url: String(added.headers['location']) })] });
  t.equal((await ask({ method: 'DELETE', url: '/webhooks/crm' })).status, 204);
  t.same(await json({ url: '/webhooks' }), { webhooks: [] });
  t.match(await json({ url: '/webhooks/crm' }), { status: 404, code: 'webhook_not_found' });
  bus.publish(ringing('c2'));
  t.equal((await ask({ method: 'DELETE', url: '/webhooks/crm' })).status, 404);
  t.equal(receiver.notes.length, 1);
  t.notMatch(logged(), SECRET, 'nor in any log line, trace included');
});

t.test('without a name and a secret both are made up, and the secret is told once', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { json, bus, clock, ask } = await house(t);
  const made = await json({ method: 'POST', url: '/webhooks', payload: { url: receiver.url } });
  fits(t, 'Webhook', made);
  t.match(made, { name: /^[0-9a-z]{12}$/, secret: /^[0-9a-z]{40}$/ });
  t.notMatch((await ask({ url: '/webhooks' })).text, String(made['secret']));
  bus.publish(ringing('c1'));
  await receiver.has(1);
  const [note] = receiver.notes;
  const header = String(note?.headers['holdfast-signature']);
  t.ok(verifySignature({ header, body: note?.body ?? '', secret: String(made['secret']), nowMs: clock.now() }));
});

t.test('a webhook that is removed sends nothing more, whatever waited', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { ask, bus, clock, webhooks } = await house(t);
  await ask({ method: 'POST', url: '/webhooks', payload: { name: 'crm', url: receiver.url } });
  receiver.answerWith(500);
  bus.publish(ringing('c1'));
  bus.publish(ringing('c1'));
  await figures(webhooks, { retried: 1 });
  await ask({ method: 'DELETE', url: '/webhooks/crm' });
  t.same(clock.pending(), []);
  clock.advance(1_000_000);
  t.equal(receiver.notes.length, 1);
});

t.test('a receiver that fails is told to the log once, and once when it is well again', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { ask, bus, clock, webhooks, logged } = await house(t);
  await ask({ method: 'POST', url: '/webhooks', payload: { name: 'crm', url: receiver.url } });
  receiver.answerWith(500);
  for (let index = 0; index < 3; index++) bus.publish(ringing(`c${index}`));
  await figures(webhooks, { retried: 3 });
  receiver.answerWith(200);
  clock.advance(1000);
  await figures(webhooks, { delivered: 3 });
  const said = (words: string) => logged().split(words).length - 1;
  t.equal(said('a webhook does not take events'), 1);
  t.equal(said('a webhook takes events again'), 1);
});

t.test('dead letters are read page by page, sent again and forgotten', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { ask, json, bus, webhooks } = await house(t);
  await ask({ method: 'POST', url: '/webhooks', payload: { name: 'crm', url: receiver.url } });
  receiver.answerWith(404);
  for (let index = 1; index <= 3; index++) bus.publish(ringing(`c${index}`));
  await figures(webhooks, { dead: 3 });
  const page = await json({ url: '/webhooks/dead-letters?limit=2' });
  fits(t, 'DeadLetterList', page);
  t.match(page, { next: 2, dropped: 0 });
  t.same(
    (page['deadLetters'] as { id: number; reason: string; event: { kind: string } }[]).map((one) => [
      one.id,
      one.reason,
      one.event.kind,
    ]),
    [
      [1, 'refused', 'call.ringing'],
      [2, 'refused', 'call.ringing'],
    ],
  );
  const last = await json({ url: '/webhooks/dead-letters?after=2' });
  t.match(last, { next: 3, deadLetters: { length: 1 } });
  t.same(await json({ url: '/webhooks/dead-letters?after=3' }), { deadLetters: [], next: 3, dropped: 0 });
  receiver.answerWith(200);
  const again = await ask({ method: 'POST', url: '/webhooks/dead-letters/2/retry' });
  t.equal(again.status, 202);
  fits(t, 'DeadLetterQueued', JSON.parse(again.text));
  await figures(webhooks, { delivered: 1 });
  t.equal((await ask({ method: 'DELETE', url: '/webhooks/dead-letters/1' })).status, 204);
  t.same((await json({ url: '/webhooks/dead-letters' }))['deadLetters'], last['deadLetters']);
  for (const url of ['/webhooks/dead-letters/1/retry', '/webhooks/dead-letters/x/retry'])
    t.match(await json({ method: 'POST', url }), { status: 404, code: 'dead_letter_not_found' });
  await ask({ method: 'DELETE', url: '/webhooks/crm' });
  t.match(await json({ method: 'POST', url: '/webhooks/dead-letters/3/retry' }), { status: 404, code: 'webhook_not_found' });
});

t.test('what is wrong with a wish is said with its field', async (t) => {
  const { json } = await house(t);
  const url = 'http://127.0.0.1:9/';
  const wrong: readonly (readonly [object, object])[] = [
    [{}, { field: 'url', detail: /missing/ }],
    [{ url: 'ftp://example.com/' }, { field: 'url', detail: /http or https/ }],
    [{ url: 'http://' }, { field: 'url' }],
    [{ url: 'http://user:pass@example.com/' }, { field: 'url' }],
    [{ url: 'file:///etc/passwd' }, { field: 'url' }],
    [
      { url, secret: 'short' },
      { field: 'secret', detail: /16 to 256/ },
    ],
    [{ url, name: 'a/b' }, { field: 'name' }],
    [{ url, name: 'dead-letters' }, { field: 'name' }],
    [{ url, events: [] }, { field: 'events' }],
    [
      { url, events: ['call.ringing', 'call.sung'] },
      { field: 'events.1', detail: /"call.sung", expected one of call.ringing/ },
    ],
    [
      { url, limits: { parallel: 0 } },
      { field: 'limits.parallel', detail: /from 1 to 256/ },
    ],
    [
      { url, limits: { speed: 1 } },
      { field: 'limits.speed', detail: /known: queue/ },
    ],
    [{ url, colour: 'red' }, { field: 'colour' }],
  ];
  for (const [payload, said] of wrong) {
    const problem = await json({ method: 'POST', url: '/webhooks', payload });
    t.match(problem, { status: 400, code: 'bad_request', ...said }, JSON.stringify(payload));
    t.notMatch(JSON.stringify(problem), /:pass@|"short/);
  }
  t.match(await json({ url: '/webhooks/dead-letters?limit=1001' }), { status: 400, field: 'limit' });
  t.match(await json({ url: '/webhooks/dead-letters?limit=0' }), { status: 400, field: 'limit' });
  t.match(await json({ url: '/webhooks/dead-letters?after=x' }), { status: 400, field: 'after' });
  t.same(await json({ url: '/webhooks' }), { webhooks: [] });
});

t.test('a name is given once, and there is a limit to webhooks', async (t) => {
  const { ask, json } = await house(t);
  const add = (name: string) => json({ method: 'POST', url: '/webhooks', payload: { name, url: 'http://127.0.0.1:9/' } });
  await add('w0');
  t.match(await add('w0'), { status: 409, code: 'webhook_exists' });
  for (let index = 1; index < 100; index++) await add(`w${index}`);
  t.match(await add('w100'), { status: 503, code: 'busy' });
  await ask({ method: 'DELETE', url: '/webhooks/w7' });
  t.match(await add('w100'), { name: 'w100' });
});

t.test('a webhook that says one limit has the others of the house: what it does not say is not made up', async (t) => {
  const { json } = await house(t);
  const wish = { name: 'crm', url: 'http://127.0.0.1:9/', limits: { attempts: 3 } };
  const added = await json({ method: 'POST', url: '/webhooks', payload: wish });
  t.same(added['limits'], { ...NO_WEBHOOKS.limits, attempts: 3 });
  const own = hooksFixture(t, { limits: { queue: 7 }, webhooks: [{ ...wish, secret: SECRET }] });
  t.same(own.webhooks.get('crm').hook.limits, { ...NO_WEBHOOKS.limits, queue: 7, attempts: 3 });
});

t.test('a webhook of webhooks.yaml cannot be removed over the API', (t) => {
  const { webhooks } = hooksFixture(t, { webhooks: [{ name: 'crm', url: 'http://127.0.0.1:9/', secret: SECRET }] });
  t.throws(() => webhooks.remove('crm'), { code: 'webhook_configured', http: 409 });
  t.equal(webhooks.list().length, 1);
  t.end();
});

t.test('what schemas cannot see in webhooks.yaml is told like every fault of the configuration', (t) => {
  const start = (more: object) => () =>
    hooksFixture(t, { webhooks: [{ name: 'crm', url: 'http://127.0.0.1:9/', secret: SECRET, ...more }] });
  const message = /^webhooks\.yaml: webhooks\.0\.events\.0: found "call.sung", expected one of call\.ringing, /;
  t.throws(start({ events: ['call.sung'] }), { code: 'config_error', message });
  t.throws(start({ url: 'http://:80' }), { code: 'config_error', message: /^webhooks\.yaml: webhooks\.0\.url: found "http:/ });
  t.end();
});

t.test('strangers get 401, before their body is read', async (t) => {
  const { ask } = await house(t);
  for (const [method, url] of [
    ['GET', '/webhooks'],
    ['GET', '/webhooks/crm'],
    ['HEAD', '/webhooks'],
    ['POST', '/webhooks'],
    ['DELETE', '/webhooks/crm'],
    ['GET', '/webhooks/dead-letters'],
    ['POST', '/webhooks/dead-letters/1/retry'],
    ['DELETE', '/webhooks/dead-letters/1'],
  ] as const)
    t.equal((await ask({ method, url, headers: {} })).status, 401, `${method} ${url}`);
  t.equal((await ask({ method: 'HEAD', url: '/webhooks', headers: BASIC })).status, 200);
});

t.test('the figures are counted for Prometheus', async (t) => {
  const receiver = await HookReceiver.open(t);
  const { ask, bus, clock, webhooks } = await house(t);
  await ask({ method: 'POST', url: '/webhooks', payload: { name: 'crm', url: receiver.url, limits: { attempts: 2 } } });
  const answers = [200, 404, 500, 500];
  receiver.answer = (_note, response) => {
    const status = answers.shift();
    if (status !== undefined) response.writeHead(status).end();
  };
  for (let index = 0; index < 3; index++) bus.publish(ringing('c1'));
  await figures(webhooks, { retried: 1 });
  clock.advance(1000);
  await figures(webhooks, { dead: 2 });
  bus.publish(ringing('c1'));
  await until('the last is under way', () => receiver.notes.length === 5);
  const { text } = await ask({ url: '/metrics' });
  for (const [name, value] of Object.entries({
    'holdfast_webhook_delivered_total{webhook="crm"}': 1,
    'holdfast_webhook_retries_total{webhook="crm"}': 1,
    'holdfast_webhook_dead_total{webhook="crm"}': 2,
    'holdfast_webhook_queued{webhook="crm"}': 1,
    holdfast_webhook_dead_letters: 2,
    holdfast_webhook_dead_letters_dropped_total: 0,
  }))
    t.ok(text.includes(`\n${name} ${value}\n`), name);
  await ask({ method: 'DELETE', url: '/webhooks/crm' });
});
