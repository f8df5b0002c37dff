/** matroska: what is read from a file of ours is what was written into it. */
import t from 'tap';
import { samplesOf, writeMatroska } from '#media/matroska.js';

t.test('the samples of a file of ours come back as they were', (t) => {
  for (const length of [1, 160, 1599, 1600, 1601, 5000]) {
    const samples = Int16Array.from({ length }, (_, at) => ((at * 37) % 20_000) - 10_000);
    const back = samplesOf(writeMatroska(samples), 100_000);
    t.same(back.subarray(0, length), samples, `${length} samples`);
    t.ok(
      back.subarray(length).every((sample) => sample === 0),
      'then silence to the end of the packet',
    );
    t.equal(samplesOf(writeMatroska(samples), 100).length, Math.min(100, back.length), 'no more than asked for');
  }
  t.end();
});
