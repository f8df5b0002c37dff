import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import t from 'tap';
import { ENGINE_LIMITS } from '#engine/options.js';
import { readCertificate } from '#kit/certificates.js';
import { anotherPair, certificateForTest, replaceWith } from '../support/certificates.js';
import { SDP, incomingCall, outgoingCall, register, sendInDialog } from '../support/engine-calls.js';
import { appForTest, engineForTest, outgoing } from '../support/engine-fixture.js';
import { header, portOf, tlsListener, tlsPhone, wssPhone } from '../support/raw-phone.js';
import { countContexts } from '../support/tls-contexts.js';

const SERIAL = (phone: { socket: { getPeerCertificate(): { fingerprint256: string } } }): string =>
  phone.socket.getPeerCertificate().fingerprint256;

t.test('calls over TLS and WSS in both directions, on the connection of the REGISTER', async (t) => {
  const files = await certificateForTest(t);
  const engine = await engineForTest(t, { tls: { files, port: 0, wssPort: 0 } });
  const app = await appForTest(t, engine);
  for (const [open, param] of [
    [tlsPhone, 'tls'],
    [wssPhone, 'ws'],
  ] as const) {
    const phone = await open(engine);
    t.teardown(() => phone.close());
    const { dialog, ok, request } = await incomingCall(app, phone, `in-${phone.protocol}`);
    t.equal(request.protocol, phone.protocol.toLowerCase());
    const contact = header(ok, 'Contact');
    t.equal(contact, `<sip:127.0.0.1:${portOf(engine, phone.protocol.toLowerCase())};transport=${param}>`);
    sendInDialog(phone, dialog, 'BYE');
    (await app.gets('BYE')).response.send(200);
    await phone.receives('200 BYE');

    t.equal(await register(app, phone, `<${phone.uri}>`), phone.protocol.toLowerCase());
    const call = await outgoingCall(app, phone, { uri: phone.uri });
    t.match(header(call.invite, 'Via'), `SIP/2.0/${phone.protocol} 127.0.0.1:${portOf(engine, phone.protocol.toLowerCase())};`);
    t.match(header(call.invite, 'Contact'), `;transport=${param}>`);
    sendInDialog(phone, call.dialog, 'BYE');
    (await app.gets('BYE')).response.send(200);
    await phone.receives('200 BYE');
  }
  t.equal(engine.counts().dialogs, 0);
});

t.test('whoever is asked for by sips answers with a sips Contact', async (t) => {
  const files = await certificateForTest(t);
  const engine = await engineForTest(t, { tls: { files, port: 0, wssPort: 0 } });
  const app = await appForTest(t, engine);
  const phone = await tlsPhone(engine);
  t.teardown(() => phone.close());
  phone.send(
    phone.request('INVITE', 'sips:bob@127.0.0.1', {
      callId: 'sips',
      from: '<sips:alice@127.0.0.1>;tag=1',
      to: '<sips:bob@127.0.0.1>',
      cseq: 1,
      lines: [`Contact: <sips:alice@127.0.0.1:${phone.port}>`],
      body: SDP,
    }),
  );
  (await app.gets('INVITE')).response.send(200, { body: SDP, headers: { Contact: '<sip:localhost>' } });
  t.equal(header(await phone.receives('200 INVITE'), 'Contact'), `<sips:127.0.0.1:${portOf(engine, 'tls')}>`);
});

t.test('TLS 1.1 is refused, and so is whoever speaks no TLS', async (t) => {
  const files = await certificateForTest(t);
  const engine = await engineForTest(t, { tls: { files, port: 0, wssPort: 0 } });
  await t.rejects(tlsPhone(engine, '127.0.0.1', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }));
  const plain = connectPlain({ host: '127.0.0.1', port: portOf(engine, 'tls') });
  plain.on('error', () => undefined);
  plain.write('OPTIONS sip:x@127.0.0.1 SIP/2.0\r\n\r\n');
  await once(plain, 'close');
  const phone = await tlsPhone(engine);
  t.teardown(() => phone.close());
  t.equal(phone.socket.getProtocol(), 'TLSv1.3');
});

