/** login-guard: what wrong credentials cost, on a clock that the test moves. */
import t from 'tap';
import { buildApp } from '#http/app.js';
import type { Offered } from '#http/api-accounts.js';
import { Faults } from '#http/login-faults.js';
import { LOGIN_LIMITS, LoginGuard, type LoginLimits } from '#http/login-guard.js';
import { CredentialsMissing, CredentialsWrong, TooManyAttempts } from '#http/refusals.js';
import { FakeClock } from '../support/fake-clock.js';
import { BASIC, fixture } from '../support/http-fixture.js';

const password = (user: string, word = 'wrong'): Offered => ({ kind: 'password', user, password: word });
const RIGHT = password('ann', 'right');
const identify = (offered: Offered): string => {
  if (offered.kind === 'none') throw new CredentialsMissing();
  if (offered.kind === 'password' && offered.password === 'right') return `user:${offered.user}`;
  throw new CredentialsWrong();
};

function house(limits: Partial<LoginLimits> = {}) {
  const clock = new FakeClock();
  const guard = new LoginGuard(clock, { ...LOGIN_LIMITS, ...limits });
  /** Asks, lets time pass until the answer is there, and says how long that was. */
  const costs = async (from: string, offered: Offered): Promise<number> => {
    const before = clock.now();
    let done = false;
    const asked = guard.admit(from, offered, identify).then(
      () => (done = true),
      () => (done = true),
    );
    await settled();
    for (let step = 0; step < 20_000 && !done; step += 50) {
      clock.advance(50);
      await settled();
    }
    await asked;
    return clock.now() - before;
  };
  const asks = (from: string, offered: Offered): Promise<string> =>
    guard.admit(from, offered, identify).then(
      (identity) => identity,
      (error: Error) => error.name,
    );
  return { clock, guard, costs, asks };
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
};

