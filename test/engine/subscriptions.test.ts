/**
 * Goal: a dialog that a SUBSCRIBE made is forgotten by the engine when its subscription is over, however it ends: nothing is left of
 * phones that have gone. Method: an application on the link, a phone of bytes, time moved by the test.
 */
import t, { type Test } from 'tap';
import type { RunningEngine } from '#engine/engine.js';
import { FakeClock } from '../support/fake-clock.js';
import { appForTest, engineForTest, outgoing, type Outgoing } from '../support/engine-fixture.js';
import { header, tcpPhone, udpPhone, type RawPhone } from '../support/raw-phone.js';

async function subscribed<Phone extends RawPhone>(t: Test, open: (engine: RunningEngine) => Promise<Phone>) {
  const parts = { clock: new FakeClock(), askFence: (passed: () => void) => void setImmediate(passed) };
  const engine = await engineForTest(t, {}, parts);
  const app = await appForTest(t, engine);
  const phone = await open(engine);
  t.teardown(() => phone.close());
  const facts = { callId: 's1', from: '<sip:103@127.0.0.1>;tag=w', to: '<sip:102@127.0.0.1>', cseq: 1 };
  phone.send(
    phone.request('SUBSCRIBE', 'sip:102@127.0.0.1', { ...facts, lines: [phone.contact, 'Event: dialog', 'Expires: 600'] }),
  );
  const { response } = await app.gets('SUBSCRIBE');
  const sent = new Promise((resolve) => response.send(200, { headers: { Expires: '600' } }, resolve));
  const ok = await phone.receives('200 SUBSCRIBE');
  await sent;
  t.match(header(ok, 'Contact'), /sip:/);
  const notify = (state: string): Promise<Outgoing> =>
    outgoing(app, {
      method: 'NOTIFY',
      uri: 'sip:placeholder',
      stackDialogId: response.stackDialogId,
      headers: { Event: 'dialog', 'Subscription-State': state },
    });
  return { parts, engine, phone, notify };
}

t.test('a NOTIFY that is taken changes nothing; the last one ends it', async (t) => {
  const { engine, phone, notify } = await subscribed(t, udpPhone);
  const [first, heard] = [await notify('active;expires=600'), await phone.receives('NOTIFY')];
  t.match(header(heard, 'Contact'), /sip:/);
  phone.send(phone.response(heard, 200));
  await first.next();
  t.equal(engine.counts().dialogs, 1);
  const unwell = await notify('active;expires=600');
  phone.send(phone.response(await phone.receives('NOTIFY'), 500));
  await unwell.next();
  t.equal(engine.counts().dialogs, 1, 'a phone that is unwell may be told again');
  const last = await notify('terminated;reason=timeout');
  phone.send(phone.response(await phone.receives('NOTIFY'), 200));
  await last.next();
  t.equal(engine.counts().dialogs, 0);
});

t.test('a phone that knows nothing of it says 481', async (t) => {
  const { engine, phone, notify } = await subscribed(t, udpPhone);
  const asked = await notify('active;expires=600');
  phone.send(phone.response(await phone.receives('NOTIFY'), 481));
  t.equal((await asked.next()).response.status, 481);
  t.equal(engine.counts().dialogs, 0);
});

for (const state of ['active;expires=600', 'terminated;reason=timeout'])
  t.test(`a phone that says nothing at all is gone (${state})`, async (t) => {
    const { engine, parts, phone, notify } = await subscribed(t, udpPhone);
    const asked = await notify(state);
    await phone.receives('NOTIFY');
    parts.clock.advance(64 * 500 + 20);
    t.equal((await asked.next()).response.status, 408);
    t.equal(engine.counts().dialogs, 0);
  });

t.test('a phone whose connection is gone cannot be told', async (t) => {
  const { engine, phone, notify } = await subscribed(t, tcpPhone);
  // Its socket is closed once the engine has closed its end too.
  await new Promise((resolve) => void phone.socket.once('close', resolve).end());
  const asked = await notify('active;expires=600').then(
    (one) => one.next().then(({ response }) => response.status),
    () => 'not sent',
  );
  t.ok([503, 'not sent'].includes(asked), `${asked}`);
  t.equal(engine.counts().dialogs, 0);
});
