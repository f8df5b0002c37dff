import t from 'tap';
import {
  answer,
  ha1Of,
  parseChallenge,
  parseCredentials,
  responseOf,
  splitDigests,
  writeChallenge,
  type Challenge,
  type DigestAlgorithm,
} from '#sip/digest.js';

const RFC7616 = {
  session: false,
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  uri: '/dir/index.html',
  qop: 'auth' as const,
  nc: '00000001',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
};

for (const [algorithm, response] of [
  ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
  ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
] as const) {
  t.test(`the ${algorithm} example of RFC 7616 section 3.9.1 comes out as printed`, async (t) => {
    const key = ha1Of(algorithm, 'Mufasa', 'http-auth@example.org', 'Circle of Life');
    t.equal(responseOf(key, 'GET', { ...RFC7616, algorithm }), response);
  });
}

t.test('the example of RFC 2617 section 3.5 comes out as printed', async (t) => {
  const key = ha1Of('MD5', 'Mufasa', 'testrealm@host.com', 'Circle Of Life');
  t.equal(key, '939e7578ed9e3c518a452acee763bce9', 'HA1 as RFC 2617 implementations print it');
  const facts = { ...RFC7616, algorithm: 'MD5' as const, nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093', cnonce: '0a4f113b' };
  t.equal(responseOf(key, 'GET', facts), '6629fae49393a05397450978507c4ef1');
});

t.test('without qop count and cnonce are left out of the hash (RFC 2617 section 3.2.2.1)', async (t) => {
  // The value of RFC 2069 section 2.4 with its erratum 749.
  const key = ha1Of('MD5', 'Mufasa', 'testrealm@host.com', 'CircleOfLife');
  const facts = {
    algorithm: 'MD5' as const,
    session: false,
    nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
    uri: '/dir/index.html',
  };
  t.equal(responseOf(key, 'GET', facts), '1949323746fe6a43ef61f9606e7febea');
  t.equal(responseOf(key, 'GET', { ...facts, nc: '00000009', cnonce: 'x' }), '1949323746fe6a43ef61f9606e7febea');
});

t.test('a -sess algorithm binds the key to nonce and cnonce', async (t) => {
  const plain = responseOf('key', 'REGISTER', { ...RFC7616, algorithm: 'SHA-256' });
  const session = responseOf('key', 'REGISTER', { ...RFC7616, algorithm: 'SHA-256', session: true });
  t.not(session, plain);
  t.not(session, responseOf('key', 'REGISTER', { ...RFC7616, algorithm: 'SHA-256', session: true, cnonce: 'other' }));
});

const LOGIN = { username: '101', password: 'demo-101' };
const CHALLENGE: Challenge = {
  realm: 'holdfast',
  nonce: 'n1',
  algorithm: 'SHA-256',
  session: false,
  qop: ['auth'],
  stale: false,
};

t.test('what we answer to a challenge proves the password to whoever made it', async (t) => {
  const kinds: readonly Partial<Challenge>[] = [
    {},
    { algorithm: 'MD5' },
    { algorithm: 'MD5', qop: [] },
    { algorithm: 'MD5', session: true },
    { session: true, opaque: 'o"p' },
    { realm: 'my "home" \\ office' },
  ];
  for (const kind of kinds) {
    const challenge = { ...CHALLENGE, ...kind };
    const credentials = parseCredentials(answer(challenge, LOGIN, { method: 'REGISTER', uri: 'sip:h' }, 'cn'));
    if (credentials === undefined) return t.fail(`unreadable for ${JSON.stringify(kind)}`);
    const key = ha1Of(challenge.algorithm, '101', challenge.realm, 'demo-101');
    t.equal(credentials.response, responseOf(key, 'REGISTER', credentials), JSON.stringify(kind));
    t.match(credentials, { username: '101', realm: challenge.realm, opaque: challenge.opaque, session: challenge.session });
    t.equal(credentials.qop, challenge.qop.length > 0 ? 'auth' : undefined);
  }
});

t.test('a challenge survives being written and read, whatever the realm is called', async (t) => {
  for (const realm of ['holdfast', 'my "home"', 'back\\slash', 'a, Digest b']) {
    t.match(parseChallenge(writeChallenge({ ...CHALLENGE, realm, stale: true })), { ...CHALLENGE, realm, stale: true });
  }
  t.notMatch(writeChallenge({ ...CHALLENGE, realm: 'two\r\nlines' }), /[\r\n]/, 'a realm cannot begin a header of its own');
});

t.test('a challenge without algorithm is MD5, and unknown algorithms and schemes are left alone', async (t) => {
  t.match(parseChallenge('Digest realm="r", nonce="n"'), { algorithm: 'MD5', qop: [], stale: false });
  t.match(parseChallenge('digest REALM=r , NONCE = "n",qop="auth-int, AUTH",Algorithm=md5-SESS,stale=TRUE'), {
    algorithm: 'MD5',
    session: true,
    qop: ['auth-int', 'auth'],
    stale: true,
  });
  t.equal(parseChallenge('Digest realm="r", nonce="n", algorithm=AKAv1-MD5'), undefined);
  t.equal(parseChallenge('Basic realm="r"'), undefined);
  t.equal(parseChallenge('Digest realm="r"'), undefined, 'no nonce');
});

t.test('credentials that lack a part or end in the middle are none', async (t) => {
  const whole = 'Digest username="101", realm="r", nonce="n", uri="sip:h", response="aa", qop=auth, nc=00000001, cnonce="c"';
  t.match(parseCredentials(whole), { username: '101', algorithm: 'MD5' satisfies DigestAlgorithm, qop: 'auth' });
  for (const part of ['username="101", ', 'realm="r", ', 'nonce="n", ', 'uri="sip:h", ', ', nc=00000001', ', cnonce="c"']) {
    t.equal(parseCredentials(whole.replace(part, '')), undefined, `without ${part}`);
  }
  for (const broken of [
    whole.replace('nc=00000001', 'nc=1'),
    whole.replace('qop=auth', 'qop=auth-int'),
    whole.slice(0, -1),
    'Digest',
    '',
  ]) {
    t.equal(parseCredentials(broken), undefined, broken);
  }
});

t.test('several credentials that were joined with commas are taken apart', async (t) => {
  const one = 'Digest username="101", realm="elsewhere", nonce="n", uri="sip:h", response="aa"';
  const other = one.replace('elsewhere', 'holdfast');
  t.same(splitDigests(`${one},${other}`), [one, other]);
  t.same(
    splitDigests(`${one} ,  ${other}`).map((value) => parseCredentials(value)?.realm),
    ['elsewhere', 'holdfast'],
  );
});
