/**
 * Goal: three phones in a conference hear each other, and no more than that: two at a time, music while one holds where that was asked
 * for, nobody at all through a hold. Method: scripted phones with tones of their own, a real rtpengine, the real mixer.
 */
import t, { type Test } from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { CAROL_HERTZ, ThreePhones } from '../support/three-phones.js';
import { ALICE_HERTZ, BOB_HERTZ, type Phone } from '../support/two-phones.js';

type View = { id: string; members: { number: string; callId: string; state: string; as: string }[] };

/** 101 and 102 talk, and 103 is taken in by `join`. */
async function three(t: Test, body: object): Promise<{ phones: ThreePhones; view: View; callId: string }> {
  const phones = await ThreePhones.start(t);
  const { alice, bob, holdfast } = phones.two;
  const { id } = await phones.two.talk();
  const joined = holdfast.api<View>('POST', `/calls/${id}/join`, { to: '103', ...body });
  // Their dialogs go over to the mixer.
  await Promise.all([phones.follows(alice, 'sendrecv'), phones.follows(bob, 'sendrecv')]);
  await phones.answers(phones.carol);
  const answer = await joined;
  t.equal(answer.status, 200);
  await holdfast.event(
    (event) => event.kind === 'conference.changed' && JSON.stringify(event['members']).split('"in"').length === 4,
  );
  const { body: view } = await holdfast.api<View>('GET', `/conferences/${answer.body.id}`);
  return { phones, view, callId: id };
}

async function allHear(t: Test, phones: ThreePhones, expected: Readonly<Record<string, readonly number[]>>): Promise<void> {
  const hears = async ([number]: readonly [string, unknown]): Promise<[string, number[]]> => {
    const phone = phones.everybody.find((one) => one.sip.number === number) as Phone;
    await phones.hears(phone); // what was on its way
    return [number, await phones.hears(phone)];
  };
  t.same(Object.fromEntries(await Promise.all(Object.entries(expected).map(hears))), expected, 'who hears whom');
}

const EVERYBODY = {
  '101': [BOB_HERTZ, CAROL_HERTZ],
  '102': [ALICE_HERTZ, CAROL_HERTZ],
  '103': [ALICE_HERTZ, BOB_HERTZ],
};

const memberCall = (view: View, number: string): string => view.members.find((one) => one.number === number)?.callId ?? '';

