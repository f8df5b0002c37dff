import t from 'tap';
import { disconnected, engineForTest, newSrf, connected, type Srf } from '../support/engine-fixture.js';
import { SDP, contactOf, invitation, sendInvite } from '../support/engine-calls.js';
import { header, udpPhone, type RawPhone } from '../support/raw-phone.js';
import { startEngineThread } from '#engine/thread.js';
import { createLogger } from '#kit/log.js';

const CALLS = 200;

/** A B2BUA in its shortest form: whoever says BYE ends the other leg. */
function b2bua(srf: Srf, callee: string): { ended: () => number } {
  let ended = 0;
  srf.use('invite', (request, response) => {
    void srf.createB2BUA(request, response, callee, { localSdpB: request.body }).then(({ uas, uac }) => {
      uas.on('destroy', () => void uac.destroy().then(() => ended++));
      uac.on('destroy', () => void uas.destroy().then(() => ended++));
    });
  });
  return { ended: () => ended };
}

/** Answers INVITE with 200 and BYE with 200, and counts the BYEs. */
function answering(phone: RawPhone): { byes: () => number } {
  let byes = 0;
  phone.deliver = (message: string): void => {
    if (message.startsWith('INVITE')) phone.send(phone.response(message, 200, { tag: 'b', lines: [phone.contact], body: SDP }));
    if (message.startsWith('BYE')) {
      byes++;
      phone.send(phone.response(message, 200));
    }
  };
  return { byes: () => byes };
}

/** Sends ACK and BYE in one breath, as soon as the 200 is there. */
function hangingUpAtOnce(phone: RawPhone, calls: number): Promise<void> {
  let left = calls;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${left} calls have no end`)), 15_000);
    phone.deliver = (message: string): void => {
      if (message.startsWith('SIP/2.0 200') && header(message, 'CSeq').endsWith('INVITE')) {
        const facts = { ...invitation(phone, header(message, 'Call-ID')), to: header(message, 'To') };
        phone.send(phone.request('ACK', contactOf(message), { ...facts, cseq: 1 }));
        phone.send(phone.request('BYE', contactOf(message), { ...facts, cseq: 2 }));
      }
      if (message.startsWith('SIP/2.0 200') && header(message, 'CSeq').endsWith('BYE') && --left === 0) {
        clearTimeout(timer);
        resolve();
      }
    };
  });
}

const settled = async (done: () => boolean): Promise<boolean> => {
  const deadline = Date.now() + 10_000;
  while (!done() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  return done();
};

t.test('two hundred callers that hang up with the ACK leave no leg behind', async (t) => {
  const engine = await engineForTest(t);
  const srf = newSrf();
  const caller = await udpPhone(engine);
  const callee = await udpPhone(engine);
  t.teardown(() => (caller.close(), callee.close()));
  const bridge = b2bua(srf, callee.uri);
  await connected(t, srf, engine);
  const { byes } = answering(callee);
  const over = hangingUpAtOnce(caller, CALLS);
  for (let count = 0; count < CALLS; count++) sendInvite(caller, `burst-${count}`);
  await over;
  t.ok(await settled(() => bridge.ended() === CALLS && byes() === CALLS), 'every other leg was ended too');
  t.equal(engine.counts().dialogs, 0, 'no dialog is left');
});

t.test('the same with the engine in a thread of its own', async (t) => {
  const engine = await startEngineThread({ addresses: ['127.0.0.1'], sipPort: 0, wsPort: 0 }, createLogger('silent'));
  t.teardown(() => engine.stop());
  const srf = newSrf();
  const caller = await udpPhone(engine);
  const callee = await udpPhone(engine);
  t.teardown(() => (caller.close(), callee.close()));
  const bridge = b2bua(srf, callee.uri);
  const ready = new Promise((resolve) => srf.on('connect', resolve));
  srf.connect({ host: '127.0.0.1', port: engine.adminPort, secret: engine.secret });
  await ready;
  t.teardown(() => disconnected(srf));
  const { byes } = answering(callee);
  const over = hangingUpAtOnce(caller, CALLS);
  for (let count = 0; count < CALLS; count++) sendInvite(caller, `burst-${count}`);
  await over;
  t.ok(
    await settled(() => bridge.ended() === CALLS && byes() === CALLS),
    `every other leg was ended too: ${bridge.ended()}, ${byes()}`,
  );
});
