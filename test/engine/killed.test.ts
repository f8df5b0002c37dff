/**
 * Goal: dialogs outlive kill -9 of the engine. Method: an engine in a process of its own, with a store on the disk, is killed while
 * raw phones are in calls, and another is started on the same ports.
 */
import t from 'tap';
import { startEngineThread } from '#engine/thread.js';
import { createLogger } from '#kit/log.js';
import { appForTest, engineForTest, outgoing } from '../support/engine-fixture.js';
import { calleeDialog, incomingCall, outgoingCall, SDP, sendInDialog } from '../support/engine-calls.js';
import { engineProcess, keptIn, killedIn, nextLife, onDisk } from '../support/killed-engine.js';
import { header, headers, portOf, tag, tcpPhone, udpPhone, wsPhone } from '../support/raw-phone.js';
import { until } from '../support/until.js';

t.setTimeout(120_000);

const number = (message: string): number => Number(/^\d+/.exec(header(message, 'CSeq'))?.[0]);

t.test('a phone speaks in a call of the last life as if nothing had been', async (t) => {
  let dialog = {} as Awaited<ReturnType<typeof incomingCall>>['dialog'];
  const { phone, options } = await killedIn(t, async (app, phone, folder) => {
    ({ dialog } = await incomingCall(app, phone, 'lasting'));
    await onDisk(folder, 'dialogs', 1);
  });
  const engine = await engineForTest(t, options);
  const id = 'lasting;from-tag=a-lasting';
  t.same(engine.restored, [id]);
  sendInDialog(phone, dialog, 'OPTIONS'); // nobody is there yet: it waits
  const app = await appForTest(t, engine);
  for (const method of ['OPTIONS', 'INFO', 'UPDATE'] as const) {
    if (method !== 'OPTIONS') sendInDialog(phone, dialog, method, { lines: [phone.contact] });
    const { request, response } = await app.gets(method);
    t.equal(request.stackDialogId, id, method);
    response.send(200);
    await phone.receives(`200 ${method}`);
  }
  sendInDialog(phone, dialog, 'INVITE', { lines: [phone.contact], body: SDP });
  const again = await app.gets('INVITE');
  t.equal(again.request.stackDialogId, id);
  again.response.send(200, { body: SDP });
  const ok = await phone.receives('200 INVITE');
  t.equal(tag(header(ok, 'To')), tag(dialog.to));
  sendInDialog(phone, dialog, 'ACK');
  await app.gets('ACK');
  sendInDialog(phone, dialog, 'BYE');
  const bye = await app.gets('BYE');
  t.equal(bye.request.stackDialogId, id);
  bye.response.send(200);
  await phone.receives('200 BYE');
  t.equal(engine.counts().dialogs, 0);
});

t.test('a BYE that comes before the application is not lost to it', async (t) => {
  let dialog = {} as Awaited<ReturnType<typeof incomingCall>>['dialog'];
  const { phone, options } = await killedIn(t, async (app, phone, folder) => {
    ({ dialog } = await incomingCall(app, phone, 'early'));
    await onDisk(folder, 'dialogs', 1);
  });
  const engine = await engineForTest(t, options);
  sendInDialog(phone, dialog, 'INVITE', { lines: [phone.contact], body: SDP });
  await phone.receives('100');
  sendInDialog(phone, dialog, 'BYE');
  const app = await appForTest(t, engine);
  const bye = await app.gets('BYE');
  t.equal(bye.request.stackDialogId, 'early;from-tag=a-early');
  bye.response.send(200);
  await phone.receives('200 BYE');
  await phone.receives('487 INVITE');
});

t.test(
  'a re-INVITE that waits for the application and is cancelled is over, and the application does not hear of it',
  async (t) => {
    let dialog = {} as Awaited<ReturnType<typeof incomingCall>>['dialog'];
    const { phone, options } = await killedIn(t, async (app, phone, folder) => {
      ({ dialog } = await incomingCall(app, phone, 'regret'));
      await onDisk(folder, 'dialogs', 1);
    });
    const engine = await engineForTest(t, options);
    const invite = sendInDialog(phone, dialog, 'INVITE', { lines: [phone.contact], body: SDP });
    const branch = /branch=([^;]+)/.exec(header(invite, 'Via'))?.[1] ?? '';
    await phone.receives('100');
    phone.send(phone.request('CANCEL', dialog.target, { ...dialog, branch }));
    await phone.receives('200 CANCEL');
    await phone.receives('487 INVITE');
    const app = await appForTest(t, engine);
    sendInDialog(phone, dialog, 'OPTIONS');
    const { response } = await app.gets('OPTIONS');
    response.send(200);
    await phone.receives('200 OPTIONS');
    t.equal(engine.counts().incoming, 0);
  },
);