t.test('a new certificate is shown to whoever connects next, and nobody who is connected is disturbed', async (t) => {
  const files = await certificateForTest(t);
  const engine = await engineForTest(t, { tls: { files, port: 0, wssPort: 0 } });
  const app = await appForTest(t, engine);
  const before = await tlsPhone(engine);
  t.teardown(() => before.close());
  const { dialog } = await incomingCall(app, before, 'through-renewal');

  replaceWith(files, await anotherPair(t, 'renewed'));
  engine.lookAtCertificate();
  const after = await tlsPhone(engine);
  t.teardown(() => after.close());
  t.not(SERIAL(after), SERIAL(before));
  const browser = await wssPhone(engine);
  browser.close();

  sendInDialog(before, dialog, 'BYE');
  (await app.gets('BYE')).response.send(200);
  await before.receives('200 BYE');
});

t.test('a peer that proves its name is called over TLS, by one connection for many requests', async (t) => {
  const ours = await certificateForTest(t);
  const theirs = await anotherPair(t, 'peer');
  const files = { ...ours, trust: theirs.certificate };
  const engine = await engineForTest(t, { tls: { files, port: 0, wssPort: 0 } });
  const app = await appForTest(t, engine);
  const peer = await tlsListener(readCertificate(theirs).server);
  t.teardown(() => peer.close());
  const uri = `sip:127.0.0.1:${peer.port};transport=tls`;
  const first = await outgoing(app, { method: 'OPTIONS', uri });
  const phone = await peer.accepted;
  t.teardown(() => phone.close());
  const options = await phone.receives('OPTIONS');
  t.match(header(options, 'Via'), 'SIP/2.0/TLS 127.0.0.1:');
  phone.send(phone.response(options, 200));
  t.equal((await first.next()).response.status, 200);
  const second = await outgoing(app, { method: 'OPTIONS', uri: `sips:127.0.0.1:${peer.port}` });
  phone.send(phone.response(await phone.receives('OPTIONS'), 200));
  t.equal((await second.next()).response.status, 200);
  t.equal(peer.count(), 1);
});

t.test(
  'connections to peers share what was read of the certificate and the authorities; a new certificate is read once',
  async (t) => {
    const ours = await certificateForTest(t);
    const theirs = await anotherPair(t, 'peer');
    const engine = await engineForTest(t, { tls: { files: { ...ours, trust: theirs.certificate }, port: 0, wssPort: 0 } });
    const app = await appForTest(t, engine);
    const calls = async (): Promise<string> => {
      const peer = await tlsListener({ ...readCertificate(theirs).server, requestCert: true, rejectUnauthorized: false });
      t.teardown(() => peer.close());
      const contexts = countContexts(t);
      const sent = await outgoing(app, { method: 'OPTIONS', uri: `sip:127.0.0.1:${peer.port};transport=tls` });
      const phone = await peer.accepted;
      t.teardown(() => phone.close());
      phone.send(phone.response(await phone.receives('OPTIONS'), 200));
      t.equal((await sent.next()).response.status, 200);
      t.equal(contexts.made(), 0);
      return SERIAL(phone);
    };
    const shown = await calls();
    t.equal(await calls(), shown);
    replaceWith(ours, await anotherPair(t, 'next'));
    engine.lookAtCertificate();
    t.not(await calls(), shown, 'the new one is shown');
  },
);

