/**
 * Goal: a call of a real phone behind a connection outlives kill -9 too. Method: baresip over TCP, whose connection ends with the program,
 * and which is in no hurry to register again; its dialog knows it by the port of that connection, but it listens at the Contact that it
 * registered. Every RTP packet that reaches it is captured on the wire. Phones that register anew: test/engine/back-again.test.ts.
 */
import t from 'tap';
import { keptEnvironment, MUSIC_HERTZ, type Event } from '../support/holdfast.js';
import { whyNoTap } from '../support/rtp-tap.js';
import { killed } from '../support/second-life.js';
import { TwoBaresips } from '../support/two-baresips.js';
import { ALICE_HERTZ, BOB_HERTZ } from '../support/two-phones.js';

const skip = whyNoTap() ?? false;
const BOTH = { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] };
const MUSIC = { alice: [MUSIC_HERTZ], bob: [MUSIC_HERTZ] };

type Proof = { settled: boolean; caller: { state: string }; callee: { state: string } };
type Told = { callee: { state: string; status?: number } };

const isAgreed = ({ kind, hold }: Event): boolean =>
  (kind === 'call.restored' || kind === 'hold.changed') &&
  (hold as Told).callee.state === 'agreed' &&
  (hold as Told).callee.status === undefined;

t.test('over TCP: found at its Contact', { skip }, async (t) => {
  const phones = await TwoBaresips.start(t, { environment: await keptEnvironment() }, { bob: { transport: 'tcp' } });
  const path = await call(phones);
  t.same(await phones.hear(), BOTH);

  const next = await killed(t, phones.holdfast);
  const agreed = await next.event(isAgreed);
  t.match(agreed, { hold: { reasons: [] } });
  t.same(await phones.hear(), BOTH);
  t.match((await next.api('GET', '/registrations')).body, { registrations: [{ reachable: true }, { reachable: true }] });
  t.match((await next.api<Proof>('PUT', `${path}/hold`)).body, { settled: true, callee: { state: 'agreed' } });
  t.same(await phones.hear(), MUSIC);
  t.match((await next.api<Proof>('DELETE', `${path}/hold`)).body, { settled: true, callee: { state: 'agreed' } });
  t.same(await phones.hear(), BOTH);
  const ended = next.event(({ kind }) => kind === 'call.ended');
  phones.bob.command('hangup');
  t.match(await ended, { cause: 'callee-hung-up' });
});

async function call({ holdfast }: TwoBaresips): Promise<string> {
  const setup = await holdfast.api<{ id: string }>('POST', '/calls', { caller: '101', callee: '102' });
  await holdfast.event((event) => event.kind === 'call.answered');
  return `/calls/${setup.body.id}`;
}
