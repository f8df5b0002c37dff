/**
 * Goal: session timers (RFC 4028) in the whole house: a refresh never touches a hold, and a phone that is gone ends the call.
 * Method: phones that answer with an interval of a few seconds, which no phone of the world does, so that nobody has to wait.
 */
import t from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { directionIn, versionIn, type Message } from '../support/sip-phone.js';
import { TwoPhones, type Phone } from '../support/two-phones.js';

const WE_REFRESH = { 'Session-Expires': '4;refresher=uac', Allow: 'INVITE, ACK, BYE, UPDATE' };

/** Alice calls Bob, who answers in these words; both talk. */
async function talk(phones: TwoPhones, more: Readonly<Record<string, string>>) {
  const { alice, bob } = phones;
  const { leg } = await alice.sip.invite('102', alice.rtp.sdp());
  const invite = await bob.sip.receives('INVITE');
  bob.sip.respond(invite, 200, bob.rtp.sdp(), more);
  const answer = await alice.sip.receives('200', (one) => one.headers.get('cseq') === '2 INVITE');
  alice.sip.ack(leg, answer);
  await bob.sip.receives('ACK');
  phones.speak(alice, answer.body);
  phones.speak(bob, invite.body);
  const { body } = await phones.holdfast.api<{ calls: { id: string }[] }>('GET', '/calls');
  return { id: body.calls.at(-1)?.id ?? '', alice: leg, bob: bob.sip.legOf(invite), invite };
}

/** Bob answers a re-INVITE, and the session goes on. */
async function takes(bob: Phone, direction: string, version: number): Promise<Message> {
  const reinvite = await bob.sip.receives('INVITE');
  bob.sip.respond(reinvite, 200, bob.rtp.sdp({ direction, version }), WE_REFRESH);
  await bob.sip.receives('ACK');
  return reinvite;
}

t.test('a held phone is refreshed by UPDATE: it stays held, hears its music, and no SDP version moves', async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  const call = await talk(phones, WE_REFRESH);
  t.equal(call.invite.headers.get('session-expires'), '1800');
  const held = holdfast.api('PUT', `/calls/${call.id}/hold`);
  const [toBob] = await Promise.all([takes(bob, 'recvonly', 2), phones.takesReinvite(alice, 200)]);
  await held;
  for (let round = 0; round < 2; round += 1) {
    const update = await bob.sip.receives('UPDATE');
    t.equal(update.body, '', 'nothing is said of the media');
    t.equal(update.headers.get('session-expires'), '90;refresher=uac', 'what was agreed, but not below the least there is');
    bob.sip.respond(update, 200, '', WE_REFRESH);
  }
  t.same(await phones.hears(bob), [MUSIC_HERTZ]);
  const { body } = await holdfast.api<{ hold: { reasons: string[] } }>('GET', `/calls/${call.id}`);
  t.same(body.hold.reasons, ['controller']);
  const resumed = holdfast.api('DELETE', `/calls/${call.id}/hold`);
  const [back] = await Promise.all([takes(bob, 'sendrecv', 3), phones.takesReinvite(alice, 200, 'sendrecv')]);
  await resumed;
  t.equal(directionIn(back.body), 'sendrecv');
  t.equal(versionIn(back.body), versionIn(toBob.body) + 1n);
  phones.hush();
});

t.test('a phone without UPDATE is refreshed by a re-INVITE that says what was agreed last', async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  const noUpdate = { ...WE_REFRESH, Allow: 'INVITE, ACK, BYE' };
  const call = await talk(phones, noUpdate);
  const held = holdfast.api('PUT', `/calls/${call.id}/hold`);
  const toBob = await bob.sip.receives('INVITE');
  bob.sip.respond(toBob, 200, bob.rtp.sdp({ direction: 'recvonly', version: 2 }), noUpdate);
  await bob.sip.receives('ACK');
  await phones.takesReinvite(alice, 200);
  await held;
  const refresh = await bob.sip.receives('INVITE');
  t.equal(refresh.body, toBob.body, 'the same session to the letter (RFC 4028 §7.4)');
  bob.sip.respond(refresh, 200, bob.rtp.sdp({ direction: 'recvonly', version: 2 }), noUpdate);
  await bob.sip.receives('ACK');
  t.same(await phones.hears(bob), [MUSIC_HERTZ]);
  t.notOk(bob.sip.received.some((one) => one.what === 'UPDATE'));
  phones.hush();
});

t.test(
  'a phone that says nothing to its refresh, and one that should refresh and does not, are gone: both legs end',
  async (t) => {
    const phones = await TwoPhones.start(t);
    const { alice, bob, holdfast } = phones;
    for (const more of [WE_REFRESH, { ...WE_REFRESH, 'Session-Expires': '4;refresher=uas' }]) {
      const call = await talk(phones, more);
      const bye = await alice.sip.receives('BYE');
      t.equal(bye.headers.get('call-id'), call.alice.callId);
      alice.sip.respond(bye, 200);
      const toBob = await bob.sip.receives('BYE');
      bob.sip.respond(toBob, 200);
      const ended = await holdfast.event((event) => event.kind === 'call.ended' && event['callId'] === call.id);
      t.equal(ended['cause'], 'callee-lost');
      phones.hush();
    }
  },
);

t.test("a phone's own refresh is answered while it holds and while it is held, and changes neither", async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  const call = await talk(phones, {});
  alice.sip.inDialog(call.alice, 'INVITE', alice.rtp.sdp({ direction: 'sendonly', version: 2 }));
  const toBob = await phones.takesReinvite(bob, 200);
  t.equal(directionIn(toBob.body), 'sendonly');
  const ok = await alice.sip.receives('200', (one) => one.headers.get('cseq') === '3 INVITE');
  alice.sip.ack(call.alice, ok);
  await holdfast.event((event) => event.kind === 'hold.changed');
  for (const [phone, leg] of [
    [alice, call.alice],
    [bob, call.bob],
  ] as const) {
    phone.sip.inDialog(leg, 'UPDATE', '', { Supported: 'timer', 'Session-Expires': '1800;refresher=uac' });
    const answer = await phone.sip.receives('200', (one) => / UPDATE$/.test(one.headers.get('cseq') ?? ''));
    t.equal(answer.body, '');
    t.equal(answer.headers.get('session-expires'), '1800;refresher=uac');
  }
  t.same(await phones.hears(bob), [MUSIC_HERTZ]);
  const { body } = await holdfast.api<{ hold: { reasons: string[] } }>('GET', `/calls/${call.id}`);
  t.same(body.hold.reasons, ['caller-phone']);
  phones.hush();
});