t.test('our requests go on with tags, route set and target, and with a number no one has seen', async (t) => {
  let id = '';
  let before = '';
  const { phone, options } = await killedIn(t, async (app, phone, folder) => {
    const route = `Record-Route: <sip:127.0.0.1:${phone.port};lr;of=the-proxy>`;
    const call = await outgoing(app, { method: 'INVITE', uri: phone.uri, headers: { From: '<sip:1234@localhost>' }, body: SDP });
    before = await phone.receives('INVITE');
    const lines = [route, 'Contact: <sip:target@127.0.0.1:9;x=1>'];
    phone.send(phone.response(before, 200, { tag: 'callee', lines, body: SDP }));
    const { response, ack } = await call.next();
    id = response.stackDialogId ?? '';
    ack();
    await phone.receives('ACK');
    await onDisk(folder, 'dialogs', 1);
    await onDisk(folder, 'ringing', 0);
  });
  const engine = await engineForTest(t, options);
  const app = await appForTest(t, engine);
  t.same(engine.restored, [id]);
  const bye = await outgoing(app, { method: 'BYE', uri: 'sip:placeholder', stackDialogId: id });
  const text = await phone.receives('BYE');
  t.match(text, /^BYE sip:target@127\.0\.0\.1:9;x=1 SIP\/2\.0\r\n/);
  t.same(headers(text, 'Route'), [`<sip:127.0.0.1:${phone.port};lr;of=the-proxy>`]);
  t.equal(header(text, 'Call-ID'), header(before, 'Call-ID'));
  t.equal(header(text, 'From'), header(before, 'From'));
  t.equal(tag(header(text, 'To')), 'callee');
  t.ok(number(text) > number(before) + 500, `${number(text)} follows ${number(before)}`);
  phone.send(phone.response(text, 200));
  t.equal((await bye.next()).response.status, 200);
  t.equal(engine.counts().dialogs, 0);
});

t.test('a life that is short does not use a number again', async (t) => {
  let id = '';
  const { phone, folder, first } = await killedIn(t, async (app, phone, folder) => {
    id = (await outgoingCall(app, phone)).dialogId;
    await onDisk(folder, 'dialogs', 1);
  });
  const seen: number[] = [];
  for (let life = 0; life < 2; life++) {
    const engine = await engineProcess(t, folder, first);
    const app = await appForTest(t, engine);
    const info = await outgoing(app, { method: 'INFO', uri: 'sip:placeholder', stackDialogId: id });
    const text = await phone.receives('INFO');
    seen.push(number(text));
    phone.send(phone.response(text, 200));
    await info.next();
    await engine.kill(() => app.srf.disconnect());
  }
  t.ok((seen[1] ?? 0) > (seen[0] ?? 0), seen.join(' < '));
});

t.test('over a connection that is gone, requests go by the new one when the phone has registered again', async (t) => {
  const folder = t.testdir();
  const first = await engineProcess(t, folder);
  const app = await appForTest(t, first);
  const phones = [await tcpPhone(first), await wsPhone(first)];
  const ids: string[] = [];
  for (const phone of phones) {
    const { request } = await incomingCall(app, phone, phone.protocol);
    ids.push(`${request.get('Call-ID')};from-tag=a-${phone.protocol}`);
  }
  await onDisk(folder, 'dialogs', 2);
  await first.kill(() => app.srf.disconnect());
  const engine = await engineForTest(t, nextLife(first, folder));
  const second = await appForTest(t, engine);
  t.same([...engine.restored].sort(), [...ids].sort());
  const [, browserId = ''] = ids;
  await t.rejects(
    outgoing(second, { method: 'INFO', uri: 'sip:placeholder', stackDialogId: browserId })
      .then((sent) => sent.next())
      .then(({ response }) => {
        if (response.status >= 300) throw new Error(String(response.status));
      }),
    /503/,
    'nobody is there',
  );
  const back = await wsPhone(engine);
  t.teardown(() => back.close());
  back.send(
    back.request('REGISTER', 'sip:127.0.0.1', {
      callId: 'r',
      from: '<sip:a@x>;tag=r',
      to: '<sip:a@x>',
      cseq: 1,
      lines: [back.contact, 'Expires: 60'],
    }),
  );
  (await second.gets('REGISTER')).response.send(200, { headers: { Contact: `<${back.uri}>;expires=60` } });
  await back.receives('200 REGISTER');
  const bye = await outgoing(second, { method: 'BYE', uri: 'sip:placeholder', stackDialogId: browserId });
  back.send(back.response(await back.receives('BYE'), 200));
  t.equal((await bye.next()).response.status, 200);
});

