/**
 * Goal: a phone whose connection has gone is found again: in its dialogs by the connection on which it registers next, whatever port it
 * writes into its Contact then, and outside of them at the Contact where it may listen. Nobody else is taken for it. Method: real sockets.
 */
import t from 'tap';
import { RegisteredFlows } from '#engine/transport/registered-flows.js';
import type { DialogFacts } from '#engine/dialog/dialog.js';
import type { Flow } from '#engine/transport/flow.js';
import type { Way } from '#engine/transport/transports.js';
import type { Core } from '#engine/ua/core.js';
import { pathOf } from '#engine/ua/path.js';
import { parseUri, type SipUri } from '#sip/uri.js';
import { outgoingCall, register, SDP } from '../support/engine-calls.js';
import { appForTest, engineForTest, outgoing, type TestApp } from '../support/engine-fixture.js';
import { tcpListener, tcpPhone, type RawPhone } from '../support/raw-phone.js';
import { until } from '../support/until.js';

const contactOf = ({ uri }: RawPhone): string => `<${uri}>`;

/** Its connection ends, and the engine has noticed. */
async function leaves(engine: { counts: () => { flows: number } }, phone: RawPhone): Promise<void> {
  const { flows } = engine.counts();
  phone.close();
  await until('the engine has noticed', () => engine.counts().flows < flows);
}

async function asks(app: TestApp, dialogId: string, method = 'INFO'): Promise<number> {
  const sent = await outgoing(app, { method, uri: 'sip:placeholder', stackDialogId: dialogId });
  return (await sent.next()).response.status;
}

t.test('in a dialog: by the connection on which the phone has registered again, from another port', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await tcpPhone(engine);
  const other = await tcpPhone(engine);
  t.teardown(() => other.close());
  await register(app, phone, contactOf(phone));
  await register(app, other, contactOf(other).replace('phone@', 'another@'));
  const { dialogId } = await outgoingCall(app, phone);
  await leaves(engine, phone);
  t.equal(await asks(app, dialogId), 503, 'another phone of its address is not taken for it');
  t.equal(other.received.filter((message) => message.startsWith('INFO')).length, 0);

  const back = await tcpPhone(engine);
  t.teardown(() => back.close());
  t.not(back.port, phone.port);
  await register(app, back, contactOf(back));
  const answered = asks(app, dialogId);
  back.send(back.response(await back.receives('INFO'), 200));
  t.equal(await answered, 200);
});

t.test('outside of a dialog: at the Contact, where that is at the address it came from; its dialogs follow', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await tcpPhone(engine);
  const peer = await tcpListener();
  t.teardown(() => peer.close());
  const listens = `sip:phone@127.0.0.1:${peer.port};transport=tcp`;
  const proxy = `sip:127.0.0.1:${phone.port};transport=tcp`;
  await register(app, phone, `<${listens}>`);
  const { dialogId } = await outgoingCall(app, phone);
  const asked = await outgoing(app, { method: 'OPTIONS', uri: listens, proxy });
  phone.send(phone.response(await phone.receives('OPTIONS'), 200));
  t.equal((await asked.next()).response.status, 200, 'by its connection, as long as that is open');
  await leaves(engine, phone);

  const elsewhere = await outgoing(app, { method: 'OPTIONS', uri: listens.replace('127.0.0.1', '127.0.0.9'), proxy });
  t.equal((await elsewhere.next()).response.status, 503, 'another host is not asked in its place');
  const called = await outgoing(app, { method: 'INVITE', uri: listens, proxy, body: SDP });
  const found = await peer.accepted;
  t.teardown(() => found.close());
  found.send(found.response(await found.receives('INVITE'), 486));
  t.equal((await called.next()).response.status, 486);
  const answered = asks(app, dialogId);
  found.send(found.response(await found.receives('INFO'), 200));
  t.equal(await answered, 200, 'and in the dialog, whose Contact names the port of the connection that has gone');
});

const flowAt = (protocol: Flow['protocol'], address: string, isOpen = true): Flow => {
  const flow: Flow = {
    protocol,
    local: { address: '127.0.0.1', port: 5060 },
    remote: { address, port: 1 },
    isOpen: () => isOpen,
    send: () => undefined,
    beside: () => flow,
  };
  return flow;
};

function uri(text: string): SipUri {
  const parsed = parseUri(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

t.test('the Contact of another that somebody registers does not draw its dialogs to him', async (t) => {
  const flows = new RegisteredFlows();
  const wayTo = (): Way => ({ kind: 'gone', why: 'by its own address' });
  const core = { flows, clock: { now: () => 0 }, transports: { wayTo } } as unknown as Core;
  const way = (remoteTarget: string, flow: Flow, routeSet: readonly string[] = []): Way =>
    pathOf(core, { flow, routeSet, remoteTarget } as unknown as DialogFacts);
  const named = 'sip:102@phone102.example:5070';
  const [honest, thief] = [flowAt('udp', '192.0.2.1'), flowAt('tcp', '192.0.2.66')];
  flows.remember(uri(named), thief, 1000);
  t.match(way(named, honest), { kind: 'gone' });
  const listed = 'sip:102@192.0.2.1:40000;transport=tcp';
  flows.remember(uri(listed), thief, 1000);
  t.match(way(listed, flowAt('tcp', '192.0.2.1', false)), { kind: 'gone' });
  const own = flowAt('tcp', '192.0.2.1');
  flows.remember(uri(listed), own, 1000);
  t.match(way(listed, flowAt('tcp', '192.0.2.1', false)), { kind: 'flow', flow: own });
  const browser = 'sip:102@df7jal23ls0d.invalid;transport=ws';
  flows.remember(uri(browser), thief, 1000);
  t.match(way(browser, flowAt('ws', '192.0.2.1', false)), { flow: thief }, 'which is in another network now');
  t.match(way(named, honest, ['<sip:10.9.9.9;lr>']), { flow: honest }, 'nor does a Record-Route lead into our network');
  t.match(way(named, honest, ['<sip:203.0.113.5;lr>']), { kind: 'gone' });
});

t.test('who is taken for a phone that is back: the same user, host, transport and source', async (t) => {
  const gone = flowAt('tcp', '192.0.2.1');
  const target = uri('sip:101@10.0.0.1:40000;transport=tcp');
  const flows = new RegisteredFlows();
  const found = (): Flow | undefined => flows.back(target, gone, 0);
  const contact = uri('sip:101@10.0.0.1:50000;transport=tcp');
  flows.remember(contact, flowAt('tls', '192.0.2.1'), 1000);
  t.equal(found(), undefined, 'another transport');
  flows.remember(contact, flowAt('tcp', '192.0.2.2'), 1000);
  t.equal(found(), undefined, 'another source');
  const [older, newer] = [flowAt('tcp', '192.0.2.1'), flowAt('tcp', '192.0.2.1')];
  flows.remember(uri('sip:101@10.0.0.2:50000'), older, 1000);
  flows.remember(uri('sip:102@10.0.0.1:50000'), older, 1000);
  t.equal(found(), undefined, 'another host, another user');
  flows.remember(contact, older, 1000);
  t.equal(found(), older);
  flows.remember(uri('sip:101@10.0.0.1:60000;transport=tcp'), newer, 1000);
  t.equal(found(), newer, 'the newest');
  t.equal(flows.back(target, gone, 1000), undefined, 'none that has expired');
  flows.closed(newer);
  t.equal(found(), older);
  flows.closed(older);
  t.equal(found(), undefined);
  t.equal(flows.size, 0);
});
