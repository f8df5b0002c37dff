/**
 * Goal: what an agent holds and whom it talks to become one conversation (confjoin), which goes on when the agent leaves. Method: three
 * scripted phones, their RTP, and the requests of an agent desktop.
 */
import t from 'tap';
import { AGENTS, callOut, Desktop, done, hearing, takeCarol } from '../support/agent-desktop.js';
import { CAROL_HERTZ, ThreePhones } from '../support/three-phones.js';
import { ALICE_HERTZ, BOB_HERTZ } from '../support/two-phones.js';

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
