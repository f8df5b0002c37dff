import t from 'tap';
import { connected, engineForTest, newSrf, type Srf } from '../support/engine-fixture.js';
import { SDP, contactOf, invitation, sendInvite } from '../support/engine-calls.js';
import { header, udpPhone, type RawPhone } from '../support/raw-phone.js';
import type { RunningEngine } from '#engine/engine.js';
import { startEngineThread, type EngineThread } from '#engine/thread.js';
import { createLogger } from '#kit/log.js';

const CALLS = 200;

/** Resolves when it was counted so often. */
class Countdown {
  readonly zero: Promise<void>;
  left: number;
  #done: () => void = () => undefined;

  constructor(count: number) {
    this.left = count;
    this.zero = new Promise((resolve) => (this.#done = resolve));
  }

  count(): void {
    if (--this.left === 0) this.#done();
  }
}

/** A B2BUA in its shortest form: whoever says BYE ends the other leg. */
function b2bua(srf: Srf, callee: string, ended: Countdown): void {
  srf.use('invite', (request, response) => {
    void srf.createB2BUA(request, response, callee, { localSdpB: request.body }).then(({ uas, uac }) => {
      uas.on('destroy', () => void uac.destroy().then(() => ended.count()));
      uac.on('destroy', () => void uas.destroy().then(() => ended.count()));
    });
  });
}

/** Answers INVITE with 200 and BYE with 200, and counts the BYEs. One that is repeated for want of an answer in time is the same (RFC 3261 §17.1.3). */
function answering(phone: RawPhone, byes: Countdown): void {
  const counted = new Set<string>();
  phone.deliver = (message: string): void => {
    if (message.startsWith('INVITE')) phone.send(phone.response(message, 200, { tag: 'b', lines: [phone.contact], body: SDP }));
    if (!message.startsWith('BYE')) return;
    phone.send(phone.response(message, 200));
    const branch = header(message, 'Via');
    if (!counted.has(branch)) byes.count();
    counted.add(branch);
  };
}

/** Sends ACK and BYE in one breath, as soon as the 200 is there. */
function hangingUpAtOnce(phone: RawPhone, calls: number): Promise<void> {
  const left = new Set(Array.from({ length: calls }, (_, index) => `burst-${index}`));
  const hungUp = new Set<string>();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${left.size} calls have no end`)), 15_000);
    phone.deliver = (message: string): void => {
      const callId = header(message, 'Call-ID');
      if (message.startsWith('SIP/2.0 200') && header(message, 'CSeq').endsWith('INVITE')) {
        const facts = { ...invitation(phone, callId), to: header(message, 'To') };
        phone.send(phone.request('ACK', contactOf(message), { ...facts, cseq: 1 }));
        if (hungUp.has(callId)) return; // the 200 once more, because the ACK was not read in time
        hungUp.add(callId);
        phone.send(phone.request('BYE', contactOf(message), { ...facts, cseq: 2 }));
      }
      if (message.startsWith('SIP/2.0 200') && header(message, 'CSeq').endsWith('BYE')) {
        left.delete(callId);
        if (left.size > 0) return;
        clearTimeout(timer);
        resolve();
      }
    };
  });
}

type Test = Parameters<typeof connected>[0] & { ok(value: boolean, message: string): unknown };

async function burst(t: Test, engine: RunningEngine | EngineThread): Promise<void> {
  const srf = newSrf();
  const caller = await udpPhone(engine);
  const callee = await udpPhone(engine);
  t.teardown(() => (caller.close(), callee.close()));
  const [ended, byes] = [new Countdown(CALLS), new Countdown(CALLS)];
  b2bua(srf, callee.uri, ended);
  answering(callee, byes);
  await connected(t, srf, engine);
  const over = hangingUpAtOnce(caller, CALLS);
  for (let count = 0; count < CALLS; count++) sendInvite(caller, `burst-${count}`);
  await over;
  await Promise.all([ended.zero, byes.zero]);
  t.ok(ended.left === 0 && byes.left === 0, 'every other leg was ended too, once');
}

t.test('two hundred callers that hang up with the ACK leave no leg behind', async (t) => {
  const engine = await engineForTest(t);
  await burst(t, engine);
  t.equal(engine.counts().dialogs, 0, 'no dialog is left');
});

t.test('the same with the engine in a thread of its own', async (t) => {
  const engine = await startEngineThread({ addresses: ['127.0.0.1'], sipPort: 0, wsPort: 0 }, createLogger('silent'));
  t.teardown(() => engine.stop());
  await burst(t, engine);
});
