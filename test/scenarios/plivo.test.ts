/**
 * Goal: a hold through the Plivo dialect is one that the phones hear: who holds is muted and hears nothing, the other hears the music of
 * its role, and taking the call back lets both be heard. Method: scripted phones, their RTP, and the requests of the vendor's clients.
 */
import t from 'tap';
import { directionIn } from '../support/sip-phone.js';
import { ALICE_HERTZ, BOB_HERTZ, TwoPhones, type Phone } from '../support/two-phones.js';

const OFFICE_HERTZ = 1600;
const POP_HERTZ = 2000;
const PHLOS = `
accounts: [{ authId: demo, authToken: demo-token }]
phlos:
  - id: demo-phlo
    nodes: [{ id: demo-node, agentHoldMusic: office, customerHoldMusic: pop }]
`;
const BASIC = { authorization: `Basic ${Buffer.from('demo:demo-token').toString('base64')}` };
const MEMBERS = '/v1/phlo/demo-phlo/multi_party_call/demo-node/members';
const SETTLING = 10;

t.test('a call between 101, the customer, and 102, the agent', async (t) => {
  const phones = await TwoPhones.start(t, { phlos: PHLOS, music: { office: OFFICE_HERTZ, pop: POP_HERTZ } });
  const { alice, bob, holdfast } = phones;
  const hears = async (phone: Phone): Promise<number[]> => {
    await phone.rtp.next(SETTLING);
    return (await phone.rtp.next(20)).tones(ALICE_HERTZ, BOB_HERTZ, OFFICE_HERTZ, POP_HERTZ);
  };
  const act = (member: string, action: string) => holdfast.api('POST', `${MEMBERS}/${member}`, { action }, BASIC);
  /** The action is answered while the phones still think about it. */
  const acts = async (
    member: string,
    action: string,
    directions: Readonly<{ alice: string; bob: string }>,
  ): Promise<string[]> => {
    const { status, body } = await act(member, action);
    t.equal(status, 201);
    t.match(body, { error: '' });
    const offers = [phones.takesReinvite(alice, 200, directions.alice), phones.takesReinvite(bob, 200, directions.bob)];
    return (await Promise.all(offers)).map((offer) => directionIn(offer.body) ?? 'none');
  };

  const talk = await phones.talk();

  await t.test('the agent holds: the customer hears the music for customers', async (t) => {
    t.same(await acts('sip:102@127.0.0.1', 'hold', { alice: 'recvonly', bob: 'inactive' }), ['sendonly', 'inactive']);
    t.same(await hears(alice), [POP_HERTZ]);
    t.equal((await act('102', 'hold')).status, 201, 'once more changes nothing');
  });

  await t.test('and takes the call back: both are heard', async (t) => {
    t.same(await acts('102', 'unhold', { alice: 'sendrecv', bob: 'sendrecv' }), ['sendrecv', 'sendrecv']);
    t.same({ alice: await hears(alice), bob: await hears(bob) }, { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
    t.equal((await act('102', 'unhold')).status, 201, 'once more changes nothing');
  });

  await t.test('a hold by another program stays when this one is lifted', async (t) => {
    await acts('101', 'hold', { alice: 'inactive', bob: 'recvonly' });
    t.same(await hears(bob), [OFFICE_HERTZ], 'the agent hears the music for agents');
    const held = holdfast.api('PUT', `/calls/${talk.id}/hold`);
    await phones.takesReinvite(alice, 200, 'recvonly');
    t.equal((await held).status, 200);
    t.equal((await act('101', 'unhold')).status, 201);
    const { body } = await holdfast.api<{ state: string; hold: { reasons: string[] } }>('GET', `/calls/${talk.id}`);
    t.match(body, { state: 'held' });
    t.same(body.hold.reasons, ['controller']);
  });

  await t.test('who holds while it is held hears nothing, and the last to hold gives the music', async (t) => {
    const resumed = holdfast.api('DELETE', `/calls/${talk.id}/hold`);
    await Promise.all([phones.takesReinvite(alice, 200, 'sendrecv'), phones.takesReinvite(bob, 200, 'sendrecv')]);
    t.equal((await resumed).status, 200);
    await acts('101', 'hold', { alice: 'inactive', bob: 'recvonly' });
    t.equal((await act('102', 'hold')).status, 201);
    t.equal(directionIn((await phones.takesReinvite(bob, 200, 'inactive')).body), 'inactive', '102 is told to hear nothing');
    t.equal((await act('101', 'unhold')).status, 201);
    t.equal(directionIn((await phones.takesReinvite(alice, 200, 'recvonly')).body), 'sendonly');
    t.same(await hears(alice), [POP_HERTZ]);
    t.same(await acts('102', 'unhold', { alice: 'sendrecv', bob: 'sendrecv' }), ['sendrecv', 'sendrecv']);
    t.same({ alice: await hears(alice), bob: await hears(bob) }, { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
  });

  await t.test('who is muted is not heard, and hears', async (t) => {
    t.equal((await act('102', 'mute')).status, 201);
    t.same(await hears(bob), [ALICE_HERTZ]);
    const before = alice.rtp.heard.packetsWith(BOB_HERTZ);
    await bob.rtp.next(20);
    t.equal(alice.rtp.heard.packetsWith(BOB_HERTZ), before);
    t.equal((await act('102', 'unmute')).status, 201);
    t.same(await hears(alice), [BOB_HERTZ]);
  });

  await t.test('hanging up a member of two ends the call', async (t) => {
    phones.hush();
    t.equal((await act('101', 'hangup')).status, 201);
    for (const phone of [alice, bob]) phone.sip.respond(await phone.sip.receives('BYE'), 200);
    t.equal((await act('101', 'hold')).status, 404);
  });
});
