/**
 * Goal: what a listener hears, minute by minute, with a moved clock: playlists, going on, announcements, interjections, and that no timer
 * is left when somebody stops, leaves, or is not known any more. rtpengine is a list of what it was told.
 */
import t from 'tap';
import { MediaFailed, MediaGone } from '#kit/errors.js';
import { createLogger } from '#kit/log.js';
import { Listener } from '#media/listener.js';
import type { ClassMusic } from '#media/music-library.js';
import type { Piece } from '#media/piece.js';
import type { Playing } from '#media/sounds.js';
import { FakeClock } from '../support/fake-clock.js';

const piece = (name: string, seconds: number): Piece => ({ name, file: name, ms: seconds * 1000 });
const [a, b, solo, words, beep] = [
  piece('a', 30),
  piece('b', 20),
  piece('solo', 60),
  piece('words', 4),
  piece('beep', 1),
] as const;
const CLASSES: Readonly<Record<string, ClassMusic>> = {
  two: { playlist: { pieces: [a, b], order: 'in-order' }, announcement: undefined },
  one: { playlist: { pieces: [solo], order: 'in-order' }, announcement: undefined },
  talking: { playlist: { pieces: [solo], order: 'in-order' }, announcement: { prompt: { name: 'words' }, everySeconds: 10 } },
};

/** Lets everything happen that waits for nothing but its turn. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function newListener() {
  const clock = new FakeClock();
  const startMs = clock.now();
  const told: string[] = [];
  const refusals: Error[] = [];
  const promptRefusals: Error[] = [];
  const tell = async (line: string): Promise<void> => {
    await Promise.resolve();
    const refusal = refusals.shift();
    if (refusal !== undefined) throw refusal;
    told.push(`${(clock.now() - startMs) / 1000}: ${line}`);
  };
  const listener = new Listener({
    name: 'caller of c1',
    play: async ({ piece, fromMs, loops }: Playing) => {
      await tell(`${piece.name}${fromMs === 0 ? '' : ` from ${fromMs / 1000}`}${loops ? ' for ever' : ''}`);
      return fromMs;
    },
    silence: () => tell('silence'),
    turned: () => undefined,
    musicOf: (name) => CLASSES[name] as ClassMusic,
    ringback: piece('ringback', 5),
    prompt: async () => {
      await Promise.resolve();
      const refusal = promptRefusals.shift();
      if (refusal !== undefined) throw refusal;
      return words;
    },
    random: () => 0.5,
    clock,
    log: createLogger('silent'),
  });
  /** Second by second, because what a timer begins takes a turn of the loop. */
  const wait = async (seconds: number): Promise<void> => {
    await settle();
    for (let second = 0; second < seconds; second++) {
      clock.advance(1000);
      await settle();
    }
  };
  const heard = (): string[] => told.splice(0);
  return { listener, clock, wait, heard, refusals, promptRefusals };
}

const music = (name: string) => ({ kind: 'music', music: name }) as const;

t.test('a class of one piece is one command and no timer', async (t) => {
  const { listener, clock, wait, heard } = newListener();
  await listener.play(music('one'));
  await wait(300);
  t.same(heard(), ['0: solo for ever']);
  t.same(clock.pending(), []);
});

t.test('the pieces of a class follow each other at the second each one ends', async (t) => {
  const { listener, wait, heard } = newListener();
  await listener.play(music('two'));
  await wait(101);
  t.same(heard(), ['0: a', '30: b', '50: a', '80: b', '100: a']);
});

t.test('a second hold goes on where the music stopped, and then the round goes on', async (t) => {
  const { listener, clock, wait, heard } = newListener();
  await listener.play(music('two'));
  await wait(42);
  await listener.stop();
  t.same(clock.pending(), []);
  await wait(500);
  await listener.play(music('two'));
  await wait(10);
  t.same(heard(), ['0: a', '30: b', '42: silence', '542: b from 12', '550: a']);
  await listener.play(music('one'));
  await wait(130);
  await listener.play(music('two'));
  await wait(0);
  await listener.play(music('one'));
  t.same(
    heard(),
    ['552: solo for ever', '682: a from 2', '682: solo from 10 for ever'],
    'each class has its own place, a loop too',
  );
});

