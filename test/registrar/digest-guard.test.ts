import t from 'tap';
import { systemRandom } from '#kit/ids.js';
import { Accounts } from '#registrar/accounts.js';
import { DigestGuard, type PasswordWatcher, type Verdict } from '#registrar/digest-guard.js';
import { parseCredentials } from '#sip/digest.js';
import { authorization, readChallenge, type DigestOptions } from '../support/digest-phone.js';
import { FakeClock } from '../support/fake-clock.js';

const HOME = '192.0.2.7';
const MINUTE_MS = 60_000;

class Door {
  readonly clock = new FakeClock();
  readonly guard: DigestGuard;

  constructor(watch?: PasswordWatcher) {
    const phones = [
      { number: '101', name: 'Alice', password: 'demo-101' },
      { number: '102', password: 'demo-102' },
    ];
    this.guard = new DigestGuard(new Accounts(phones, 'holdfast'), 'holdfast', this.clock, systemRandom, watch);
  }

  challenge(algorithm: 'MD5' | 'SHA-256' = 'SHA-256', source = HOME) {
    return readChallenge(this.guard.challenges(source, false), algorithm);
  }

  knock(header: string | undefined, facts: { method?: string; uri?: string; source?: string } = {}): Verdict {
    const { method = 'REGISTER', uri = 'sip:holdfast', source = HOME } = facts;
    return this.guard.judge({ method, uri, source, port: 5060 }, header === undefined ? undefined : parseCredentials(header));
  }

  /** A wrong password, honestly asked for and answered. */
  fail(source = HOME): Verdict {
    return this.knock(authorization(this.challenge('SHA-256', source), { password: 'wrong' }), { source });
  }
}

const ASKED_AGAIN = { kind: 'challenge', stale: false } as const;
const STALE = { kind: 'challenge', stale: true } as const;

t.test('a phone that knows its password comes in with either algorithm, SHA-256 being named first', async (t) => {
  const door = new Door();
  t.match(door.guard.challenges(HOME, false), [/algorithm=SHA-256/, /algorithm=MD5/]);
  for (const algorithm of ['SHA-256', 'MD5'] as const) {
    t.match(door.knock(authorization(door.challenge(algorithm))), { kind: 'ok', account: { number: '101', name: 'Alice' } });
  }
});

t.test('who brings no credentials, or those of another realm, is asked and not counted as a failure', async (t) => {
  const door = new Door();
  for (let count = 0; count < 50; count++) {
    t.same(door.knock(undefined), ASKED_AGAIN);
    t.same(door.knock(authorization(door.challenge(), { realm: 'elsewhere' })), ASKED_AGAIN);
  }
  t.match(door.knock(authorization(door.challenge())), { kind: 'ok' });
});

t.test('a wrong password, an unknown number and another method or URI are all answered alike', async (t) => {
  const door = new Door();
  const wrongs: readonly DigestOptions[] = [
    { password: 'demo-102' },
    { username: '999' },
    { username: '' },
    { username: '102' },
    // The stand-in that unknown numbers are compared with has a secret too, and it opens nothing.
    { username: '', password: 'SHA-256,MD5' },
    { method: 'INVITE' },
    { uri: 'sip:102@holdfast' },
    { uri: 'sip:elsewhere' },
  ];
  for (const wrong of wrongs) t.same(door.knock(authorization(door.challenge(), wrong)), ASKED_AGAIN, JSON.stringify(wrong));
});

t.test(
  'a proxy may have changed port and parameters of the request URI, not whom it names (RFC 7616 section 3.4.6)',
  async (t) => {
    const door = new Door();
    const header = () => authorization(door.challenge(), { method: 'INVITE', uri: 'sip:102@holdfast' });
    for (const uri of ['sip:102@holdfast', 'sip:102@Holdfast:5060;transport=tcp', 'sips:102@holdfast']) {
      t.match(door.knock(header(), { method: 'INVITE', uri }), { kind: 'ok' }, uri);
    }
    for (const uri of ['sip:103@holdfast', 'sip:102@elsewhere', 'sip:holdfast']) {
      t.same(door.knock(header(), { method: 'INVITE', uri }), ASKED_AGAIN, uri);
    }
  },
);

t.test('a captured header opens nothing, and the next count does', async (t) => {
  const door = new Door();
  const challenge = door.challenge();
  const captured = authorization(challenge, { nc: 1 });
  t.match(door.knock(captured), { kind: 'ok' });
  t.same(door.knock(captured), STALE);
  t.match(door.knock(authorization(challenge, { nc: 2 })), { kind: 'ok' });
  t.match(door.knock(authorization(challenge, { nc: 9 })), { kind: 'ok' });
  for (const nc of [1, 2, 8, 9]) t.same(door.knock(authorization(challenge, { nc })), STALE, `count ${nc}`);
});

