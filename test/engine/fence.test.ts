import t from 'tap';
import { Fence } from '#engine/link/fence.js';
import { incomingCall, sendInDialog } from '../support/engine-calls.js';
import { appForTest, engineForTest } from '../support/engine-fixture.js';
import { udpPhone } from '../support/raw-phone.js';

t.test('a BYE behind the ACK waits until the application has read what made the dialog', async (t) => {
  const asked: (() => void)[] = [];
  const engine = await engineForTest(t, {}, { askFence: (passed) => void asked.push(passed) });
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const { dialog } = await incomingCall(app, phone, 'wait');
  sendInDialog(phone, dialog, 'BYE');
  phone.send(phone.request('OPTIONS', 'sip:x@127.0.0.1', { callId: 'o', from: '<sip:a@b>;tag=1', to: '<sip:x@b>', cseq: 1 }));
  await app.gets('OPTIONS');
  t.notOk(
    app.arrivals.some(({ request }) => request.method === 'BYE'),
    'what is not of the dialog passes, the BYE waits',
  );
  t.equal(asked.length, 1);
  asked[0]?.();
  (await app.gets('BYE')).response.send(200);
  t.match(await phone.receives('200 BYE'), 'Call-ID: wait');
});

t.test('one question answers for all that was written before it', (t) => {
  const asked: (() => void)[] = [];
  let written = 5;
  const fence = new Fence(
    (passed) => void asked.push(passed),
    () => written,
  );
  const passed: string[] = [];
  t.ok(fence.wait(3, () => passed.push('three')));
  t.ok(fence.wait(5, () => passed.push('five')));
  written = 9;
  t.ok(fence.wait(9, () => passed.push('nine')));
  t.equal(asked.length, 1, 'one question at a time');
  asked[0]?.();
  t.same(passed, ['three', 'five'], 'in their order; nine was written after the question');
  t.ok(fence.hasRead(5));
  t.notOk(fence.hasRead(6));
  t.equal(asked.length, 2, 'and asked again for it');
  asked[1]?.();
  t.same(passed, ['three', 'five', 'nine']);
  fence.close();
  t.notOk(
    fence.wait(10, () => passed.push('never')),
    'a closed fence holds nothing back',
  );
  t.end();
});

t.test('an answer of the application is news of what it has read', (t) => {
  const asked: (() => void)[] = [];
  const fence = new Fence(
    (passed) => void asked.push(passed),
    () => 4,
  );
  const passed: string[] = [];
  fence.wait(3, () => passed.push('three'));
  fence.wait(4, () => passed.push('four'));
  fence.learn(3);
  t.same(passed, ['three']);
  asked[0]?.();
  t.same(passed, ['three', 'four']);
  t.equal(asked.length, 1, 'nothing is left to be asked for');
  t.end();
});
