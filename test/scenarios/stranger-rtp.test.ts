/**
 * Goal: who sends RTP to the ports of a call that is none of his hears nothing of it, and takes it from nobody: while it is young, when it is
 * held and resumed, and when a phone has moved. Method: scripted phones with real RTP, and strangers who send to every port of the call.
 */
import t, { type Test } from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { RtpEndpoint } from '../support/rtp-endpoint.js';
import { SipPhone } from '../support/sip-phone.js';
import { ALICE_HERTZ, BOB_HERTZ, reinvites, TwoPhones, type Phone } from '../support/two-phones.js';

const STRANGER_HERTZ = 1600;
/** rtpengine makes up its mind about who is where three seconds after what it was told last. */
const LEARNED = 200;

/** One for each port that these phones send to; they begin at once. */
const strangersTo = (t: Test, phones: readonly Phone[]): Promise<RtpEndpoint[]> =>
  Promise.all(
    phones.map(async ({ rtp }) => {
      const stranger = await RtpEndpoint.open();
      t.teardown(() => stranger.close());
      const { host, port } = rtp.target ?? { host: '', port: 0 };
      stranger.obey(`c=IN IP4 ${host}\r\nm=audio ${port} RTP/AVP 0\r\n`);
      stranger.talk(STRANGER_HERTZ);
      return stranger;
    }),
  );

t.test('strangers who send to the ports of a call', async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  const strangers = await strangersTo(t, [alice, bob]);
  const heardByStrangers = (): readonly number[] => strangers.map(({ heard }) => heard.count);

  await t.test('hear nothing, and both phones go on hearing each other', async (t) => {
    await alice.rtp.during(LEARNED);
    t.ok((await alice.rtp.next(20)).tones(ALICE_HERTZ, BOB_HERTZ).includes(BOB_HERTZ));
    t.ok((await bob.rtp.next(20)).tones(ALICE_HERTZ, BOB_HERTZ).includes(ALICE_HERTZ));
    t.same(heardByStrangers(), [0, 0]);
  });

  await t.test('nor the music of a hold, nor what is said after it', async (t) => {
    const ends = [phones.takesAll(alice), phones.takesAll(bob)];
    t.equal((await holdfast.api('PUT', `/calls/${talk.id}/hold`)).status, 200);
    t.same([await phones.hears(alice), await phones.hears(bob)], [[MUSIC_HERTZ], [MUSIC_HERTZ]], 'and nothing of the strangers');
    t.equal((await holdfast.api('DELETE', `/calls/${talk.id}/hold`)).status, 200);
    for (const end of ends) end();
    await alice.rtp.during(LEARNED);
    t.ok((await bob.rtp.next(20)).tones(ALICE_HERTZ, BOB_HERTZ).includes(ALICE_HERTZ));
    t.same(heardByStrangers(), [0, 0]);
  });

  await t.test('nor anything when a phone has moved to another port', async (t) => {
    const moved = await RtpEndpoint.open();
    t.teardown(() => moved.close());
    alice.rtp.hush();
    const there = { ...alice, rtp: moved };
    await reinvites(there, talk.alice, 'sendrecv');
    moved.talk(ALICE_HERTZ);
    await moved.during(LEARNED);
    t.ok((await moved.next(20)).tones(ALICE_HERTZ, BOB_HERTZ).includes(BOB_HERTZ));
    t.same(heardByStrangers(), [0, 0]);
  });
  phones.hush();
});

/** Alice calls out through a trunk at 127.0.0.2, whose answer says that its audio is where `said` is. Nobody speaks yet. */
async function overTrunk(t: Test, said: RtpEndpoint, address: string) {
  const sip = await SipPhone.open({ number: '94930123', server: 1, address: '127.0.0.2' });
  t.teardown(() => sip.close());
  const trunks = `trunks:\n  - { name: carrier, uri: 'sip:127.0.0.2:${sip.port}', from: [127.0.0.2], prefix: '9' }\n`;
  const phones = await TwoPhones.start(t, { trunks });
  sip.towards(phones.holdfast.sipPort);
  const { alice } = phones;
  const { leg } = await alice.sip.invite(sip.number, alice.rtp.sdp());
  const invite = await sip.receives('INVITE');
  sip.respond(invite, 200, said.sdp({ address }), { Contact: `<sip:127.0.0.2:${sip.port}>` });
  const answer = await alice.sip.receives('200', (one) => one.headers.get('cseq') === '2 INVITE');
  alice.sip.ack(leg, answer);
  await sip.receives('ACK');
  return { phones, sip, offer: invite.body, answer: answer.body };
}

async function endpoint(t: Test, address: string): Promise<RtpEndpoint> {
  const rtp = await RtpEndpoint.open(address);
  t.teardown(() => rtp.close());
  return rtp;
}

t.test('a trunk of a private network whose audio is at its address keeps it from strangers', async (t) => {
  const rtp = await endpoint(t, '127.0.0.2');
  const { phones, sip, offer, answer } = await overTrunk(t, rtp, '127.0.0.2');
  const { alice } = phones;
  rtp.obey(offer);
  const [stranger] = await strangersTo(t, [{ sip, rtp, hertz: BOB_HERTZ }]);
  phones.speak(alice, answer);
  await alice.rtp.next(5); // nobody else has been heard before it
  rtp.talk(BOB_HERTZ);
  await alice.rtp.during(LEARNED);
  t.equal(stranger?.heard.count, 0, 'a stranger hears nothing');
  t.same((await rtp.next(20)).tones(ALICE_HERTZ, BOB_HERTZ), [ALICE_HERTZ], 'the trunk hears her');
  t.ok((await alice.rtp.next(20)).tones(ALICE_HERTZ, BOB_HERTZ).includes(BOB_HERTZ), 'and she the trunk');
  phones.hush();
});

t.test('a trunk whose audio is elsewhere, and not where it says, is found by what it sends', async (t) => {
  const [said, rtp] = [await endpoint(t, '127.0.0.3'), await endpoint(t, '127.0.0.3')];
  const { phones, offer, answer } = await overTrunk(t, said, '127.0.0.3');
  rtp.obey(offer);
  rtp.talk(BOB_HERTZ);
  phones.speak(phones.alice, answer);
  t.same(await phones.hears(phones.alice), [BOB_HERTZ]);
  t.same((await rtp.next(20)).tones(ALICE_HERTZ, BOB_HERTZ), [ALICE_HERTZ]);
  phones.hush();
});

t.test('where phones are always looked for, one that sends from another port than its SDP names is found there', async (t) => {
  const phones = await TwoPhones.start(t, { holdfast: 'rtpengine: { learnAlways: true }' });
  const nowhere = await RtpEndpoint.open();
  t.teardown(() => nowhere.close());
  const { alice, bob } = phones;
  const { leg } = await alice.sip.invite('102', alice.rtp.sdp());
  const invite = await bob.sip.receives('INVITE');
  bob.sip.respond(invite, 200, nowhere.sdp());
  const answer = await alice.sip.receives('200', (one) => one.headers.get('cseq') === '2 INVITE');
  alice.sip.ack(leg, answer);
  await bob.sip.receives('ACK');
  phones.speak(alice, answer.body);
  phones.speak(bob, invite.body);
  t.same(await phones.hears(bob), [ALICE_HERTZ]);
  phones.hush();
});
