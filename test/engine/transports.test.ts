import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { literalLookup } from '#kit/literal-lookup.js';
import { Connections } from '#engine/transport/connections.js';
import { Transports } from '#engine/transport/transports.js';
import { ENGINE_LIMITS } from '#engine/options.js';
import { SDP, incomingCall, outgoingCall, register, sendInDialog, sendInvite } from '../support/engine-calls.js';
import { appForTest, engineForTest, outgoing } from '../support/engine-fixture.js';
import { bodyOf, header, portOf, tcpListener, tcpPhone, udpPhone, wsPhone } from '../support/raw-phone.js';

t.test('a call over each transport, in both directions', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  for (const open of [udpPhone, tcpPhone, wsPhone]) {
    const phone = await open(engine);
    t.teardown(() => phone.close());
    const { dialog, ok, request } = await incomingCall(app, phone, `in-${phone.protocol}`);
    t.equal(request.protocol, phone.protocol.toLowerCase());
    if (phone.protocol !== 'UDP') t.match(header(ok, 'Contact'), `;transport=${phone.protocol.toLowerCase()}`);
    sendInDialog(phone, dialog, 'BYE');
    (await app.gets('BYE')).response.send(200);
    await phone.receives('200 BYE');

    const contact = `<sip:101@${phone.host}:${phone.port};transport=${phone.protocol.toLowerCase()}>`;
    t.equal(await register(app, phone, contact), phone.protocol.toLowerCase());
    const call = await outgoingCall(app, phone, { uri: contact.slice(1, -1) });
    t.match(header(call.invite, 'Via'), `SIP/2.0/${phone.protocol}`);
    sendInDialog(phone, call.dialog, 'BYE');
    (await app.gets('BYE')).response.send(200);
    await phone.receives('200 BYE');
  }
  t.equal(engine.counts().dialogs, 0);
});

t.test('what was sent to a socket before it is asked has been read when it answers', async (t) => {
  const read: string[] = [];
  const warned: string[] = [];
  const user = { message: (text: string) => void read.push(text), closed: () => undefined };
  const transports = new Transports(
    user,
    new Connections(ENGINE_LIMITS.connections, () => true),
    (text) => void warned.push(text),
  );
  for (const addresses of [['127.0.0.1'], ['0.0.0.0', '::1']]) {
    await transports.open({ addresses, sipPort: 0, wsPort: 0 });
    const phone = createSocket({ type: 'udp4', lookup: literalLookup }); // sends at once
    await new Promise<void>((bound) => phone.bind(0, '127.0.0.1', bound));
    const port = transports.listening.find(({ protocol }) => protocol === 'udp')?.port ?? 0;
    phone.send('the sockets have been asked whether they hear themselves before this', port, '127.0.0.1');
    while (read.length === 0) await new Promise((turn) => setImmediate(turn));
    read.length = 0;
    for (let sent = 1; sent <= 40; sent += 1) phone.send(`message ${sent}`, port, '127.0.0.1');
    await new Promise<void>((answered) => transports.afterBacklog(answered));
    t.equal(read.splice(0).length, 40, addresses.join(' '));
    phone.close();
    transports.close();
  }
});

t.test('calls over IPv6', async (t) => {
  const engine = await engineForTest(t, { addresses: ['127.0.0.1', '::1'] });
  const app = await appForTest(t, engine);
  for (const open of [udpPhone, tcpPhone]) {
    const phone = await open(engine, '::1');
    t.teardown(() => phone.close());
    const { request, ok } = await incomingCall(app, phone, `v6-${phone.protocol}`);
    t.equal(request.source_address, '::1');
    t.match(header(ok, 'Contact'), `[::1]:${portOf(engine, 'udp')}`);
    const { invite } = await outgoingCall(app, phone);
    t.match(header(invite, 'Via'), ` [::1]:${portOf(engine, 'udp')};`);
  }
});

t.test('a message cut at every byte of a TCP stream arrives whole', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await tcpPhone(engine);
  t.teardown(() => phone.close());
  const text = phone.request('OPTIONS', 'sip:x@127.0.0.1', {
    callId: 'bytes',
    from: '<sip:a@127.0.0.1>;tag=1',
    to: '<sip:x@127.0.0.1>',
    cseq: 1,
    body: SDP,
  });
  for (const byte of text) {
    await new Promise<void>((resolve) => phone.socket.write(byte, 'latin1', () => setImmediate(resolve)));
  }
  const { request, response } = await app.gets('OPTIONS');
  t.equal(request.body, SDP);
  response.send(200);
  t.match(await phone.receives('200 OPTIONS'), 'Call-ID: bytes');
});

