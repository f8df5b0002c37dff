/** Goal: who is kept out can be seen and let in again by who has credentials, and the figures stand in the metrics. */
import t from 'tap';
import { buildApp } from '#http/app.js';
import { BEARER, fixture } from '../support/http-fixture.js';

t.test('bans are listed and lifted, and counted', async (t) => {
  const { deps } = fixture();
  const out = new Set(['192.0.2.7', '2001:db8:0:1::/64']);
  const guards = {
    bans: () => [...out].map((who) => ({ who, secondsLeft: 60, times: 1 })),
    lift: (source: string) => out.delete(source),
    banned: () => new Map([['wrong passwords', 2]]),
    turnedAway: () => [['overload', 5] as const],
  };
  const { app, stop } = await buildApp({ ...deps, guards });
  t.teardown(stop);
  for (const method of ['GET', 'DELETE'] as const)
    t.equal((await app.inject({ method, url: method === 'GET' ? '/bans' : '/bans/192.0.2.7' })).statusCode, 401);
  const list = async () => (await app.inject({ url: '/bans', headers: BEARER })).json<{ bans: unknown[] }>().bans;
  t.same(await list(), [
    { source: '192.0.2.7', secondsLeft: 60, times: 1 },
    { source: '2001:db8:0:1::/64', secondsLeft: 60, times: 1 },
  ]);
  const metrics = await app.inject({ url: '/metrics', headers: BEARER });
  for (const line of [
    'holdfast_guard_bans_total{why="wrong passwords"} 2',
    'holdfast_guard_banned 2',
    'holdfast_guard_turned_away_total{why="overload"} 5',
  ])
    t.ok(metrics.body.split('\n').includes(line), line);
  const lift = (source: string) => app.inject({ method: 'DELETE', url: `/bans/${encodeURIComponent(source)}`, headers: BEARER });
  t.equal((await lift('2001:db8:0:1::/64')).statusCode, 204);
  t.equal((await lift('192.0.2.7')).statusCode, 204);
  t.same(await list(), []);
  t.match((await lift('192.0.2.7')).json(), { status: 404, code: 'ban_not_found' });
});
