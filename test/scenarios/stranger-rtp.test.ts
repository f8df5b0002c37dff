/**
 * Goal: who sends RTP to the ports of a call that is none of his hears nothing of it, and takes it from nobody: while it is young, when it is
 * held and resumed, and when a phone has moved. Method: scripted phones with real RTP, and strangers who send to every port of the call.
 */
import t from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { RtpEndpoint } from '../support/rtp-endpoint.js';
import { ALICE_HERTZ, BOB_HERTZ, reinvites, TwoPhones } from '../support/two-phones.js';

const STRANGER_HERTZ = 1600;
/** rtpengine makes up its mind about who is where three seconds after what it was told last. */
const LEARNED = 200;

t.test('strangers who send to the ports of a call', async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  const strangers = await Promise.all(
    [alice, bob].map(async ({ rtp }) => {
      const stranger = await RtpEndpoint.open();
      t.teardown(() => stranger.close());
      const { host, port } = rtp.target ?? { host: '', port: 0 };
      stranger.obey(`c=IN IP4 ${host}\r\nm=audio ${port} RTP/AVP 0\r\n`);
      stranger.talk(STRANGER_HERTZ);
      return stranger;
    }),
  );
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
