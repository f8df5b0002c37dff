import t from 'tap';
import { grantedExpiresSec, updateBindings, type AskedContact, type Binding, type Registration } from '#core/bindings.js';
import { sameUri } from '#sip/uri.js';

const LIMITS = { minSec: 60, maxSec: 7200, maxContacts: 3 };
const FLOW = { protocol: 'udp', address: '192.0.2.1', port: 5060 };
const NOW = 1_000_000;
const ALICE = 'sip:101@192.0.2.1';

const contact = (uri: string, more: Partial<AskedContact> = {}): AskedContact => ({ uri, q: 1, ...more });
const asks = (contacts: Registration['contacts'], more: Partial<Registration> = {}): Registration => ({
  contacts,
  callId: 'call-1',
  cseq: 1,
  flow: FLOW,
  ...more,
});
const update = (current: readonly Binding[], asked: Registration, nowMs = NOW) =>
  updateBindings(current, asked, nowMs, LIMITS, sameUri);

/** The bindings after a request that must be accepted. */
function bound(current: readonly Binding[], asked: Registration, nowMs = NOW): readonly Binding[] {
  const result = update(current, asked, nowMs);
  if (result.kind === 'refused') throw new Error(`${result.status} ${result.reason}`);
  return result.bindings;
}
const changesOf = (current: readonly Binding[], asked: Registration): string[] => {
  const result = update(current, asked);
  return result.kind === 'ok'
    ? result.changes.map(({ change, binding }) => `${change} ${binding.contact}`)
    : [`${result.status}`];
};

for (const [asked, granted, why] of [
  [0, 0, 'nought removes'],
  [undefined, 7200, 'nothing asked gets the longest'],
  [60, 60, 'the shortest allowed'],
  [59, 'too-brief', 'below the shortest'],
  [1, 'too-brief', 'a second'],
  [3600, 3600, 'an hour'],
  [99_999, 7200, 'too long is cut'],
] as const) {
  t.test(`expires ${asked ?? 'unsaid'} is granted as ${granted}: ${why}`, async (t) => {
    t.equal(grantedExpiresSec(asked, LIMITS), granted);
  });
}

t.test('an hour is never too brief, however high the minimum is (RFC 3261 section 10.3 step 7)', async (t) => {
  t.equal(grantedExpiresSec(3600, { minSec: 5000, maxSec: 7200, maxContacts: 1 }), 3600);
});

t.test('a contact is bound until its own expires, which wins over the header', async (t) => {
  const [binding] = bound([], asks([contact(ALICE, { expiresSec: 120 })], { expiresSec: 3000 }));
  t.match(binding, { contact: ALICE, expiresAtMs: NOW + 120_000, callId: 'call-1', cseq: 1, flow: FLOW });
  const [other] = bound([], asks([contact(ALICE)], { expiresSec: 3000 }));
  t.equal(other?.expiresAtMs, NOW + 3_000_000);
});

t.test('the same contact in another spelling is renewed, not added', async (t) => {
  const before = bound([], asks([contact('sip:101@PHONE.example.com;lr')]));
  const after = bound(before, asks([contact('sip:101@phone.example.com;lr')], { cseq: 2 }), NOW + 5);
  t.equal(after.length, 1);
  t.equal(after[0]?.expiresAtMs, NOW + 5 + 7_200_000);
});

t.test('several contacts live side by side, and one of them can be removed', async (t) => {
  const two = bound([], asks([contact(ALICE), contact('sip:101@192.0.2.2', { q: 0.5 })]));
  t.same(
    two.map((one) => one.q),
    [1, 0.5],
  );
  const asked = asks([contact(ALICE, { expiresSec: 0 })], { callId: 'other phone' });
  t.same(
    bound(two, asked).map((one) => one.contact),
    ['sip:101@192.0.2.2'],
  );
  t.same(changesOf(two, asked), [`unregistered ${ALICE}`]);
  t.same(
    changesOf(two, asks([contact('sip:101@192.0.2.9', { expiresSec: 0 })], { cseq: 2 })),
    [],
    'what is not there goes quietly',
  );
});

