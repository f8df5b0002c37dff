/** bench-words: which measurements are run, and what each of them is given. */
import t from 'tap';

type Read = (words: readonly string[]) => Readonly<{ names: readonly string[]; given: readonly string[] }>;

const WORDS = new URL('../../src/setup/bench-words.mjs', import.meta.url).href;

t.test('names come first; figures, flags and what follows them are given to each', async (t) => {
  const { benchWords } = (await import(WORDS)) as { benchWords: Read };
  t.same(benchWords([]), { names: [], given: [] });
  t.same(benchWords(['music', 'fan-out']), { names: ['music', 'fan-out'], given: [] });
  t.same(benchWords(['fan-out', '100', '500']), { names: ['fan-out'], given: ['100', '500'] });
  t.same(benchWords(['soak', '--calls', '5000', '--rate', '25']), {
    names: ['soak'],
    given: ['--calls', '5000', '--rate', '25'],
  });
  t.same(benchWords(['bulk', '200', 'alone']), { names: ['bulk'], given: ['200', 'alone'] });
});
