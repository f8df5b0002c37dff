/**
 * Goal: a dialog of the program's last life speaks and is spoken to as before. Method: a real engine and drachtio-srf; a leg is forgotten
 * and made again from what was stored of it, and the phone notices nothing.
 */
import t, { type Test } from 'tap';
import type { LegId } from '#calls/ports.js';
import { CALLEE, CALLER, sdp, SignalingHouse } from '../support/signaling-house.js';
import type { Message } from '../support/sip-phone.js';

const cseq =
  (wanted: string) =>
  (one: Message): boolean =>
    one.headers.get('cseq') === wanted;

/** As after a restart: over bytes that hold no more than plain data. */
function reborn(house: SignalingHouse, id: LegId, login?: Readonly<{ username: string; password: string }>): string {
  const stored = house.signaling.stored(id);
  if (stored === undefined) throw new Error('nothing was stored');
  const text = JSON.stringify(stored);
  house.signaling.forget(id);
  house.signaling.restore(id, structuredClone(stored), login);
  return text;
}

async function caller(t: Test) {
  const house = await SignalingHouse.start(t);
  const alice = await house.phone(t, '101');
  const { leg } = await house.answers(alice, { Supported: 'timer', 'Session-Expires': '600;refresher=uas' });
  reborn(house, CALLER);
  return { house, alice, leg };
}

t.test('its re-INVITE is the next of the dialog, and the session timer goes on', async (t) => {
  const { house, alice } = await caller(t);
  house.signaling.reinvite(CALLER, sdp('sendonly', 2));
  const reinvite = await alice.receives('INVITE');
  t.match(reinvite.headers.get('session-expires'), /^600;refresher=uac/, 'what was agreed in the last life');
  alice.respond(reinvite, 200, sdp('recvonly', 2));
  await alice.receives('ACK');
  t.match(await house.hears('reinvite-answered', 'caller'), { status: 200 });
});

t.test('a refresh and a probe are sent in the dialog', async (t) => {
  const { house, alice } = await caller(t);
  house.signaling.refresh(CALLER);
  alice.respond(await alice.receives('UPDATE'), 200);
  await house.hears('refresh-answered', 'caller');
  house.signaling.probe(CALLER);
  alice.respond(await alice.receives('OPTIONS'), 200);
  t.match(await house.hears('probed', 'caller'), { there: true });
});

t.test('re-INVITE, UPDATE and BYE of the phone find it', async (t) => {
  const { house, alice, leg } = await caller(t);
  alice.inDialog(leg, 'INVITE', sdp('sendonly', 2));
  t.match(await house.hears('reinvite', 'caller'), { sdp: /a=sendonly/ });
  house.signaling.answerReinvite(CALLER, sdp('recvonly', 2));
  alice.ack(leg, await alice.receives('200', cseq(`${leg.cseq} INVITE`)));
  await house.hears('reinvite-acked', 'caller');
  alice.inDialog(leg, 'UPDATE');
  t.ok(await alice.receives('200', cseq(`${leg.cseq} UPDATE`)));
  alice.inDialog(leg, 'BYE');
  t.ok(await alice.receives('200', cseq(`${leg.cseq} BYE`)));
  await house.hears('bye', 'caller');
  t.equal(house.signaling.stored(CALLER), undefined, 'what is over is not stored');
});

t.test('our BYE goes out once, to the callee as well', async (t) => {
  const house = await SignalingHouse.start(t);
  const bob = await house.phone(t, '102');
  await house.calls(bob);
  reborn(house, CALLEE);
  house.signaling.bye(CALLEE, { cause: 503, text: 'server lost' });
  house.signaling.bye(CALLEE, { cause: 503, text: 'server lost' });
  const bye = await bob.receives('BYE');
  t.match(bye.headers.get('reason'), /cause=503/);
  bob.respond(bye, 200);
});

t.test('a trunk that asks who we are is told, and what is stored does not say so', async (t) => {
  const house = await SignalingHouse.start(t);
  const bob = await house.phone(t, '102');
  const credentials = { username: 'holdfast', password: 'a-very-secret-word' };
  await house.calls(bob, {}, { credentials });
  t.notMatch(reborn(house, CALLEE, credentials), /secret|holdfast/);
  house.signaling.reinvite(CALLEE, sdp('sendonly', 2));
  const first = await bob.receives('INVITE');
  bob.respond(first, 401, '', { 'WWW-Authenticate': 'Digest realm="trunk", nonce="n1", algorithm=MD5, qop="auth"' });
  const second = await bob.receives('INVITE', (one) => one.headers.has('authorization'));
  t.match(second.headers.get('authorization'), /username="holdfast"/);
  bob.respond(second, 200, sdp('recvonly', 2));
  t.match(await house.hears('reinvite-answered', 'callee'), { status: 200 });
});

t.test('others can name it in Replaces', async (t) => {
  const { house, leg } = await caller(t);
  const ours = /;tag=([^;>\s]+)/.exec(leg.remote)?.[1] ?? '';
  const found = house.signaling.legs.names.find({ callId: leg.callId, localTag: ours, remoteTag: leg.localTag });
  t.match(found, { kind: 'live', leg: { id: CALLER } });
});
