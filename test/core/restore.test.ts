/**
 * Goal: wherever a call is when the program or the media server loses its memory, it goes on as wished, and nobody is heard meanwhile
 * who must not be. Method: random walks of the state machine (model-world.ts) that are cut at every step; what is left is restored,
 * and phones that are well behaved, or are not, take it from there.
 */
import fc from 'fast-check';
import t from 'tap';
import type { Call } from '#core/call.js';
import { LEG_ROLES } from '#core/leg.js';
import { CallStory, ringing, ringingApi, ringingLate, talking } from '../support/call-fixture.js';
import { ModelWorld, type Start } from '../support/model-world.js';
import { NextLife, type How } from '../support/next-life.js';

type Memory = How['media'];

const WALKS: Readonly<Record<Start, number>> = { talking: 120, phone: 80, 'late offer': 50, api: 50 };
const SEED = 20_261_121;

const MEMORIES: readonly Memory[] = ['kept', 'lost'];
const hows = (): readonly How[] =>
  MEMORIES.flatMap((media): readonly How[] => [
    { kind: 'call.restored', media },
    { kind: 'call.restored', media, aged: true },
    { kind: 'media.back', media },
  ]);

const isFinished = (call: Call): boolean => call.kind === 'confirmed' && LEG_ROLES.every((role) => call[role].halfOpen !== true);

for (const start of Object.keys(WALKS) as Start[]) {
  t.test(`a call that starts with ${start} is cut at every step, and each time goes on as wished`, async (t) => {
    const seen = { states: 0, survived: 0, held: 0, busy: 0 };
    const faults: string[] = [];
    const walk = fc.property(fc.array(fc.nat({ max: 5039 }), { minLength: 40, maxLength: 300, size: 'max' }), (chosen) => {
      const world = new ModelWorld(start, chosen);
      world.laws.watch = (before, input): void => {
        if (before.kind === 'terminated') return;
        seen.states += 1;
        for (const how of hows()) {
          const life = new NextLife(before, how).rests();
          const survives = isFinished(before) && !isLeft(before, how);
          if ((life.call.kind === 'confirmed') !== survives) life.faults.push(survives ? 'it ended' : 'it did not end');
          if (survives) seen.survived += 1;
          faults.push(
            ...life.faults.map((fault) => `${how.kind} ${how.media} before ${input.kind}: ${fault}: ${life.said.join()}`),
          );
        }
        if (before.kind !== 'confirmed') return;
        if (before.hold.size > 0) seen.held += 1;
        if (LEG_ROLES.some((role) => before[role].offerAnswer.kind !== 'stable')) seen.busy += 1;
      };
      world.run().letGo();
      return faults.length === 0;
    });
    fc.assert(walk, { seed: SEED, numRuns: WALKS[start], reporter: () => undefined });
    t.same(faults.slice(0, 5), []);
    t.ok(seen.states > 500 && seen.survived > 500 && seen.held > 100 && seen.busy > 100, JSON.stringify(seen));
  });
}

/** Somebody has left already, and the one who looked for another party has forgotten it. */
function isLeft(before: Call, how: How): boolean {
  if (before.kind !== 'confirmed' || how.kind === 'media.back') return false;
  return LEG_ROLES.some((role) => before[role].dialog === 'terminated' && !before.hold.has(`${role}-park`));
}

t.test('phones that refuse everything are cut and played to all the same', async (t) => {
  const held = talking();
  held.hold('caller');
  held.cooperate();
  for (const how of hows()) {
    const life = new NextLife(held.call, how, new Set(LEG_ROLES)).rests();
    t.same(life.faults, [], `${how.kind} ${how.media}`);
    t.ok(life.said.includes('play callee music'));
    t.notOk(life.said.includes('ungate'));
  }
});

t.test('a talking pair whose rtpengine lived is cut for a moment, and no phone hears of it', async (t) => {
  t.same(talking().on({ kind: 'call.restored', media: 'kept' }), [
    'gate',
    'stop-sound caller',
    'stop-sound callee',
    'unmute caller',
    'unmute callee',
    'ungate',
  ]);
});

t.test('a talking pair whose rtpengine is new is told so, and heard when both know', async (t) => {
  const story = talking();
  t.same(story.on({ kind: 'call.restored', media: 'lost' }), [
    'anchor-again',
    'gate',
    'send-reinvite caller sendrecv',
    'send-reinvite callee sendrecv',
  ]);
  t.same(story.answers('caller', 'sendrecv'), ['apply-reanswer caller']);
  t.same(story.answers('callee', 'sendrecv'), ['apply-reanswer callee', 'ungate']);
  t.equal(story.events().length, 0, 'nobody is told of anything: nothing has changed');
});