t.test('a wrong password does not use up the count', async (t) => {
  const door = new Door();
  const challenge = door.challenge();
  t.same(door.knock(authorization(challenge, { password: 'wrong' })), ASKED_AGAIN);
  t.match(door.knock(authorization(challenge)), { kind: 'ok' });
});

t.test('a phone without qop may use a nonce once, whatever cnonce is written beside it', async (t) => {
  const door = new Door();
  const captured = authorization(door.challenge('MD5'), { qop: false });
  t.match(door.knock(captured), { kind: 'ok' });
  t.same(door.knock(captured), STALE);
  t.same(door.knock(`${captured}, cnonce="fresh"`), STALE);
  t.same(door.knock(`${captured}, cnonce="fresh", nc=00000007`), STALE);
});

t.test('an old nonce is stale and never a failure', async (t) => {
  const door = new Door();
  const challenge = door.challenge();
  t.match(door.knock(authorization(challenge, { nc: 1 })), { kind: 'ok' });
  door.clock.advance(5 * MINUTE_MS - 1);
  t.match(door.knock(authorization(challenge, { nc: 2 })), { kind: 'ok' });
  door.clock.advance(1);
  for (let nc = 3; nc < 60; nc++) t.same(door.knock(authorization(challenge, { nc })), STALE);
  t.match(door.knock(authorization(door.challenge())), { kind: 'ok' });
});

t.test('a nonce that we did not make, or made for another address, is stale before the password is looked at', async (t) => {
  const door = new Door();
  const challenge = door.challenge();
  const [time, random, mac] = challenge.nonce.split('.');
  const elsewhere = new Door().challenge().nonce;
  const forged = [
    'junk',
    '',
    `${time}.${random}.`,
    `${time}.${random}x.${mac}`,
    `zzzzzzzz.${random}.${mac}`,
    `${challenge.nonce}.x`,
  ];
  for (const nonce of [...forged, elsewhere, challenge.nonce.toUpperCase()]) {
    t.same(door.knock(authorization(challenge, { nonce })), STALE, nonce);
    t.same(door.knock(authorization(challenge, { nonce, password: 'wrong' })), STALE, `${nonce}: no word about the password`);
  }
  t.same(door.knock(authorization(challenge), { source: '198.51.100.9' }), STALE);
  t.match(door.knock(authorization(challenge)), { kind: 'ok' });
});

t.test('whoever watches is told of every wrong password, and what it refuses is not looked at', async (t) => {
  const failed: string[] = [];
  const refusing: { sec?: number } = {};
  const watch = {
    refuses: () => refusing.sec,
    failed: (source: string, username: string) => void failed.push(`${source} ${username}`),
    proved: () => undefined,
  };
  const door = new Door(watch);
  t.same(door.fail(), ASKED_AGAIN);
  refusing.sec = 60;
  t.match(door.knock(authorization(door.challenge())), { kind: 'banned', retryAfterSec: 60 });
  t.same(door.fail(), { kind: 'banned', retryAfterSec: 60 });
  t.same(failed, [`${HOME} 101`], 'what is not looked at is no failure');
});

t.test('nobody can have another address banned by writing nonsense in its name', async (t) => {
  const failed: string[] = [];
  const watch = { refuses: () => undefined, failed: (source: string) => void failed.push(source), proved: () => undefined };
  const door = new Door(watch);
  const own = door.challenge('SHA-256', '203.0.113.66');
  for (let count = 0; count < 100; count++) {
    door.knock(authorization(own, { password: 'wrong' }));
    door.knock(authorization(own, { nonce: 'junk' }));
  }
  t.same(failed, []);
  t.match(door.knock(authorization(door.challenge())), { kind: 'ok' });
});

t.test('a nonce whose count had to be forgotten counts as used', async (t) => {
  const door = new Door();
  const first = authorization(door.challenge('MD5'));
  t.match(door.knock(first), { kind: 'ok' });
  door.clock.advance(1);
  for (let count = 0; count < 50_000; count++) door.knock(authorization(door.challenge('MD5')));
  t.same(door.knock(first), STALE);
  door.clock.advance(1);
  t.match(door.knock(authorization(door.challenge('MD5'))), { kind: 'ok' });
});
