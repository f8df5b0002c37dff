/** requests: what an application is asked, how long, how much of its answer, and where a redirect may lead. */
import type { ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { Requests } from '#http/ozeki/requests.js';
import { createLogger } from '#kit/log.js';
import { FakeClock } from '../../support/fake-clock.js';
import { OZEKI } from '../../support/http-fixture.js';
import { OzekiApp, type Told } from '../../support/ozeki-app.js';
import { until } from '../../support/until.js';

async function asking(t: Test, config: Partial<typeof OZEKI> = {}) {
  const app = await OzekiApp.open(t);
  const clock = new FakeClock();
  const resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
  const requests = new Requests({ config: { ...OZEKI, ...config }, clock, resolve, log: createLogger('silent') });
  t.teardown(() => requests.close());
  return { app, clock, requests };
}

t.test('a form is posted, and the answer given back', async (t) => {
  const { app, requests } = await asking(t);
  app.answers('CallChanged', 'é<Response/>');
  const body = await requests.ask({ url: `${app.url}/x?a=1`, fields: { NotificationName: 'CallChanged', Caller: 'a&b' } });
  t.equal(body, 'é<Response/>');
  t.same(app.told, [{ path: '/x?a=1', method: 'POST', fields: { NotificationName: 'CallChanged', Caller: 'a&b' } }]);
});

t.test('what is no answer gives nothing: an error, a wrong status, too much, too late, no address', async (t) => {
  const { app, clock, requests } = await asking(t, { limits: { ...OZEKI.limits, scriptBytes: 100 } });
  const ask = (path: string) => requests.ask({ url: `${app.url}${path}`, fields: {} });
  app.answers('/500', (_told, response) => void response.writeHead(500).end('<Response/>'));
  app.answers('/long', 'x'.repeat(101));
  app.answers('/fits', 'x'.repeat(100));
  app.answers('/cut', (_told, response) => void response.destroy());
  app.answers('/slow', app.holdBack);
  t.equal(await ask('/500'), undefined);
  t.equal(await ask('/long'), undefined);
  t.equal((await ask('/fits'))?.length, 100);
  t.equal(await ask('/cut'), undefined);
  const slow = ask('/slow');
  await until('the request arrives', () => app.held.length === 1);
  clock.advance(10_000);
  t.equal(await slow, undefined);
  t.equal(await requests.ask({ url: 'http://[', fields: {} }), undefined);
  t.same(clock.pending(), [], 'no timer is left');
});

t.test('a redirect is followed a few times, with GET where RFC 9110 says so', async (t) => {
  const { app, requests } = await asking(t);
  const to = (status: number, location: string) => (_told: Told, response: ServerResponse) =>
    void response.writeHead(status, { location }).end();
  app.answers('/a', to(302, '/b'));
  app.answers('/b', 'there');
  app.answers('/c', to(308, '/b'));
  app.answers('/round', to(307, '/round'));
  app.answers('/file', to(302, 'file:///etc/passwd'));
  t.equal(await requests.ask({ url: `${app.url}/a`, fields: { x: '1' } }), 'there');
  t.match(app.told[1], { method: 'GET', path: '/b' });
  t.equal(await requests.ask({ url: `${app.url}/c`, fields: { x: '1' } }), 'there');
  t.match(app.told[3], { method: 'POST', path: '/b', fields: { x: '1' } });
  t.equal(await requests.ask({ url: `${app.url}/round`, fields: {} }), undefined);
  t.equal(app.told.filter(({ path }) => path === '/round').length, 4, 'once, and three times more');
  t.equal(await requests.ask({ url: `${app.url}/file`, fields: {} }), undefined);
});

t.test('private addresses are refused unless they are allowed, also behind a name', async (t) => {
  const { app, requests } = await asking(t, { allowPrivateAddresses: false });
  t.equal(await requests.ask({ url: `${app.url}/x`, fields: {} }), undefined);
  t.equal(await requests.ask({ url: `http://app.example:${new URL(app.url).port}/x`, fields: {} }), undefined);
  t.same(app.told, []);
});

t.test('so many at once, and no more', async (t) => {
  const { app, requests } = await asking(t, { limits: { ...OZEKI.limits, requests: 1 } });
  app.answers('/slow', app.holdBack);
  const first = requests.ask({ url: `${app.url}/slow`, fields: {} });
  await until('the first arrives', () => app.held.length === 1);
  t.equal(await requests.ask({ url: `${app.url}/other`, fields: {} }), undefined);
  app.held[0]?.end('late');
  t.equal(await first, 'late');
  t.equal(await requests.ask({ url: `${app.url}/other`, fields: {} }), '');
});
