/** crowd: from when on listeners share a stream, and until when. */
import t from 'tap';
import { Crowd } from '#media/fan/crowd.js';

t.test('below the threshold everybody is alone; whoever makes it a crowd shares, and so do all after', async (t) => {
  const crowd = new Crowd(() => 3);
  t.same(
    [1, 2, 3, 4].map((one) => crowd.come(`l${one}`, 'jazz', 'jazz 0')),
    [false, false, true, true],
  );
  t.equal(crowd.come('other', 'blues', 'blues 0'), false, 'another class has a crowd of its own');
});

t.test('there is a crowd until half of it has gone', async (t) => {
  const crowd = new Crowd(() => 4);
  for (const one of [1, 2, 3, 4]) crowd.come(`l${one}`, 'jazz', 'jazz 0');
  crowd.go('l1');
  t.equal(crowd.come('l5', 'jazz', 'jazz 0'), true);
  for (const one of [2, 3]) crowd.go(`l${one}`);
  t.equal(crowd.come('l6', 'jazz', 'jazz 0'), true, 'three of four');
  for (const one of [4, 5]) crowd.go(`l${one}`);
  t.equal(crowd.come('l7', 'jazz', 'jazz 0'), false, 'two of four');
});

t.test('coming twice is coming once, and going twice is going once', async (t) => {
  const crowd = new Crowd(() => 2);
  t.equal(crowd.come('l1', 'jazz', 'jazz 0'), false);
  t.equal(crowd.come('l1', 'jazz', 'jazz 0'), false);
  crowd.come('l1', 'blues', 'blues 0');
  t.equal(crowd.size, 1, 'nobody is in two crowds');
  crowd.go('l1');
  crowd.go('l1');
  t.equal(crowd.size, 0);
});

t.test('each class has its own threshold, and 0 is never', async (t) => {
  const crowd = new Crowd((music) => (music === 'queue' ? 1 : 0));
  t.equal(crowd.come('l1', 'queue', 'queue 0'), true);
  t.same(
    [1, 2, 3].map((one) => crowd.come(`m${one}`, 'jazz', 'jazz 0')),
    [false, false, false],
  );
});
