/**
 * Goal: a phone whose connection has gone has refused nothing: nobody waits for it, and what it was to be told is said again until it is
 * back. Method: the state machine; a 503 of the engine's own is what it hears then.
 */
import t from 'tap';
import { holdView } from '#core/hold-view.js';
import { CallStory, talking } from '../support/call-fixture.js';

const gone = {
  kind: 'reinvite.refused',
  leg: 'callee',
  status: 503,
  reason: 'the connection was closed',
  unreached: true,
} as const;
const again = { kind: 'timer.fired', timer: 'again-callee' } as const;

const waitOf = (story: CallStory): number | undefined =>
  story.effects.flatMap((effect) => (effect.kind === 'start-timer' && effect.timer === 'again-callee' ? [effect.ms] : [])).at(-1);

/** The caller is told of the hold, the callee cannot be. */
function heldInVain(): CallStory {
  const story = talking();
  story.hold('controller');
  story.answers('caller', 'recvonly');
  story.on(gone);
  return story;
}

t.test('a hold: the other is cut off and hears music at once, and it is told when it is back', async (t) => {
  const story = heldInVain();
  t.ok(story.settled);
  t.match(holdView(story.confirmed).callee, { state: 'soft-held', sound: 'music', status: 503 });
  t.equal(story.events('hold.failed').length, 1);
  const waits = [waitOf(story)];
  for (let tries = 0; tries < 4; tries++) {
    t.same(story.on(again), ['send-reinvite callee sendonly']);
    t.same(story.on(gone), ['start-timer again-callee'], 'programs know it already');
    waits.push(waitOf(story));
  }
  t.same(waits, [1000, 2000, 4000, 8000, 8000]);
  story.on(again);
  story.effects.length = 0;
  t.same(story.answers('callee', 'recvonly'), ['stop-timer again-callee', 'apply-reanswer callee', 'publish hold.changed']);
  t.match(story.events(), [{ hold: { callee: { state: 'agreed', status: undefined } } }]);
  t.same(story.on(again), [], 'a timer that was late');
});

t.test('what nobody wishes any more is not said, and a new wish that fails is told', async (t) => {
  const story = heldInVain();
  story.resume('controller');
  story.answers('caller', 'sendrecv');
  t.equal(story.confirmed.callee.media.advertised, 'sendrecv', 'it never heard of the hold');
  t.same(story.on(again), []);
  t.equal(story.confirmed.callee.unreached, undefined);
  story.hold('controller');
  story.on(gone);
  t.equal(story.events('hold.failed').length, 2);
  story.resume('controller');
  story.hold('controller');
  t.ok(story.on(gone).includes('publish hold.failed'), 'also while it is asked again');
});

t.test('new ports after a restart are told when it is back', async (t) => {
  const story = talking();
  story.on({ kind: 'call.restored', media: 'lost', aged: true });
  story.answers('caller', 'sendrecv');
  t.ok(story.on(gone).includes('ungate'), 'the other does not wait');
  t.ok(story.confirmed.callee.media.stale);
  t.same(story.on(again), ['send-reinvite callee sendrecv']);
  story.answers('callee', 'sendrecv');
  t.notOk(story.confirmed.callee.media.stale);
  t.ok(story.settled);
});

t.test('a phone that is back and refuses has refused, and one that is not there ends its call', async (t) => {
  const refuses = heldInVain();
  refuses.on(again);
  const said = refuses.on({ kind: 'reinvite.refused', leg: 'callee', status: 488, reason: 'No' });
  t.ok(said.includes('stop-timer again-callee') && said.includes('publish hold.failed'), said.join());
  t.same(refuses.on(again), []);
  const lost = heldInVain();
  t.ok(lost.on({ kind: 'leg.lost', leg: 'callee', why: '503' }).includes('stop-timer again-callee'));
});

t.test("a 503 of the phone's own is a refusal", async (t) => {
  const story = talking();
  story.hold('controller');
  story.on({ kind: 'reinvite.refused', leg: 'callee', status: 503, reason: 'No' });
  t.equal(story.confirmed.callee.unreached, undefined);
});