t.test('a third comes into a call of two, and all three hear each other', async (t) => {
  const { phones, view, callId } = await three(t, {});
  const { holdfast, alice } = phones.two;
  await allHear(t, phones, EVERYBODY);

  await t.test('the call that it was is still understood', async (t) => {
    const { body } = await holdfast.api('GET', `/calls/${callId}`);
    t.match(body, { id: callId, state: 'in-call', conference: view.id, parties: { caller: '101', callee: '102' } });
  });

  await t.test('one holds, by the old id: the others go on, it hears nothing and is not heard', async (t) => {
    const hold = holdfast.api<{ settled: boolean; reasons: string[] }>('PUT', `/calls/${callId}/hold`, { holder: 'caller' });
    await phones.follows(alice, 'inactive');
    t.equal((await hold).status, 200);
    await allHear(t, phones, { '102': [CAROL_HERTZ], '103': [BOB_HERTZ] });
    const { body } = await holdfast.api<{ hold: { reasons: string[] } }>('GET', `/calls/${callId}`);
    t.same(body.hold.reasons, ['caller-api']);
    const resume = holdfast.api('DELETE', `/calls/${callId}/hold?holder=caller`);
    await phones.follows(alice, 'sendrecv');
    t.equal((await resume).status, 200);
    await allHear(t, phones, EVERYBODY);
  });

  await t.test('one is put on hold: it hears music, and the others go on', async (t) => {
    const carol = memberCall(view, '103');
    const hold = holdfast.api('PUT', `/calls/${carol}/hold`);
    await phones.follows(phones.carol, 'sendonly');
    t.equal((await hold).status, 200);
    await allHear(t, phones, { '101': [BOB_HERTZ], '102': [ALICE_HERTZ], '103': [MUSIC_HERTZ] });
    const resume = holdfast.api('DELETE', `/calls/${carol}/hold`);
    await phones.follows(phones.carol, 'sendrecv');
    t.equal((await resume).status, 200);
    await allHear(t, phones, EVERYBODY);
  });

  await t.test('one is muted: the others do not hear it, it hears them, and everybody is told', async (t) => {
    const carol = memberCall(view, '103');
    const mute = async (action: 'mute' | 'unmute'): Promise<void> => {
      const { status } = await holdfast.api('POST', `/calls/${carol}/${action}`, { party: 'callee' });
      t.equal(status, 202);
    };
    await mute('mute');
    await holdfast.event(
      (event) => event.kind === 'conference.changed' && JSON.stringify(event['members']).includes('"muted":true'),
    );
    await allHear(t, phones, { '101': [BOB_HERTZ], '102': [ALICE_HERTZ], '103': [ALICE_HERTZ, BOB_HERTZ] });
    await mute('unmute');
    await allHear(t, phones, EVERYBODY);
  });

  await t.test('one hangs up: two go on; another does: the last is hung up, and the conference is over', async (t) => {
    alice.rtp.hush();
    t.equal((await holdfast.api('DELETE', `/calls/${memberCall(view, '101')}`)).status, 202);
    await phones.isHungUp(alice);
    await allHear(t, phones, { '102': [CAROL_HERTZ], '103': [BOB_HERTZ] });
    phones.hush();
    t.equal((await holdfast.api('DELETE', `/calls/${memberCall(view, '102')}`)).status, 202);
    await Promise.all([phones.isHungUp(phones.two.bob), phones.isHungUp(phones.carol)]);
    t.equal((await holdfast.api('GET', `/conferences/${view.id}`)).status, 404);
    t.equal((await holdfast.api('GET', `/calls/${callId}`)).status, 200, 'as a call that has ended');
  });
});

t.test('where music was asked for, the others hear it while one holds', async (t) => {
  const { phones, callId } = await three(t, { othersHear: 'music' });
  const { holdfast, bob } = phones.two;
  const hold = holdfast.api('PUT', `/calls/${callId}/hold`, { holder: 'callee' });
  await phones.follows(bob, 'inactive');
  t.equal((await hold).status, 200);
  await allHear(t, phones, { '101': [MUSIC_HERTZ], '103': [MUSIC_HERTZ] });
  const resume = holdfast.api('DELETE', `/calls/${callId}/hold?holder=callee`);
  await phones.follows(bob, 'sendrecv');
  t.equal((await resume).status, 200);
  await allHear(t, phones, EVERYBODY);
});

t.test('who monitors hears both and is heard by nobody; who whispers is heard by one', async (t) => {
  const { phones } = await three(t, { as: 'listener' });
  await allHear(t, phones, { '101': [BOB_HERTZ], '102': [ALICE_HERTZ], '103': [ALICE_HERTZ, BOB_HERTZ] });
  const whisper = await three(t, { as: 'whisperer', party: 'callee' });
  await allHear(t, whisper.phones, {
    '101': [BOB_HERTZ],
    '102': [ALICE_HERTZ, CAROL_HERTZ],
    '103': [ALICE_HERTZ, BOB_HERTZ],
  });
});

for (const othersHear of ['conference', 'music'])
  t.test(
    `othersHear ${othersHear}: 101 consults 103 while 102 waits with music, and hangs up: 102 and 103 are connected`,
    async (t) => {
      const phones = await ThreePhones.start(t);
      const { alice, bob, holdfast } = phones.two;
      const { id, alice: leg } = await phones.two.talk();
      const asked = holdfast.api('POST', `/calls/${id}/consult`, { holder: 'caller', to: '103', othersHear });
      const bobWaits = (async () => {
        await phones.follows(bob, 'sendrecv');
        await phones.follows(bob, 'sendonly');
      })();
      await Promise.all([phones.follows(alice, 'sendrecv'), bobWaits, phones.answers(phones.carol)]);
      t.equal((await asked).status, 200);
      await allHear(t, phones, { '101': [CAROL_HERTZ], '102': [MUSIC_HERTZ], '103': [ALICE_HERTZ] });
      alice.rtp.hush();
      alice.sip.inDialog(leg, 'BYE');
      await phones.follows(bob, 'sendrecv');
      await allHear(t, phones, { '102': [CAROL_HERTZ], '103': [BOB_HERTZ] });
    },
  );

