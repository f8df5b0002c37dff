/**
 * Goal: the SIP engine's process is killed by -9 in the middle of a hold and started again, while the application, rtpengine and the
 * phones live: the call goes on, the hold comes true, music plays, nobody is heard who should not be. Method: the real product with the
 * engine in a process of its own.
 */
import t, { type Test } from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { engineProcess, onDisk, type KilledEngine } from '../support/killed-engine.js';
import { TwoPhones } from '../support/two-phones.js';

t.setTimeout(120_000);

async function withEngine(t: Test): Promise<{ folder: string; engine: KilledEngine; phones: TwoPhones }> {
  const folder = t.testdir();
  const engine = await engineProcess(t, folder);
  const environment = {
    DRACHTIO_HOST: '127.0.0.1',
    DRACHTIO_PORT: String(engine.adminPort),
    DRACHTIO_SECRET: engine.secret,
  };
  return { folder, engine, phones: await TwoPhones.start(t, { environment }) };
}

t.test('killed while both phones are being held: they are asked once more, and the call is held', async (t) => {
  const { folder, engine, phones } = await withEngine(t);
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  await onDisk(folder, 'dialogs', 2);
  const held = holdfast.event((event) => event.kind === 'hold.changed');
  void holdfast.api('PUT', `/calls/${talk.id}/hold`).catch(() => undefined);
  const asked = [await alice.sip.receives('INVITE'), await bob.sip.receives('INVITE')];
  await engine.kill();
  const second = await engineProcess(t, folder, engine);
  const again = await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200)]);
  for (const [index, message] of again.entries()) {
    const before = asked[index];
    t.equal(message.headers.get('call-id'), before?.headers.get('call-id'));
    t.equal(message.headers.get('to'), before?.headers.get('to'));
    const number = (text: string | undefined): number => Number.parseInt(text ?? '', 10);
    t.ok(number(message.headers.get('cseq')) > number(before?.headers.get('cseq')), message.headers.get('cseq') ?? '');
  }
  await held;
  t.same(await phones.hears(alice), [MUSIC_HERTZ]);
  t.same(await phones.hears(bob), [MUSIC_HERTZ]);
  const resumed = holdfast.api('DELETE', `/calls/${talk.id}/hold`);
  await Promise.all([phones.takesReinvite(alice, 200, 'sendrecv'), phones.takesReinvite(bob, 200, 'sendrecv')]);
  t.equal((await resumed).status, 200);
  t.same(await phones.hears(alice), [bob.hertz]);
  await phones.hangUp(talk);
  await second.kill();
});

t.test('killed while two talk: nobody hears anything of it, and a BYE of that time reaches the other', async (t) => {
  const { folder, engine, phones } = await withEngine(t);
  const { alice, bob } = phones;
  const talk = await phones.talk();
  await onDisk(folder, 'dialogs', 2);
  await engine.kill();
  t.same(await phones.hears(alice), [bob.hertz]);
  const bye = alice.sip.receives('200', (one) => /BYE/.test(one.headers.get('cseq') ?? ''));
  const second = await engineProcess(t, folder, engine);
  alice.sip.inDialog(talk.alice, 'BYE');
  bob.sip.respond(await bob.sip.receives('BYE'), 200);
  await bye;
  t.notOk(
    [...alice.sip.received, ...bob.sip.received].some(
      (one) => one.what === 'INVITE' && /;tag=/.test(one.headers.get('to') ?? ''),
    ),
    'no phone was asked anything',
  );
  phones.hush();
  await second.kill();
});
