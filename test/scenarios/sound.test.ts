/**
 * Goal: what a program does with the sound of a call is what the phones hear: a muted party is not heard, what is played is heard alone and
 * by whom it is meant for, in a talk and in a hold, and everything comes back afterwards. Method: scripted phones with real RTP.
 */
import t from 'tap';
import { ALICE_HERTZ, BOB_HERTZ, TwoPhones, type Phone, type Proof, type Talk } from '../support/two-phones.js';
import { MUSIC_HERTZ } from '../support/holdfast.js';

const JINGLE_HERTZ = 2000;
const LONG_HERTZ = 2400;
const SETTLING = 10;
const WINDOW = 20;

t.setTimeout(120_000);

t.test('a call between two phones', { timeout: 90_000 }, async (t) => {
  const phones = await TwoPhones.start(t, {
    sounds: { 'jingle.wav': { hertz: JINGLE_HERTZ, seconds: 1 }, 'long.wav': { hertz: LONG_HERTZ, seconds: 30 } },
  });
  const { alice, bob, holdfast } = phones;
  const hears = async (phone: Phone): Promise<number[]> => {
    await phone.rtp.next(SETTLING);
    return (await phone.rtp.next(WINDOW)).tones(ALICE_HERTZ, BOB_HERTZ, MUSIC_HERTZ, JINGLE_HERTZ, LONG_HERTZ);
  };
  /** What comes while the phone itself speaks; nobody may be heard. */
  const hearsNobody = async (phone: Phone): Promise<boolean> => {
    await phone.rtp.during(SETTLING);
    return (await phone.rtp.during(WINDOW)).count === 0;
  };
  const ask = (talk: Talk, method: string, what: string, body?: unknown) =>
    holdfast.api<Record<string, unknown>>(method, `/calls/${talk.id}/${what}`, body);
  const ends = (started: Readonly<{ body: Record<string, unknown> }>) =>
    holdfast.event((event) => event.kind === 'play.ended' && event['playId'] === started.body['playId']);
  const holds = async (talk: Talk, method: 'PUT' | 'DELETE'): Promise<Proof> => {
    const direction = method === 'PUT' ? 'recvonly' : 'sendrecv';
    const asked = holdfast.api<Proof>(method, `/calls/${talk.id}/hold`);
    await Promise.all([alice, bob].map((phone) => phones.takesReinvite(phone, 200, direction)));
    return (await asked).body;
  };

  const talk = await phones.talk();
  const both = async (): Promise<{ alice: number[]; bob: number[] }> => {
    const [heardByAlice, heardByBob] = await Promise.all([hears(alice), hears(bob)]);
    return { alice: heardByAlice, bob: heardByBob };
  };
  t.same(await both(), { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });

  await t.test('who is muted is not heard, and hears', async (t) => {
    const { status, body } = await ask(talk, 'POST', 'mute', { party: 'caller' });
    t.equal(status, 202, JSON.stringify(body));
    t.ok(await hearsNobody(bob));
    t.same(await hears(alice), [BOB_HERTZ]);
    t.match((await holdfast.api('GET', `/calls/${talk.id}`)).body, { state: 'in-call', muted: { caller: true, callee: false } });
  });

  await t.test('a hold gives both music, and its end lets nobody hear the muted one', async (t) => {
    await holds(talk, 'PUT');
    t.same(await both(), { alice: [MUSIC_HERTZ], bob: [MUSIC_HERTZ] });
    await holds(talk, 'DELETE');
    t.ok(await hearsNobody(bob));
    t.same(await hears(alice), [BOB_HERTZ]);
  });

  await t.test('who is unmuted while the call is held is heard when the hold ends, and not before', async (t) => {
    await holds(talk, 'PUT');
    t.equal((await ask(talk, 'POST', 'unmute', { party: 'caller' })).status, 202);
    t.same(await both(), { alice: [MUSIC_HERTZ], bob: [MUSIC_HERTZ] });
    await holds(talk, 'DELETE');
    t.same(await both(), { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
    t.notOk('muted' in (await holdfast.api('GET', `/calls/${talk.id}`)).body);
  });

  await t.test('a file is heard by one and alone, the other goes on hearing its peer, and then both talk', async (t) => {
    const started = await ask(talk, 'POST', 'play', { to: 'callee', file: 'jingle.wav', times: 2 });
    t.equal(started.status, 202, JSON.stringify(started.body));
    t.equal(started.body['ms'], 2000);
    t.same(await both(), { alice: [BOB_HERTZ], bob: [JINGLE_HERTZ] });
    t.match(await ends(started), { why: 'done', callId: talk.id });
    t.same(await both(), { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
  });

  await t.test('words are spoken to both, each hears one stream and neither the other', async (t) => {
    const text = 'This call is about to be recorded. Please speak slowly and clearly after the tone.';
    const started = await ask(talk, 'POST', 'play', { to: 'all', text, language: 'en-gb' });
    t.equal(started.status, 202, JSON.stringify(started.body));
    for (const phone of [alice, bob]) {
      await phone.rtp.next(SETTLING);
      const heard = await phone.rtp.next(50);
      t.equal(heard.perSsrc.size, 1, 'one stream');
      t.ok(heard.packetsWith(ALICE_HERTZ) + heard.packetsWith(BOB_HERTZ) < 25, 'words, and not a tone');
      t.ok(new Set(heard.packets.map(({ payload }) => payload.toString('hex'))).size > 20, 'that is no silence');
    }
    t.match(await ends(started), { why: 'done' });
    t.same(await both(), { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
  });

  await t.test('a second one takes the place of the first, and quiet ends it', async (t) => {
    const first = await ask(talk, 'POST', 'play', { to: 'caller', file: 'long.wav' });
    t.same(await hears(alice), [LONG_HERTZ]);
    const second = await ask(talk, 'POST', 'play', { to: 'caller', file: 'jingle.wav', times: 30 });
    t.match(await ends(first), { why: 'stopped' });
    t.same(await both(), { alice: [JINGLE_HERTZ], bob: [ALICE_HERTZ] });
    t.equal((await ask(talk, 'DELETE', 'play?to=caller')).status, 202);
    t.match(await ends(second), { why: 'stopped' });
    t.same(await both(), { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
    t.equal((await ask(talk, 'DELETE', 'play')).status, 202, 'nothing playing is no error');
  });

  await t.test('in a hold it is heard in place of the music, which goes on afterwards', async (t) => {
    await holds(talk, 'PUT');
    const started = await ask(talk, 'POST', 'play', { to: 'callee', file: 'jingle.wav', times: 2 });
    t.same(await both(), { alice: [MUSIC_HERTZ], bob: [JINGLE_HERTZ] });
    t.match(await ends(started), { why: 'done' });
    t.same(await both(), { alice: [MUSIC_HERTZ], bob: [MUSIC_HERTZ] });
  });

  await t.test('a resume while it plays leaves it playing to its end, and then both talk', async (t) => {
    const started = await ask(talk, 'POST', 'play', { to: 'callee', file: 'long.wav', maxSec: 2 });
    t.equal(started.body['ms'], 2000);
    await holds(talk, 'DELETE');
    t.same(await both(), { alice: [BOB_HERTZ], bob: [LONG_HERTZ] });
    t.match(await ends(started), { why: 'done' });
    t.same(await both(), { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
  });

  await t.test('a hold while it plays leaves it playing to its end, and then there is music', async (t) => {
    const started = await ask(talk, 'POST', 'play', { to: 'callee', file: 'long.wav', maxSec: 2 });
    await holds(talk, 'PUT');
    t.same(await both(), { alice: [MUSIC_HERTZ], bob: [LONG_HERTZ] });
    t.match(await ends(started), { why: 'done' });
    t.same(await both(), { alice: [MUSIC_HERTZ], bob: [MUSIC_HERTZ] });
    await holds(talk, 'DELETE');
    t.same(await both(), { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
  });

  await t.test('what cannot be played is refused by name, and nobody is cut off', async (t) => {
    const refusals: readonly [Record<string, unknown>, RegExp][] = [
      [{ file: 'nothing.wav' }, /there is no nothing\.wav in sip-config\/sounds/],
      [{ file: '../accounts.yaml' }, /without a path/],
      [{ prompt: 'nobody' }, /music\.yaml has no prompt "nobody"/],
      [{ text: 'a'.repeat(2001) }, /2000/],
      [{ text: 'hello', beep: true }, /one of prompt, text, file and beep/],
      [{}, /one of prompt, text, file and beep/],
      [{ text: 'hello', language: '../../etc' }, /espeak-ng --voices/],
      [{ text: 'hello', language: 'klingonese' }, /language: espeak-ng has no voice "klingonese"/],
      [{ text: ' ' }, /text: found no word/],
      [{ beep: true, times: 0 }, /times/],
    ];
    for (const [what, words] of refusals) {
      const { status, body } = await ask(talk, 'POST', 'play', { to: 'callee', ...what });
      t.equal(status, 400, JSON.stringify(what).slice(0, 60));
      t.match(body, { detail: words });
    }
    const announcement = { prompt: 'nobody', everySeconds: 5 };
    for (const [path, more] of [
      [`/calls/${talk.id}/hold`, {}],
      ['/calls/hold', { all: true }],
    ] as const) {
      const { status, body } = await holdfast.api('PUT', path, { announcement, ...more });
      t.match({ status, body }, { status: 400, body: { detail: /music\.yaml has no prompt "nobody"/ } }, path);
    }
    t.same(await both(), { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
  });

  await t.test('hanging up ends what plays', async (t) => {
    const started = await ask(talk, 'POST', 'play', { to: 'all', file: 'long.wav' });
    t.same(await hears(alice), [LONG_HERTZ]);
    await phones.hangUp(talk);
    t.match(await ends(started), { why: 'stopped' });
  });
});

t.test('a call may be hung up when its last words have been said, and a call that rings hears none', async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  const { leg } = await alice.sip.invite('102', alice.rtp.sdp());
  const invite = await bob.sip.receives('INVITE');
  bob.sip.respond(invite, 180);
  await alice.sip.receives('180');
  const { body } = await holdfast.api<{ calls: { id: string }[] }>('GET', '/calls');
  const id = body.calls[0]?.id ?? '';
  for (const [what, asked] of [
    ['play', { to: 'all', beep: true }],
    ['mute', { party: 'caller' }],
  ] as const) {
    const { status, body } = await holdfast.api('POST', `/calls/${id}/${what}`, asked);
    t.equal(status, 409);
    t.match(body, { code: 'wrong_moment', state: 'ringing' });
  }
  bob.sip.respond(invite, 200, bob.rtp.sdp());
  const answer = await alice.sip.receives('200', (one) => one.headers.get('cseq') === '2 INVITE');
  alice.sip.ack(leg, answer);
  await bob.sip.receives('ACK');
  phones.speak(alice, answer.body);
  phones.speak(bob, invite.body);
  await phones.hears(alice);
  const started = await holdfast.api('POST', `/calls/${id}/play`, { to: 'all', beep: true, hangUpAfter: true });
  t.equal(started.status, 202, JSON.stringify(started.body));
  for (const phone of [alice, bob]) phone.sip.respond(await phone.sip.receives('BYE'), 200);
  const ended = await holdfast.event((event) => event.kind === 'play.ended');
  t.match(ended, { playId: started.body['playId'], why: 'done' });
  t.match(await holdfast.event((event) => event.kind === 'call.ended'), { cause: 'controller-hung-up' });
});