t.test('each wrong one from an address waits twice as long, up to a limit', async (t) => {
  const { costs } = house();
  const waits: number[] = [];
  for (let attempt = 0; attempt < 8; attempt++) waits.push(await costs('10.0.0.1', password(`user${attempt}`)));
  t.same(waits, [250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
});

t.test('so does each wrong one for a user name, wherever it comes from, whether there is such a user or not', async (t) => {
  for (const user of ['ann', 'nobody']) {
    const { costs } = house();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 4; attempt++) waits.push(await costs(`10.0.0.${attempt}`, password(user)));
    t.same(waits, [250, 500, 1000, 2000], user);
  }
});

t.test('right ones wait for nobody, from another address or the same', async (t) => {
  const { costs } = house();
  for (let attempt = 0; attempt < 6; attempt++) await costs('10.0.0.1', password('ann'));
  t.equal(await costs('10.0.0.2', RIGHT), 0);
  t.equal(await costs('10.0.0.1', RIGHT), 0);
});

t.test('who offers nothing has guessed nothing, and waits for nothing', async (t) => {
  const { costs } = house();
  t.equal(await costs('10.0.0.1', { kind: 'none' }), 0);
  t.equal(await costs('10.0.0.1', password('ann')), 250, 'and it counts for nothing');
});

t.test('time forgives: after half a minute the delay has halved', async (t) => {
  const { clock, costs } = house();
  for (let attempt = 0; attempt < 4; attempt++) await costs('10.0.0.1', password('ann'));
  clock.advance(30_000);
  t.equal(await costs('10.0.0.1', password('ann')), 2000, 'not 4000');
  clock.advance(30_000 * 10);
  t.equal(await costs('10.0.0.1', password('ann')), 250, 'as if it were the first');
});

t.test('the addresses of one network of IPv6, and both spellings of one of IPv4, are one', async (t) => {
  for (const [one, other] of [
    ['2001:db8::1', '2001:db8:0:0:ffff::2'],
    ['::1', '::2'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['fe80::1%eth0', 'fe80::2'],
  ] as const) {
    const { costs } = house();
    t.equal(await costs(one, password('ann')), 250);
    t.equal(await costs(other, password('eve')), 500, `${one} and ${other}`);
  }
  const { costs } = house();
  t.equal(await costs('2001:db8::1', password('ann')), 250);
  t.equal(await costs('2001:db8:0:1::1', password('eve')), 250, 'another network');
});

t.test(
  'beyond so many that wait the next is refused at once, right or wrong, but for who was let in from there before',
  async (t) => {
    const { asks, clock } = house();
    t.equal(await asks('10.0.0.1', password('bob', 'right')), 'user:bob');
    const waiting = Array.from({ length: LOGIN_LIMITS.waitingPerAddress }, (_, index) => asks('10.0.0.1', password(`u${index}`)));
    await settled();
    t.equal(await asks('10.0.0.1', password('ann')), 'TooManyAttempts');
    t.equal(await asks('10.0.0.1', RIGHT), 'TooManyAttempts', 'a guess that happens to be right is told nothing');
    t.equal(await asks('10.0.0.1', password('bob', 'right')), 'user:bob', 'who was here before is');
    t.equal(await asks('10.0.0.2', RIGHT), 'user:ann', 'and who comes from elsewhere');
    clock.advance(8000);
    t.same(new Set(await Promise.all(waiting)), new Set(['CredentialsWrong']));
    t.equal(await asks('10.0.0.1', RIGHT), 'user:ann', 'it is over');
  },
);

t.test('many that offer dead tokens keep nobody from signing in from the same address', async (t) => {
  const { asks, clock } = house();
  const dead = { kind: 'token', token: 'dead' } as const;
  const waiting = Array.from({ length: LOGIN_LIMITS.waitingPerAddress }, () => asks('10.0.0.1', dead));
  await settled();
  t.equal(await asks('10.0.0.1', dead), 'TooManyAttempts');
  t.equal(await asks('10.0.0.1', RIGHT), 'user:ann');
  clock.advance(8000);
  await Promise.all(waiting);
});

t.test('all together wait no more than so many', async (t) => {
  const { asks, clock } = house({ waiting: 3 });
  const waiting = [1, 2, 3].map((n) => asks(`10.0.0.${n}`, password(`u${n}`)));
  await settled();
  t.equal(await asks('10.0.0.9', RIGHT), 'user:ann', 'who was never wrong is let in');
  t.equal(await asks('10.0.0.8', password('ann')), 'TooManyAttempts');
  t.equal(await asks('10.0.0.8', RIGHT), 'TooManyAttempts', 'who was wrong learns nothing more for now');
  t.same(clock.pending(), ['wrong credentials', 'wrong credentials', 'wrong credentials']);
  clock.advance(8000);
  t.equal((await Promise.all(waiting)).length, 3);
});

t.test('what is remembered is bounded, and the oldest makes room', async (t) => {
  const faults = new Faults({ ...LOGIN_LIMITS, remembered: 2 });
  for (const who of ['a', 'b', 'c']) t.equal(faults.add(who, 0), 250);
  t.equal(faults.size, 2);
  t.equal(faults.add('c', 0), 500, 'the newest is known');
  t.equal(faults.add('a', 0), 250, 'the oldest is not');
});

t.test('closing answers all who wait at once, and closing twice is closing once', async (t) => {
  const { asks, guard, clock } = house();
  const waiting = asks('10.0.0.1', password('ann'));
  await settled();
  guard.close();
  guard.close();
  t.equal(await waiting, 'CredentialsWrong');
  t.same(clock.pending(), []);
});

t.test('every door of the house has it, and the refusal is in the words of that door', async (t) => {
  const basic = { authorization: `Basic ${Buffer.from('x:y').toString('base64')}` };
  const bearer = { authorization: 'Bearer xxxxxxxxxxxxxxxx' };
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const doors = [
    ['GET', '/calls', basic, '', /"code":"unauthorized"/, /"code":"too_many_attempts"/],
    ['GET', '/nowhere', basic, '', /"code":"unauthorized"/, /"code":"too_many_attempts"/],
    ['GET', '/events', bearer, '', /"code":"unauthorized"/, /"code":"too_many_attempts"/],
    ['GET', '/music', basic, '', /"code":"unauthorized"/, /"code":"too_many_attempts"/],
    ['GET', '/webhooks', basic, '', /"code":"unauthorized"/, /"code":"too_many_attempts"/],
    ['GET', '/health', basic, '', /"code":"unauthorized"/, /"code":"too_many_attempts"/],
    ['GET', '/api?command=Hold&Username=x&Password=y', {}, '', /<Code>305</, /<Code>305</],
    ['GET', '/v1/phlo/demo-phlo', basic, '', /"api_id":.*no account/, /"api_id":.*too many/],
    ['GET', '/v1/nowhere', basic, '', /"api_id":.*no account/, /"api_id":.*too many/],
    ['GET', '/uapi/phoneCalls/@me/@self', bearer, '', /"code":"unauthorized"/, /"code":"unauthorized"/],
    [
      'POST',
      '/oauth/token.php',
      form,
      'client_id=x&client_secret=y&grant_type=client_credentials',
      /invalid_client/,
      /invalid_client/,
    ],
  ] as const;
  for (const [method, url, headers, payload, refused, crowded] of doors) {
    const { deps, clock } = fixture();
    const { app, stop } = await buildApp({ ...deps, loginLimits: { ...LOGIN_LIMITS, waitingPerAddress: 1 } });
    const ask = () => app.inject({ method, url, headers, ...(payload === '' ? {} : { payload }) });
    let answered = false;
    const first = ask().then((answer) => {
      answered = true;
      return answer;
    });
    while (!clock.pending().includes('wrong credentials')) await new Promise((resolve) => setImmediate(resolve));
    t.match((await ask()).body, crowded, `${method} ${url}: the second at once`);
    t.notOk(answered, 'the first waits');
    clock.advance(250);
    const answer = await first;
    t.match(answer.body, refused, `${method} ${url}`);
    t.equal((await app.inject({ url: '/calls', headers: BASIC })).statusCode, 200, 'who has the right ones is served');
    await stop();
  }
});

t.test('429 says when to come again', async (t) => {
  const { deps, clock } = fixture();
  const { app, stop } = await buildApp({ ...deps, loginLimits: { ...LOGIN_LIMITS, waiting: 0 } });
  const answer = await app.inject({ url: '/calls', headers: { authorization: 'Bearer wrong' } });
  t.equal(answer.statusCode, 429);
  t.equal(answer.headers['retry-after'], '8');
  t.same(
    clock.pending().filter((name) => name === 'wrong credentials'),
    [],
  );
  t.match(new TooManyAttempts(8), { http: 429, code: 'too_many_attempts' });
  await stop();
});
