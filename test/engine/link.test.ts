import { connect, type Socket } from 'node:net';
import t from 'tap';
import { SDP, incomingCall, sendInDialog, sendInvite } from '../support/engine-calls.js';
import { appForTest, connected, engineForTest, newSrf, outgoing, TestApp } from '../support/engine-fixture.js';
import { header, udpPhone } from '../support/raw-phone.js';
import type { RunningEngine } from '#engine/engine.js';

/** An application made of bytes. */
class RawApp {
  readonly frames: string[] = [];
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #rest = '';
  #waiting: (() => void)[] = [];

  constructor(engine: RunningEngine) {
    this.#socket = connect(engine.adminPort, '127.0.0.1');
    this.#socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.on('data', (data) => this.#read(data.toString('latin1')));
  }

  raw(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  frame(payload: string): void {
    this.raw(`${payload.length}#${payload}`);
  }

  async next(): Promise<string[]> {
    if (this.frames.length === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return (this.frames.shift() ?? '').split('|');
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(text: string): void {
    this.#rest += text;
    for (let hash = this.#rest.indexOf('#'); hash > 0; hash = this.#rest.indexOf('#')) {
      const length = Number(this.#rest.slice(0, hash));
      if (this.#rest.length < hash + 1 + length) return;
      this.frames.push(this.#rest.slice(hash + 1, hash + 1 + length));
      this.#rest = this.#rest.slice(hash + 1 + length);
      this.#waiting.shift()?.();
    }
  }
}

const options = (
  phone: { request: (method: string, uri: string, facts: never) => string },
  callId: string,
  method = 'OPTIONS',
): string =>
  phone.request(method, 'sip:x@127.0.0.1', {
    callId,
    from: '<sip:a@127.0.0.1>;tag=1',
    to: '<sip:x@127.0.0.1>',
    cseq: 1,
  } as never);

t.test('the transcript of an application: authenticate, ping, route, a request, its response', async (t) => {
  const engine = await engineForTest(t);
  const app = new RawApp(engine);
  const phone = await udpPhone(engine);
  t.teardown(() => (app.close(), phone.close()));
  app.frame(`a|authenticate|${engine.secret}|`);
  const [, word, id, ok, hostports, version] = await app.next();
  t.same([word, id, ok], ['response', 'a', 'OK']);
  t.match(hostports, /^udp\/127\.0\.0\.1:\d+,tcp\/127\.0\.0\.1:\d+,ws\/127\.0\.0\.1:\d+$/);
  t.match(version, /^v0\.9\.10-holdfast/);
  app.frame('b|ping');
  t.same((await app.next()).slice(1), ['response', 'b', 'OK', 'pong']);
  app.frame('c|route|options');
  t.same((await app.next()).slice(1), ['response', 'c', 'OK']);
  const text = options(phone, 't1');
  phone.send(text);
  const notice = await app.next();
  const port = hostports?.split(',')[0]?.split(':')[1];
  t.same(notice.slice(1, 3), ['sip', 'network']);
  t.same(notice.slice(4, 7), ['udp', '127.0.0.1', String(phone.port)]);
  t.match(notice[7], /^\d\d:\d\d:\d\d\.\d{6}$/);
  t.same(notice.slice(9, 12), ['', '127.0.0.1', port], 'no dialog, and where it arrived');
  const shown = notice.slice(12).join('|');
  t.equal(Number(notice[3]), shown.length - 2, 'the size is that of the message');
  t.equal(
    shown.slice(2),
    text.replace(/;rport\r\n/, `;rport=${phone.port};received=127.0.0.1\r\n`),
    'all bytes as sent, but for the top Via',
  );
  app.frame(`d|sip|${notice[8]}|\r\nSIP/2.0 200 OK\r\nx-own-name: yes\r\nbad header: no\r\nContent-Length: 99\r\n\r\n`);
  const reply = await app.next();
  t.same(reply.slice(1, 5), ['response', 'd', 'OK', 'application']);
  t.same([reply[10], reply[11], reply[12], reply[13]], [notice[8], '', '', 'Msg sent:']);
  const answer = await phone.receives('200 OPTIONS');
  t.equal(reply[14], `\r\n${answer}`, 'the echo is the message as sent');
  t.equal(header(answer, 'x-own-name'), 'yes');
  t.notMatch(answer, 'bad header');
  app.frame(`e|sip|${notice[8]}|\r\nSIP/2.0 200 OK\r\n\r\n`);
  t.same((await app.next()).slice(3), ['NOK', 'Response not sent due to unknown transaction']);
});

t.test('who is not authenticated is sent away, whatever it asks', async (t) => {
  const engine = await engineForTest(t);
  for (const [frame, reason] of [
    ['1|route|invite', 'not authenticated'],
    ['1|sip||\r\nINVITE sip:a@127.0.0.1 SIP/2.0\r\n\r\n', 'not authenticated'],
    ['1|authenticate|wrong|', 'incorrect secret'],
  ] as const) {
    const app = new RawApp(engine);
    app.frame(frame);
    t.same((await app.next()).slice(1), ['response', '1', 'NO', reason]);
    await app.closed;
  }
  const srf = newSrf();
  const refused = new Promise((resolve) => srf.on('connect', (error: unknown) => resolve(error)));
  srf.on('error', () => undefined);
  srf.connect({ host: '127.0.0.1', port: engine.adminPort, secret: 'wrong', reconnect: { maxAttempts: 1 } });
  t.match(await refused, /failed to authenticate/);
  srf.disconnect();
});

t.test('broken framing, unknown words and frames above the limit close the connection and nothing else', async (t) => {
  const engine = await engineForTest(t);
  const good = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  for (const bytes of ['no number#', '#', '0#', '99999999#', '2000000#x']) {
    const app = new RawApp(engine);
    app.frame(`1|authenticate|${engine.secret}|`);
    await app.next();
    app.raw(bytes);
    await app.closed;
    t.pass(`closed after ${bytes}`);
  }
  const app = new RawApp(engine);
  app.frame(`1|authenticate|${engine.secret}|`);
  await app.next();
  app.frame('2|dance');
  t.same((await app.next()).slice(3), ['NO', 'Unknown message type']);
  await app.closed;
  phone.send(options(phone, 'still'));
  (await good.gets('OPTIONS')).response.send(200);
  t.match(await phone.receives('200 OPTIONS'), 'still');
});

t.test('requests go round, and remove_route takes one method away', async (t) => {
  const engine = await engineForTest(t);
  const phone = await udpPhone(engine);
  const apps = [new RawApp(engine), new RawApp(engine)];
  t.teardown(() => (phone.close(), apps.forEach((app) => app.close())));
  for (const app of apps) {
    app.frame(`1|authenticate|${engine.secret}|`);
    await app.next();
    for (const method of ['options', 'message']) {
      app.frame(`2|route|${method}`);
      await app.next();
    }
  }
  for (const app of [...apps, ...apps]) {
    phone.send(options(phone, `round-${Math.random()}`));
    t.equal((await app.next())[1], 'sip');
  }
  apps[0]?.frame('3|remove_route|OPTIONS');
  await apps[0]?.next();
  for (let count = 0; count < 2; count++) {
    phone.send(options(phone, `one-${count}`));
    t.equal((await apps[1]?.next())?.[1], 'sip');
  }
  phone.send(options(phone, 'm', 'MESSAGE'));
  t.match((await apps[0]?.next())?.join('|'), 'MESSAGE sip:x', 'the other method is still routed');
});

t.test('what no application serves is answered: 503, 405 with Allow, 481 or 501', async (t) => {
  const engine = await engineForTest(t);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  phone.send(options(phone, 'n1', 'INVITE').replace('Max-Forwards', `${phone.contact}\r\nMax-Forwards`));
  t.match(await phone.receives('503 INVITE'), 'Retry-After');
  await appForTest(t, engine, ['invite']);
  phone.send(
    options(phone, 'n2', 'REFER').replace('Max-Forwards', `${phone.contact}\r\nRefer-To: <sip:c@127.0.0.1>\r\nMax-Forwards`),
  );
  t.match(header(await phone.receives('405 REFER'), 'Allow'), 'INVITE');
  phone.send(options(phone, 'n3', 'DANCE'));
  t.match(await phone.receives('501 DANCE'), 'Allow');
  for (const method of ['BYE', 'UPDATE', 'INFO']) {
    phone.send(
      options(phone, `n4${method}`, method)
        .replace('To: <sip:x@127.0.0.1>', 'To: <sip:x@127.0.0.1>;tag=unknown')
        .replace('Max-Forwards', `${phone.contact}\r\nMax-Forwards`),
    );
    t.match(await phone.receives(`481 ${method}`), 'tag=unknown');
  }
});

t.test('calls outlive their application: requests in them go to the one that connects next', async (t) => {
  const engine = await engineForTest(t);
  const first = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const { dialog } = await incomingCall(first, phone, 'heir');
  const ringing = await outgoing(first, { method: 'INVITE', uri: phone.uri, body: SDP });
  const invite = await phone.receives('INVITE');
  phone.send(phone.response(invite, 180, { tag: 'late', lines: [phone.contact] }));
  t.equal((await ringing.next()).response.status, 180);
  sendInvite(phone, 'unanswered');
  await first.gets('INVITE');
  first.srf.disconnect();
  t.match(await phone.receives('503 INVITE'), 'Call-ID: unanswered', 'what only it could have answered is refused');
  t.match(header(await phone.receives('CANCEL'), 'Reason'), 'Application gone', 'what rings for it is cancelled');
  phone.send(phone.response(invite, 200, { tag: 'late', lines: [phone.contact], body: SDP }));
  await phone.receives('ACK');
  t.match(await phone.receives('BYE'), 'tag=late', 'and a 200 that was faster is acknowledged and hung up');
  const second = new TestApp(newSrf(), ['info', 'bye']);
  await connected(t, second.srf, engine);
  sendInDialog(phone, dialog, 'INFO');
  const info = await second.gets('INFO');
  t.equal(info.request.stackDialogId, 'heir;from-tag=a-heir');
  info.response.send(200);
  await phone.receives('200 INFO');
  const bye = await outgoing(second, { method: 'BYE', uri: 'sip:placeholder', stackDialogId: 'heir;from-tag=a-heir' });
  phone.send(phone.response(await phone.receives('BYE'), 200));
  t.equal((await bye.next()).response.status, 200);
});

t.test('what cannot be sent is refused with a reason', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const own = `127.0.0.1:${engine.listening[0]?.port}`;
  const refused = (given: object): Promise<unknown> => outgoing(app, { method: 'INVITE', body: SDP, ...given });
  await t.rejects(refused({ uri: 'sip:x@[::2]' }), /requested protocol\/transport not available/);
  await t.rejects(refused({ uri: 'sips:x@127.0.0.1:9' }), /requested protocol\/transport not available/);
  await t.rejects(refused({ uri: `sip:x@${own}` }), /can not send request to myself/);
  await t.rejects(refused({ uri: 'sip:x@127.0.0.1:9', body: 'plain' }), /missing content-type/);
  await t.rejects(refused({ uri: 'sip:x@y@z' }), /invalid request-uri/);
  await t.rejects(refused({ uri: 'sip:placeholder', stackDialogId: 'none;from-tag=1' }), /unable to find dialog/);
  t.same(
    { ...engine.counts(), apps: 0, routes: 0 },
    { transactions: 0, dialogs: 0, incoming: 0, outgoing: 0, apps: 0, routes: 0, flows: 0 },
  );
});
