/** one-post: what is said in one turn goes in one message, in its order. */
import t from 'tap';
import { OnePost } from '#kit/one-post.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('the words of one turn are one message, those of the next another', async (t) => {
  const posted: (readonly string[])[] = [];
  const post = new OnePost<string>((words) => posted.push(words));
  post.say('a');
  await Promise.resolve();
  post.say('b');
  t.same(posted, [], 'nothing leaves before the turn is over');
  await turn();
  t.same(posted, [['a', 'b']]);
  await turn();
  t.same(posted, [['a', 'b']], 'nothing to say, nothing posted');
  post.say('c');
  await turn();
  t.same(posted, [['a', 'b'], ['c']]);
});

t.test('what is said while it is posted goes with the next message', async (t) => {
  const posted: (readonly string[])[] = [];
  const post: OnePost<string> = new OnePost((words) => {
    posted.push(words);
    if (words.includes('a')) post.say('b');
  });
  post.say('a');
  await turn();
  await turn();
  t.same(posted, [['a'], ['b']]);
});
