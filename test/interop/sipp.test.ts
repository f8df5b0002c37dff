/**
 * Goal: another SIP stack than ours, SIPp, registers, calls, is called, is put on hold, presses hold and refuses a hold, as a phone
 * and as a trunk. Method: scenarios of our own (sipp/*.xml) that check what they receive; each must go through as written.
 */
import t, { type Test } from 'tap';
import { freePorts } from '../support/free-ports.js';
import { Holdfast } from '../support/holdfast.js';
import { Sipp, whyNoSipp, type SippOptions, type SippResult } from '../support/sipp.js';
import type { Proof } from '../support/two-phones.js';

const skip = whyNoSipp() ?? false;

/** All calls of this run went as its scenario says, and nothing was sent twice. */
function asWritten(t: Test, { messages, ...result }: SippResult, what: string): void {
  const right = { code: 0, successful: 1, failed: 0, retransmissions: 0, errors: '' };
  if (!t.strictSame(result, right, `${what} went as written`)) t.comment(messages);
}

type With = (options: Omit<SippOptions, 'server'>) => Promise<Sipp>;

/** Holdfast, a way to start SIPp towards it, and phones that have registered. */
async function building(t: Test, trunks?: string) {
  const holdfast = await Holdfast.start(trunks === undefined ? {} : { trunks });
  t.teardown(() => holdfast.stop());
  const sipp: With = (options) => Sipp.start(t, { server: holdfast.sipPort, ...options });
  const ports = new Map<string, number>();
  /** Registers, and then takes calls on the same port; a phone keeps its port, so that it has one contact. */
  const phone = async (number: string, scenario: string, count = 1): Promise<Sipp> => {
    const port = ports.get(number) ?? (await freePorts(16)).portMin;
    ports.set(number, port);
    const registering = await sipp({ scenario: 'register', number, port });
    asWritten(t, await registering.finished, `registering ${number}`);
    return sipp({ scenario, number, port, count });
  };
  /** Sets up a call over HTTP and waits until both have answered. */
  const connect = async (caller: string, callee: string): Promise<string> => {
    const { body } = await holdfast.api<{ id: string }>('POST', '/calls', { caller, callee });
    await holdfast.event((event) => event.kind === 'call.answered' && event['callId'] === body.id);
    return `/calls/${body.id}`;
  };
  return { holdfast, sipp, phone, connect };
}

