/**
 * Goal: what OzML says is what the phones hear: the seed's example speaks to both and then holds both with music; an API extension answers,
 * speaks and hangs up; an application hears of every state of a call and decides where it goes. Method: scripted phones with real RTP, and
 * an application on a real socket.
 */
import t from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { OzekiApp } from '../support/ozeki-app.js';
import { directionIn } from '../support/sip-phone.js';
import { until } from '../support/until.js';
import { ALICE_HERTZ, BOB_HERTZ, TwoPhones, type Phone } from '../support/two-phones.js';

const JINGLE_HERTZ = 2000;
const DONE =
  '<?xml version="1.0"?><Response xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">' +
  '<Code>200</Code><Message>Command successfully executed</Message></Response>';
/** Letter for letter as seed 000 prints it. */
const SEED =
  '<?xml version="1.0"?> <Response> <Speak Party="all">This call will be put on hold</Speak> <Hold></Hold> </Response>';

t.setTimeout(120_000);

t.test('phones, scripts and an application', { timeout: 100_000 }, async (t) => {
  const app = await OzekiApp.open(t);
  const ozeki = `
urls: { callChanged: ${app.url}/changed, routingInterception: ${app.url}/route, incomingCall: ${app.url}/incoming }
apiExtensions:
  - number: '800'
    script: <Response><Play>jingle.wav</Play></Response>
  - number: '801'
  - number: '803'
    script: |
      <Response><Beep/><Record Format="wav" FinishDigits="#" FinishedUrl="APP/recorded"/><Play>jingle.wav</Play></Response>
  - number: '802'
    script: |
      <Response><UserInput Timeout="20"><InitialCommands><Speak>For the jingle press five, for nothing press six</Speak></InitialCommands>
      <Inputs><Input key="5"><Play>jingle.wav</Play></Input></Inputs></UserInput></Response>
`.replace('APP', app.url);
  const phones = await TwoPhones.start(t, { ozeki, sounds: { 'jingle.wav': { hertz: JINGLE_HERTZ, seconds: 1 } } });
  const { alice, bob, holdfast } = phones;
  const api = async (parameters: Readonly<Record<string, string>>): Promise<string> => {
    const body = new URLSearchParams({ ...parameters, Username: 'HTTP_User_1', Password: 'qwe123' });
    const answer = await fetch(`${holdfast.base}/api`, { method: 'POST', body });
    return (await answer.text()).replace(/>\s+</g, '><').trim();
  };
  const tones = async (phone: Phone): Promise<number[]> => {
    await phone.rtp.next(10);
    return (await phone.rtp.next(20)).tones(ALICE_HERTZ, BOB_HERTZ, MUSIC_HERTZ, JINGLE_HERTZ);
  };
  const wireId = async (): Promise<string> =>
    /<CallId>([A-Za-z0-9]{5,6})<\/CallId>/.exec(await api({ command: 'ListActiveCalls' }))?.[1] ?? '';

  await t.test("the seed's example: both hear the sentence, then music", async (t) => {
    await phones.talk();
    t.same([await tones(alice), await tones(bob)], [[BOB_HERTZ], [ALICE_HERTZ]]);
    t.equal(await api({ command: 'RunScript', CallId: await wireId(), Script: SEED }), DONE);
    for (const phone of [alice, bob]) {
      await phone.rtp.next(10);
      const heard = await phone.rtp.next(40);
      const peer = phone === alice ? BOB_HERTZ : ALICE_HERTZ;
      t.ok(heard.packetsWith(peer) < 20, 'words, and not the other phone');
      t.equal(heard.packetsWith(MUSIC_HERTZ), 0, 'and no music yet');
    }
    const offers = await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200)]);
    const ended = await holdfast.event((event) => event.kind === 'play.ended');
    const held = await holdfast.event((event) => event.kind === 'hold.changed');
    t.ok(ended.seq < held.seq, 'the sentence was over before the hold');
    t.match(ended, { why: 'done' });
    t.same(
      offers.map(({ body }) => directionIn(body)),
      ['sendonly', 'sendonly'],
    );
    t.same([await tones(alice), await tones(bob)], [[MUSIC_HERTZ], [MUSIC_HERTZ]]);
    t.match(await api({ command: 'ListActiveCalls' }), /<CallState>Hold<\/CallState>/);
  });

  await t.test('the application has heard of every state, in order, and of the end', async (t) => {
    const hangs = api({ command: 'Hangup', CallId: await wireId() });
    for (const phone of [alice, bob]) phone.sip.respond(await phone.sip.receives('BYE'), 200);
    phones.hush();
    t.equal(await hangs, DONE);
    const told = await app.hears('CallChanged', 5);
    t.same(
      told.map((fields) => fields['CallState']),
      ['Ringing', 'Answered', 'InCall', 'Hold', 'Completed'],
    );
    t.match(told[4], { Caller: '101', Callee: '102', CallerId: '101', Destination: '102' });
    t.match(await api({ command: 'ListCallHistory', Destination: '102' }), /<State>Completed<\/State>/);
  });

  await t.test('an API extension answers, plays its file to the caller, and hangs up', async (t) => {
    const { leg } = await alice.sip.invite('800', alice.rtp.sdp());
    const answer = await alice.sip.receives('200', (one) => one.headers.get('call-id') === leg.callId);
    alice.sip.ack(leg, answer);
    phones.speak(alice, answer.body);
    t.same(await tones(alice), [JINGLE_HERTZ]);
    const bye = await alice.sip.receives('BYE');
    alice.sip.respond(bye, 200);
    phones.hush();
    t.equal(bye.headers.get('call-id'), leg.callId);
  });

  await t.test('a key that the caller presses cuts the menu short, and leads where it says', async (t) => {
    const { leg } = await alice.sip.invite('802', alice.rtp.sdp());
    const answer = await alice.sip.receives('200', (one) => one.headers.get('call-id') === leg.callId);
    alice.sip.ack(leg, answer);
    phones.speak(alice, answer.body);
    await alice.rtp.next(20);
    alice.rtp.press(5);
    await holdfast.event((event) => event.kind === 'call.key');
    t.same(await tones(alice), [JINGLE_HERTZ]);
    alice.sip.respond(await alice.sip.receives('BYE'), 200);
    phones.hush();
  });

  await t.test(
    'a caller leaves words after the beep, ends them with a key, and the application hears where they are',
    async (t) => {
      const { leg } = await alice.sip.invite('803', alice.rtp.sdp());
      const answer = await alice.sip.receives('200', (one) => one.headers.get('call-id') === leg.callId);
      alice.sip.ack(leg, answer);
      phones.speak(alice, answer.body);
      await holdfast.event((event) => event.kind === 'play.ended' && JSON.stringify(event['parties']).includes('803'));
      await alice.rtp.during(60);
      alice.rtp.press(11);
      const [told] = await app.hears('RecordCompleted');
      t.match(told, { Caller: '101', Callee: '803', RecordURL: /\/recordings\/[^/]+\/audio$/ });
      t.same(await tones(alice), [JINGLE_HERTZ]);
      alice.sip.respond(await alice.sip.receives('BYE'), 200);
      phones.hush();
      const path = new URL(told?.['RecordURL'] ?? '').pathname;
      const audio = await fetch(`${holdfast.base}${path}`, { headers: { authorization: 'Bearer demo-token' } });
      t.equal(audio.status, 200);
      t.ok((await audio.arrayBuffer()).byteLength > 8000, 'half a second of it, at least');
    },
  );

  await t.test('one that asks its application speaks what it is told to, or never answers', async (t) => {
    app.answers('IncomingCall', '<response><reject/></response>');
    const refused = await alice.sip.invite('801', alice.rtp.sdp());
    const no = await alice.sip.receives('603', (one) => one.headers.get('call-id') === refused.leg.callId);
    t.equal(no.headers.get('cseq'), '2 INVITE');
    t.match(app.of('IncomingCall')[0]?.fields, { Caller: '101', Callee: '801' });
  });

  await t.test('Call: an API extension calls a phone, speaks, and hangs up', async (t) => {
    const script = '<Response><Play>jingle.wav</Play></Response>';
    const call = {
      command: 'Call',
      ApiExtension: '801',
      Dialed: '102',
      ResponseOzML: script,
      FinishedUrl: `${app.url}/finished`,
    };
    t.equal(await api(call), DONE);
    const invite = await bob.sip.receives('INVITE');
    bob.sip.respond(invite, 200, bob.rtp.sdp());
    await bob.sip.receives('ACK');
    phones.speak(bob, invite.body);
    t.same(await tones(bob), [JINGLE_HERTZ]);
    bob.sip.respond(await bob.sip.receives('BYE'), 200);
    phones.hush();
    t.match(await app.hears('CallFinished'), [{ Caller: '801', Callee: '102', CallState: 'Completed' }]);
  });

  await t.test('the application decides where a call goes, and whether', async (t) => {
    app.answers('RoutingInterception', '<Response><Route Destination="102" CallerId="5550100"/></Response>');
    const { leg } = await alice.sip.invite('12345', alice.rtp.sdp());
    const invite = await bob.sip.receives('INVITE');
    t.match(invite.headers.get('from'), /5550100/);
    bob.sip.respond(invite, 486);
    await bob.sip.receives('ACK');
    await alice.sip.receives('486', (one) => one.headers.get('call-id') === leg.callId);
    const rung = (): number => bob.sip.received.filter(({ what }) => what === 'INVITE').length;
    const before = rung();
    app.answers('RoutingInterception', app.holdBack);
    const third = await alice.sip.invite('102', alice.rtp.sdp());
    await until('the application is asked', () => app.held.length === 1);
    alice.sip.cancel(third.text);
    await alice.sip.receives('487', (one) => one.headers.get('call-id') === third.leg.callId);
    app.held[0]?.end('<Response><Route Destination="102"/></Response>');
    app.answers('RoutingInterception', '<Response><Reject/></Response>');
    const second = await alice.sip.invite('102', alice.rtp.sdp());
    const no = await alice.sip.receives('603', (one) => one.headers.get('call-id') === second.leg.callId);
    t.equal(no.headers.get('cseq'), '2 INVITE');
    t.equal(rung(), before, 'who did not wait rang nobody');
    t.equal(app.of('RoutingInterception').at(-1)?.fields['OriginalDialedNumber'], '102');
  });
});
