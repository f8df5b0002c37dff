import t from 'tap';
import { splitDigests } from '#sip/digest.js';
import { authorization, readChallenge } from '../support/digest-phone.js';
import { incoming, type IncomingFacts } from '../support/fake-srf.js';
import { FrontDoor } from '../support/front-door.js';

const INVITE = { method: 'INVITE', uri: 'sip:102@holdfast' } as const;
const FROM_101 = { From: '"Alice" <sip:101@holdfast>;tag=1' };

function identify(door: FrontDoor, facts: IncomingFacts) {
  const { request, response, sent } = incoming(facts);
  return { identity: door.authenticator.identify(request, response), sent };
}

/** The challenges as they stand on the wire: one header row each. */
const rows = (headers: Readonly<Record<string, string>>): string[] =>
  `WWW-Authenticate: ${headers['WWW-Authenticate'] ?? ''}`.split('\r\n');

t.test('who says nothing of himself is asked twice at once: SHA-256 and then MD5, each in a row of its own', async (t) => {
  const { identity, sent } = identify(new FrontDoor(), { ...INVITE, headers: FROM_101 });
  t.equal(identity, undefined);
  t.match(sent, [{ status: 401 }]);
  t.match(rows(sent[0]?.headers ?? {}), [
    /^WWW-Authenticate: Digest .*algorithm=SHA-256/,
    /^WWW-Authenticate: Digest .*algorithm=MD5/,
  ]);
  t.notMatch(sent[0]?.headers['WWW-Authenticate'], /stale/);
});

t.test('phones that give up at the sight of SHA-256 are offered MD5 alone', async (t) => {
  for (const agent of ['baresip v1.0.0 (x86_64/linux)', 'baresip v3.10.1 (x86_64/Linux)', 'SIPp/3.6.1']) {
    const { sent } = identify(new FrontDoor(), { ...INVITE, headers: { ...FROM_101, 'User-Agent': agent } });
    t.match(rows(sent[0]?.headers ?? {}), [/algorithm=MD5/], agent);
    t.equal(rows(sent[0]?.headers ?? {}).length, 1, agent);
  }
  for (const agent of ['baresip v3.11.0 (x86_64/Linux)', 'baresip v4.0.0', 'SIP.js/0.21.2', 'Not baresip v1.0']) {
    const { sent } = identify(new FrontDoor(), { ...INVITE, headers: { ...FROM_101, 'User-Agent': agent } });
    t.equal(rows(sent[0]?.headers ?? {}).length, 2, agent);
  }
});

t.test('the phone that answers the challenge it got comes in', async (t) => {
  const door = new FrontDoor();
  for (const algorithm of ['SHA-256', 'MD5'] as const) {
    const asked = identify(door, { ...INVITE, headers: FROM_101 }).sent[0];
    const values = rows(asked?.headers ?? {}).map((row) => row.replace('WWW-Authenticate: ', ''));
    const header = authorization(readChallenge(values, algorithm), INVITE);
    const { identity, sent } = identify(door, { ...INVITE, headers: { ...FROM_101, Authorization: header } });
    t.same(identity, { kind: 'account', number: '101', name: 'Alice' });
    t.same(sent, [], 'and its request is not answered here');
  }
});

t.test('credentials for somebody else, sent along and joined with a comma, do not stand in the way', async (t) => {
  const door = new FrontDoor();
  const other = 'Digest username="me", realm="elsewhere", nonce="n", uri="sip:x", response="aa"';
  const header = `${other},${door.key(INVITE)}`;
  t.equal(splitDigests(header).length, 2);
  t.match(identify(door, { ...INVITE, headers: { ...FROM_101, Authorization: header } }).identity, { number: '101' });
});

t.test('nobody calls under another number than his own', async (t) => {
  for (const from of ['<sip:102@holdfast>;tag=1', '<sip:anonymous2@anonymous.invalid>;tag=1', '<sip:holdfast>', 'nonsense', '']) {
    const door = new FrontDoor();
    const { identity, sent } = identify(door, { ...INVITE, headers: { From: from, Authorization: door.key(INVITE) } });
    t.equal(identity, undefined, from);
    t.match(sent, [{ status: 403, reason: /From/ }], from);
  }
});

t.test('an old nonce is answered with stale=true and a new one', async (t) => {
  const door = new FrontDoor();
  const header = door.key(INVITE);
  door.clock.advance(600_000);
  const { sent } = identify(door, { ...INVITE, headers: { ...FROM_101, Authorization: header } });
  t.match(sent, [{ status: 401, headers: { 'WWW-Authenticate': /stale=true/ } }]);
});

t.test('what is no digest is asked as if it had said nothing', async (t) => {
  for (const header of ['Basic MTAxOmRlbW8tMTAx', 'Digest', 'Digest ,,,', 'Digest username=', '"']) {
    const { sent } = identify(new FrontDoor(), { ...INVITE, headers: { ...FROM_101, Authorization: header } });
    t.match(sent, [{ status: 401 }], header);
  }
});

t.test('who guesses passwords is told to wait', async (t) => {
  const door = new FrontDoor();
  const guess = () =>
    identify(door, { ...INVITE, headers: { ...FROM_101, Authorization: door.key(INVITE, { password: 'wrong' }) } }).sent[0];
  for (let count = 0; count < 20; count++) t.match(guess(), { status: 401 });
  t.match(guess(), { status: 403, headers: { 'Retry-After': '60' } });
});

t.test('a trunk is known by its address and calls in any name', async (t) => {
  const facts = { ...INVITE, address: '198.51.100.5', headers: { From: '<sip:+4930123@carrier>;tag=1' } };
  const { identity, sent } = identify(new FrontDoor(), facts);
  t.same(identity, { kind: 'trunk', name: 'carrier', asker: 'trunk' });
  t.same(sent, []);
});

t.test('at the address of a trunk a phone must prove itself all the same before it is registered', async (t) => {
  const headers = { To: '<sip:101@holdfast>', Contact: '<sip:101@198.51.100.5>', 'Call-ID': 'c', CSeq: '1 REGISTER' };
  t.match(new FrontDoor().answerTo({ method: 'REGISTER', address: '198.51.100.5', headers }), { status: 401 });
});

t.test('a phone that calls itself anonymous (RFC 3323) is still known by its password', async (t) => {
  const door = new FrontDoor();
  const headers = { From: '<sip:anonymous@anonymous.invalid>;tag=1', Authorization: door.key(INVITE) };
  t.match(identify(door, { ...INVITE, headers }).identity, { kind: 'account', number: '101' });
});

t.test('an account that requires TLS is refused over anything else, and only who has its password learns why', async (t) => {
  const door = new FrontDoor();
  const facts = { ...INVITE, headers: { From: '<sip:109@holdfast>;tag=1' } };
  const key = (password: string): string => door.key(INVITE, { username: '109', password });
  const knock = (protocol: string, password: string): ReturnType<typeof identify> =>
    identify(door, { ...facts, protocol, headers: { ...facts.headers, Authorization: key(password) } });
  for (const protocol of ['udp', 'tcp', 'ws']) {
    const { identity, sent } = knock(protocol, 'demo-109');
    t.equal(identity, undefined, protocol);
    t.match(sent, [{ status: 403, reason: 'TLS is required for this account' }], protocol);
    t.match(knock(protocol, 'wrong').sent, [{ status: 401 }], protocol);
  }
  for (const protocol of ['tls', 'wss']) t.match(knock(protocol, 'demo-109').identity, { number: '109' }, protocol);
});