t.test('a peer reached by its name must prove that name, and is told a Contact that leads back over TLS', async (t) => {
  const ours = await certificateForTest(t);
  const theirs = await anotherPair(t, 'peer', ['localhost']);
  const engine = await engineForTest(t, { tls: { files: { ...ours, trust: theirs.certificate }, port: 0, wssPort: 0 } });
  const app = await appForTest(t, engine);
  const peer = await tlsListener(readCertificate(theirs).server);
  t.teardown(() => peer.close());
  await outgoing(app, { method: 'INVITE', uri: `sip:bob@localhost:${peer.port};transport=tls`, body: SDP });
  const phone = await peer.accepted;
  t.teardown(() => phone.close());
  t.equal(phone.socket.servername, 'localhost');
  t.match(header(await phone.receives('INVITE'), 'Contact'), `127.0.0.1:${portOf(engine, 'tls')};transport=tls>`);
  // The same place by its address, which that certificate does not prove: the open connection is not lent to it.
  const byAddress = await outgoing(app, { method: 'OPTIONS', uri: `sip:127.0.0.1:${peer.port};transport=tls` });
  const { response } = await byAddress.next();
  t.equal(response.status, 503);
  t.equal(response.reason, 'its certificate is not trusted');
});

t.test('a peer whose certificate nobody vouches for hears nothing, unless verification is off', async (t) => {
  const ours = await certificateForTest(t);
  const theirs = readCertificate(await anotherPair(t, 'stranger')).server;
  for (const verifyPeers of [undefined, false]) {
    const peer = await tlsListener(theirs);
    t.teardown(() => peer.close());
    const engine = await engineForTest(t, {
      tls: { files: ours, port: 0, wssPort: 0, ...(verifyPeers === undefined ? {} : { verifyPeers }) },
    });
    const app = await appForTest(t, engine);
    const sent = await outgoing(app, { method: 'OPTIONS', uri: `sip:127.0.0.1:${peer.port};transport=tls` });
    if (verifyPeers === undefined) {
      t.equal((await sent.next()).response.status, 503);
      continue;
    }
    const phone = await peer.accepted;
    t.teardown(() => phone.close());
    phone.send(phone.response(await phone.receives('OPTIONS'), 200));
    t.equal((await sent.next()).response.status, 200);
  }
});

t.test('where client certificates are required, only who shows one of ours is let in', async (t) => {
  const ours = await certificateForTest(t);
  const phones = await anotherPair(t, 'phones');
  const files = { ...ours, trust: phones.certificate };
  const engine = await engineForTest(t, { tls: { files, port: 0, wssPort: 0, requireClientCertificate: true } });
  const app = await appForTest(t, engine);
  const shown = { cert: readFileSync(phones.certificate), key: readFileSync(phones.key) };
  const known = await tlsPhone(engine, '127.0.0.1', shown);
  t.teardown(() => known.close());
  t.equal(await register(app, known, `<${known.uri}>`), 'tls');
  // With TLS 1.2 the refusal is part of the handshake; with 1.3 it comes right after.
  await t.rejects(tlsPhone(engine, '127.0.0.1', { maxVersion: 'TLSv1.2' }));
});

t.test('a certificate that cannot be used stops the engine from starting, and says which file', async (t) => {
  const files = await certificateForTest(t);
  const key = (await anotherPair(t, 'other')).key;
  await t.rejects(engineForTest(t, { tls: { files: { ...files, key }, port: 0, wssPort: 0 } }), {
    message: /key values mismatch/,
  });
  await t.rejects(engineForTest(t, { tls: { files: { ...files, key: '/nowhere' }, port: 0, wssPort: 0 } }), {
    message: /\/nowhere cannot be read: ENOENT/,
  });
});

t.test('a handshake that is never finished is closed, and takes nobody’s place', async (t) => {
  const files = await certificateForTest(t);
  const connections = { ...ENGINE_LIMITS.connections, connectMs: 50 };
  const engine = await engineForTest(t, { tls: { files, port: 0, wssPort: 0 }, limits: { connections } });
  for (const begun of [Buffer.alloc(0), Buffer.from([0x16, 0x03, 0x01])]) {
    const socket = connectPlain({ host: '127.0.0.1', port: portOf(engine, 'tls') });
    socket.on('error', () => undefined);
    socket.write(begun);
    await once(socket.resume(), 'close');
    t.pass(`${begun.length} bytes`);
  }
});