t.test('dialogs that the application does not know any more are ended, the others stay', async (t) => {
  const { phone, options, folder } = await killedIn(t, async (app, phone, folder) => {
    await incomingCall(app, phone, 'known');
    await incomingCall(app, phone, 'orphan');
    await outgoingCall(app, phone);
    await onDisk(folder, 'dialogs', 3);
  });
  const engine = await engineForTest(t, options);
  await appForTest(t, engine);
  t.equal(engine.restored.length, 3);
  engine.endOrphans(['known;from-tag=a-known', 'never;from-tag=heard']);
  const byes = [await phone.receives('BYE'), await phone.receives('BYE')];
  t.ok(byes.some((bye) => header(bye, 'Call-ID') === 'orphan'));
  for (const bye of byes) {
    t.not(header(bye, 'Call-ID'), 'known');
    t.match(header(bye, 'Reason'), 'SIP;cause=503');
    phone.send(phone.response(bye, 200));
  }
  t.equal(engine.counts().dialogs, 1);
  engine.endOrphans([]);
  t.equal(engine.counts().dialogs, 1, 'asked once');
  await onDisk(folder, 'dialogs', 1);
});

t.test('a dialog that its application does not know is over when the peer has heard so', async (t) => {
  let dialog = {} as Awaited<ReturnType<typeof incomingCall>>['dialog'];
  const { phone, options, folder } = await killedIn(t, async (app, phone, folder) => {
    ({ dialog } = await incomingCall(app, phone, 'unknown'));
    await onDisk(folder, 'dialogs', 1);
  });
  const engine = await engineForTest(t, options);
  const app = await appForTest(t, engine);
  for (const [method, left] of [
    ['NOTIFY', 1],
    ['UPDATE', 0],
  ] as const) {
    sendInDialog(phone, dialog, method);
    (await app.gets(method)).response.send(481);
    await phone.receives(`481 ${method}`);
    t.equal(engine.counts().dialogs, left, method);
  }
  await onDisk(folder, 'dialogs', 0);
});

t.test('an application that lives on speaks in its calls again when the engine is back', async (t) => {
  const folder = t.testdir();
  const first = await engineProcess(t, folder);
  const app = await appForTest(t, first);
  const phone = await udpPhone(first);
  t.teardown(() => phone.close());
  const { dialogId, invite } = await outgoingCall(app, phone);
  await onDisk(folder, 'dialogs', 1);
  await first.kill();
  const back = new Promise<void>((resolve) => app.srf.on('connect', () => resolve()));
  const second = await engineProcess(t, folder, first);
  await back;
  t.equal(portOf(second, 'udp'), portOf(first, 'udp'));
  const dialog = calleeDialog(invite);
  sendInDialog(phone, dialog, 'INFO');
  const info = await app.gets('INFO');
  t.equal(info.request.stackDialogId, dialogId);
  info.response.send(200);
  await phone.receives('200 INFO');
  const bye = await outgoing(app, { method: 'BYE', uri: 'sip:placeholder', stackDialogId: dialogId });
  phone.send(phone.response(await phone.receives('BYE'), 200));
  t.equal((await bye.next()).response.status, 200);
  await second.kill(() => app.srf.disconnect());
});

t.test('the engine thread has its own store, and a stop keeps what is up', async (t) => {
  const folder = t.testdir();
  const options = { addresses: ['127.0.0.1'], sipPort: 0, wsPort: 0, keep: keptIn(folder) };
  const first = await startEngineThread(options, createLogger('silent'));
  const app = await appForTest(t, first);
  const phone = await udpPhone(first);
  t.teardown(() => phone.close());
  await incomingCall(app, phone, 'known');
  await incomingCall(app, phone, 'orphan');
  await until('both are on the disk', async () => (await first.stored())?.pending === 0);
  const health = await first.stored();
  t.match(health, { entries: 2, pending: 0, refused: 0 });
  t.ok(health !== undefined && health.batches > 0, 'the thread says how its store is');
  await onDisk(folder, 'dialogs', 2);
  app.srf.disconnect();
  await first.stop();
  const second = await startEngineThread({ ...options, ...nextLife(first, folder) }, createLogger('silent'));
  t.teardown(() => second.stop());
  t.same([...second.restored].sort(), ['known;from-tag=a-known', 'orphan;from-tag=a-orphan']);
  second.endOrphans(['known;from-tag=a-known']);
  const bye = await phone.receives('BYE');
  t.equal(header(bye, 'Call-ID'), 'orphan');
  phone.send(phone.response(bye, 200));
});
