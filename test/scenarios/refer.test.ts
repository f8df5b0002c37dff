/**
 * Goal: phones transfer as people do: hold, dial, hand over; they hear how it goes, and nobody is lost. Method: three scripted phones
 * with tones, REFER and Replaces on the wire, the whole product.
 */
import t from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import type { CallLeg, Message } from '../support/sip-phone.js';
import { SipPhone } from '../support/sip-phone.js';
import { CAROL_HERTZ, ThreePhones } from '../support/three-phones.js';
import { ALICE_HERTZ, BOB_HERTZ, type Phone } from '../support/two-phones.js';

/** The next NOTIFY of a REFER, answered; @returns what it says. */
async function hearsHow(phone: Phone): Promise<string> {
  const notify = await phone.sip.receives('NOTIFY');
  phone.sip.respond(notify, 200);
  return notify.body.trim();
}

/** Until the last word. */
async function hearsTheEnd(phone: Phone): Promise<string[]> {
  const heard: string[] = [];
  for (;;) {
    heard.push(await hearsHow(phone));
    if (!/^SIP\/2\.0 1/.test(heard.at(-1) ?? '')) return heard;
  }
}

const refer = (phone: Phone, leg: CallLeg, to: string, more: Readonly<Record<string, string>> = {}): void =>
  phone.sip.inDialog(leg, 'REFER', '', { 'Refer-To': `<sip:${to}>`, ...more });

/** RFC 3891 §6.1, as it stands in a URI. */
const replacing = ({ callId, remote, localTag }: CallLeg): string =>
  encodeURIComponent(`${callId};to-tag=${/;tag=([^;>\s]+)/.exec(remote)?.[1] ?? ''};from-tag=${localTag}`);

const accepted = (phone: Phone): Promise<Message> =>
  phone.sip.receives('202', (one) => /REFER/.test(one.headers.get('cseq') ?? ''));

/** The phone's own hold key. */
async function presses(phones: ThreePhones, phone: Phone, leg: CallLeg, other: Phone): Promise<void> {
  phone.sip.inDialog(leg, 'INVITE', phone.rtp.sdp({ direction: 'sendonly', version: 2 }));
  const cseq = `${leg.cseq} INVITE`;
  const [answer] = await Promise.all([
    phone.sip.receives('200', (one) => one.headers.get('cseq') === cseq && one.headers.get('call-id') === leg.callId),
    phones.follows(other, 'sendonly'),
  ]);
  phone.sip.ack(leg, answer);
}

t.test('blind: the phone holds, refers and hears how it goes; its party is out of the hold and talks to the other', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob } = phones.two;
  const talk = await phones.two.talk();
  await presses(phones, bob, talk.bob, alice);
  refer(bob, talk.bob, '103@127.0.0.1', { 'Referred-By': '<sip:999@elsewhere.example>' });
  await accepted(bob);
  const told = hearsTheEnd(bob);
  const invite = await phones.answers(phones.carol);
  t.match(invite.headers.get('from'), /101/);
  t.match(
    invite.headers.get('referred-by'),
    /^<sip:102@127\.0\.0\.1:\d+>$/,
    'RFC 3892: on whose behalf, whatever the phone wrote',
  );
  await Promise.all([phones.follows(alice, 'sendrecv'), phones.isHungUp(bob)]);
  bob.rtp.hush();
  const words = await told;
  t.match(words[0], /^SIP\/2\.0 100/);
  t.match(words.at(-1), /^SIP\/2\.0 200/);
  t.same(
    { alice: await phones.hears(alice), carol: await phones.hears(phones.carol) },
    { alice: [CAROL_HERTZ], carol: [ALICE_HERTZ] },
  );
  phones.hush();
});

t.test('blind, and the number is busy: the phone hears why, and has its party as before', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob } = phones.two;
  const talk = await phones.two.talk();
  await presses(phones, bob, talk.bob, alice);
  refer(bob, talk.bob, '103@127.0.0.1');
  await accepted(bob);
  const told = hearsTheEnd(bob);
  phones.carol.sip.respond(await phones.rings(phones.carol), 486);
  t.match((await told).at(-1), /^SIP\/2\.0 486/);
  t.same(await phones.hears(alice), [MUSIC_HERTZ], 'still held by its own key');
  bob.sip.inDialog(talk.bob, 'INVITE', bob.rtp.sdp({ direction: 'sendrecv', version: 3 }));
  const cseq = `${talk.bob.cseq} INVITE`;
  const [answer] = await Promise.all([
    bob.sip.receives('200', (one) => one.headers.get('cseq') === cseq),
    phones.follows(alice, 'sendrecv'),
  ]);
  bob.sip.ack(talk.bob, answer);
  t.same(await phones.hears(alice), [BOB_HERTZ]);
  await phones.two.hangUp(talk);
});

