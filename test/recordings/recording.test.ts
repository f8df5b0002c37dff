/**
 * Goal: a recording is as long as it lasted, and ends when it should. Method: a moved clock and a file in memory.
 */
import t from 'tap';
import { Recording, type SoundFile } from '#recordings/recording.js';
import { FakeClock } from '../support/fake-clock.js';

class MemoryFile implements SoundFile {
  readonly pieces: Buffer[] = [];
  problem: string | undefined;
  finished = 0;

  get bytes(): number {
    return this.pieces.reduce((bytes, piece) => bytes + piece.length, 0);
  }

  append(sound: Buffer): void {
    this.pieces.push(sound);
  }

  finish(): Promise<void> {
    this.finished++;
    return Promise.resolve();
  }
}

function begin(options: { maxSec?: number; silenceSec?: number } = {}) {
  const clock = new FakeClock();
  const file = new MemoryFile();
  const ended: number[] = [];
  const startMs = clock.now();
  const recording = new Recording({
    id: 'one',
    file,
    clock,
    maxSec: 100,
    ...options,
    onEnd: () => ended.push(clock.now() - startMs),
  });
  return { clock, file, recording, ended };
}

/** Both channels of a moment. */
const sampleAt = (file: MemoryFile, ms: number): [number, number] => {
  const all = Buffer.concat(file.pieces);
  return [all.readInt16LE(ms * 32), all.readInt16LE(ms * 32 + 2)];
};

t.test('it is as long as it lasted, and each party has a channel', async (t) => {
  const { clock, file, recording } = begin();
  recording.caller.place(1, 0, new Int16Array(160).fill(100), clock.now());
  clock.advance(1000);
  recording.callee.place(2, 0, new Int16Array(160).fill(-200), clock.now());
  clock.advance(1234);
  await recording.finish();
  t.equal(recording.seconds, 2.234);
  t.same(sampleAt(file, 10), [100, 0]);
  t.same(sampleAt(file, 1010), [0, -200]);
  await recording.finish();
  t.equal(file.finished, 1, 'finishing twice is finishing once');
  t.same(clock.pending(), [], 'no timer is left');
});

t.test('it ends by itself after its time, to the sample', async (t) => {
  const { clock, recording, ended } = begin({ maxSec: 2 });
  clock.advance(10_000);
  t.same(ended, [2500], 'the first half second after which all of it had come');
  await recording.finish();
  t.equal(recording.seconds, 2);
});

t.test('it ends when neither was heard for so long; one voice is enough to go on', (t) => {
  const { clock, recording, ended } = begin({ silenceSec: 3 });
  const speak = (value: number): void => recording.callee.place(clock.now(), 0, new Int16Array(160).fill(value), clock.now());
  for (let second = 0; second < 5; second++) {
    speak(1000);
    clock.advance(1000);
  }
  t.same(ended, []);
  for (let second = 0; second < 5 && ended.length === 0; second++) {
    speak(20);
    clock.advance(1000);
  }
  t.equal(ended.length, 1, 'what is softer than -54 dB is silence');
  t.end();
});

t.test('a disk that gives up ends it', (t) => {
  const { clock, file, ended } = begin();
  clock.advance(1000);
  file.problem = 'ENOSPC';
  clock.advance(5000);
  t.equal(ended.length, 1);
  t.end();
});
