/**
 * Goal: an agent that works through the AgentGateway is heard, holds, and joins as its desktop says: the customer hears music while it is
 * held, the agent takes another call meanwhile, and holds by other programs stay. Method: three scripted phones, their RTP, and the
 * requests of an agent desktop with its poll.
 */
import t, { type Test } from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { CAROL_HERTZ, ThreePhones } from '../support/three-phones.js';
import { ALICE_HERTZ, BOB_HERTZ, type Phone } from '../support/two-phones.js';

const AGENTS = `
waitSeconds: 1
agents: [{ agent: '101', password: demo-101, phone: '101' }]
`;
type Reply = Readonly<{
  retcode: string;
  message: string;
  result: unknown;
  event?: { eventType: string; content: unknown } | null;
}>;

/** The desktop of agent 101, who sits at Alice's phone. */
class Desktop {
  readonly #phones: ThreePhones;
  #guid = '';
  readonly told: string[] = [];
  #ended = false;
  #polling: Promise<void> = Promise.resolve();

  constructor(phones: ThreePhones) {
    this.#phones = phones;
  }

  static async signedIn(t: Test, phones: ThreePhones): Promise<Desktop> {
    const desktop = new Desktop(phones);
    const { headers, body } = await desktop.#ask('PUT', '/onlineagent/101', { password: 'demo-101', phonenum: '101' });
    t.equal(body.retcode, '0', body.message);
    desktop.#guid = (headers.get('set-guid') ?? '').replace('JSESSIONID=', '');
    desktop.#polling = desktop.#poll();
    return desktop;
  }

  async says(method: string, path: string, body?: unknown): Promise<Reply> {
    return (await this.#ask(method, path, body)).body;
  }

  async signOut(): Promise<void> {
    this.#ended = true;
    await this.says('DELETE', '/onlineagent/101/forcelogout');
    await this.#polling;
  }

  async #poll(): Promise<void> {
    while (!this.#ended) {
      const { event } = await this.says('GET', '/agentevent/101');
      if (event !== null && event !== undefined) this.told.push(event.eventType);
    }
  }

  #ask(method: string, path: string, body?: unknown) {
    const headers = { guid: this.#guid };
    return this.#phones.two.holdfast.api<Reply>(method, `/agentgateway/resource${path}`, body, headers);
  }
}

async function hearing(t: Test, phones: ThreePhones, expected: Readonly<Record<string, readonly number[]>>): Promise<void> {
  for (const [number, tones] of Object.entries(expected)) {
    const phone = phones.everybody.find((one) => one.sip.number === number) as Phone;
    await phones.hears(phone); // what was on its way
    t.same(await phones.hears(phone), tones, `${number} hears`);
  }
}

/** The agent calls Bob, and talks to him. @returns the callid. */
async function callOut(t: Test, phones: ThreePhones, desktop: Desktop): Promise<string> {
  const { alice, bob } = phones.two;
  const placed = await desktop.says('PUT', '/voicecall/101/callout', { called: '102' });
  t.equal(placed.retcode, '0', placed.message);
  await phones.answers(alice);
  await phones.answers(bob);
  await hearing(t, phones, { '101': [BOB_HERTZ], '102': [ALICE_HERTZ] });
  return String(placed.result);
}

/** Both phones of a call take what a request of the agent makes of it, and it succeeds. */
async function done(t: Test, asked: Promise<Reply>, ...follows: readonly Promise<unknown>[]): Promise<void> {
  const [answer] = await Promise.all([asked, ...follows]);
  t.equal(answer.retcode, '0', answer.message);
}

/** Carol calls the agent, who answers. */
async function takeCarol(phones: ThreePhones): Promise<void> {
  const leg = await phones.calls(phones.carol, '101');
  await phones.answers(phones.two.alice);
  await phones.isAnswered(phones.carol, leg);
}

