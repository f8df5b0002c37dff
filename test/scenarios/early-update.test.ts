/**
 * Goal: a phone that holds before its call is answered (UPDATE in a reliable early dialog, RFC 3262, RFC 3311) is answered rightly, and
 * its hold counts from the answer on.
 */
import t from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { RtpEndpoint } from '../support/rtp-endpoint.js';
import { directionIn, versionIn, type CallLeg, type Message, type SipPhone } from '../support/sip-phone.js';
import { BOB_HERTZ, TwoPhones } from '../support/two-phones.js';

const cseq =
  (wanted: string) =>
  (one: Message): boolean =>
    new RegExp(` ${wanted}$`).test(one.headers.get('cseq') ?? '');

async function prack(phone: SipPhone, leg: CallLeg, progress: Message): Promise<void> {
  leg.remote = progress.headers.get('to') ?? '';
  leg.target = /<([^>]+)>/.exec(progress.headers.get('contact') ?? '')?.[1] ?? '';
  phone.inDialog(leg, 'PRACK', '', { RAck: `${progress.headers.get('rseq')} ${progress.headers.get('cseq')}` });
  await phone.receives('200', cseq('PRACK'));
}

/** Alice rings Bob, and both have answered each other's first offer reliably. */
async function reliablyRinging(t: Parameters<typeof TwoPhones.start>[0]) {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  const { leg } = await alice.sip.invite('102', alice.rtp.sdp(), { Supported: '100rel' });
  const invite = await bob.sip.receives('INVITE');
  bob.sip.respond(invite, 183, bob.rtp.sdp(), { Require: '100rel', RSeq: '1', Contact: bob.sip.contact });
  bob.sip.respond(await bob.sip.receives('PRACK'), 200);
  const progress = await alice.sip.receives('183');
  await prack(alice.sip, leg, progress);
  const { body } = await holdfast.api<{ calls: { id: string }[] }>('GET', '/calls');
  return { phones, leg, invite, progress, id: body.calls.at(-1)?.id ?? '' };
}

const holdOf = async (phones: TwoPhones, id: string): Promise<string[]> =>
  (await phones.holdfast.api<{ hold: { reasons: string[] } }>('GET', `/calls/${id}`)).body.hold.reasons;

t.test(
  'the caller holds while it still rings: answered recvonly at once, and the callee is held as soon as it answers',
  async (t) => {
    const { phones, leg, invite, progress, id } = await reliablyRinging(t);
    const { alice, bob } = phones;
    alice.sip.inDialog(leg, 'UPDATE', alice.rtp.sdp({ direction: 'sendonly', version: 2 }));
    const answer = await alice.sip.receives('200', cseq('UPDATE'));
    t.equal(directionIn(answer.body), 'recvonly');
    t.equal(versionIn(answer.body), versionIn(progress.body) + 1n);
    bob.sip.respond(invite, 200, bob.rtp.sdp());
    const ok = await alice.sip.receives('200', cseq('INVITE'));
    t.equal(ok.body, answer.body, 'the 200 says nothing new of the media');
    alice.sip.ack(leg, ok);
    phones.speak(alice, ok.body);
    phones.speak(bob, invite.body);
    const toBob = await phones.takesReinvite(bob, 200);
    t.equal(directionIn(toBob.body), 'sendonly');
    t.same(await phones.hears(bob), [MUSIC_HERTZ]);
    t.same(await holdOf(phones, id), ['caller-phone']);
    alice.sip.inDialog(leg, 'INVITE', alice.rtp.sdp({ version: 3 }));
    t.equal(directionIn((await phones.takesReinvite(bob, 200, 'sendrecv')).body), 'sendrecv');
    const back = await alice.sip.receives('200', (one) => one.headers.get('cseq') === `${leg.cseq} INVITE`);
    alice.sip.ack(leg, back);
    t.equal(directionIn(back.body), 'sendrecv');
    t.equal(versionIn(back.body), versionIn(answer.body) + 1n);
    phones.hush();
  },
);

t.test('the callee holds before it answers: its 200 repeats older words, and the caller is held all the same', async (t) => {
  const { phones, leg, invite, id } = await reliablyRinging(t);
  const { alice, bob } = phones;
  bob.sip.inDialog(bob.sip.legOf(invite), 'UPDATE', bob.rtp.sdp({ direction: 'sendonly', version: 2 }));
  const answer = await bob.sip.receives('200', cseq('UPDATE'));
  t.equal(directionIn(answer.body), 'recvonly');
  t.equal(versionIn(answer.body), versionIn(invite.body) + 1n);
  bob.sip.respond(invite, 200, bob.rtp.sdp());
  const ok = await alice.sip.receives('200', cseq('INVITE'));
  alice.sip.ack(leg, ok);
  phones.speak(alice, ok.body);
  phones.speak(bob, invite.body);
  const toAlice = await phones.takesReinvite(alice, 200);
  t.equal(directionIn(toAlice.body), 'sendonly');
  t.same(await phones.hears(alice), [MUSIC_HERTZ]);
  t.same(await holdOf(phones, id), ['callee-phone']);
  phones.hush();
});

t.test('a hold that the caller takes back before the answer was none', async (t) => {
  const { phones, leg, invite, progress, id } = await reliablyRinging(t);
  const { alice, bob } = phones;
  for (const [direction, version, answered] of [
    ['inactive', 2, 'inactive'],
    ['sendrecv', 3, 'sendrecv'],
  ] as const) {
    alice.sip.inDialog(leg, 'UPDATE', alice.rtp.sdp({ direction, version }));
    const answer = await alice.sip.receives('200', cseq('UPDATE'));
    t.equal(directionIn(answer.body), answered);
    t.equal(versionIn(answer.body), versionIn(progress.body) + BigInt(version - 1));
  }
  bob.sip.respond(invite, 200, bob.rtp.sdp());
  const ok = await alice.sip.receives('200', cseq('INVITE'));
  alice.sip.ack(leg, ok);
  await phones.holdfast.event((event) => event.kind === 'call.answered');
  t.same(await holdOf(phones, id), []);
  phones.speak(alice, ok.body);
  phones.speak(bob, invite.body);
  t.same(await phones.hears(bob), [400]);
  t.equal(bob.sip.received.filter((one) => one.what === 'INVITE').length, 1, 'Bob has heard nothing of it');
  phones.hush();
});

t.test('a caller that moves to another port before the answer hears the early media there', async (t) => {
  const { phones, leg, invite } = await reliablyRinging(t);
  const { alice, bob } = phones;
  const moved = await RtpEndpoint.open();
  t.teardown(() => moved.close());
  alice.sip.inDialog(leg, 'UPDATE', moved.sdp({ version: 2 }));
  const answer = await alice.sip.receives('200', cseq('UPDATE'));
  moved.obey(answer.body);
  moved.talk(alice.hertz);
  phones.speak(bob, invite.body);
  t.same(await phones.hears({ ...alice, rtp: moved }), [BOB_HERTZ]);
  bob.sip.respond(invite, 200, bob.rtp.sdp());
  alice.sip.ack(leg, await alice.sip.receives('200', cseq('INVITE')));
  t.same(await phones.hears({ ...alice, rtp: moved }), [BOB_HERTZ]);
  t.same(await phones.hears(bob), [alice.hertz]);
  moved.hush();
  phones.hush();
});