t.test('SIPp as a phone', { skip }, async (t) => {
  const { holdfast, sipp, phone, connect } = await building(t);

  await t.test('registers with its password, and with no other', async (t) => {
    asWritten(t, await (await sipp({ scenario: 'register', number: '101' })).finished, 'the right password');
    const wrong = await sipp({ scenario: 'register-refused', number: '102', password: 'demo-101' });
    asWritten(t, await wrong.finished, 'the wrong password');
    const { body } = await holdfast.api<{ registrations: { aor: string }[] }>('GET', '/registrations');
    t.strictSame(
      body.registrations.map((one) => one.aor),
      ['101'],
    );
  });

  for (const transport of ['udp', 'tcp'] as const) {
    await t.test(`calls another over ${transport} and hangs up`, async (t) => {
      const called = await phone('102', 'uas');
      const calling = await sipp({ scenario: 'uac-call', number: '101', calls: '102', transport });
      asWritten(t, await calling.finished, 'the caller');
      asWritten(t, await called.finished, 'the called');
      t.strictSame((await holdfast.api('GET', '/calls')).body, { calls: [] });
    });
  }

  await t.test('calls a number nobody has and hears 404', async (t) => {
    asWritten(t, await (await sipp({ scenario: 'uac-unknown', number: '101', calls: '999' })).finished, 'the caller');
  });

  await t.test('gives up while the other rings, which stops ringing', async (t) => {
    const called = await phone('102', 'uas-ringing');
    asWritten(t, await (await sipp({ scenario: 'uac-cancel', number: '101', calls: '102' })).finished, 'the caller');
    asWritten(t, await called.finished, 'the called');
  });

  await t.test('two are connected, held, resumed and parted over HTTP: sendonly and then sendrecv reach both', async (t) => {
    const both = [await phone('103', 'uas-held'), await phone('104', 'uas-held')];
    const call = await connect('103', '104');
    const held = await holdfast.api<Proof>('PUT', `${call}/hold`);
    t.match(held.body, { settled: true, caller: { state: 'agreed', status: 200 }, callee: { state: 'agreed', status: 200 } });
    const resumed = await holdfast.api<Proof>('DELETE', `${call}/hold`);
    t.match(resumed.body, { settled: true, caller: { direction: 'sendrecv' }, callee: { direction: 'sendrecv' } });
    await holdfast.api('DELETE', call);
    for (const one of both) asWritten(t, await one.finished, 'each');
  });

  await t.test('presses hold: it is answered recvonly, the other gets sendonly, and both come back', async (t) => {
    const called = await phone('102', 'uas-held');
    asWritten(t, await (await sipp({ scenario: 'uac-holds', number: '101', calls: '102' })).finished, 'the holder');
    asWritten(t, await called.finished, 'the held');
  });

  await t.test('refuses a hold with 488: held all the same, asked no second time, and resumed without a word', async (t) => {
    const both = [await phone('103', 'uas-held'), await phone('104', 'uas-refuses')];
    const call = await connect('103', '104');
    const held = await holdfast.api<Proof>('PUT', `${call}/hold`);
    t.match(held.body, {
      caller: { state: 'agreed', status: 200 },
      callee: { held: true, state: 'soft-held', status: 488, sound: 'music' },
    });
    await holdfast.api('DELETE', `${call}/hold`);
    await holdfast.api('DELETE', call);
    for (const one of both) asWritten(t, await one.finished, 'each');
  });
});

t.test('SIPp as a trunk', { skip }, async (t) => {
  const [incoming, outgoing] = [(await freePorts(16)).portMin, (await freePorts(16)).portMin];
  const trunk = `{ name: carrier, uri: 'sip:127.0.0.1:${outgoing}', from: ['127.0.0.1:${incoming}'], prefix: '9' }`;
  const { holdfast, sipp, phone } = await building(t, `trunks:\n  - ${trunk}\n`);

  await t.test('calls an extension without a password', async (t) => {
    const called = await phone('102', 'uas');
    asWritten(t, await (await sipp({ scenario: 'uac-trunk', port: incoming, calls: '102' })).finished, 'the trunk');
    asWritten(t, await called.finished, 'the extension');
  });

  await t.test('is reached by its prefix', async (t) => {
    const carrier = await sipp({ scenario: 'uas', port: outgoing });
    asWritten(t, await (await sipp({ scenario: 'uac-call', number: '101', calls: '9012345' })).finished, 'the extension');
    asWritten(t, await carrier.finished, 'the trunk');
  });

  await t.test('from another port it is a stranger, and must have a password', async (t) => {
    asWritten(t, await (await sipp({ scenario: 'uac-stranger', calls: '102' })).finished, 'the stranger');
  });

  await t.test('is not led on to a trunk: whoever sends calls here cannot make others pay for them', async (t) => {
    asWritten(t, await (await sipp({ scenario: 'uac-trunk-refused', port: incoming, calls: '9012345' })).finished, 'the trunk');
  });

  await t.test('sixty calls pass to one extension, and none is left', async (t) => {
    const called = await phone('102', 'uas', 60);
    const load = await sipp({ scenario: 'uac-trunk', port: incoming, calls: '102', count: 60, perSecond: 30 });
    for (const run of [load, called]) t.match(await run.finished, { code: 0, successful: 60, failed: 0, errors: '' });
    t.strictSame((await holdfast.api('GET', '/calls')).body, { calls: [] });
  });
});