t.test('a consultation that nobody answers leaves the two as they were; one that is cancelled too', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob, holdfast } = phones.two;
  const { id } = await phones.two.talk();
  const waits = async (): Promise<void> => {
    await phones.follows(bob, 'sendrecv');
    await phones.follows(bob, 'sendonly');
  };
  const asked = holdfast.api('POST', `/calls/${id}/consult`, { holder: 'caller', to: '103' });
  const [, , rung] = await Promise.all([phones.follows(alice, 'sendrecv'), waits(), phones.rings(phones.carol)]);
  t.equal((await asked).status, 200);
  t.equal((await holdfast.api('POST', `/calls/${id}/consult`, { holder: 'caller', to: '103' })).status, 409, 'one at a time');
  phones.carol.sip.respond(rung, 486);
  await phones.follows(bob, 'sendrecv');
  await allHear(t, phones, { '101': [BOB_HERTZ], '102': [ALICE_HERTZ] });
  t.equal((await holdfast.api('DELETE', `/calls/${id}/consult`)).status, 409, 'there is nothing to cancel');

  // Of two nobody is left to go on with, so a hold is one as between any two.
  const hold = holdfast.api('PUT', `/calls/${id}/hold`, { holder: 'caller' });
  await phones.follows(alice, 'inactive');
  t.equal((await hold).status, 200);
  await allHear(t, phones, { '102': [MUSIC_HERTZ] });
  const resume = holdfast.api('DELETE', `/calls/${id}/hold?holder=caller`);
  await phones.follows(alice, 'sendrecv');
  t.equal((await resume).status, 200);
  await allHear(t, phones, { '101': [BOB_HERTZ], '102': [ALICE_HERTZ] });
});

t.test('a conference is opened by ringing everybody; who does not come is no member', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob, holdfast } = phones.two;
  const opened = holdfast.api<View>('POST', '/conferences', { numbers: ['101', '102', '103'] });
  const [, , rung] = await Promise.all([phones.answers(alice), phones.answers(bob), phones.rings(phones.carol)]);
  const { status, body } = await opened;
  t.equal(status, 200);
  phones.carol.sip.respond(rung, 486);
  await holdfast.event((event) => event.kind === 'conference.changed' && !JSON.stringify(event['members']).includes('103'));
  await allHear(t, phones, { '101': [BOB_HERTZ], '102': [ALICE_HERTZ] });
  phones.hush();
  t.equal((await holdfast.api('DELETE', `/conferences/${body.id}`)).status, 200);
  await Promise.all([phones.isHungUp(alice), phones.isHungUp(bob)]);
});