t.test('a held pair whose rtpengine lived hears music again, and no SIP', async (t) => {
  const story = talking();
  story.hold('caller');
  story.cooperate();
  story.effects.length = 0;
  const said = story.on({ kind: 'call.restored', media: 'kept' });
  t.equal(said[0], 'gate');
  t.equal(said.at(-1), 'play callee music');
  t.notOk(said.some((word) => word.startsWith('send-reinvite')));
  t.equal(story.events().length, 0);
});

t.test('after a program that had only its record both phones are told what the call is, though rtpengine lived', async (t) => {
  const story = talking();
  const cut = ['gate', 'stop-sound caller', 'stop-sound callee', 'unmute caller', 'unmute callee'];
  const told = ['send-reinvite caller sendrecv', 'send-reinvite callee sendrecv'];
  t.same(story.on({ kind: 'call.restored', media: 'kept', aged: true }), [...cut, ...told, 'ungate'], 'they do not wait for it');
  t.same(story.answers('caller', 'sendrecv'), ['apply-reanswer caller']);
  t.same(story.events(), [], 'programs wait until it is known');
  t.same(story.answers('callee', 'sendrecv'), ['apply-reanswer callee', 'publish call.restored']);
  const held = talking();
  held.hold('controller');
  held.cooperate();
  const said = held.on({ kind: 'call.restored', media: 'kept', aged: true });
  t.ok(said.includes('send-reinvite caller sendonly') && said.includes('send-reinvite callee sendonly'), said.join());
  t.ok(said.includes('play caller music'), 'nor does the music');
  held.cooperate();
  t.ok(held.settled);
});

t.test(
  'a phone that cannot be told yet after a restart is told when it is back, and one that will not hear it is left alone',
  async (t) => {
    const story = talking();
    story.on({ kind: 'call.restored', media: 'kept', aged: true });
    const refused = (status: number): readonly string[] =>
      story.on({ kind: 'reinvite.refused', leg: 'caller', status, reason: 'No' });
    t.same(refused(503), ['start-timer glare-caller'], 'its connection is gone');
    const again = { kind: 'timer.fired', timer: 'glare-caller' } as const;
    t.same(story.on(again), ['send-reinvite caller sendrecv']);
    t.same(refused(488), [], 'and nothing waits');
    story.answers('callee', 'sendrecv');
    t.same(
      story.events().map(({ kind }) => kind),
      ['call.restored'],
      'no program hears of a hold that failed',
    );
  },
);

t.test(
  'programs hear once that a call goes on, and how it is held: they may have been told what nobody wrote down',
  async (t) => {
    const story = talking();
    story.on({ kind: 'call.restored', media: 'kept', aged: true });
    story.cooperate();
    t.match(story.events(), [{ kind: 'call.restored', holders: [], hold: { reasons: [], caller: { state: 'agreed' } } }]);
    t.equal(story.events().length, 1);
    const held = talking();
    held.on({ kind: 'hold.requested', holder: 'caller', policy: {} });
    held.effects.length = 0;
    held.on({ kind: 'call.restored', media: 'lost', aged: true });
    held.cooperate();
    const changed = { holders: ['101'], hold: { reasons: ['caller-api'], callee: { state: 'agreed', sound: 'music' } } };
    t.match(held.events(), [
      { kind: 'call.restored', ...changed },
      { kind: 'hold.changed', ...changed },
    ]);
    held.effects.length = 0;
    held.on({ kind: 'resume.requested', holder: 'caller' });
    held.cooperate();
    t.same(
      held.events().map(({ kind }) => kind),
      ['hold.changed'],
    );
  },
);

t.test(
  'with a new rtpengine a phone that refuses its new ports is not asked again for having been asked after a restart',
  async (t) => {
    for (const status of [488, 503]) {
      const story = talking();
      story.on({ kind: 'call.restored', media: 'lost', aged: true });
      const said = story.on({ kind: 'reinvite.refused', leg: 'caller', status, reason: 'No' });
      t.notOk(
        said.some((word) => word.startsWith('send-reinvite')),
        said.join(),
      );
      t.equal(story.answers('callee', 'sendrecv').includes('send-reinvite caller sendrecv'), false);
    }
  },
);

t.test('a phone that will not be told again is asked once more at most, and never loses its call by that', async (t) => {
  for (const [status, tries] of [
    [603, 1],
    [501, 1],
    [500, 2],
    [503, 2],
  ] as const) {
    const story = talking();
    story.on({ kind: 'session.agreed', leg: 'caller', intervalSec: 1800, weRefresh: true, byUpdate: true });
    let asked = story
      .on({ kind: 'call.restored', media: 'kept', aged: true })
      .filter((word) => word === 'send-reinvite caller sendrecv').length;
    story.answers('callee', 'sendrecv');
    for (let turn = 0; turn < 5; turn++) {
      story.refuses('caller', status);
      asked += story.glareEnds('caller').filter((word) => word.startsWith('send-reinvite')).length;
    }
    t.equal(asked, tries, String(status));
    t.equal(story.events('call.restored').length, 1);
    t.same(story.on({ kind: 'timer.fired', timer: 'session-caller' }).slice(-1), ['send-refresh caller'], 'by UPDATE, as agreed');
  }
});

