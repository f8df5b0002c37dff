/**
 * Goal: programs written with Plivo's own client hold and resume a live call without a line changed. Method: the packages as npm has
 * them, 4.12.0 (the last whose member actions work, multipart bodies) and 4.79.0 (JSON bodies; its `hold` finds its own client only
 * with the one line of proxy below), a call between two baresips, and every RTP packet that reaches them.
 */
import { createRequire } from 'node:module';
import t from 'tap';
import { Baresip } from '../support/baresip.js';
import { whyNoTap } from '../support/rtp-tap.js';
import { TwoBaresips } from '../support/two-baresips.js';
import { ALICE_HERTZ, BOB_HERTZ } from '../support/two-phones.js';

const OFFICE = 1600;
const POP = 2000;
const WINDOW = 25;
/** Packets that may still be on their way when an answer arrives, which is as soon as the hold has begun. */
const SETTLING = 25;
const PHLOS = `
accounts: [{ authId: demo, authToken: demo-token }]
phlos:
  - id: demo-phlo
    name: Demo
    nodes: [{ id: demo-node, agentHoldMusic: office, customerHoldMusic: pop }]
`;

type Done = Readonly<Record<string, unknown>>;
type MemberVerb = 'hold' | 'unhold' | 'hangup';
type Member = Readonly<Record<MemberVerb, () => Promise<Done>>> & Readonly<{ client?: unknown }>;
type Node = Readonly<{
  member: (address: string) => Member;
  call: (source: string, to: string, role: string) => Promise<Done>;
  warmTransfer: (source: string, to: string, role?: string) => Promise<Done>;
  coldTransfer: (source: string, to: string, role?: string) => Promise<Done>;
  abortTransfer: (source: string) => Promise<Done>;
}>;
type Phlo = Readonly<{ multiPartyCall: (id: string) => Node; run: (fields: object) => Promise<Done> }>;
type PhloClient = Readonly<{ phlo: ((id: string) => Phlo) & Readonly<{ get: (id: string) => Promise<Done> }> }>;
type Vendor = Readonly<{ PhloClient: new (id: string, token: string, options: { url: string }) => PhloClient }>;

const load = createRequire(import.meta.url);
const clientOf = (name: 'plivo' | 'plivo-412', base: string, token = 'demo-token'): PhloClient => {
  const vendor = load(name) as Vendor;
  return new vendor.PhloClient('demo', token, { url: `${base}/v1` });
};

/** 4.79.0 reads its client by a symbol that nothing in it ever sets (dialects.md 4.4). */
const proxied = (member: Member): Member =>
  new Proxy(member, { get: (target, key) => (typeof key === 'symbol' ? target.client : (Reflect.get(target, key) as unknown)) });

const noTap = whyNoTap();

t.test("Plivo's own clients and two baresips", { skip: noTap ?? false }, async (t) => {
  const { holdfast, alice, bob, tap } = await TwoBaresips.start(t, { phlos: PHLOS, music: { office: OFFICE, pop: POP } });

  const hears = async (phone: Baresip): Promise<number[]> => {
    await tap.next(phone.rtpPorts, SETTLING);
    return (await tap.next(phone.rtpPorts, WINDOW)).tones(ALICE_HERTZ, BOB_HERTZ, OFFICE, POP);
  };
  let seq = 0;
  /** Carries it out, and waits until the phones have agreed to it. */
  const held = async (act: () => Promise<Done>, reasons: readonly string[]): Promise<Done> => {
    const done = await act();
    const changed = await holdfast.event(({ kind, hold }) => kind === 'hold.changed' && settledWith(hold, reasons), seq);
    seq = changed.seq;
    return done;
  };

  const old = clientOf('plivo-412', holdfast.base);
  const recent = clientOf('plivo', holdfast.base);

  await t.test('4.12.0: a PHLO connects two phones', async (t) => {
    const done = await old.phlo('demo-phlo').run({ from: '101', to: '102' });
    t.match(done, { phloId: 'demo-phlo' });
    seq = (await holdfast.event((event) => event.kind === 'call.answered')).seq;
    t.same({ alice: await hears(alice), bob: await hears(bob) }, { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
  });

  for (const [name, client, dressed] of [
    ['4.12.0, unmodified', old, (member: Member) => member],
    ['4.79.0, with the proxy', recent, proxied],
  ] as const) {
    const node = client.phlo('demo-phlo').multiPartyCall('demo-node');

    await t.test(`${name}: the agent holds, and the customer hears its music`, async (t) => {
      const done = await held(() => dressed(node.member('102')).hold(), ['callee-api']);
      t.match(done, { error: '' });
      t.same(await hears(alice), [POP]);
      const before = tap.heard(bob.rtpPorts).count;
      await tap.next(alice.rtpPorts, WINDOW);
      t.equal(tap.heard(bob.rtpPorts).count, before, 'not one packet reaches the agent');
    });

    await t.test(`${name}: the agent takes the call back, and both are heard`, async (t) => {
      t.match(await held(() => dressed(node.member('sip:102@pbx.local')).unhold(), []), { error: '' });
      t.same({ alice: await hears(alice), bob: await hears(bob) }, { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
    });
  }

  await t.test('4.79.0 as it is: hold sends nothing at all, which is its fault and not ours; the PHLO it can read', async (t) => {
    const member = recent.phlo('demo-phlo').multiPartyCall('demo-node').member('102');
    await t.rejects(member.hold(), TypeError);
    t.match(await recent.phlo.get('demo-phlo'), { phloId: 'demo-phlo', name: 'Demo' });
  });

  await t.test('a refusal reaches the program as the error that the client makes of it', async (t) => {
    const node = (client: PhloClient) => client.phlo('demo-phlo').multiPartyCall('demo-node');
    const refusal = (asked: Promise<Done>): Promise<unknown> => asked.catch((error: unknown) => error);
    t.match(await refusal(node(old).member('199').hold()), { message: /"api_id":".*no live member 199/ });
    const stranger = clientOf('plivo-412', holdfast.base, 'wrong');
    t.match(await refusal(node(stranger).member('102').hold()), { message: /no account has these credentials/ });
    t.match(await refusal(node(recent).coldTransfer('199', '103')), { message: /no live member 199/, status: 404 });
  });

  await t.test('4.12.0: a member hangs up', async (t) => {
    const ended = holdfast.event((event) => event.kind === 'call.ended', seq);
    await old.phlo('demo-phlo').multiPartyCall('demo-node').member('101').hangup();
    t.match(await ended, { cause: 'controller-hung-up' });
  });
});

type HoldView = Readonly<{ reasons: readonly string[]; caller: { state: string }; callee: { state: string } }>;

function settledWith(hold: unknown, reasons: readonly string[]): boolean {
  const { reasons: found, caller, callee } = hold as HoldView;
  return JSON.stringify(found) === JSON.stringify(reasons) && caller.state === 'agreed' && callee.state === 'agreed';
}