t.test('attended: the two with whom a phone talks are connected by REFER with Replaces, and it is done', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob } = phones.two;
  const talk = await phones.two.talk();
  await presses(phones, alice, talk.alice, bob);
  const consult = await phones.calls(alice, '103');
  await phones.answers(phones.carol);
  await phones.isAnswered(alice, consult);
  refer(alice, talk.alice, `103@127.0.0.1?Replaces=${replacing(consult)}`);
  await accepted(alice);
  const told = hearsTheEnd(alice);
  await Promise.all([
    phones.follows(phones.carol, 'sendrecv'),
    phones.follows(bob, 'sendrecv'),
    phones.isHungUp(alice),
    phones.isHungUp(alice),
  ]);
  t.match((await told).at(-1), /^SIP\/2\.0 200/);
  alice.rtp.hush();
  t.same({ bob: await phones.hears(bob), carol: await phones.hears(phones.carol) }, { bob: [CAROL_HERTZ], carol: [BOB_HERTZ] });
  phones.hush();
});

t.test('who has called itself and joins its two dialogs is refused: 400, and no call is begun for it', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice } = phones.two;
  const calling = await phones.calls(alice, '101');
  const called = alice.sip.legOf(await phones.answers(alice));
  await phones.isAnswered(alice, calling);
  refer(alice, calling, `101@127.0.0.1?Replaces=${replacing(called)}`);
  await alice.sip.receives('400', (one) => /REFER/.test(one.headers.get('cseq') ?? ''));
  const { calls } = (await phones.two.holdfast.api<{ calls: { state: string }[] }>('GET', '/calls')).body;
  t.match(calls, [{ state: 'in-call' }]);
  t.equal(calls.length, 1);
  phones.hush();
});

t.test('a phone takes the place of another by INVITE with Replaces', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob } = phones.two;
  const talk = await phones.two.talk();
  const bobTag = /;tag=([^;>\s]+)/.exec(talk.bob.remote)?.[1] ?? '';
  // RFC 3891 §3: the tags are those of the replaced dialog as we, who receive the INVITE, see it.
  const replaces = `${talk.bob.callId};to-tag=${bobTag};from-tag=${talk.bob.localTag}`;
  const { leg } = await phones.carol.sip.invite('101', phones.carol.rtp.sdp(), { Replaces: replaces, Require: 'replaces' });
  await Promise.all([phones.follows(alice, 'sendrecv'), phones.isHungUp(bob)]);
  bob.rtp.hush();
  await phones.isAnswered(phones.carol, leg);
  t.same(
    { alice: await phones.hears(alice), carol: await phones.hears(phones.carol) },
    { alice: [CAROL_HERTZ], carol: [ALICE_HERTZ] },
  );
  phones.hush();
});

t.test('transferred to the parking code: the party waits in a slot', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob, holdfast } = phones.two;
  const talk = await phones.two.talk();
  await presses(phones, bob, talk.bob, alice);
  const parked = holdfast.event((event) => event['kind'] === 'call.parked');
  refer(bob, talk.bob, '*85@127.0.0.1');
  await accepted(bob);
  const told = hearsTheEnd(bob);
  await phones.isHungUp(bob);
  t.match((await told).at(-1), /^SIP\/2\.0 200/);
  t.match(await parked, { slot: '1', by: '102' });
  bob.rtp.hush();
  t.same(await phones.hears(alice), [MUSIC_HERTZ]);
  phones.hush();
});

t.test(
  'who came over a trunk transfers to our phones, and to no other trunk at our cost, whatever number it claims',
  async (t) => {
    const carrier = await SipPhone.open({ number: '101', server: 0, address: '127.0.0.1' });
    t.teardown(() => carrier.close());
    const trunks = `trunks:\n  - { name: carrier, uri: 'sip:127.0.0.1:${carrier.port}', from: ['127.0.0.1:${carrier.port}'], prefix: '9' }\n`;
    const phones = await ThreePhones.start(t, { trunks });
    const { bob, holdfast } = phones.two;
    const stranger = carrier.towards(holdfast.sipPort);
    stranger.request(
      'INVITE',
      'sip:102@127.0.0.1',
      { From: '<sip:101@127.0.0.1>;tag=strange', 'Call-ID': 'strange', CSeq: '1 INVITE' },
      bob.rtp.sdp(),
    );
    const invite = await phones.rings(bob);
    bob.sip.respond(invite, 200, bob.rtp.sdp());
    const answer = await stranger.receives('200');
    const leg: CallLeg = {
      callId: 'strange',
      localTag: 'strange',
      remote: '',
      localUri: 'sip:101@127.0.0.1',
      target: 'sip:102@127.0.0.1',
      cseq: 1,
    };
    stranger.ack(leg, answer);
    stranger.inDialog(leg, 'REFER', '', { 'Refer-To': '<sip:9005551234@127.0.0.1>' });
    const refusal = await stranger.receives('xx', (one) => /REFER/.test(one.headers.get('cseq') ?? ''));
    t.ok(Number(refusal.what) >= 400, refusal.line);
    stranger.inDialog(leg, 'REFER', '', { 'Refer-To': '<sip:103@127.0.0.1>' });
    await stranger.receives('202');
    t.ok(await phones.rings(phones.carol));
  },
);
