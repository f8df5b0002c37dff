import t from 'tap';
import { Accounts } from '#registrar/accounts.js';
import { DigestGuard } from '#registrar/digest-guard.js';
import { ha1Of, parseCredentials } from '#sip/digest.js';
import { authorization, readChallenge } from '../support/digest-phone.js';
import { FakeClock } from '../support/fake-clock.js';

const SOURCE = '192.0.2.7';
const REQUEST = { method: 'REGISTER', uri: 'sip:holdfast', source: SOURCE, port: 5060 };

const md5 = ha1Of('MD5', '101', 'holdfast', 'demo-101');
const sha256 = ha1Of('SHA-256', '101', 'holdfast', 'demo-101');

const guardOf = (...phones: ConstructorParameters<typeof Accounts>[0]): DigestGuard =>
  new DigestGuard(new Accounts(phones, 'holdfast'), 'holdfast', new FakeClock());

t.test('an account known by its ha1 alone comes in with the same password, by either algorithm', async (t) => {
  const guard = guardOf({ number: '101', ha1: { md5, sha256 } });
  for (const algorithm of ['SHA-256', 'MD5'] as const) {
    const header = authorization(readChallenge(guard.challenges(SOURCE, false), algorithm));
    t.match(guard.judge(REQUEST, parseCredentials(header)), { kind: 'ok', account: { number: '101' } });
  }
});

t.test('a password that is written otherwise is the same proof, and another one is not', (t) => {
  const accounts = (...phones: ConstructorParameters<typeof Accounts>[0]): Accounts => new Accounts(phones, 'holdfast');
  const before = accounts({ number: '101', password: 'demo-101' });
  t.ok(before.sameProof('101', accounts({ number: '101', name: 'Desk', ha1: { sha256 } })));
  t.notOk(before.sameProof('101', accounts({ number: '101', password: 'other' })));
  t.notOk(before.sameProof('101', accounts({ number: '102', password: 'demo-101' })));
  t.end();
});

t.test('everybody is asked for what every account has, whoever asks', async (t) => {
  const guard = guardOf({ number: '101', ha1: { sha256 } }, { number: '102', password: 'demo-102' });
  t.match(guard.challenges(SOURCE, false), [/algorithm=SHA-256/]);
  t.equal(guard.challenges(SOURCE, false).length, 1);
  // A phone that would rather have MD5 is told what there is.
  t.match(guard.challenges(SOURCE, false, ['MD5']), [/algorithm=SHA-256/]);
  const old = guardOf({ number: '101', ha1: { md5 } });
  t.match(old.challenges(SOURCE, false), [/algorithm=MD5/]);
});

t.test('an algorithm for which nothing is kept opens nothing', async (t) => {
  const guard = guardOf({ number: '101', ha1: { sha256 } });
  const [challenge = ''] = guard.challenges(SOURCE, false);
  const asked = readChallenge([challenge.replace('algorithm=SHA-256', 'algorithm=MD5')], 'MD5');
  t.same(guard.judge(REQUEST, parseCredentials(authorization(asked))), { kind: 'challenge', stale: false });
});