t.test('a double CRLF is answered with a CRLF', async (t) => {
  const engine = await engineForTest(t);
  for (const open of [tcpPhone, wsPhone]) {
    const phone = await open(engine);
    t.teardown(() => phone.close());
    phone.send('\r\n\r\n');
    t.equal(await phone.takes('pong', (message) => message === '\r\n'), '\r\n');
  }
});

t.test('a request to a WebSocket that is gone is refused at once with 503', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await wsPhone(engine);
  const contact = '<sip:101@df7jal23ls0d.invalid;transport=ws>';
  await register(app, phone, contact);
  t.equal(engine.counts().flows, 1);
  phone.close();
  while (engine.counts().flows > 0) await new Promise((resolve) => setImmediate(resolve));
  const call = await outgoing(app, { method: 'INVITE', uri: contact.slice(1, -1), body: SDP });
  const { response } = await call.next();
  t.equal(response.status, 503);
  t.match(response.reason, 'gone');
});

t.test('a request that waits on a connection fails when the connection closes', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await tcpPhone(engine);
  const call = await outgoing(app, { method: 'OPTIONS', uri: phone.uri });
  await phone.receives('OPTIONS');
  phone.close();
  t.equal((await call.next()).response.status, 503);
});

t.test('a peer is connected to by TCP when it has no connection, and a port nobody listens on fails at once', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const peer = await tcpListener();
  t.teardown(() => peer.close());
  const uri = `sip:peer@127.0.0.1:${peer.port};transport=tcp`;
  const call = await outgoing(app, { method: 'OPTIONS', uri });
  const phone = await peer.accepted;
  phone.send(phone.response(await phone.receives('OPTIONS'), 200));
  t.equal((await call.next()).response.status, 200);
  phone.close();
  peer.close();
  const refused = await outgoing(app, { method: 'OPTIONS', uri: `sip:peer@127.0.0.1:1;transport=tcp` });
  const { status, reason } = (await refused.next()).response;
  t.same([status, reason], [503, 'the connection was closed'], 'and no address of our network is told');
});

t.test('what is too long for a datagram is refused in words', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const call = await outgoing(app, {
    method: 'OPTIONS',
    uri: phone.uri,
    headers: { 'Content-Type': 'text/plain' },
    body: 'a'.repeat(66_000),
  });
  const { status, reason } = (await call.next()).response;
  t.same([status, reason], [503, 'too long for a datagram']);
});

t.test('a body of 100 kB passes over TCP and WebSocket, up to the application and back', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  for (const open of [tcpPhone, wsPhone]) {
    const phone = await open(engine);
    t.teardown(() => phone.close());
    const body = `v=0\r\n${'a=long:0123456789\r\n'.repeat(5263)}`;
    sendInvite(phone, `big-${phone.protocol}`, { body });
    const { request, response } = await app.gets('INVITE');
    t.equal(request.body, body);
    response.send(200, { body });
    t.equal(bodyOf(await phone.receives('200 INVITE')), body);
  }
});

t.test('bytes that are no ASCII pass untouched', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const name = Buffer.from('Jörg 🚀', 'utf8').toString('latin1');
  sendInvite(phone, 'utf8', { lines: [`Subject: ${name}`] });
  const { request, response } = await app.gets('INVITE');
  t.equal(request.get('Subject'), 'Jörg 🚀');
  response.send(486, { headers: { Warning: '399 here "Jörg 🚀"' } });
  t.match(await phone.receives('486'), `399 here "${name}"`);
});

t.test('an address that cannot be had is named, with its protocol and the setting to change', async (t) => {
  const engine = await engineForTest(t);
  await t.rejects(
    engineForTest(t, { sipPort: portOf(engine, 'udp') }),
    /127\.0\.0\.1 port \d+ \(tcp\).*another program.*HOLDFAST_SIP_PORT/,
  );
  await t.rejects(
    engineForTest(t, { wsPort: portOf(engine, 'ws') }),
    /127\.0\.0\.1 port \d+ \(ws\).*another program.*HOLDFAST_WS_PORT/,
  );
  await t.rejects(engineForTest(t, { adminPort: engine.adminPort }), /drachtio admin.*another program.*DRACHTIO_PORT/);
  await t.rejects(
    engineForTest(t, { addresses: ['192.0.2.77'] }),
    /192\.0\.2\.77 port 0 \(tcp\): this machine has no such address/,
  );
});