t.test('no contact changes nothing and shows what is live', async (t) => {
  const before = bound([], asks([contact(ALICE, { expiresSec: 60 })]));
  t.same(bound(before, asks([], { cseq: 0 })), before, 'not even the CSeq matters');
  t.same(bound(before, asks([]), NOW + 60_000), [], 'what has expired is not shown');
});

t.test('the star takes everything away, and only with Expires 0', async (t) => {
  const two = bound([], asks([contact(ALICE), contact('sip:101@192.0.2.2')]));
  t.same(bound(two, asks('*', { expiresSec: 0, cseq: 2 })), []);
  t.match(update(two, asks('*', { cseq: 2 })), { kind: 'refused', status: 400 });
  t.match(update(two, asks('*', { expiresSec: 60, cseq: 2 })), { kind: 'refused', status: 400 });
  t.match(update(two, asks('*', { expiresSec: 0, cseq: 1 })), { kind: 'refused', status: 500 }, 'an old one that came late');
});

t.test('of one Call-ID only a higher CSeq counts; a new Call-ID is a restarted phone', async (t) => {
  const before = bound([], asks([contact(ALICE)], { cseq: 5 }));
  for (const cseq of [4, 5]) t.match(update(before, asks([contact(ALICE)], { cseq })), { kind: 'refused', status: 500 });
  t.equal(bound(before, asks([contact(ALICE)], { cseq: 6 }))[0]?.cseq, 6);
  t.equal(bound(before, asks([contact(ALICE)], { cseq: 1, callId: 'after reboot' }))[0]?.cseq, 1);
  t.same(bound(before, asks([contact(ALICE)], { cseq: 5 }), NOW + 8_000_000).length, 1, 'an expired binding forbids nothing');
});

t.test('a contact that stands in one request twice is bound once', async (t) => {
  t.equal(bound([], asks([contact(ALICE), contact(ALICE, { q: 0.1 })])).length, 1);
});

t.test('all of a request happens or none of it', async (t) => {
  const result = update([], asks([contact(ALICE), contact('sip:101@192.0.2.2', { expiresSec: 5 })]));
  t.match(result, { kind: 'refused', status: 423, minExpiresSec: 60 });
});

t.test('more contacts than the limit are refused, and renewing at the limit is not', async (t) => {
  const three = bound([], asks(['1', '2', '3'].map((host) => contact(`sip:101@192.0.2.${host}`))));
  t.match(update(three, asks([contact('sip:101@192.0.2.4')], { cseq: 2 })), { kind: 'refused', status: 403 });
  t.equal(bound(three, asks([contact('sip:101@192.0.2.3')], { cseq: 2 })).length, 3);
});

t.test('the same flow of the same device replaces its old contact, and both are heard of', async (t) => {
  const before = bound([], asks([contact('sip:101@192.0.2.1:1000', { instance: 'urn:uuid:1 1' })]));
  const moved = asks([contact('sip:101@192.0.2.1:2000', { instance: 'urn:uuid:1 1' })], { callId: 'new' });
  t.same(
    bound(before, moved).map((one) => one.contact),
    ['sip:101@192.0.2.1:2000'],
  );
  t.same(changesOf(before, moved), ['unregistered sip:101@192.0.2.1:1000', 'registered sip:101@192.0.2.1:2000']);
  const second = asks([contact('sip:101@192.0.2.1:3000', { instance: 'urn:uuid:1 2' })], { callId: 'second flow' });
  t.equal(bound(before, second).length, 2);
});

t.test('one contact is bound once, also when the device gives itself a new name', async (t) => {
  const before = bound([], asks([contact(ALICE, { instance: 'urn:uuid:1 1' })]));
  t.equal(bound(before, asks([contact(ALICE, { instance: 'urn:uuid:2 1' })], { callId: 'new' })).length, 1);
});