t.test(
  'a member is transferred: who comes in its place is the member; then one consults another who was there before',
  async (t) => {
    const phones = await ThreePhones.start(t);
    const { alice, bob, holdfast } = phones.two;
    const opened = holdfast.api<View>('POST', '/conferences', { numbers: ['101', '102'] });
    await Promise.all([phones.answers(alice), phones.answers(bob)]);
    const { body } = await opened;
    await allHear(t, phones, { '101': [BOB_HERTZ], '102': [ALICE_HERTZ] });
    t.equal((await holdfast.api('POST', `/calls/${memberCall(body, '102')}/transfer`, { to: '103' })).status, 202);
    bob.rtp.hush();
    await Promise.all([phones.follows(bob, 'inactive').then(() => phones.isHungUp(bob)), phones.answers(phones.carol)]);
    await allHear(t, phones, { '101': [CAROL_HERTZ], '103': [ALICE_HERTZ] });
    const { body: view } = await holdfast.api<View>('GET', `/conferences/${body.id}`);
    t.same(
      view.members.map(({ number, state }) => `${number} ${state}`),
      ['101 in', '103 in'],
    );
    t.match((await holdfast.api('GET', `/calls/${memberCall(view, '103')}`)).body, { conference: body.id, state: 'in-call' });

    const asked = holdfast.api('POST', `/calls/${memberCall(view, '101')}/consult`, { holder: 'callee', to: '102' });
    await Promise.all([phones.follows(phones.carol, 'sendonly'), phones.answers(bob)]);
    t.equal((await asked).status, 200);
    await allHear(t, phones, { '101': [BOB_HERTZ], '102': [ALICE_HERTZ], '103': [MUSIC_HERTZ] });
    t.equal(
      (await holdfast.api('POST', `/calls/${memberCall(view, '101')}/consult`, { holder: 'callee', to: '104' })).status,
      422,
    );
    const joined = holdfast.api('DELETE', `/calls/${memberCall(view, '101')}/consult`, { join: true });
    await phones.follows(phones.carol, 'sendrecv');
    t.equal((await joined).status, 200);
    await allHear(t, phones, EVERYBODY);
  },
);

t.test('what cannot be is refused before anybody is moved', async (t) => {
  const phones = await ThreePhones.start(t);
  const { holdfast } = phones.two;
  const { id } = await phones.two.talk();
  const refused = async (status: number, code: string, path: string, body: object): Promise<void> => {
    const answer = await holdfast.api('POST', path, body);
    t.equal(answer.status, status, JSON.stringify(body));
    t.match(answer.body, { code });
  };
  await refused(400, 'bad_request', '/conferences', {});
  await refused(400, 'bad_request', '/conferences', { numbers: ['101', '101'] });
  await refused(422, 'number_unknown', '/conferences', { calls: [id], numbers: ['109'] });
  await refused(422, 'number_unknown', `/calls/${id}/join`, { to: '999' });
  await refused(400, 'bad_request', `/calls/${id}/join`, { to: '103', as: 'whisperer' });
  await refused(400, 'bad_request', `/calls/${id}/consult`, { holder: 'caller', to: '102' });
  await refused(400, 'bad_request', `/calls/${id}/join`, { to: '101' });
  await refused(404, 'call_not_found', '/calls/nobody/join', { to: '103' });
  await refused(404, 'conference_not_found', '/conferences/nobody/members', { number: '103' });
  const { body } = await holdfast.api<{ state: string; conference?: string }>('GET', `/calls/${id}`);
  t.equal(body.state, 'in-call');
  t.equal(body.conference, undefined);
  t.same((await holdfast.api<{ conferences: unknown[] }>('GET', '/conferences')).body.conferences, []);
  await allHear(t, phones, { '101': [BOB_HERTZ], '102': [ALICE_HERTZ] });
});

t.test('nobody listens to a call that is held, whoever joins it ends its holds, and only a phone ends its own', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob, holdfast } = phones.two;
  const { id } = await phones.two.talk();
  const both = (direction: 'sendonly' | 'sendrecv') =>
    Promise.all([phones.follows(alice, direction), phones.follows(bob, direction)]);
  const hold = holdfast.api('PUT', `/calls/${id}/hold`);
  await both('sendonly');
  t.equal((await hold).status, 200);
  for (const as of ['listener', 'whisperer']) {
    const { status, body } = await holdfast.api<{ state: string }>('POST', `/calls/${id}/join`, {
      to: '103',
      as,
      party: 'caller',
    });
    t.same([status, body.state], [409, 'held'], as);
  }
  await allHear(t, phones, { '101': [MUSIC_HERTZ], '102': [MUSIC_HERTZ] });
  const told = holdfast.event(
    (event) => event.kind === 'hold.changed' && event['callId'] === id && event['holders']?.toString() === '',
  );
  const joined = holdfast.api<View>('POST', `/calls/${id}/join`, { to: '103' });
  await both('sendrecv');
  await phones.answers(phones.carol);
  t.equal((await joined).status, 200);
  t.match(await told, { hold: { reasons: [] } });
});
