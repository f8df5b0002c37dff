/**
 * Goal: keys that a program presses are heard as keys of the peer, keys that parties press are told to programs once each, and a hold lets no
 * key through in either direction but is no reason not to tell. Method: scripted phones with real RTP and INFO.
 */
import t from 'tap';
import type { Heard } from '../support/heard.js';
import { ALICE_HERTZ, TwoPhones, type Phone, type Talk } from '../support/two-phones.js';

const TELEPHONE_EVENT = 101;
const KEYS = '0123456789*#ABCD';
const INFO = { 'Content-Type': 'application/dtmf-relay' };

/** The keys in what was heard, each event once (RFC 4733 §2.5.1: one timestamp). */
function keysIn(heard: Heard): string {
  const events = new Map(
    heard.packets
      .filter(({ payloadType }) => payloadType === TELEPHONE_EVENT)
      .map(({ timestamp, payload }) => [timestamp, KEYS[payload.readUInt8(0)] ?? '?']),
  );
  return [...events]
    .sort(([one], [other]) => one - other)
    .map(([, key]) => key)
    .join('');
}

t.test('a call between two phones', async (t) => {
  const phones = await TwoPhones.start(t, { sounds: { 'long.wav': { hertz: 2400, seconds: 30 } } });
  const { alice, bob, holdfast } = phones;
  const press = (talk: Talk, to: string, keys: string) =>
    holdfast.api<Record<string, unknown>>('POST', `/calls/${talk.id}/keys`, { to, keys });
  /** The keys told of since `afterSeq`, until all of `last` are among them, whichever comes first. */
  const told = async (last: string, afterSeq: number): Promise<{ keys: string[]; seq: number }> => {
    const isTold = (key: string) => holdfast.event((one) => one.kind === 'call.key' && one['key'] === key, afterSeq);
    const seqs = (await Promise.all([...last].map(isTold))).map(({ seq }) => seq);
    const { body } = await holdfast.api<{ events: { seq: number; kind: string; leg: string; key: string }[] }>(
      'GET',
      `/events?after=${afterSeq}&limit=1000`,
    );
    const keys = body.events
      .filter(({ kind, seq }) => kind === 'call.key' && seq <= Math.max(...seqs))
      .map(({ leg, key }) => `${leg} ${key}`);
    return { keys, seq: Math.max(...seqs) };
  };
  const talk = await phones.talk();
  t.same(await phones.hears(bob), [ALICE_HERTZ]);
  let seq = 0;

  await t.test('a key that a phone presses is told once, and heard by its peer', async (t) => {
    bob.rtp.forget();
    alice.rtp.press(5);
    const first = await told('5', seq);
    t.same(first.keys, ['caller 5']);
    seq = first.seq;
    bob.rtp.press(10);
    const second = await told('*', seq);
    t.same(second.keys, ['callee *']);
    seq = second.seq;
    await alice.rtp.during(20);
    t.equal(keysIn(bob.rtp.heard), '5');
  });

  await t.test('a phone that says it twice, in RTP and by INFO, is told of once', async (t) => {
    alice.rtp.press(6);
    alice.sip.inDialog(talk.alice, 'INFO', 'Signal=6\r\nDuration=100\r\n', INFO);
    const relayed = await bob.sip.receives('INFO');
    bob.sip.respond(relayed, 200);
    t.match(relayed.body, /Signal=6/);
    await alice.rtp.during(10);
    alice.rtp.press(7);
    const { keys, seq: last } = await told('7', seq);
    t.same(keys, ['caller 6', 'caller 7']);
    seq = last;
  });

  await t.test('who is muted presses for the program only', async (t) => {
    t.equal((await holdfast.api('POST', `/calls/${talk.id}/mute`, { party: 'caller' })).status, 202);
    await alice.rtp.during(10);
    bob.rtp.forget();
    alice.rtp.press(8);
    const { keys, seq: last } = await told('8', seq);
    t.same(keys, ['caller 8']);
    seq = last;
    await alice.rtp.during(20);
    t.equal(keysIn(bob.rtp.heard), '');
    const { status, body } = await press(talk, 'callee', '1');
    t.equal(status, 409);
    t.match(body, { detail: /muted/ });
    t.equal((await holdfast.api('POST', `/calls/${talk.id}/unmute`, { party: 'caller' })).status, 202);
  });

  await t.test('in a hold keys are told, and heard by nobody', async (t) => {
    const held = holdfast.api('PUT', `/calls/${talk.id}/hold`);
    await Promise.all([alice, bob].map((phone: Phone) => phones.takesReinvite(phone, 200)));
    await held;
    bob.rtp.forget();
    alice.rtp.press(9);
    alice.sip.inDialog(talk.alice, 'INFO', 'Signal=11\r\nDuration=160\r\n', INFO);
    // Which of them is told first is for the wires to say: one comes as RTP, the other as SIP.
    const { keys, seq: last } = await told('9#', seq);
    t.same(keys.sort(), ['caller #', 'caller 9']);
    seq = last;
    await alice.rtp.during(20);
    t.equal(keysIn(bob.rtp.heard), '');
    const { status, body } = await press(talk, 'callee', '1');
    t.equal(status, 409);
    t.match(body, { code: 'wrong_moment', state: 'held' });
    const resumed = holdfast.api('DELETE', `/calls/${talk.id}/hold`);
    await Promise.all([alice, bob].map((phone: Phone) => phones.takesReinvite(phone, 200, 'sendrecv')));
    await resumed;
  });

  await t.test('nobody presses anything through a play, and the program presses through none', async (t) => {
    await holdfast.api('POST', `/calls/${talk.id}/play`, { to: 'callee', file: 'long.wav' });
    t.equal((await press(talk, 'callee', '1')).status, 409);
    t.equal((await holdfast.api('DELETE', `/calls/${talk.id}/play`)).status, 202);
  });

  await t.test('what are no keys is refused', async (t) => {
    for (const keys of ['', 'x', '12 3', '1'.repeat(101)]) t.equal((await press(talk, 'callee', keys)).status, 400, keys);
  });
});

