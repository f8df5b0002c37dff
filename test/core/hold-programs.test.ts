/** hold-programs: several programs hold one call, each for itself; and two parties that hold each other and want to hear nothing. */
import t from 'tap';
import type { Input } from '#core/inputs.js';
import { NOBODY_HOLDS } from '#core/hold.js';
import { withoutProgram, withProgram } from '#core/hold-programs.js';
import { talking, type CallStory } from '../support/call-fixture.js';

type Holds = Extract<Input, { kind: 'hold.requested' }>;

const holds = (story: CallStory, holder: Holds['holder'], more: Partial<Holds> = {}): string[] => {
  const effects = story.on({ kind: 'hold.requested', holder, ...more });
  story.cooperate();
  return effects;
};
const resumes = (story: CallStory, holder: Holds['holder'], by?: string): string[] => {
  const effects = story.on({ kind: 'resume.requested', holder, by });
  story.cooperate();
  return effects;
};
const sounds = (story: CallStory): (string | undefined)[] => {
  const { caller, callee } = story.confirmed;
  return [caller, callee].map(({ media }) => (media.sound === 'music' ? media.music?.music : media.sound));
};

t.test('a hold lasts until the last of its programs has let go, in every order', async (t) => {
  const programs = ['ozeki', 'rest', undefined];
  for (const order of permutations(programs)) {
    const story = talking();
    for (const by of programs) holds(story, 'controller', { by });
    for (const [index, by] of order.entries()) {
      t.ok(story.confirmed.hold.has('controller'), `${String(by)} has not let go`);
      resumes(story, 'controller', by);
      t.same(resumes(story, 'controller', by), [], 'once more changes nothing');
      t.equal(story.confirmed.hold.has('controller'), index < 2);
    }
    t.same(sounds(story), ['none', 'none']);
    t.notOk(story.confirmed.gated);
  }
});

t.test('a program that does not hold lifts nothing', async (t) => {
  const story = talking();
  holds(story, 'controller', { by: 'ozeki' });
  t.same(resumes(story, 'controller', 'rest'), []);
  t.ok(story.confirmed.hold.has('controller'));
});

t.test('the last one has the say about the music, and the one before when it has gone', async (t) => {
  const story = talking();
  holds(story, 'controller', { by: 'ozeki', music: { music: 'pop' } });
  holds(story, 'controller', { by: 'rest', music: { music: 'office' } });
  t.same(sounds(story), ['office', 'office']);
  holds(story, 'controller', { by: 'ozeki', music: { music: 'folk' } });
  t.same(sounds(story), ['folk', 'folk'], 'asked anew, it is the last');
  t.same(holds(story, 'controller', { by: 'ozeki', music: { music: 'folk' } }), [], 'once more changes nothing');
  resumes(story, 'controller', 'ozeki');
  t.same(sounds(story), ['office', 'office']);
});

t.test('no program is there twice', async (t) => {
  const one = withProgram(NOBODY_HOLDS, 'controller', { by: 'rest' });
  const both = withProgram(one, 'controller', { by: 'ozeki' });
  const again = withProgram(both, 'controller', { by: 'rest' });
  t.same([...again], [['controller', { by: 'rest', under: [{ by: 'ozeki' }] }]]);
  t.equal(withoutProgram(again, 'controller', 'plivo'), undefined);
  t.equal(withoutProgram(NOBODY_HOLDS, 'controller', undefined), undefined);
  t.same([...(withoutProgram(again, 'controller', 'rest') ?? [])], [['controller', { by: 'ozeki' }]]);
});

t.test('two parties that hold each other and want to hear nothing do; the last that holds gives music', async (t) => {
  const story = talking();
  holds(story, 'callee', { deaf: true });
  t.same(sounds(story), ['default', 'none']);
  holds(story, 'caller', { deaf: true });
  t.same(sounds(story), ['none', 'none']);
  t.equal(story.confirmed.hold.size, 2);
  resumes(story, 'callee');
  t.same(sounds(story), ['none', 'default'], 'the callee is held, and holds nobody');
  resumes(story, 'caller');
  t.same(sounds(story), ['none', 'none']);
  t.notOk(story.confirmed.gated);
});

t.test('who holds and did not ask for silence hears the music of the other, as ever', async (t) => {
  const story = talking();
  holds(story, 'callee');
  holds(story, 'caller');
  t.same(sounds(story), ['default', 'default']);
});

t.test('what a program plays to both is heard by who wants to hear nothing of the other', async (t) => {
  const story = talking();
  holds(story, 'callee', { deaf: true });
  holds(story, 'controller', { by: 'ozeki' });
  t.same(sounds(story), ['default', 'default']);
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  );
}
