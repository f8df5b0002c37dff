/**
 * Goal: holds of one call by programs of different dialects are independent: Ozeki and REST hold it in nobody's name, VoipNow and Plivo in
 * the name of one party; each lets go in its turn, and until the last has, nobody hears the other and who is held hears music.
 * Method: scripted phones, their RTP, and the requests of each dialect's clients.
 */
import t from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { directionIn } from '../support/sip-phone.js';
import { ALICE_HERTZ, BOB_HERTZ, TwoPhones, type Phone } from '../support/two-phones.js';

const PHLOS = `
accounts: [{ authId: demo, authToken: demo-token }]
phlos:
  - id: demo-phlo
    nodes: [{ id: demo-node }]
`;
const ACCOUNTS = `
voipnow:
  clients: [{ client: demo, secret: demo, user: '1' }]
`;
const OZEKI = 'Username=HTTP_User_1&Password=qwe123';
const BASIC = { authorization: `Basic ${Buffer.from('demo:demo-token').toString('base64')}` };
const MEMBER = '/v1/phlo/demo-phlo/multi_party_call/demo-node/members/101';

type Program = Readonly<{ name: string; hold: () => Promise<number>; resume: () => Promise<number> }>;

t.test('a call that four dialects hold', async (t) => {
  const phones = await TwoPhones.start(t, { phlos: PHLOS, accounts: ACCOUNTS });
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  const programs = await programsFor(phones, talk.id);
  const reasons = async (): Promise<string[]> => {
    const { body } = await holdfast.api<{ hold: { reasons: string[] } }>('GET', `/calls/${talk.id}`);
    return body.hold.reasons;
  };
  const { ozeki, rest, voipnow, plivo } = programs;

  for (const [order, early] of [
    [[ozeki, rest, voipnow, plivo], 'the programs in nobody’s name let go first'],
    [[plivo, rest, voipnow, ozeki], 'one of each lets go first'],
    [[voipnow, plivo, ozeki, rest], 'the programs of a party let go first'],
  ] as const) {
    await t.test(`${early}: ${order.map(({ name }) => name).join(', ')}`, async (t) => {
      const first = ozeki.hold();
      const held = await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200)]);
      t.same(
        held.map(({ body }) => directionIn(body)),
        ['sendonly', 'sendonly'],
      );
      t.equal(await first, 200);
      // Nothing changes for the phones: they have heard all there is to say.
      for (const program of [rest, voipnow, plivo]) t.ok((await program.hold()) < 300, program.name);
      t.same(await reasons(), ['caller-api', 'controller']);
      t.same([await phones.hears(alice), await phones.hears(bob)], [[MUSIC_HERTZ], [MUSIC_HERTZ]]);

      let nobodysName = 2;
      for (const program of order.slice(0, 3)) {
        if (program === ozeki || program === rest) nobodysName--;
        const last = (program === ozeki || program === rest) && nobodysName === 0;
        const done = program.resume();
        // 101 holds now, and is held no more: it is told to hear nothing.
        if (last) t.equal(directionIn((await phones.takesReinvite(alice, 200, 'inactive')).body), 'inactive');
        t.ok((await done) < 300, `${program.name} lets go`);
        t.ok((await program.resume()) < 300, 'and once more, which changes nothing');
        t.not((await reasons()).length, 0, `after ${program.name} the call is held`);
        t.same(await phones.hears(bob), [MUSIC_HERTZ], `after ${program.name} 102 hears music`);
        if (nobodysName > 0) t.same(await phones.hears(alice), [MUSIC_HERTZ], `and so does 101`);
        else t.equal(await packetsReach(alice, bob), 0, 'and 101, which holds, nothing');
      }

      const [final] = order.slice(3);
      const done = final?.resume();
      const back = await Promise.all([phones.takesReinvite(alice, 200, 'sendrecv'), phones.takesReinvite(bob, 200, 'sendrecv')]);
      t.same(
        back.map(({ body }) => directionIn(body)),
        ['sendrecv', 'sendrecv'],
      );
      t.ok(((await done) ?? 500) < 300);
      t.same(await reasons(), []);
      t.same([await phones.hears(alice), await phones.hears(bob)], [[BOB_HERTZ], [ALICE_HERTZ]]);
    });
  }
  await phones.hangUp(talk);
});

/** While the other one gets a window of packets. */
async function packetsReach(phone: Phone, other: Phone): Promise<number> {
  const before = phone.rtp.heard.count;
  await other.rtp.next(20);
  return phone.rtp.heard.count - before;
}

async function programsFor(
  { holdfast }: TwoPhones,
  callId: string,
): Promise<Record<'ozeki' | 'rest' | 'voipnow' | 'plivo', Program>> {
  const status = async (asked: Promise<Readonly<{ status: number }>>): Promise<number> => (await asked).status;

  const list = await holdfast.api<string>('GET', `/api?command=ListActiveCalls&${OZEKI}`);
  const ozekiId = /<CallId>([^<]+)</.exec(list.body)?.[1] ?? '';
  const ozeki = async (command: string): Promise<number> => {
    const { body } = await holdfast.api<string>('GET', `/api?command=${command}&CallId=${ozekiId}&${OZEKI}`);
    return Number(/<Code>(\d+)</.exec(body)?.[1]);
  };

  const form = new URLSearchParams({ client_id: 'demo', client_secret: 'demo', grant_type: 'client_credentials' });
  const granted = await fetch(`${holdfast.base}/oauth/token.php`, { method: 'POST', body: form });
  const bearer = { authorization: `Bearer ${((await granted.json()) as { access_token: string }).access_token}` };
  const calls = await holdfast.api<{ entry: { id: string }[] }>('GET', '/uapi/phoneCalls/@me/101', undefined, bearer);
  const phoneCall = `/uapi/phoneCalls/@me/101/${calls.body.entry[0]?.id ?? ''}`;
  const voipnow = (action: string): Promise<number> =>
    status(holdfast.api('PUT', phoneCall, { action, phoneCallViewId: '00' }, bearer));

  const plivo = (action: string): Promise<number> => status(holdfast.api('POST', MEMBER, { action }, BASIC));

  return {
    ozeki: { name: 'Ozeki', hold: () => ozeki('Hold'), resume: () => ozeki('Unhold') },
    rest: {
      name: 'REST',
      hold: () => status(holdfast.api('PUT', `/calls/${callId}/hold`)),
      resume: () => status(holdfast.api('DELETE', `/calls/${callId}/hold`)),
    },
    voipnow: { name: 'VoipNow', hold: () => voipnow('OnHold'), resume: () => voipnow('OffHold') },
    plivo: { name: 'Plivo', hold: () => plivo('hold'), resume: () => plivo('unhold') },
  };
}
