/**
 * Goal: while what calls wait for is behind, new calls are refused and nobody else is; and not a moment longer. Method: the engine in a thread
 * of its own, whose question an application does not answer.
 */
import t from 'tap';
import { startEngineThread } from '#engine/thread.js';
import { createLogger } from '#kit/log.js';
import { invitation } from '../support/engine-calls.js';
import { connected, newSrf } from '../support/engine-fixture.js';
import { header, udpPhone } from '../support/raw-phone.js';

t.test('an application that is behind with its work gets no new calls, and all the rest', async (t) => {
  const engine = await startEngineThread({ addresses: ['127.0.0.1'], sipPort: 0, wsPort: 0 }, createLogger('silent'));
  t.teardown(() => engine.stop());
  const held: (() => void)[] = [];
  engine.worksBehind((gone) => void held.push(gone));
  const srf = newSrf();
  srf.use('invite', (_request, response) => void response.send(486));
  srf.use('options', (_request, response) => void response.send(200));
  await connected(t, srf, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());

  let asked = 0;
  const status = async (method: 'INVITE' | 'OPTIONS'): Promise<string> => {
    const facts = { ...invitation(phone, `work-${(asked += 1)}`), cseq: 1, branch: phone.branch() };
    phone.send(phone.request(method, 'sip:bob@127.0.0.1', { ...facts, lines: [phone.contact] }));
    const isFinal = (message: string): boolean => /^SIP\/2\.0 [2-6]/.test(message) && header(message, 'Call-ID') === facts.callId;
    const final = await phone.takes(`a final response to ${method}`, isFinal);
    if (method === 'INVITE') phone.send(phone.request('ACK', 'sip:bob@127.0.0.1', facts));
    return final.slice('SIP/2.0 '.length, 'SIP/2.0 503'.length);
  };
  // A machine that is busy itself may be late at one moment; what is late for good is found by tap's time limit.
  const until = async (method: 'INVITE' | 'OPTIONS', wanted: string): Promise<void> => {
    while ((await status(method)) !== wanted) await new Promise((turn) => setImmediate(turn));
  };
  await until('INVITE', '503');
  t.ok(held.length > 0, 'it was asked');
  await until('OPTIONS', '200');
  t.equal(await status('INVITE'), '503', 'who asks for nothing that waits was answered, and callers still are not');
  engine.worksBehind((gone) => gone());
  for (const gone of held) gone();
  await until('INVITE', '486');
  t.pass('calls come through again');
});
