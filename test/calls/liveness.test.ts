/**
 * liveness: hours of silence in a hold end no call, and a phone that is gone without a word ends its own within a configured time.
 */
import t from 'tap';
import { EventBus } from '#calls/event-bus.js';
import { Liveness } from '#calls/liveness.js';
import type { LiveCall } from '#calls/live-call.js';
import type { LegId } from '#calls/ports.js';
import type { CallId, LegRole } from '#core/leg.js';
import { createLogger } from '#kit/log.js';
import { talking, type CallStory } from '../support/call-fixture.js';
import { FakeClock } from '../support/fake-clock.js';

const ID = 'call-1' as CallId;
const PARTIES = { caller: '101', callee: '102' };
type Silence = Readonly<Record<LegRole, number | undefined>>;

function house(everySec: number, silence: () => Silence | Error) {
  const clock = new FakeClock();
  const bus = new EventBus(clock, createLogger('silent'));
  const story: CallStory = talking();
  const probed: string[] = [];
  const liveness = new Liveness({
    find: (id) => (id === ID ? ({ call: story.call } as LiveCall) : undefined),
    signaling: { probe: ({ role }: LegId) => void probed.push(role) },
    media: {
      silenceSec: () => {
        const seen = silence();
        return seen instanceof Error ? Promise.reject(seen) : Promise.resolve(seen);
      },
    },
    bus,
    clock,
    everySec,
  });
  const pass = async (seconds: number): Promise<void> => {
    clock.advance(seconds * 1000);
    await new Promise(setImmediate);
  };
  bus.publish({ kind: 'call.answered', callId: ID, parties: PARTIES });
  return { clock, bus, story, probed, liveness, pass };
}

t.test('phones that are heard are never asked', async (t) => {
  const { probed, pass, liveness } = house(60, () => ({ caller: 0, callee: 1 }));
  for (let minute = 0; minute < 60; minute++) await pass(60);
  t.same(probed, []);
  liveness.close();
});

t.test(
  'a phone that is silent for as long as configured is asked, each time, and the call goes on while it answers',
  async (t) => {
    const { probed, pass, story, liveness } = house(60, () => ({ caller: 0, callee: 3600 }));
    story.hold('controller');
    story.cooperate();
    for (let hour = 0; hour < 3; hour++) for (let minute = 0; minute < 60; minute++) await pass(60);
    t.equal(probed.length, 180);
    t.ok(probed.every((role) => role === 'callee'));
    t.equal(story.call.kind, 'confirmed', 'three hours of hold, and nobody hung up (C16)');
    liveness.close();
  },
);

t.test('from whom nothing ever came, and where the media server does not answer, is asked as well', async (t) => {
  const never = house(60, () => ({ caller: undefined, callee: 0 }));
  await never.pass(60);
  t.same(never.probed, ['caller']);
  const mute = house(60, () => new Error('rtpengine does not answer'));
  await mute.pass(60);
  t.same(mute.probed, ['caller', 'callee']);
  for (const { liveness } of [never, mute]) liveness.close();
});

t.test('who has left a call that goes on without it is not asked', async (t) => {
  const { probed, pass, story, liveness } = house(60, () => ({ caller: 3600, callee: 3600 }));
  story.on({ kind: 'transfer.requested', leaving: 'callee', park: true });
  story.on({ kind: 'leg.dismissed', leg: 'callee' });
  await pass(60);
  t.same(probed, ['caller']);
  liveness.close();
});

t.test('no wait outlives its call or its owner', async (t) => {
  const ended = house(60, () => ({ caller: 3600, callee: 3600 }));
  ended.bus.publish({ kind: 'call.ended', callId: ID, parties: PARTIES, cause: 'caller-hung-up', answered: true });
  t.equal(ended.clock.pending().length, 0);
  const closed = house(60, () => ({ caller: 3600, callee: 3600 }));
  closed.liveness.close();
  closed.liveness.close();
  t.equal(closed.clock.pending().length, 0);
  const off = house(0, () => ({ caller: 3600, callee: 3600 }));
  t.equal(off.clock.pending().length, 0, '0: never asked');
});
