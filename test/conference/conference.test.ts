/**
 * Goal: who hears whom. Method: each member says a tone of its own, and what each hears is taken apart by frequency.
 */
import t, { type Test } from 'tap';
import { AppError } from '#kit/errors.js';
import { bargeIn, monitor, whisper } from '#conference/hearing.js';
import { amplitude, steepest, Table, tone } from '../support/conference-table.js';

const MUSIC = tone(1500, 8000, 6000);
const SALES_MUSIC = tone(1700, 8000, 6000);

/** Three at a table who have been talking for a while. */
function three(): Table {
  const table = new Table();
  table.sit('a', 300, { holdMusic: MUSIC });
  table.sit('b', 500, { holdMusic: SALES_MUSIC });
  table.sit('c', 700);
  table.run(10);
  return table;
}

const all = (table: Table): string[][] => ['a', 'b', 'c'].map((id) => table.whom(id));
const codeOf = (fn: () => void): string => {
  try {
    fn();
  } catch (error) {
    if (error instanceof AppError) return error.code;
  }
  return 'no AppError';
};

t.test('everyone hears everyone else and never himself', (t) => {
  t.same(all(three()), [
    ['b', 'c'],
    ['a', 'c'],
    ['a', 'b'],
  ]);
  t.end();
});

t.test('eight hear the seven others, each as loud as the next', (t) => {
  const table = new Table();
  const ids = ['1', '2', '3', '4', '5', '6', '7', '8'];
  ids.forEach((id, index) => table.sit(id, 300 + 200 * index, { loud: 3000 }));
  table.run(10);
  for (const id of ids) {
    t.same(
      table.whom(id),
      ids.filter((other) => other !== id),
    );
  }
  const heard = table.heardBy('8').slice(-160);
  const levels = ids.slice(0, 7).map((_, index) => amplitude(heard, 300 + 200 * index));
  t.ok(Math.max(...levels) < 1.1 * Math.min(...levels), levels.map(Math.round).join(' '));
  t.end();
});

t.test('a member alone hears nothing', (t) => {
  const table = new Table();
  table.sit('a', 300);
  table.run(20);
  t.ok(table.heardBy('a').length === 20 * 160 && table.heardBy('a').every((sample) => sample === 0));
  t.end();
});

t.test('who is muted is not heard and hears on', (t) => {
  const table = three();
  table.conference.mute('b', true);
  t.same(all(table), [['c'], ['a', 'c'], ['a']]);
  table.conference.mute('b', false);
  t.same(table.whom('a'), ['b', 'c']);
  t.end();
});

t.test('who holds is muted and hears silence; each other hears its own music instead of the conference', (t) => {
  const table = three();
  table.conference.hold('c', { othersHear: 'music' });
  t.same(all(table), [[], [], []], 'nobody hears anybody');
  t.same(table.with('a', 1500, 1700), [1500]);
  t.same(table.with('b', 1500, 1700), [1700]);
  t.same(table.with('c', 1500, 1700), []);
  t.ok(
    table.heardBy('c').every((sample) => sample === 0),
    'silence is silence',
  );
  table.conference.resume('c');
  t.same(all(table), [
    ['b', 'c'],
    ['a', 'c'],
    ['a', 'b'],
  ]);
  t.same(table.with('a', 1500, 1700), [], 'the music is over');
  t.end();
});

t.test('a second holder hears silence, and the music goes on until the last has resumed', (t) => {
  const table = three();
  table.conference.hold('c', { othersHear: 'music' });
  table.conference.hold('b', { othersHear: 'music' });
  t.same(table.with('b', 1500, 1700, 300, 700), []);
  table.conference.resume('c');
  t.same(table.with('a', 1500), [1500]);
  table.conference.resume('b');
  t.same(table.with('a', 1500, 500, 700), [500, 700]);
  t.end();
});

t.test('others may go on talking while one holds, or have silence; the holder may have music', (t) => {
  const table = three();
  table.conference.hold('c', { othersHear: 'conference', itHears: MUSIC });
  t.same(all(table), [['b'], ['a'], []]);
  t.same(table.with('c', 1500), [1500]);
  table.conference.hold('c', { othersHear: 'silence' });
  t.same(all(table), [[], [], []]);
  t.same(table.with('a', 1500), []);
  t.end();
});

t.test('monitor, whisper and barge-in are rows of one matrix', (t) => {
  const table = three();
  const members = ['a', 'b', 'c'];
  table.conference.hear(monitor('c', members));
  t.same(all(table), [['b'], ['a'], ['a', 'b']], 'c is heard by nobody');
  table.conference.hear(whisper('c', ['a'], members));
  t.same(all(table), [['b', 'c'], ['a'], ['a', 'b']], 'c is heard by a');
  table.conference.hear(bargeIn(members));
  t.same(all(table), [
    ['b', 'c'],
    ['a', 'c'],
    ['a', 'b'],
  ]);
  t.end();
});