t.test('the turn to refresh comes before what is only said again', async (t) => {
  const story = talking();
  story.on({ kind: 'session.agreed', leg: 'caller', intervalSec: 1800, weRefresh: true, byUpdate: true });
  story.on({ kind: 'call.restored', media: 'kept', aged: true });
  story.refuses('caller', 500);
  story.on({ kind: 'timer.fired', timer: 'session-caller' });
  t.same(story.glareEnds('caller'), ['send-refresh caller']);
  t.same(story.on({ kind: 'refresh.answered', leg: 'caller' }), ['send-reinvite caller sendrecv']);
});

t.test('an offer that nobody waits for any more is made anew', async (t) => {
  const story = talking();
  story.hold('caller');
  const said = story.on({ kind: 'call.restored', media: 'kept' });
  t.ok(said.includes('send-reinvite caller inactive') && said.includes('send-reinvite callee sendonly'), said.join());
  story.cooperate();
  t.ok(story.settled);
});

t.test('an offer that is out while only rtpengine was away is not made twice', async (t) => {
  const story = talking();
  story.hold('caller');
  const said = story.on({ kind: 'media.back', media: 'lost' });
  t.notOk(
    said.some((word) => word.startsWith('send-reinvite')),
    said.join(),
  );
  t.same(story.answers('callee', 'recvonly'), ['apply-reanswer callee', 'send-reinvite callee sendonly'], 'the new ports');
});

t.test('what a program plays begins anew, and its end is counted from there', async (t) => {
  const story = talking();
  const play = { id: 'p1', sound: { name: 'x', file: '/x', ms: 4000 }, times: 1, ms: 4000, hangUpAfter: true } as const;
  story.on({ kind: 'play.requested', legs: ['callee'], play });
  for (const media of MEMORIES) {
    const next = story.fork();
    const said = next.on({ kind: 'call.restored', media });
    t.ok(said.indexOf('gate') < said.indexOf('play-over callee'), said.join());
    t.ok(said.includes('start-timer play-callee'));
    next.cooperate();
    t.equal(next.confirmed.muted.caller, true, 'and hears nobody else');
    t.ok(next.on({ kind: 'timer.fired', timer: 'play-callee' }).includes('send-bye callee 16'));
  }
});

t.test('a transferor whose third party is forgotten has the other back', async (t) => {
  const story = talking();
  story.on({ kind: 'transfer.requested', leaving: 'caller', park: false });
  story.cooperate();
  story.on({ kind: 'call.restored', media: 'kept' });
  story.cooperate();
  t.same(story.reasons, []);
  t.equal(story.local, 'sendrecv / sendrecv');
});

t.test('who waits for a third party that nobody looks for hears BYE; who is parked waits on', async (t) => {
  const left = talking();
  left.on({ kind: 'transfer.requested', leaving: 'caller', park: false });
  left.cooperate();
  left.on({ kind: 'bye.received', leg: 'caller' });
  t.same(left.on({ kind: 'call.restored', media: 'kept' })[0], 'send-bye callee 503');
  t.match(left.call, { kind: 'terminated', cause: 'server-lost' });

  const parked = talking();
  parked.on({ kind: 'transfer.requested', leaving: 'caller', park: true });
  parked.cooperate();
  parked.on({ kind: 'leg.dismissed', leg: 'caller' });
  parked.on({ kind: 'call.restored', media: 'kept' });
  t.same(parked.reasons, ['caller-park']);
  t.equal(parked.confirmed.callee.media.sound, 'music');
});

t.test('calls that only rang end, and say why', async (t) => {
  for (const story of [ringing(), ringingLate(), ringingApi()]) {
    story.on({ kind: 'call.restored', media: 'lost' });
    t.match(story.call, { kind: 'terminated', cause: 'server-lost', status: 503 });
    t.match(story.events('call.ended'), [{ cause: 'server-lost' }]);
  }
  const back = ringing();
  back.on({ kind: 'media.back', media: 'lost' });
  t.match(back.call, { kind: 'terminated', cause: 'media-lost' });
});

t.test('a call without one of its dialogs hangs up on who is left', async (t) => {
  const story = new CallStory('phone', talking().call);
  const said = story.on({ kind: 'call.abandoned', why: 'the dialog of the callee was not kept' });
  t.same(said.slice(0, 2), ['send-bye caller 503', 'send-bye callee 503']);
  t.match(story.call, { kind: 'terminated', cause: 'server-lost' });
});
