/**
 * Goal: which piece is next, and where somebody goes on who was there before, for every order and whatever has come or gone meanwhile.
 */
import t from 'tap';
import { clusterOffset } from '#media/matroska.js';
import { soundFrom, startOf, type Piece } from '#media/piece.js';
import { firstTurn, nextTurn, type Order, type Playlist, type Turn } from '#media/playlist.js';

const piece = (name: string, ms = 60_000): Piece => ({ name, file: `/cache/${name}.mka`, ms });
const [a, b, c, d] = [piece('a'), piece('b'), piece('c'), piece('d')] as const;
const list = (order: Order, ...[first = a, ...rest]: readonly Piece[]): Playlist => ({ pieces: [first, ...rest], order });
const never = (): number => {
  throw new Error('nothing is drawn here');
};

/** The same numbers every time, all over the range. */
function numbers(seed: number): () => number {
  let state = seed * 7_919_123;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

function names(playlist: Playlist, count: number, random: () => number): string[] {
  const turns: Turn[] = [firstTurn(playlist, undefined, random)];
  while (turns.length < count) turns.push(nextTurn(playlist, turns.at(-1) as Turn, random));
  return turns.map((turn) => turn.piece.name);
}

t.test('in order: from the first to the last and round again', (t) => {
  t.same(names(list('in-order', a, b, c), 7, never), ['a', 'b', 'c', 'a', 'b', 'c', 'a']);
  t.same(names(list('in-order', a), 3, never), ['a', 'a', 'a']);
  t.end();
});

t.test('shuffled: each piece once a round, never the same twice in a row, and not always the same order', (t) => {
  const orders = new Set<string>();
  for (let seed = 1; seed <= 200; seed++) {
    const heard = names(list('shuffled', a, b, c, d), 40, numbers(seed));
    for (let at = 0; at < 40; at += 4) t.same(heard.slice(at, at + 4).sort(), ['a', 'b', 'c', 'd']);
    t.notOk(
      heard.some((name, at) => name === heard[at - 1]),
      'no piece follows itself',
    );
    orders.add(heard.slice(0, 4).join(''));
  }
  t.equal(orders.size, 24, 'every order happens');
  t.same(names(list('shuffled', a), 3, numbers(1)), ['a', 'a', 'a'], 'a piece that is alone has no choice');
  t.end();
});

t.test('who was there before goes on in the same piece, at the place where it stopped', (t) => {
  const left = { piece: b, fromMs: 33_333, ahead: ['d'] };
  t.same(firstTurn(list('in-order', a, b, c), left, never), { piece: b, fromMs: 33_200, ahead: ['d'] });
  t.same(firstTurn(list('shuffled', a, b, d), left, never), { piece: b, fromMs: 33_200, ahead: ['d'] });
  t.end();
});

t.test('a piece that is all but over is followed by the next, and a loop begins again', (t) => {
  t.equal(firstTurn(list('in-order', a, b, c), { piece: b, fromMs: 59_900, ahead: [] }, never).piece.name, 'c');
  t.same(firstTurn(list('in-order', a), { piece: a, fromMs: 59_900, ahead: [] }, never), { piece: a, fromMs: 0, ahead: [] });
  t.equal(firstTurn(list('shuffled', a, b, c), { piece: b, fromMs: 60_000, ahead: ['a'] }, never).piece.name, 'a');
  t.end();
});

t.test('a piece that has gone meanwhile is followed by what would have come next', (t) => {
  const left = { piece: b, fromMs: 33_333, ahead: ['c', 'd'] };
  t.equal(firstTurn(list('in-order', a, c), left, never).piece.name, 'c');
  t.equal(firstTurn(list('in-order', a), left, never).piece.name, 'a');
  t.same(firstTurn(list('shuffled', a, d), left, never), { piece: d, fromMs: 0, ahead: [] });
  const changed = { ...b, file: '/cache/other.mka' };
  t.equal(
    firstTurn(list('in-order', a, changed, c), left, never).piece.name,
    'c',
    'another content under the same name is another piece',
  );
  t.end();
});

t.test('a place is the beginning of a cluster, never after it and never too near to the end', (t) => {
  for (let atMs = 0; atMs < 60_000; atMs += 7) {
    const start = startOf(a, atMs);
    t.ok(start === 0 ? atMs < 200 || atMs > 59_000 : start <= atMs && atMs - start < 200 && start <= 59_000, `${atMs}: ${start}`);
  }
  t.end();
});

t.test('a sound from inside a file is the head, the rest, and for a loop the whole behind it', (t) => {
  t.same(soundFrom(a, 0, '/head', true), { file: '/cache/a.mka' });
  const [start, first] = [clusterOffset(50), clusterOffset(0)];
  t.same(soundFrom(a, 10_000, '/head', false), { file: `concat:/head|subfile,,start,${start},end,0,,:/cache/a.mka` });
  t.same(soundFrom(a, 10_000, '/head', true), {
    file: `concat:/head|subfile,,start,${start},end,0,,:/cache/a.mka|subfile,,start,${first},end,0,,:/cache/a.mka`,
  });
  t.same(soundFrom(a, 10_000, '/odd|head', true), { file: '/cache/a.mka' }, 'a name that ffmpeg would part is played whole');
  t.end();
});
