/** event-pages: the history of events for programs that poll, and who gets a page and who a stream. */
import t from 'tap';
import { EventBus } from '#calls/event-bus.js';
import { eventPage } from '#http/event-pages.js';
import { createLogger } from '#kit/log.js';
import { FakeClock } from '../support/fake-clock.js';
import { appFixture, BEARER, serverFixture } from '../support/http-fixture.js';
import { ringing } from '../support/webhooks-fixture.js';

type Page = { events: { seq: number; kind: string; callId: string; at: string }[]; next: number; gap?: boolean };

const seqs = ({ events }: Page): number[] => events.map(({ seq }) => seq);

t.test('a program reads everything once by asking after the next of the page before', async (t) => {
  const { app, bus } = await appFixture(t);
  for (let index = 1; index <= 250; index++) bus.publish(ringing(`c${index}`));
  const heard: number[] = [];
  let after = 0;
  for (let turn = 0; turn < 4; turn++) {
    const answer = await app.inject({ url: `/events?after=${after}`, headers: { ...BEARER, accept: 'application/json' } });
    t.match(answer.headers['content-type'], /^application\/json/);
    const page: Page = answer.json();
    t.equal(page.gap, undefined);
    heard.push(...seqs(page));
    after = page.next;
    if (turn === 2) bus.publish(ringing('late'));
  }
  t.same(
    heard,
    Array.from({ length: 251 }, (_, index) => index + 1),
  );
  const empty = await app.inject({ url: '/events?after=251', headers: { ...BEARER, accept: 'application/json' } });
  t.same(empty.json(), { events: [], next: 251 });
});

t.test('an event of a page is what the stream and the webhooks say of it', async (t) => {
  const { app, bus, clock } = await appFixture(t);
  bus.publish(ringing('c1'));
  const page: Page = (await app.inject({ url: '/events?limit=1', headers: BEARER })).json();
  t.same(page.events, [{ seq: 1, at: new Date(clock.now()).toISOString(), ...ringing('c1') }]);
});

t.test('a page for who asks for JSON or for a limit; everybody else gets the stream', async (t) => {
  const { url, bus } = await serverFixture(t);
  bus.publish(ringing('c1'));
  const typeOf = async (query: string, accept: string): Promise<string> => {
    const abort = new AbortController();
    const { headers } = await fetch(`${url}/events${query}`, { headers: { ...BEARER, accept }, signal: abort.signal });
    abort.abort();
    return (headers.get('content-type') ?? '').split(';')[0] ?? '';
  };
  const stream = 'text/event-stream';
  const json = 'application/json';
  t.equal(await typeOf('', '*/*'), stream);
  t.equal(await typeOf('?after=0', '*/*'), stream, 'as before');
  t.equal(await typeOf('?after=0', stream), stream);
  t.equal(await typeOf('?after=0', `${stream}, ${json}`), stream);
  t.equal(await typeOf('?after=0', json), json);
  t.equal(await typeOf('', 'Application/JSON; q=0.9'), json);
  t.equal(await typeOf('?limit=5', '*/*'), json);
});

t.test('limits and places that cannot be are refused', async (t) => {
  const { app } = await appFixture(t);
  const refused = async (query: string, accept = 'application/json') =>
    (await app.inject({ url: `/events?${query}`, headers: { ...BEARER, accept } })).json<{ status: number; field: string }>();
  t.match(await refused('limit=0'), { status: 400, field: 'limit' });
  t.match(await refused('limit=1001'), { status: 400, field: 'limit' });
  t.match(await refused('limit=-1'), { status: 400, field: 'limit' });
  t.match(await refused('limit=many'), { status: 400, field: 'limit' });
  t.match(await refused('after=-1'), { status: 400, field: 'after' });
  t.match(await refused('limit=5', 'text/event-stream'), { status: 400, field: 'limit' });
});

t.test('what is no longer kept, and numbers of an earlier run, are a gap that is told', (t) => {
  const bus = new EventBus(new FakeClock(), createLogger('silent'), 5);
  const page = (after: number | undefined, limit = 100): Page => JSON.parse(eventPage(bus, after, limit)) as Page;
  t.same(page(undefined), { events: [], next: 0 });
  t.same(page(7), { events: [], next: 0, gap: true }, 'before a restart there were more');
  for (let index = 1; index <= 12; index++) bus.publish(ringing(`c${index}`));
  const shapeOf = (one: Page) => [seqs(one), one.next, one.gap];
  t.same(shapeOf(page(0)), [[8, 9, 10, 11, 12], 12, true]);
  t.same(shapeOf(page(6)), [[8, 9, 10, 11, 12], 12, true], 'number 7 is gone');
  t.same(shapeOf(page(7)), [[8, 9, 10, 11, 12], 12, undefined]);
  t.same(shapeOf(page(undefined, 2)), [[8, 9], 9, undefined], 'the oldest that is kept, and nobody asked for more');
  t.same(shapeOf(page(9, 2)), [[10, 11], 11, undefined]);
  t.same(shapeOf(page(12)), [[], 12, undefined]);
  t.same(shapeOf(page(99, 2)), [[8, 9], 9, true], 'a number from before a restart');
  t.end();
});