t.test('an agent calls, holds, takes another, and joins the two', async (t) => {
  const phones = await ThreePhones.start(t, { agents: AGENTS });
  const { alice, bob, holdfast } = phones.two;
  const { carol } = phones;
  const desktop = await Desktop.signedIn(t, phones);
  const withBob = await callOut(t, phones, desktop);
  t.match(withBob, /^[0-9]{10}-[0-9]+$/);

  await t.test('the customer on hold hears music; taken back, both are heard', async (t) => {
    await done(
      t,
      desktop.says('POST', '/voicecall/101/hold'),
      phones.follows(alice, 'inactive'),
      phones.follows(bob, 'sendonly'),
    );
    await hearing(t, phones, { '102': [MUSIC_HERTZ] });
    await done(
      t,
      desktop.says('POST', '/voicecall/101/gethold'),
      phones.follows(alice, 'sendrecv'),
      phones.follows(bob, 'sendrecv'),
    );
    await hearing(t, phones, { '101': [BOB_HERTZ], '102': [ALICE_HERTZ] });
  });

  await t.test('a hold by another program stays when the agent takes its own back', async (t) => {
    await done(
      t,
      desktop.says('POST', '/voicecall/101/hold'),
      phones.follows(alice, 'inactive'),
      phones.follows(bob, 'sendonly'),
    );
    const { body: listed } = await holdfast.api<{ calls: { id: string }[] }>('GET', '/calls');
    const id = listed.calls[0]?.id ?? '';
    const held = holdfast.api('PUT', `/calls/${id}/hold`);
    await phones.follows(alice, 'sendonly');
    t.equal((await held).status, 200);
    await done(t, desktop.says('POST', '/voicecall/101/gethold'));
    const { body } = await holdfast.api<{ hold: { reasons: string[] } }>('GET', `/calls/${id}`);
    t.same(body.hold.reasons, ['controller']);
    await hearing(t, phones, { '102': [MUSIC_HERTZ] });
    const resumed = holdfast.api('DELETE', `/calls/${id}/hold`);
    await Promise.all([phones.follows(alice, 'sendrecv'), phones.follows(bob, 'sendrecv')]);
    t.equal((await resumed).status, 200);
    await hearing(t, phones, { '101': [BOB_HERTZ], '102': [ALICE_HERTZ] });
  });

  await t.test('one is held and another taken: the held list is real', async (t) => {
    await done(
      t,
      desktop.says('POST', '/voicecall/101/hold'),
      phones.follows(alice, 'inactive'),
      phones.follows(bob, 'sendonly'),
    );
    await takeCarol(phones);
    await hearing(t, phones, { '101': [CAROL_HERTZ], '102': [MUSIC_HERTZ], '103': [ALICE_HERTZ] });
    const list = await desktop.says('GET', '/calldata/101/holdlist');
    t.match(list.result, [{ callid: withBob, caller: '101', called: '102' }]);
    t.equal((list.result as unknown[]).length, 1);
    t.equal((await desktop.says('POST', '/voicecall/101/gethold')).retcode, '200-016', 'one at a time');
  });

  await t.test('connecthold joins the two and lets the agent go', async (t) => {
    phones.hush();
    const asked = desktop.says('POST', `/voicecall/101/connecthold/${withBob}`);
    await done(
      t,
      asked,
      phones.follows(bob, 'sendrecv'),
      phones.follows(carol, 'sendrecv'),
      twice(() => phones.isHungUp(alice)),
    );
    bob.rtp.talk(BOB_HERTZ);
    carol.rtp.talk(CAROL_HERTZ);
    await hearing(t, phones, { '102': [CAROL_HERTZ], '103': [BOB_HERTZ] });
    t.equal((await desktop.says('GET', '/calldata/101/holdlist')).retcode, '400-003');
  });

  await desktop.signOut();
  t.same(desktop.told, [
    'AgentOther_InService',
    'AgentState_Ready',
    'AgentOther_PhoneAlerting',
    'AgentOther_PhoneOffhook',
    'AgentEvent_Customer_Alerting',
    'AgentState_Busy',
    'AgentEvent_Talking',
    ...['AgentEvent_Hold', 'AgentEvent_Talking'],
    ...['AgentEvent_Hold', 'AgentEvent_Talking'],
    'AgentEvent_Hold',
    ...['AgentOther_PhoneAlerting', 'AgentEvent_Ringing', 'AgentOther_PhoneOffhook', 'AgentEvent_Talking'],
    'AgentEvent_Call_Release',
    'AgentEvent_Customer_Release',
    'AgentEvent_Call_Release',
    'AgentOther_PhoneRelease',
    'AgentState_Ready',
  ]);
});

const twice = async (act: () => Promise<unknown>): Promise<void> => {
  await act();
  await act();
};

t.test('confjoin lets all three talk; the agent leaves, and the other two go on', async (t) => {
  const phones = await ThreePhones.start(t, { agents: AGENTS });
  const { alice, bob } = phones.two;
  const { carol } = phones;
  const desktop = await Desktop.signedIn(t, phones);
  const withBob = await callOut(t, phones, desktop);
  await done(t, desktop.says('POST', '/voicecall/101/hold'), phones.follows(alice, 'inactive'), phones.follows(bob, 'sendonly'));
  await takeCarol(phones);
  const [withCarol] = ((await desktop.says('GET', '/calldata/101/allcallid')).result as string[]).filter(
    (one) => one !== withBob,
  );
  phones.hush();
  await done(
    t,
    desktop.says('POST', '/voicecall/101/confjoin', { callid: withBob }),
    ...[alice, bob, carol].map((phone) => phones.follows(phone, 'sendrecv')),
    phones.isHungUp(alice), // of its two dialogs one is enough
  );
  for (const { rtp, hertz } of phones.everybody) rtp.talk(hertz);
  await hearing(t, phones, {
    '101': [BOB_HERTZ, CAROL_HERTZ],
    '102': [ALICE_HERTZ, CAROL_HERTZ],
    '103': [ALICE_HERTZ, BOB_HERTZ],
  });
  t.same(
    (await desktop.says('GET', '/calldata/101/allcallid')).result,
    [withCarol],
    'they are one call, by the id of the one that talked',
  );
  await done(t, desktop.says('DELETE', '/voicecall/101/release'), phones.isHungUp(alice));
  alice.rtp.hush();
  await hearing(t, phones, { '102': [CAROL_HERTZ], '103': [BOB_HERTZ] });
  await desktop.signOut();
  t.same(desktop.told.slice(-4), [
    'AgentEvent_Conference',
    'AgentEvent_Call_Release',
    'AgentOther_PhoneRelease',
    'AgentState_Ready',
  ]);
  phones.hush();
});
