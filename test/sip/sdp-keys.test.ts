import t from 'tap';
import { BadSdp } from '#sip/sdp.js';
import { agreedKeys, sameKeys, withUsableKeys } from '#sip/sdp-keys.js';
import { answerFrom } from '#sip/sdp-write.js';

const KEY = 'WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz';
const OTHER = 'PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR';
const A80 = 'AES_CM_128_HMAC_SHA1_80';
const A32 = 'AES_CM_128_HMAC_SHA1_32';

const crypto = (tag: number, suite: string, key = KEY, more = ''): string =>
  `a=crypto:${tag} ${suite} inline:${key}${more === '' ? '' : ` ${more}`}`;

const sdp = (profile: string, ...lines: string[]): string =>
  [
    'v=0',
    'o=- 1 1 IN IP4 192.0.2.1',
    's=-',
    'c=IN IP4 192.0.2.1',
    't=0 0',
    `m=audio 4000 ${profile} 0`,
    ...lines,
    'a=sendrecv',
    '',
  ].join('\r\n');

const keysIn = (text: string): string[] => text.match(/^a=crypto:.*$/gm) ?? [];

t.test('of what is offered only what hides and proves is left', async (t) => {
  const good = [crypto(1, A80), crypto(2, A32, OTHER, 'WSH=64 -X=1'), crypto(9, 'AES_256_CM_HMAC_SHA1_80')];
  const bad = [
    crypto(3, 'NULL_HMAC_SHA1_80'),
    crypto(4, 'F8_128_HMAC_SHA1_80'),
    crypto(5, A80, KEY, 'UNENCRYPTED_SRTP'),
    crypto(6, A80, KEY, 'UNAUTHENTICATED_SRTP'),
    crypto(7, A80, KEY, 'UNENCRYPTED_SRTCP'),
    crypto(8, A80, KEY, 'X_MUST_BE_KNOWN=1'),
    'a=crypto:x broken',
  ];
  t.same(keysIn(withUsableKeys(sdp('RTP/SAVP', ...bad, ...good))), good);
  for (const line of bad) t.throws(() => withUsableKeys(sdp('RTP/SAVP', line)), BadSdp, line);
  t.throws(() => withUsableKeys(sdp('RTP/SAVP')), BadSdp, 'SRTP without any key would be sent in the clear');
});

t.test('keys beside plain RTP are not passed on, and other words are left as they are', async (t) => {
  t.same(keysIn(withUsableKeys(sdp('RTP/AVP', crypto(1, A80)))), []);
  for (const text of [
    sdp('RTP/AVP'),
    sdp('UDP/TLS/RTP/SAVPF', 'a=fingerprint:sha-256 AB'),
    sdp('RTP/SAVPF', 'a=fingerprint:sha-256 AB'),
    sdp('RTP/SAVP').replace('m=audio 4000', 'm=audio 0'),
  ])
    t.equal(withUsableKeys(text), text);
});

t.test('RFC 4568 5.1.2: an answer takes one key of the offer, and that one goes on', async (t) => {
  const offer = sdp('RTP/SAVP', crypto(1, A80), crypto(2, A32));
  const { ours, theirs } = agreedKeys(offer, sdp('RTP/SAVP', crypto(2, A32, OTHER)), true);
  t.same(keysIn(ours), [crypto(2, A32)]);
  t.same(keysIn(theirs), [crypto(2, A32, OTHER)]);
  const two = agreedKeys(offer, sdp('RTP/SAVP', crypto(9, A80, OTHER), crypto(1, A80, OTHER)), true);
  t.same(keysIn(two.theirs), [crypto(1, A80, OTHER)], 'of several that one that was offered');
});

t.test('an answer that does not keep to the offer is no answer: rtpengine would go on in the clear', async (t) => {
  const offer = sdp('RTP/SAVP', crypto(1, A80));
  for (const [why, answer] of [
    ['another tag', sdp('RTP/SAVP', crypto(2, A80))],
    ['another suite', sdp('RTP/SAVP', crypto(1, A32))],
    ['no key', sdp('RTP/SAVP', 'a=fingerprint:sha-256 AB')],
    ['no SRTP', sdp('RTP/AVP')],
  ] as const)
    t.throws(() => agreedKeys(offer, answer, true), BadSdp, why);
  t.throws(() => agreedKeys(sdp('RTP/AVP'), sdp('RTP/SAVP', crypto(1, A80)), true), BadSdp, 'SRTP that nobody offered');
  const refused = sdp('RTP/SAVP').replace('m=audio 4000', 'm=audio 0');
  t.equal(agreedKeys(offer, refused, true).ours, offer, 'a refused line needs none');
});

t.test('what was said before is found again by its suite when tags have been counted anew', async (t) => {
  const now = sdp('RTP/SAVP', crypto(3, A32), crypto(7, A80));
  const { ours, theirs } = agreedKeys(now, sdp('RTP/SAVP', crypto(1, A80, OTHER)), false);
  t.same(keysIn(ours), [crypto(7, A80)]);
  t.same(keysIn(theirs), [crypto(7, A80, OTHER)]);
});

t.test('our answer carries one key, under the tag of the offer', async (t) => {
  const ours = sdp('RTP/SAVP', crypto(1, A80, OTHER), crypto(2, A32, OTHER));
  const answer = answerFrom(sdp('RTP/SAVP', crypto(4, A32), crypto(5, A80)), ours);
  t.same(keysIn(answer), [crypto(4, A32, OTHER)]);
  t.throws(() => answerFrom(sdp('RTP/SAVP', crypto(4, 'AES_256_CM_HMAC_SHA1_80')), ours), BadSdp);
  t.throws(() => answerFrom(sdp('RTP/SAVP', crypto(4, A80)), sdp('RTP/AVP')), BadSdp, 'plain words are never called SRTP');
  t.throws(() => answerFrom(sdp('RTP/AVP'), ours), BadSdp);
});

t.test('a phone must be told when the key changes, and not when the tag does', async (t) => {
  const before = sdp('RTP/SAVP', crypto(1, A80));
  t.ok(sameKeys(before, sdp('RTP/SAVP', crypto(2, A80))));
  t.notOk(sameKeys(before, sdp('RTP/SAVP', crypto(1, A80, OTHER))));
  t.notOk(sameKeys(before, sdp('RTP/AVP')));
  t.ok(sameKeys(sdp('RTP/AVP'), sdp('RTP/AVP', 'a=ptime:20')));
});