t.test('who joins later is heard by rows with exceptions and not by rows with names', (t) => {
  const table = three();
  table.conference.hear({ a: { only: ['b'] }, b: { except: ['a'] } });
  table.sit('d', 900);
  table.run(5);
  t.same(table.whom('a'), ['b']);
  t.same(table.whom('b'), ['c', 'd']);
  t.same(table.whom('d'), ['a', 'b', 'c']);
  t.end();
});

t.test('a supervisor who monitors before joining is never heard, not even for a frame', (t) => {
  const table = three();
  table.conference.hear(monitor('d', ['a', 'b', 'c']));
  table.forget();
  table.sit('d', 900);
  table.run(20);
  for (const id of ['a', 'b', 'c']) t.ok(amplitude(table.heardBy(id), 900) < 50, id);
  t.ok(amplitude(table.heardBy('d'), 300) > 1000, 'and hears');
  t.end();
});

t.test('an announcement lies over the conversation, for all or for some, and ends', (t) => {
  const table = three();
  table.conference.play('tone', tone(1900, 160 * 9, 4000), { to: ['a'] });
  t.same(table.with('a', 500, 700, 1900), [500, 700, 1900]);
  t.ok(amplitude(table.heardBy('b'), 1900) < 50);
  table.run(4);
  t.same(table.with('a', 1900), []);
  table.conference.play('loop', tone(1900, 1600, 4000), { loop: true });
  t.same(table.with('b', 1900), [1900]);
  table.conference.stop('loop');
  t.same(table.with('b', 1900), []);
  t.end();
});

/** Two at a table: `b` hears a low tone alone, whose own steps are small. */
function clicks(t: Test, what: string, change: (table: Table) => void): void {
  const table = new Table();
  table.sit('a', 100);
  table.sit('b', 0);
  table.run(20);
  table.forget();
  change(table);
  table.run(4);
  // 100 Hz at 8000 moves by 628 a sample, µ-law adds its own steps of up to 256; a cut would be up to 8000.
  t.ok(steepest(table.heardBy('b')) < 1200, `${what}: ${steepest(table.heardBy('b'))}`);
  t.ok(table.heardBy('b').length > 0);
}

t.test('nothing clicks: not mute, hold, leaving, music or a change of the matrix', (t) => {
  clicks(t, 'mute', ({ conference }) => conference.mute('a', true));
  clicks(t, 'hold', ({ conference }) => conference.hold('a', { othersHear: 'silence' }));
  clicks(t, 'leave', ({ conference }) => conference.leave('a'));
  clicks(t, 'matrix', ({ conference }) => conference.hear({ b: { only: [] } }));
  clicks(t, 'an announcement', ({ conference }) => conference.play('x', tone(100, 400, 4000, 20)));
  t.end();
});

t.test('too many loud voices are turned down, not cut', (t) => {
  const table = new Table();
  const hertz = [300, 500, 700, 900, 1100, 1300, 1900];
  hertz.forEach((one) => table.sit(String(one), one, { loud: 30_000 }));
  table.run(20);
  t.same(table.whom('1900'), hertz.slice(0, 6).map(String), 'all are heard');
  const heard = table.heardBy('1900');
  t.ok(Math.max(...heard) <= 32_100, 'and nothing is at the edge');
  const distortion = Math.max(...[2100, 2300, 2500, 2700].map((one) => amplitude(heard, one)));
  t.ok(distortion < amplitude(heard, 300) / 10, `what nobody said is at ${Math.round(distortion)}`);
  t.end();
});

t.test('who has left is no member any more, and the others go on', (t) => {
  const table = three();
  table.conference.leave('c');
  t.equal(
    codeOf(() => table.conference.mute('c', true)),
    'member_not_found',
  );
  t.equal(table.conference.size, 3, 'fading out');
  table.run(1);
  t.equal(table.conference.size, 2);
  t.same(table.whom('a'), ['b']);
  t.end();
});

t.test('limits are said, and a matrix with a stranger changes nothing', (t) => {
  const table = new Table({ members: 2, announcements: 1 });
  table.sit('a', 300);
  table.sit('b', 500);
  table.run(10);
  t.equal(
    codeOf(() => table.sit('c', 700)),
    'busy',
  );
  table.conference.play('x', MUSIC, { loop: true });
  t.equal(
    codeOf(() => table.conference.play('y', MUSIC)),
    'busy',
  );
  t.equal(
    codeOf(() => table.conference.hear({ a: { only: [] }, nobody: 'everyone' })),
    'member_not_found',
  );
  t.same(table.whom('a'), ['b']);
  t.end();
});
