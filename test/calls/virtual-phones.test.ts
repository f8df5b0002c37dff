/**
 * Goal: a program is a party like any other: it is dialled, answers, is held and hangs up, and a word for a real phone passes by. Method:
 * the decorator between a recorder of signaling and a recorder of signals.
 */
import t from 'tap';
import type { CallId } from '#core/leg.js';
import type { DialOptions, IncomingCall, LegId, LegSignal, SignalingPort } from '#calls/ports.js';
import { VirtualNumbers } from '#calls/virtual-numbers.js';
import { VirtualPhones, type VirtualLine, type VirtualParty } from '#calls/virtual-phones.js';
import { NumberUnknown } from '#kit/errors.js';
import { createLogger } from '#kit/log.js';

const sdp = (port: number, codecs = '0', direction = 'sendrecv'): string =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP ${codecs}`,
    `a=${direction}`,
    '',
  ].join('\r\n');

class Robot implements VirtualParty {
  readonly told: string[] = [];
  line: VirtualLine | undefined;
  refusal: Error | undefined;

  describe(): Promise<string> {
    return this.refusal === undefined ? Promise.resolve(sdp(4000)) : Promise.reject(this.refusal);
  }

  calls(line: VirtualLine): void {
    this.line = line;
  }

  heard(_sdp: string, direction: string): void {
    this.told.push(direction);
  }

  connected(): void {
    this.told.push('connected');
  }

  gone({ status }: { status?: number | undefined }): void {
    this.told.push(`gone ${status ?? ''}`.trim());
  }
}

function house() {
  const passed: string[] = [];
  const spoken = (): string[] => passed.filter((word) => !word.startsWith('forget'));
  const signals: [string, LegSignal][] = [];
  const incoming: IncomingCall[] = [];
  const real = new Proxy(
    {},
    {
      get: (_target, name) => (leg: LegId | DialOptions) => {
        passed.push(`${String(name)} ${'leg' in leg ? leg.leg.callId : leg.callId}`);
        return true;
      },
    },
  ) as SignalingPort;
  const numbers = new VirtualNumbers({
    find: () => ({ kind: 'unknown' }),
    traits: () => ({ kind: 'phone', holdMode: 'auto', refusedMusic: false }),
    holdRefused: () => undefined,
  });
  const calls = {
    incoming: (call: IncomingCall) => (incoming.push(call), 'new' as CallId),
    signal: ({ callId, role }: LegId, signal: LegSignal) => void signals.push([`${callId} ${role}`, signal]),
  };
  const phones = new VirtualPhones({ signaling: real, numbers, calls, log: createLogger('silent') });
  return { phones, numbers, passed, spoken, signals, incoming };
}

const LEG: LegId = { callId: 'c' as CallId, role: 'callee' };
const REASON = { cause: 16, text: 'bye' };
const dialled = (uri: string, offer?: string): DialOptions => ({
  leg: LEG,
  targets: [{ uri }],
  offer,
  fromUser: '101',
  toUser: '900',
  autoAnswer: false,
  maxForwards: 70,
});
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('a number that is a program is found, and rings, answers and is acknowledged', async (t) => {
  const { phones, numbers, spoken, signals } = house();
  const robot = new Robot();
  numbers.add('900', { party: () => robot });
  const found = numbers.find('900', 'trunk');
  if (found.kind !== 'targets') throw new Error('not found');
  t.match(numbers.traits('900'), { isProgram: true, holdMode: 'inactive' });
  phones.dial(dialled(found.targets[0]?.uri ?? '', sdp(5000, '8 0')));
  await turn();
  await turn();
  t.same(signals.map(([leg, { kind }]) => `${leg} ${kind}`).sort(), ['c callee answered', 'c callee progressed']);
  t.match(signals.find(([, { kind }]) => kind === 'answered')?.[1], { sdp: /m=audio 4000 RTP\/AVP 0/ }, 'with what both have');
  t.same(robot.told, ['sendrecv', 'connected']);

  signals.length = 0;
  phones.reinvite(LEG, sdp(5000, '0', 'inactive'));
  await turn();
  t.match(signals, [['c callee', { kind: 'reinvite-answered', status: 200, sdp: /a=inactive/ }]]);
  phones.reinvite(LEG, sdp(5000, '0', 'sendonly'));
  await turn();
  t.match(signals[1]?.[1], { sdp: /a=recvonly/ }, 'the mirror of what was offered');
  t.same(robot.told.slice(2), ['inactive', 'sendonly']);

  signals.length = 0;
  phones.refresh(LEG);
  phones.probe(LEG);
  await turn();
  t.same(
    signals.map(([, { kind }]) => kind),
    ['refresh-answered', 'probed'],
  );
  t.notOk(phones.notifyKey(LEG, 'talk'));
  t.notOk(phones.answerRefer(LEG, 202));

  phones.bye(LEG, REASON);
  phones.forget(LEG);
  t.same(robot.told.slice(4), ['gone'], 'once');
  t.same(spoken(), [], 'nobody spoke SIP');
  phones.bye(LEG, REASON);
  t.same(spoken(), ['bye c'], 'it is forgotten');
});

t.test('a program that refuses is a phone that refuses, and a number that is gone is nobody', async (t) => {
  const { phones, numbers, signals } = house();
  const robot = new Robot();
  robot.refusal = new NumberUnknown('900');
  numbers.add('900', { party: () => robot });
  phones.dial(dialled('virtual:900', sdp(5000)));
  await turn();
  t.match(signals.find(([, { kind }]) => kind === 'refused')?.[1], { status: 404 });
  t.same(robot.told, ['gone 404']);
  phones.forget(LEG);
  numbers.remove('900');
  signals.length = 0;
  phones.dial(dialled('virtual:900', sdp(5000)));
  await turn();
  t.match(signals, [['c callee', { kind: 'refused', status: 404 }]]);
});

t.test('one that is cancelled before it has answered answers no more', async (t) => {
  const { phones, numbers, signals } = house();
  const robot = new Robot();
  numbers.add('900', { party: () => robot });
  phones.dial(dialled('virtual:900', sdp(5000)));
  phones.cancel(LEG, REASON);
  await turn();
  await turn();
  t.same(
    signals.map(([, { kind }]) => kind),
    ['progressed'],
    'and nothing more is heard of it',
  );
  t.same(robot.told, ['gone 487']);
});

t.test('a program calls, is accepted, moves to another call and hangs up', async (t) => {
  const { phones, signals, incoming } = house();
  const robot = new Robot();
  const callId = phones.invite(robot, await robot.describe(), { fromUser: 'conference', toUser: '102', conference: 'room' });
  t.match(incoming, [{ fromUser: 'conference', toUser: '102', conference: 'room', asker: 'inside' }]);
  const leg: LegId = { callId, role: 'caller' };
  phones.accept(leg, sdp(6000));
  await turn();
  t.match(signals, [['new caller', { kind: 'acked' }]]);
  phones.adopt(leg, { callId: 'other' as CallId, role: 'caller' });
  t.equal(robot.line?.leg().callId, 'other');
  robot.line?.hangUp();
  robot.line?.hangUp();
  await turn();
  t.same(signals.slice(1), [['other caller', { kind: 'bye' }]], 'once, in the call where it is');
  t.same(robot.told, ['sendrecv', 'connected', 'gone']);
});

t.test('one that gives up while it rings cancels', async (t) => {
  const { phones, signals } = house();
  const robot = new Robot();
  phones.invite(robot, await robot.describe(), { fromUser: 'conference', toUser: '102' });
  robot.line?.hangUp();
  await turn();
  t.match(signals, [['new caller', { kind: 'cancelled' }]]);
});

t.test('words for real phones pass by', async (t) => {
  const { phones, passed } = house();
  phones.dial(dialled('sip:102@127.0.0.1', sdp(5000)));
  phones.accept(LEG, '');
  phones.reinvite(LEG, '');
  phones.adopt(LEG, LEG);
  t.ok(phones.notifyKey(LEG, 'hold'));
  phones.forget(LEG);
  t.same(passed, ['dial c', 'accept c', 'reinvite c', 'adopt c', 'notifyKey c', 'forget c']);
});
