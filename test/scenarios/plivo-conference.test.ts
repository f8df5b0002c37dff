/**
 * Goal: a multiparty call of Plivo is one that three phones hear: who holds hears nothing, each other member hears the music of its role
 * instead of the others, and a second holder hears nothing either. Method: scripted phones, a real rtpengine, the real mixer.
 */
import t from 'tap';
import { CAROL_HERTZ, ThreePhones } from '../support/three-phones.js';
import { ALICE_HERTZ, BOB_HERTZ, type Phone } from '../support/two-phones.js';

const OFFICE_HERTZ = 1600;
const POP_HERTZ = 2000;
const PHLOS = `
accounts: [{ authId: demo, authToken: demo-token }]
phlos:
  - id: demo-phlo
    nodes: [{ id: demo-node, agentHoldMusic: office, customerHoldMusic: pop }]
`;
const BASIC = { authorization: `Basic ${Buffer.from('demo:demo-token').toString('base64')}` };
const NODE = '/v1/phlo/demo-phlo/multi_party_call/demo-node';

t.test('101, a customer, and 102, an agent, talk; 102 calls in 103 as a customer', async (t) => {
  const phones = await ThreePhones.start(t, { phlos: PHLOS, music: { office: OFFICE_HERTZ, pop: POP_HERTZ } });
  const { alice, bob, holdfast } = phones.two;
  const { carol } = phones;
  const post = (path: string, fields: object) => holdfast.api('POST', `${NODE}${path}`, fields, BASIC);
  const act = async (member: string, action: string): Promise<number> => (await post(`/members/${member}`, { action })).status;
  const hears = async (phone: Phone): Promise<number[]> => {
    await phone.rtp.next(15); // what was on its way
    return (await phone.rtp.next(20)).tones(ALICE_HERTZ, BOB_HERTZ, CAROL_HERTZ, OFFICE_HERTZ, POP_HERTZ);
  };
  const packetsReach = async (phone: Phone, other: Phone): Promise<number> => {
    await other.rtp.next(15);
    const before = phone.rtp.heard.count;
    await other.rtp.next(20);
    return phone.rtp.heard.count - before;
  };
  const everybodyTalks = async (): Promise<number[][]> => [await hears(alice), await hears(bob), await hears(carol)];
  const EVERYBODY = [
    [BOB_HERTZ, CAROL_HERTZ],
    [ALICE_HERTZ, CAROL_HERTZ],
    [ALICE_HERTZ, BOB_HERTZ],
  ];

  await phones.two.talk();
  const called = post('', { action: 'call', trigger_source: '102', to: '103', role: 'customer' });
  await Promise.all([phones.follows(alice, 'sendrecv'), phones.follows(bob, 'sendrecv')]);
  await phones.answers(carol);
  t.match(await called, { status: 201, body: { error: '' } });
  await holdfast.event(
    (event) => event.kind === 'conference.changed' && JSON.stringify(event['members']).split('"in"').length === 4,
  );

  await t.test('all three hear each other', async (t) => {
    t.same(await everybodyTalks(), EVERYBODY);
  });

  await t.test('the agent holds: both customers hear the music for customers, and the agent nothing', async (t) => {
    t.equal(await act('102', 'hold'), 201);
    await phones.follows(bob, 'inactive');
    t.same([await hears(alice), await hears(carol)], [[POP_HERTZ], [POP_HERTZ]]);
    t.equal(await packetsReach(bob, alice), 0);
  });

  await t.test('a second one holds too: it hears nothing, the third goes on with the music', async (t) => {
    t.equal(await act('sip:103@pbx.local', 'hold'), 201);
    await phones.follows(carol, 'inactive');
    t.same(await hears(alice), [POP_HERTZ]);
    t.equal(await packetsReach(carol, alice), 0);
    t.equal(await act('102', 'unhold'), 201);
    await phones.follows(bob, 'sendrecv');
    t.same(await hears(bob), [OFFICE_HERTZ], 'the agent is back, and hears the music for agents');
  });

  await t.test('the last one takes it back, and all talk', async (t) => {
    t.equal(await act('103', 'unhold'), 201);
    await phones.follows(carol, 'sendrecv');
    t.same(await everybodyTalks(), EVERYBODY);
  });

  await t.test('a member hangs up: it leaves, and the other two go on', async (t) => {
    carol.rtp.hush();
    t.equal(await act('103', 'hangup'), 201);
    await phones.isHungUp(carol);
    t.same([await hears(alice), await hears(bob)], [[BOB_HERTZ], [ALICE_HERTZ]]);
    t.equal(await act('103', 'hold'), 404);
  });
  phones.hush();
});
