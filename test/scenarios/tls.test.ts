/**
 * Goal: SIP over TLS and WSS, and SRTP with keys in the SDP, on one leg or both: nothing of hold, music, transfer, mute, play and recording
 * is lost by it, and no key is ever seen outside. Method: the product with a self-signed certificate, scripted phones that encrypt.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { selfSigned } from '#kit/self-signed.js';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { tlsWire, wssWire } from '../support/phone-wire.js';
import { Recorded } from '../support/recorded.js';
import { directionIn, SipPhone } from '../support/sip-phone.js';
import { keyLines } from '../support/srtp-call.js';
import { SECURE } from '../support/secure-house.js';
import { CAROL_HERTZ, ThreePhones } from '../support/three-phones.js';
import { ALICE_HERTZ, BOB_HERTZ, TwoPhones, type Proof, type Talk } from '../support/two-phones.js';
import { until } from '../support/until.js';
import { replaceWith } from '../support/certificates.js';

const JINGLE_HERTZ = 2000;
const LOUD = 4000;
const SIDES = [
  { alice: true, bob: false },
  { alice: false, bob: true },
  { alice: true, bob: true },
] as const;
const TALKING = { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] };
const HELD = { alice: [MUSIC_HERTZ], bob: [MUSIC_HERTZ] };

t.setTimeout(200_000);

const both = async (phones: TwoPhones) => {
  const [alice, bob] = await Promise.all([phones.hears(phones.alice), phones.hears(phones.bob)]);
  return { alice, bob };
};

async function holds(phones: TwoPhones, talk: Talk, method: 'PUT' | 'DELETE'): Promise<Proof> {
  const direction = method === 'PUT' ? 'recvonly' : 'sendrecv';
  const asked = phones.holdfast.api<Proof>(method, `/calls/${talk.id}/hold`);
  await Promise.all([phones.alice, phones.bob].map((phone) => phones.takesReinvite(phone, 200, direction)));
  return (await asked).body;
}

for (const side of SIDES) {
  const who = [side.alice ? 'the caller' : '', side.bob ? 'the callee' : ''].filter((one) => one !== '').join(' and ');
  t.test(`SRTP spoken by ${who}`, { timeout: 90_000 }, async (t) => {
    const sounds = { 'jingle.wav': { hertz: JINGLE_HERTZ, seconds: 1 } };
    const phones = await TwoPhones.start(t, { ...SECURE, sounds, phones: { '101': 'srtp: true', '102': 'srtp: true' } }, side);
    const { alice, bob, holdfast } = phones;
    const talk = await phones.talk();
    const recording = await holdfast.api<{ recordingId: string }>('POST', `/calls/${talk.id}/recording`, {});
    t.equal(recording.status, 202);

    await t.test('they hear each other, hold and resume by program, and keys stay', async (t) => {
      t.same(await both(phones), TALKING);
      for (const round of [1, 2]) {
        t.match(await holds(phones, talk, 'PUT'), { settled: true });
        t.same(await both(phones), HELD, `held ${round}`);
        t.match(await holds(phones, talk, 'DELETE'), { settled: true });
        t.same(await both(phones), TALKING, `resumed ${round}`);
      }
    });

    await t.test('who is muted is not heard, and a file is heard alone', async (t) => {
      t.equal((await holdfast.api('POST', `/calls/${talk.id}/mute`, { party: 'caller' })).status, 202);
      await bob.rtp.during(10);
      t.equal((await bob.rtp.during(15)).count, 0);
      t.equal((await holdfast.api('POST', `/calls/${talk.id}/unmute`, { party: 'caller' })).status, 202);
      const asked = { to: 'callee', file: 'jingle.wav', times: 2 };
      const play = await holdfast.api<{ playId: string }>('POST', `/calls/${talk.id}/play`, asked);
      await bob.rtp.next(10);
      t.same((await bob.rtp.next(15)).tones(ALICE_HERTZ, JINGLE_HERTZ), [JINGLE_HERTZ]);
      await holdfast.event((event) => event.kind === 'play.ended' && event['playId'] === play.body.playId);
      t.same(await both(phones), TALKING);
    });

    await t.test('a phone that holds with a new key is answered with one of ours, and is heard when it resumes', async (t) => {
      const { keys } = alice.rtp;
      const before = keys?.theirs;
      const enough = phones.takesAll(bob);
      for (const [direction, answered, version] of [
        ['sendonly', 'recvonly', 11],
        ['sendrecv', 'sendrecv', 12],
      ] as const) {
        keys?.renew();
        alice.sip.inDialog(talk.alice, 'INVITE', alice.rtp.sdp({ direction, version }));
        const answer = await alice.sip.receives('200', (one) => /INVITE/.test(one.headers.get('cseq') ?? ''));
        alice.sip.ack(talk.alice, answer);
        keys?.obey(answer.body);
        t.equal(directionIn(answer.body), answered);
        t.equal(keyLines(answer.body).length, side.alice ? 1 : 0);
        if (direction === 'sendonly') t.same(await phones.hears(bob), [MUSIC_HERTZ]);
      }
      t.same(await both(phones), TALKING);
      enough();
      if (!side.bob) t.equal(keys?.theirs, before, 'our own key stays as it was');
    });

    await phones.hangUp(talk);
    await holdfast.event(({ kind }) => kind === 'recording.completed');
    const audio = await fetch(`${holdfast.base}/recordings/${recording.body.recordingId}/audio`, {
      headers: { authorization: 'Bearer demo-token' },
    });
    const heard = new Recorded(Buffer.from(await audio.arrayBuffer()));
    t.ok(heard.tone('left', ALICE_HERTZ, 0.2, 0.6) > LOUD, 'the recording has the caller');
    t.ok(heard.tone('right', BOB_HERTZ, 0.2, 0.6) > LOUD, 'and the callee');
    for (const phone of [alice, bob]) if (phone.rtp.keys !== undefined) t.notOk(holdfast.log.includes(phone.rtp.keys.theirs));
    t.notMatch(holdfast.log, /inline:/, 'no key is in the log');
  });
}

t.test('who speaks SRTP is transferred to a plain phone, held there and resumed', { timeout: 60_000 }, async (t) => {
  const phones = await ThreePhones.start(t, { ...SECURE, phones: { '102': 'srtp: true' } }, { alice: true, bob: true });
  const { carol, two } = phones;
  const { alice, bob, holdfast } = two;
  const talk = await two.talk();
  const asked = holdfast.api<{ newCallId: string }>('POST', `/calls/${talk.id}/transfer`, { to: '103' });
  await Promise.all([phones.follows(alice, 'sendonly'), phones.follows(bob, 'inactive')]);
  const invite = await phones.rings(carol);
  t.match(invite.body, /RTP\/AVP /);
  t.same(await phones.hears(alice), [MUSIC_HERTZ]);
  carol.sip.respond(invite, 200, carol.rtp.sdp());
  two.speak(carol, invite.body);
  const [reinvite] = await Promise.all([phones.follows(alice, 'sendrecv'), phones.isHungUp(bob)]);
  t.equal(keyLines(reinvite.body).length, 1, 'with a key of the new call');
  bob.rtp.hush();
  const talking = { alice: [CAROL_HERTZ], carol: [ALICE_HERTZ] };
  t.same({ alice: await phones.hears(alice), carol: await phones.hears(carol) }, talking);
  const { newCallId } = (await asked).body;
  const held = holdfast.api('PUT', `/calls/${newCallId}/hold`);
  await Promise.all([phones.follows(alice, 'sendonly'), phones.follows(carol, 'sendonly')]);
  await held;
  t.same(await phones.hears(alice), [MUSIC_HERTZ]);
  const resumed = holdfast.api('DELETE', `/calls/${newCallId}/hold`);
  await Promise.all([phones.follows(alice, 'sendrecv'), phones.follows(carol, 'sendrecv')]);
  await resumed;
  t.same({ alice: await phones.hears(alice), carol: await phones.hears(carol) }, talking);
  phones.hush();
});

t.test('a phone that wants no SRTP', async (t) => {
  const phones = await TwoPhones.start(t, { ...SECURE, phones: { '101': 'srtp: true' } }, { alice: true });
  const { alice, bob, holdfast } = phones;
  const offered = await bob.sip.invite('101', bob.rtp.sdp());
  const secure = await alice.sip.receives('INVITE');
  t.match(secure.body, /RTP\/SAVP /);
  t.notMatch(secure.body, /fingerprint/, 'keys are in the SDP or nowhere');
  t.notMatch(secure.body, /NULL|F8_/);
  t.ok(keyLines(secure.body).some((line) => /AES_CM_128_HMAC_SHA1_80/.test(line)));
  alice.sip.respond(secure, 488);
  const plain = await alice.sip.receives('INVITE');
  t.match(plain.body, /RTP\/AVP /, 'is asked again without');
  t.same(keyLines(plain.body), []);
  alice.rtp.keys = undefined;
  alice.sip.respond(plain, 200, alice.rtp.sdp());
  const answer = await bob.sip.receives('200', (one) => one.headers.get('cseq') === '2 INVITE');
  bob.sip.ack(offered.leg, answer);
  phones.speak(alice, plain.body);
  phones.speak(bob, answer.body);
  t.same(await both(phones), TALKING);
  await until('it is logged', () => holdfast.log.includes('SRTP refused, asked again without'));

  await t.test('and one that answers without a key is not connected in the clear', async (t) => {
    phones.hush();
    const again = await bob.sip.invite('101', bob.rtp.sdp());
    const invite = await alice.sip.receives('INVITE', (one) => /SAVP/.test(one.body));
    alice.sip.respond(invite, 200, alice.rtp.sdp());
    await alice.sip.receives('BYE', (one) => one.headers.get('call-id') === invite.headers.get('call-id'));
    const refused = await bob.sip.receives('480', (one) => one.headers.get('call-id') === again.leg.callId);
    t.match(refused.line, /not in the profile of the offer/);
  });
});

t.test('an account that requires SRTP and TLS', async (t) => {
  const only = 'requireTls: true, srtp: required';
  const phones = await TwoPhones.start(t, { ...SECURE, phones: { '101': only, '103': only } }, { alice: true });
  const { alice, bob, holdfast } = phones;

  await t.test('is refused over UDP, and hears why only with the right password', async (t) => {
    const right = await SipPhone.open({ number: '103', server: holdfast.sipPort });
    const wrong = await SipPhone.open({ number: '103', server: holdfast.sipPort, password: 'guessed' });
    const nobody = await SipPhone.open({ number: '999', server: holdfast.sipPort });
    t.teardown(() => [right, wrong, nobody].forEach((phone) => phone.close()));
    t.equal((await right.register()).what, '403');
    t.equal((await wrong.register()).what, '401');
    t.equal((await nobody.register()).what, '401', 'as a number that nobody has');
  });

  await t.test('gets 488 when it offers plain RTP, and never hears plain RTP', async (t) => {
    const { keys } = alice.rtp;
    alice.rtp.keys = undefined;
    await alice.sip.invite('102', alice.rtp.sdp());
    t.equal((await alice.sip.receives('488')).what, '488');
    alice.rtp.keys = keys;
    const call = await bob.sip.invite('101', bob.rtp.sdp());
    const invite = await alice.sip.receives('INVITE');
    t.match(invite.body, /RTP\/SAVP /);
    alice.sip.respond(invite, 488);
    t.equal(
      (await bob.sip.receives('488', (one) => one.headers.get('call-id') === call.leg.callId)).what,
      '488',
      'not asked again',
    );
  });
});

t.test('keys that travel in the clear are said once', async (t) => {
  const phones = await TwoPhones.start(t, SECURE, {});
  const { alice, bob, holdfast } = phones;
  for (const round of [1, 2]) {
    const rtp = alice.rtp.sdp().replace('RTP/AVP', 'RTP/SAVP');
    const key = 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz';
    const { leg } = await alice.sip.invite('102', `${rtp}${key}\r\n`);
    const invite = await bob.sip.receives('INVITE');
    t.match(invite.body, /RTP\/AVP /, `round ${round}: the other leg stays plain`);
    bob.sip.respond(invite, 486);
    await alice.sip.receives('486', (one) => one.headers.get('call-id') === leg.callId);
  }
  // Lines come in order, so what would be said twice is there by then.
  await until('both ends are logged', () => holdfast.log.match(/"msg":"call\.ended"/g)?.length === 2);
  t.equal(holdfast.log.match(/keys of SRTP in the clear/g)?.length, 1);
});

t.test('a phone over WSS registers, calls, is held and resumed', async (t) => {
  const phones = await TwoPhones.start(t, SECURE);
  const { holdfast } = phones;
  const sip = new SipPhone({ number: '103', server: holdfast.wssPort }, await wssWire(holdfast.wssPort));
  t.teardown(() => sip.close());
  t.equal((await sip.register()).what, '200');
  const web = phones.with({ alice: { ...phones.alice, sip } });
  const talk = await web.talk();
  t.same(await both(web), TALKING);
  await holds(web, talk, 'PUT');
  t.same(await both(web), HELD);
  await holds(web, talk, 'DELETE');
  t.same(await both(web), TALKING);
  await web.hangUp(talk);
});

t.test('a certificate that is replaced on disk', async (t) => {
  const phones = await TwoPhones.start(t, SECURE, { alice: true });
  const { alice, holdfast } = phones;
  const talk = await phones.talk();
  const first = await fingerprintOf(holdfast.tlsPort);
  const files = {
    certificate: `${holdfast.folder}/var/tls/self-signed.crt`,
    key: `${holdfast.folder}/var/tls/self-signed.key`,
  };
  t.match(readFileSync(files.certificate, 'utf8'), /BEGIN CERTIFICATE/);
  replaceWith(files, await selfSigned(`${t.testdir()}/new`, ['127.0.0.1']));
  process.kill(holdfast.pid, 'SIGHUP');
  await until('the new certificate is shown', async () => (await fingerprintOf(holdfast.tlsPort)) !== first);
  t.match(await holds(phones, talk, 'PUT'), { settled: true }, 'the call on the old connection goes on');
  t.same(await both(phones), HELD);
  await holds(phones, talk, 'DELETE');
  t.same(await both(phones), TALKING);
  t.equal((await alice.sip.register()).what, '200');
  await phones.hangUp(talk);
});

async function fingerprintOf(port: number): Promise<string> {
  const wire = await tlsWire(port);
  wire.close();
  return wire.fingerprint;
}