t.test('ringing that is over begins anew, and takes no place from the music', async (t) => {
  const { listener, wait, heard } = newListener();
  await listener.play(music('two'));
  await wait(5);
  await listener.play({ kind: 'ringback' });
  await wait(3);
  await listener.play(music('two'));
  t.same(heard(), ['0: a', '5: ringback for ever', '8: a from 5']);
});

t.test('announcements come every so many seconds of music, and the music goes on where it was', async (t) => {
  const { listener, wait, heard } = newListener();
  await listener.play({ ...music('two'), announcement: { prompt: { text: 'hello' }, everySeconds: 24 } });
  await wait(60);
  t.same(heard(), ['0: a', '24: words', '28: a from 24', '34: b', '52: words', '56: b from 18', '58: a']);
  await listener.stop();
  await wait(100);
  t.same(heard(), ['60: silence']);
});

t.test('a class may have an announcement of its own; that of the hold is in its place', async (t) => {
  const { listener, wait, heard } = newListener();
  await listener.play(music('talking'));
  await wait(12);
  t.same(heard(), ['0: solo for ever', '10: words']);
  await listener.play({ ...music('talking'), announcement: { prompt: { text: 'rarely' }, everySeconds: 100 } });
  await wait(90);
  t.same(heard(), ['12: solo from 10 for ever']);
});

t.test('words that cannot be spoken are left out, and tried again when the next are due', async (t) => {
  const { listener, wait, heard, promptRefusals } = newListener();
  promptRefusals.push(new MediaFailed('made early'), new MediaFailed('no voice today'));
  await listener.play(music('talking'));
  await wait(21);
  t.same(heard(), ['0: solo for ever', '20: words']);
});

t.test('an interjection is heard once, over music, ringing or nothing; what was there goes on', async (t) => {
  const { listener, clock, wait, heard } = newListener();
  await listener.interject(beep);
  await wait(3);
  t.same(heard(), ['0: beep']);
  t.same(clock.pending(), []);
  await listener.play({ kind: 'ringback' });
  await listener.interject(beep);
  await wait(2);
  t.same(heard(), ['3: ringback for ever', '3: beep', '4: ringback for ever']);
  await listener.play(music('two'));
  await wait(7);
  await listener.interject(beep);
  await wait(30);
  t.same(heard(), ['5: a', '12: beep', '13: a from 7', '36: b']);
});

t.test('an interjection does not put off the next announcement', async (t) => {
  const { listener, wait, heard } = newListener();
  await listener.play(music('talking'));
  for (let time = 0; time < 2; time++) {
    await wait(3);
    await listener.interject(beep);
  }
  await wait(4);
  t.same(heard().slice(-2), ['7: solo from 5 for ever', '10: words']);
});

t.test('an interjection that is refused says so, and the music goes on', async (t) => {
  const { listener, wait, heard, refusals } = newListener();
  await listener.play(music('two'));
  await wait(6);
  refusals.push(new MediaFailed('no'));
  await t.rejects(listener.interject(beep), { code: 'media_failed' });
  t.same(heard(), ['0: a', '6: a from 6']);
});

t.test('who stops while something begins hears nothing of what would have come', async (t) => {
  const { listener, clock, wait, heard } = newListener();
  const [playing, stopping] = [listener.play(music('two')), listener.stop()];
  await Promise.all([playing, stopping]);
  await wait(100);
  t.same(heard(), ['0: silence'], 'what was not begun yet is not begun');
  t.same(clock.pending(), []);
  const beginning = listener.play(music('two'));
  await Promise.resolve();
  await Promise.resolve();
  await Promise.all([beginning, listener.stop()]);
  await wait(100);
  t.equal(heard().at(-1), '100: silence', 'the last word is the last command');
  t.same(clock.pending(), []);
});