t.test('a phone that has not negotiated telephone-event hears tones', async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  const { leg } = await alice.sip.invite('102', alice.rtp.sdp({ payloadTypes: [0] }));
  const invite = await bob.sip.receives('INVITE');
  bob.sip.respond(invite, 200, bob.rtp.sdp({ payloadTypes: [0] }));
  const answer = await alice.sip.receives('200', (one) => one.headers.get('cseq') === '2 INVITE');
  alice.sip.ack(leg, answer);
  await bob.sip.receives('ACK');
  phones.speak(alice, answer.body);
  phones.speak(bob, invite.body);
  await phones.hears(bob);
  const { body } = await holdfast.api<{ calls: { id: string }[] }>('GET', '/calls');
  bob.rtp.forget();
  t.equal((await holdfast.api('POST', `/calls/${body.calls[0]?.id ?? ''}/keys`, { to: 'callee', keys: '5' })).status, 202);
  await alice.rtp.during(40);
  const { heard } = bob.rtp;
  t.ok(
    heard.packetsWith(770) >= 3 && heard.packetsWith(1336) >= 3,
    `the two tones of 5: ${heard.packetsWith(770)} ${heard.packetsWith(1336)}`,
  );
  t.ok(heard.packetsWith(ALICE_HERTZ) >= 20, 'and its peer before and after');
});

t.test('keys of a program reach one phone, as keys of the other', async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  await phones.hears(bob);
  bob.rtp.forget();
  let heardByAlice = '';
  const { status, body } = await holdfast.api('POST', `/calls/${talk.id}/keys`, { to: 'callee', keys: '12,3#' });
  t.equal(status, 202, JSON.stringify(body));
  for (let round = 0; round < 20 && keysIn(bob.rtp.heard).length < 4; round++) heardByAlice += keysIn(await alice.rtp.during(20));
  heardByAlice += keysIn(await alice.rtp.during(20));
  t.equal(keysIn(bob.rtp.heard), '123#');
  const events = bob.rtp.heard.packets.filter(({ payloadType }) => payloadType === TELEPHONE_EVENT);
  const longest = Math.max(...events.map(({ payload }) => payload.readUInt16BE(2)));
  t.ok(longest >= 800 && longest <= 1120, `100 ms of tone: ${longest / 8} ms`);
  t.equal(heardByAlice, '', 'and not the other phone');
  t.same(await phones.hears(bob), [ALICE_HERTZ], 'its peer is heard again');
  alice.rtp.press(4);
  await holdfast.event((one) => one.kind === 'call.key');
  const told = await holdfast.api<{ events: { kind: string; key?: string }[] }>('GET', '/events?limit=1000');
  const keys = told.body.events.filter(({ kind }) => kind === 'call.key').map(({ key }) => key);
  t.same(keys, ['4'], 'and what the program has pressed nobody is told of');
});
