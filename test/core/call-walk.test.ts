/**
 * call-walk: random walks through step(): two phones, programs, the media server and the clock do what they like in any order,
 * and every law of call-laws.ts is asked at every step. The seed is fixed, so a walk that fails fails again.
 */
import fc from 'fast-check';
import t from 'tap';
import { ModelWorld, type Start } from '../support/model-world.js';

const WALKS: Readonly<Record<Start, number>> = { talking: 3000, phone: 2000, 'late offer': 1000, api: 1000 };
const SEED = 20_261_121;

/** What the walks must have come by often, lest they prove nothing: inputs, effects and events, with their status. */
const MUST_BE_SEEN: readonly string[] = [
  ...['reinvite.answered 200', 'reinvite.refused 408', 'reinvite.refused 481', 'reinvite.refused 488', 'reinvite.refused 491'],
  ...[
    'reinvite.refused 503',
    'reinvite.refused 500',
    'reinvite.refused 603',
    'reinvite.received',
    'reinvite.acked',
    'reinvite.answer-failed',
  ],
  ...['refuse-reinvite 491', 'refuse-reinvite 500', 'answer-reinvite', 'send-reinvite', 'start-glare-timer', 'timer.fired'],
  ...['hold.requested', 'resume.requested', 'gate', 'ungate', 'play', 'stop-sound', 'sound.failed', 'media.changed'],
  ...['hold.changed', 'hold.failed', 'call.ringing', 'call.answered', 'call.ended', 'bye.received', 'cancel.received'],
  ...[
    'session.agreed',
    'send-refresh',
    'refresh.answered',
    'refresh.refused 405',
    'hold.expired',
    'hold.reminder',
    'ask-transfer',
  ],
  ...[
    'mute.requested',
    'mute',
    'unmute',
    'play.requested',
    'play-over',
    'end-play',
    'quiet.requested',
    'play.failed',
    'play.ended',
  ],
  ...['transfer.requested', 'transfer.failed', 'leg.dismissed', 'leg.moved', 'legs.moved', 'remind'],
  ...['forward.requested', 'call.forwarded', 'reject.requested 603'],
  ...['leg.lost', 'hangup.requested', 'shutdown.requested', 'media.lost', 'leg.refused 486', 'refuse 487', 'cancel', 'send-bye'],
];

const seen = new Map<string, number>();
let survivors = 0;

for (const start of Object.keys(WALKS) as Start[]) {
  t.test(`no walk that starts with ${start} breaks a law, and every walk comes to rest`, async (t) => {
    const choices = fc.array(fc.nat({ max: 5039 }), { minLength: 60, maxLength: 400, size: 'max' });
    const walk = fc.property(choices, (chosen) => {
      const world = new ModelWorld(start, chosen).run().letGo();
      for (const [name, times] of world.seen) seen.set(name, (seen.get(name) ?? 0) + times);
      survivors += world.ended ? 0 : 1;
      if (world.laws.faults[0] !== undefined) throw new Error(world.laws.faults[0]);
    });
    t.doesNotThrow(() => fc.assert(walk, { seed: SEED, numRuns: WALKS[start] }));
  });
}

t.test('the walks came by everything they are meant to try', async (t) => {
  const seldom = MUST_BE_SEEN.filter((name) => (seen.get(name) ?? 0) < 5);
  t.same(seldom, [], 'nothing that matters was met fewer than five times');
  t.ok(survivors > 1000, `${survivors} calls were alive at the end, and their parties talked`);
  t.comment([...seen].map(([name, times]) => `${name}: ${times}`).join(', '));
});
