/** crowd: from when on listeners share a stream, and until when. */
import t from 'tap';
import { Crowd } from '#media/fan/crowd.js';

const crowdFrom = (many: number, veryMany = 0): Crowd => new Crowd({ many: () => many, veryMany });

t.test('below the threshold everybody is alone; whoever makes it a crowd shares, and so do all after', async (t) => {
  const crowd = crowdFrom(3);
  t.same(
    [1, 2, 3, 4].map((one) => crowd.come(`l${one}`, 'jazz', 'jazz 0')),
    ['few', 'few', 'many', 'many'],
  );
  t.equal(crowd.come('other', 'blues', 'blues 0'), 'few', 'another class has a crowd of its own');
});

t.test('there is a crowd until half of it has gone', async (t) => {
  const crowd = crowdFrom(4);
  for (const one of [1, 2, 3, 4]) crowd.come(`l${one}`, 'jazz', 'jazz 0');
  crowd.go('l1');
  t.equal(crowd.come('l5', 'jazz', 'jazz 0'), 'many');
  for (const one of [2, 3]) crowd.go(`l${one}`);
  t.equal(crowd.come('l6', 'jazz', 'jazz 0'), 'many', 'three of four');
  for (const one of [4, 5]) crowd.go(`l${one}`);
  t.equal(crowd.come('l7', 'jazz', 'jazz 0'), 'few', 'two of four');
});

t.test('coming twice is coming once, and going twice is going once', async (t) => {
  const crowd = crowdFrom(2);
  t.equal(crowd.come('l1', 'jazz', 'jazz 0'), 'few');
  t.equal(crowd.come('l1', 'jazz', 'jazz 0'), 'few');
  crowd.come('l1', 'blues', 'blues 0');
  t.equal(crowd.size, 1, 'nobody is in two crowds');
  crowd.go('l1');
  crowd.go('l1');
  t.equal(crowd.size, 0);
});

t.test('each class has its own threshold, and 0 is never', async (t) => {
  const crowd = new Crowd({ many: (music) => (music === 'queue' ? 1 : 0), veryMany: 0 });
  t.equal(crowd.come('l1', 'queue', 'queue 0'), 'many');
  t.same(
    [1, 2, 3].map((one) => crowd.come(`m${one}`, 'jazz', 'jazz 0')),
    ['few', 'few', 'few'],
  );
});

t.test('many become very many, and are many again when half of those have gone', async (t) => {
  const crowd = crowdFrom(2, 4);
  t.same(
    [1, 2, 3, 4, 5].map((one) => crowd.come(`l${one}`, 'jazz', 'jazz 0')),
    ['few', 'many', 'many', 'very-many', 'very-many'],
  );
  for (const one of [1, 2]) crowd.go(`l${one}`);
  t.equal(crowd.come('l3', 'jazz', 'jazz 0'), 'very-many', 'three of four');
  crowd.go('l3');
  t.equal(crowd.come('l4', 'jazz', 'jazz 0'), 'many', 'two of four');
});

t.test('where nobody shares there are never many, however many come', async (t) => {
  const crowd = crowdFrom(0, 1);
  t.equal(crowd.come('l1', 'jazz', 'jazz 0'), 'few');
});
