/**
 * Goal: holds of one call by programs of different dialects are independent: Ozeki and REST hold it in nobody's name, VoipNow and Plivo in
 * the name of one party, Huawei in that of the other; each lets go in its turn, and until the last has, nobody hears the other and who is held hears music.
 * Method: scripted phones, their RTP, and the requests of each dialect's clients.
 */
import t, { type Test } from 'tap';
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
const AGENTS = `
agents: [{ agent: '102', password: demo-102, phone: '102' }]
`;
const OZEKI = 'Username=HTTP_User_1&Password=qwe123';
const BASIC = { authorization: `Basic ${Buffer.from('demo:demo-token').toString('base64')}` };
const MEMBER = '/v1/phlo/demo-phlo/multi_party_call/demo-node/members/101';

type Program = Readonly<{ hold: () => Promise<number>; resume: () => Promise<number> }>;

type Name = 'ozeki' | 'rest' | 'voipnow' | 'plivo' | 'huawei';
type Directions = Readonly<{ alice: Direction; bob: Direction }>;
type Direction = 'sendrecv' | 'sendonly' | 'inactive';
const TAKES: Readonly<Record<Direction, string>> = { sendrecv: 'sendrecv', sendonly: 'recvonly', inactive: 'inactive' };

/** What 101 and 102 are told while these programs hold: VoipNow and Plivo in the name of 101, Huawei in that of 102. */
function told(holding: ReadonlySet<Name>): Directions {
  const everybody = holding.has('ozeki') || holding.has('rest');
  const silent = holding.size === 0 ? 'sendrecv' : 'inactive';
  return {
    // A member that holds by Plivo hears nothing, also when it is held itself (dialects.md 4.5).
    alice: everybody || (holding.has('huawei') && !holding.has('plivo')) ? 'sendonly' : silent,
    bob: everybody || holding.has('voipnow') || holding.has('plivo') ? 'sendonly' : silent,
  };
}

t.test('a call that five dialects hold', async (t) => {
  const phones = await TwoPhones.start(t, { phlos: PHLOS, accounts: ACCOUNTS, agents: AGENTS });
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  const programs = await programsFor(phones, talk.id);
  const holding = new Set<Name>();

  /** The phones are told what has changed for them, and nothing else. */
  const does = async (t: Test, name: Name, verb: 'hold' | 'resume'): Promise<void> => {
    const before = told(holding);
    if (verb === 'hold') holding.add(name);
    else holding.delete(name);
    const after = told(holding);
    const done = programs[name][verb]();
    const tells = (['alice', 'bob'] as const).filter((who) => before[who] !== after[who]);
    const reinvites = await Promise.all(tells.map((who) => phones.takesReinvite(phones[who], 200, TAKES[after[who]])));
    t.ok((await done) < 300, `${name}: ${verb}`);
    t.same(
      reinvites.map(({ body }) => directionIn(body)),
      tells.map((who) => after[who]),
      'what the phones are told',
    );
  };
  const hears = async (t: Test): Promise<void> => {
    const { alice: toAlice, bob: toBob } = told(holding);
    const by = [...holding].join(', ');
    for (const [phone, direction, other, peer] of [
      [alice, toAlice, BOB_HERTZ, bob],
      [bob, toBob, ALICE_HERTZ, alice],
    ] as const) {
      const who = `${phone.sip.number}, held by ${by}`;
      if (direction === 'inactive') t.equal(await packetsReach(phone, peer), 0, `${who}, hears nothing`);
      else t.same(await phones.hears(phone), [direction === 'sendonly' ? MUSIC_HERTZ : other], who);
    }
    const { body } = await holdfast.api<{ state: string }>('GET', `/calls/${talk.id}`);
    t.equal(body.state, holding.size === 0 ? 'in-call' : 'held');
  };

  for (const [why, holds, resumes] of [
    [
      'who holds for nobody lets go first',
      ['ozeki', 'rest', 'voipnow', 'plivo', 'huawei'],
      ['rest', 'ozeki', 'huawei', 'voipnow', 'plivo'],
    ],
    [
      'who holds for a party lets go first',
      ['huawei', 'plivo', 'voipnow', 'rest', 'ozeki'],
      ['plivo', 'voipnow', 'ozeki', 'huawei', 'rest'],
    ],
    [
      'the parties hold each other to the end',
      ['plivo', 'ozeki', 'huawei', 'voipnow', 'rest'],
      ['ozeki', 'rest', 'plivo', 'voipnow', 'huawei'],
    ],
  ] as const) {
    await t.test(`${why}: ${resumes.join(', ')}`, async (t) => {
      for (const name of holds) await does(t, name, 'hold');
      await hears(t);
      for (const name of resumes) {
        await does(t, name, 'resume');
        await hears(t);
      }
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

async function programsFor({ holdfast }: TwoPhones, callId: string): Promise<Record<Name, Program>> {
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

  const resource = '/agentgateway/resource';
  const desk = { password: 'demo-102', phonenum: '102' };
  const signedIn = await holdfast.api('PUT', `${resource}/onlineagent/102`, desk);
  const guid = { guid: (signedIn.headers.get('set-guid') ?? '').replace('JSESSIONID=', '') };
  const huawei = async (verb: string): Promise<number> => {
    const { body } = await holdfast.api<{ retcode: string }>('POST', `${resource}/voicecall/102/${verb}`, undefined, guid);
    return body.retcode === '0' ? 200 : Number(body.retcode.replace('-', ''));
  };

  return {
    huawei: { hold: () => huawei('hold'), resume: () => huawei('gethold') },
    ozeki: { hold: () => ozeki('Hold'), resume: () => ozeki('Unhold') },
    rest: {
      hold: () => status(holdfast.api('PUT', `/calls/${callId}/hold`)),
      resume: () => status(holdfast.api('DELETE', `/calls/${callId}/hold`)),
    },
    voipnow: { hold: () => voipnow('OnHold'), resume: () => voipnow('OffHold') },
    plivo: { hold: () => plivo('hold'), resume: () => plivo('unhold') },
  };
}
