/**
 * Goal: an agent that works through the AgentGateway is heard, holds, and joins as its desktop says: the customer hears music while it is
 * held, the agent takes another call meanwhile, and holds by other programs stay. Method: three scripted phones, their RTP, and the
 * requests of an agent desktop with its poll.
 */
import t from 'tap';
import { AGENTS, callOut, Desktop, done, hearing, takeCarol } from '../support/agent-desktop.js';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { CAROL_HERTZ, ThreePhones } from '../support/three-phones.js';
import { ALICE_HERTZ, BOB_HERTZ } from '../support/two-phones.js';

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

  await t.test('muted, the agent is not heard and still hears', async (t) => {
    await done(t, desktop.says('POST', '/voicecall/101/beginmute'));
    await hearing(t, phones, { '101': [BOB_HERTZ] });
    t.same((await bob.rtp.during(20)).tones(ALICE_HERTZ), []);
    await done(t, desktop.says('POST', '/voicecall/101/endmute'));
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