t.test('the last of many wishes is what is played', async (t) => {
  const { listener, wait, heard } = newListener();
  await Promise.all([listener.play(music('one')), listener.play({ kind: 'ringback' }), listener.play(music('two'))]);
  await wait(1);
  t.same(heard(), ['0: a']);
});

t.test(
  'an interjection takes nothing back: the music asked for before it plays on after it, and who stops does not hear it',
  async (t) => {
    const { listener, clock, wait, heard } = newListener();
    await Promise.all([listener.play(music('one')), listener.interject(beep)]);
    await wait(2);
    t.same(heard(), ['0: solo for ever', '0: beep', '1: solo for ever']);
    await Promise.all([listener.interject(beep), listener.stop()]);
    await wait(5);
    t.same(heard(), ['2: silence']);
    t.same(clock.pending(), []);
  },
);

t.test('no timer outlives the call', async (t) => {
  const { listener, clock, wait, heard } = newListener();
  await listener.play({ ...music('two'), announcement: { prompt: { text: 'x' }, everySeconds: 5 } });
  t.same(clock.pending(), ['announcement of caller of c1', 'piece of caller of c1']);
  t.equal(listener.waits, true);
  listener.end();
  listener.end();
  t.same(clock.pending(), []);
  t.equal(listener.waits, false);
  heard();
  const late = listener.play(music('two'));
  listener.end();
  await late;
  await wait(60);
  t.same(heard(), []);
  t.same(clock.pending(), []);
});

t.test('a call that rtpengine does not know any more is let go; an rtpengine that is slow is asked again', async (t) => {
  const { listener, clock, wait, heard, refusals } = newListener();
  await listener.play(music('two'));
  refusals.push(new MediaFailed('slow'));
  await wait(33);
  t.same(heard(), ['0: a', '32: b'], 'two seconds later');
  refusals.push(new MediaGone('c1'));
  await wait(60);
  t.same(heard(), []);
  t.same(clock.pending(), []);
});

t.test('what a program plays is over everything else: what is asked for meanwhile is heard when it has ended', async (t) => {
  const { listener, clock, wait, heard } = newListener();
  await listener.play(music('one'));
  await wait(10);
  await listener.front({ piece: words, fromMs: 0, loops: 2 });
  await wait(3);
  await listener.interject(beep);
  await listener.play(music('two'));
  await wait(5);
  await listener.endFront();
  await wait(1);
  t.same(heard(), ['0: solo for ever', '10: words for ever', '18: a']);
  await listener.front({ piece: words, fromMs: 0, loops: 1 });
  await listener.stop();
  t.same(heard(), ['19: words for ever'], 'it is not stopped by whoever stops the music');
  await listener.endFront();
  t.same(heard(), ['19: silence']);
  t.same(clock.pending(), [], 'and no timer is left');
});

t.test(
  'a second one takes the place of the first, whose end then means nothing; one that cannot be played lets the music go on',
  async (t) => {
    const { listener, wait, heard, refusals } = newListener();
    await listener.play(music('one'));
    await Promise.all([
      listener.front({ piece: words, fromMs: 0, loops: 1 }),
      listener.front({ piece: beep, fromMs: 0, loops: 1 }),
    ]);
    t.same(heard(), ['0: solo for ever', '0: beep for ever'], 'the first was over before it began');
    await listener.endFront();
    await listener.endFront();
    t.same(heard(), ['0: solo for ever'], 'ending twice is ending once');
    await wait(5);
    refusals.push(new MediaFailed('no'));
    await t.rejects(listener.front({ piece: words, fromMs: 0, loops: 1 }), MediaFailed);
    t.same(heard(), ['5: solo from 5 for ever']);
  },
);
