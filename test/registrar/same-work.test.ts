/**
 * Goal: nobody learns from us who has an account: not from the words of an answer, nor from the work it costs. Time is not measured; the
 * hashes and compares that are made are counted.
 */
import t from 'tap';
import { ApiAccounts } from '#http/api-accounts.js';
import { systemRandom } from '#kit/ids.js';
import { Accounts } from '#registrar/accounts.js';
import { DigestGuard, type Verdict } from '#registrar/digest-guard.js';
import { ha1Of, parseCredentials } from '#sip/digest.js';
import { authorization, readChallenge } from '../support/digest-phone.js';
import { FakeClock } from '../support/fake-clock.js';
import { workOf, type Work } from '../support/hash-counter.js';

const REALM = 'holdfast';
const HOME = '192.0.2.7';
type Algorithm = 'MD5' | 'SHA-256';
const ha1 = (algorithm: Algorithm): string => ha1Of(algorithm, '102', REALM, 'demo-102');

const HOUSES = {
  'with passwords': [
    { number: '101', password: 'demo-101' },
    { number: '102', password: 'demo-102' },
  ],
  'with ha1 only': [{ number: '102', ha1: { sha256: ha1('SHA-256'), md5: ha1('MD5') } }],
  'with one that has no ha1 for MD5': [{ number: '102', ha1: { sha256: ha1('SHA-256') } }],
  'without any account': [],
};

type Guess = Readonly<{ username: string; password: string }>;

function judged(
  phones: (typeof HOUSES)[keyof typeof HOUSES],
  algorithm: Algorithm,
  guess: Guess,
): { work: Work; verdict: unknown } {
  const guard = new DigestGuard(new Accounts(phones, REALM), REALM, new FakeClock(), systemRandom);
  const [challenge] = guard.challenges(HOME, false, [algorithm]);
  const asked = { ...readChallenge([challenge ?? ''], /SHA-256/.test(challenge ?? '') ? 'SHA-256' : 'MD5'), algorithm };
  const credentials = parseCredentials(authorization(asked, guess));
  let verdict: Verdict | undefined;
  const work = workOf(() => {
    verdict = guard.judge({ method: 'REGISTER', uri: 'sip:holdfast', source: HOME, port: 5060 }, credentials);
  });
  return { work, verdict };
}

for (const [house, phones] of Object.entries(HOUSES)) {
  t.test(`in a house ${house} a number that nobody has costs what a wrong password costs`, async (t) => {
    for (const algorithm of ['SHA-256', 'MD5'] as const) {
      const wrong = judged(phones, algorithm, { username: '102', password: 'guessed' });
      for (const username of ['999', '', 'x'.repeat(64)]) {
        const nobody = judged(phones, algorithm, { username, password: 'guessed' });
        t.same(nobody, wrong, `${algorithm} ${username.slice(0, 3)}`);
      }
      t.same(wrong.verdict, { kind: 'challenge', stale: false });
      t.ok((wrong.work['timingSafeEqual'] ?? 0) >= 2, 'the nonce and the response are compared in equal time');
      t.ok(
        Object.keys(wrong.work).some((row) => row.startsWith('createHash')),
        'the response is worked out',
      );
    }
  });
}

t.test('the right password costs the same work too, up to the verdict', async (t) => {
  const phones = HOUSES['with passwords'];
  const right = judged(phones, 'SHA-256', { username: '102', password: 'demo-102' });
  t.match(right.verdict, { kind: 'ok' });
  t.same(right.work, judged(phones, 'SHA-256', { username: '999', password: 'demo-102' }).work);
});

t.test('what is asked first does not depend on who asks, or whether there is such a one', async (t) => {
  for (const phones of Object.values(HOUSES)) {
    const guard = new DigestGuard(new Accounts(phones, REALM), REALM, new FakeClock(), systemRandom);
    const shape = (): string =>
      guard
        .challenges(HOME, false)
        .map((one) => one.replace(/nonce="[^"]*"/, ''))
        .join();
    t.equal(shape(), shape());
    t.match(shape(), /^Digest realm="holdfast", , algorithm=SHA-256/, 'SHA-256 stands first');
  }
});

t.test(
  'a program that offers a wrong user, password or token makes us do the same, however many accounts there are',
  async (t) => {
    const accounts = new ApiAccounts(
      {
        http: [
          { user: 'first', password: 'one' },
          { user: 'second', password: 'two' },
        ],
        tokens: [{ name: 'third', token: 'three' }],
      },
      REALM,
    );
    const cost = (user: string, password: string): Work =>
      workOf(() => {
        try {
          accounts.identify({ kind: 'password', user, password });
        } catch {
          return; // it was wrong, which is what is asked
        }
      });
    const first = cost('first', 'one');
    t.equal(first['timingSafeEqual'], 3, 'everybody is compared with, also behind the one that fits');
    t.same(cost('first', 'wrong'), first);
    t.same(cost('nobody', 'one'), first);
    t.same(cost('second', 'two'), first);
  },
);