t.test('a browser that closes its connection while it calls has cancelled', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await wsPhone(engine);
  sendInvite(phone, 'closed');
  const { request, response } = await app.gets('INVITE');
  response.send(180);
  await phone.receives('180 INVITE');
  const cancelled = new Promise((resolve) => request.on('cancel', () => resolve(true)));
  phone.close();
  t.equal(await cancelled, true);
  t.equal(engine.counts().dialogs, 0);
});

t.test('a Contact that another phone registered over its connection does not draw calls to it', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const honest = await udpPhone(engine);
  const thief = await tcpPhone(engine);
  t.teardown(() => (honest.close(), thief.close()));
  await register(app, thief, `<${honest.uri}>`);
  const call = await outgoing(app, { method: 'INVITE', uri: honest.uri, body: SDP });
  honest.send(honest.response(await honest.receives('INVITE'), 486));
  t.equal((await call.next()).response.status, 486);
});

t.test('connections have limits: how many, and how long a message may take to come', async (t) => {
  const limits = { count: 1, perAddress: 1, idleMs: 60_000, messageMs: 50, connectMs: 1000, unsentBytes: 1000 };
  const engine = await engineForTest(t, { limits: { connections: limits } });
  const first = await tcpPhone(engine);
  const second = await tcpPhone(engine);
  await once(second.socket, 'close');
  t.notOk(first.socket.destroyed, 'the one that was there first stays');
  first.send('OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: ');
  await once(first.socket, 'close');
  const third = await tcpPhone(engine);
  t.teardown(() => third.close());
  third.send('\r\n\r\n');
  t.equal(await third.takes('pong', (message) => message === '\r\n'), '\r\n', 'and makes room for another');
});

t.test('over WebSocket only the pages that are named may come, and what is no browser', async (t) => {
  const engine = await engineForTest(t, { wsOrigins: ['https://phone.example.com'] });
  const asked = async (origin: string | undefined): Promise<string> => {
    const socket = connect({ host: '127.0.0.1', port: portOf(engine, 'ws') });
    t.teardown(() => socket.destroy());
    const upgrade = ['GET / HTTP/1.1', 'Host: x', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'];
    const key = ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Protocol: sip'];
    socket.write([...upgrade, ...key, ...(origin === undefined ? [] : [`Origin: ${origin}`]), '', ''].join('\r\n'));
    return String((await once(socket, 'data'))[0]).slice(9, 12);
  };
  const statuses = ['https://phone.example.com', 'https://PHONE.example.com', undefined, 'https://elsewhere.example', 'null', ''];
  t.same(await Promise.all(statuses.map(asked)), ['101', '101', '101', '403', '403', '403']);
});

t.test('a WebSocket frame that is never finished has a deadline, and a phone that has said all it wanted has none', async (t) => {
  const connections = { ...ENGINE_LIMITS.connections, messageMs: 50 };
  const engine = await engineForTest(t, { limits: { connections } });
  const phone = await wsPhone(engine);
  t.teardown(() => phone.close());
  const pong = (): Promise<string> => phone.takes('pong', (message) => message === '\r\n');
  phone.send('\r\n\r\n');
  await pong();
  const socket = connect({ host: '127.0.0.1', port: portOf(engine, 'ws') });
  socket.on('error', () => undefined);
  const upgrade = ['GET / HTTP/1.1', 'Host: x', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'];
  const key = ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Protocol: sip'];
  socket.write([...upgrade, ...key, '', ''].join('\r\n'));
  t.match(String((await once(socket, 'data'))[0]), /^HTTP\/1.1 101 /);
  // RFC 6455 §5.2: a masked text frame of a thousand bytes, of which five come.
  socket.write(Buffer.from([0x81, 0xfe, 0x03, 0xe8, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  await once(socket, 'close');
  phone.send('\r\n\r\n');
  t.equal(await pong(), '\r\n');
});
