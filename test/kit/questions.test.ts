/** questions: each ends once, whoever is late. Method: moved time; the test is the thread that answers. */
import t from 'tap';
import { Questions } from '#kit/questions.js';
import { FakeClock } from '../support/fake-clock.js';

const ANSWER_MS = 3000;

function stage(limit = 10) {
  const clock = new FakeClock();
  const sent: number[] = [];
  const questions = new Questions<string>({
    clock,
    answerMs: ANSWER_MS,
    limit,
    full: () => new Error('full'),
    late: () => new Error('late'),
  });
  const ask = (name = 'what'): Promise<string> => questions.ask(name, (id) => sent.push(id));
  return { clock, sent, questions, ask };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('each question has its own answer, or its own refusal', async (t) => {
  const { clock, sent, questions, ask } = stage();
  const [one, two, three] = [ask('one'), ask('two'), ask('three')];
  t.same(clock.pending(), ['one', 'two', 'three']);
  questions.answer(sent[1] ?? 0, 'two');
  questions.refuse(sent[2] ?? 0, new Error('no'));
  questions.answer(sent[0] ?? 0, 'one');
  await t.rejects(three, { message: 'no' });
  t.same(await Promise.all([one, two]), ['one', 'two']);
  t.same(clock.pending(), []);
});

t.test('one that is not answered is late, and an answer after that is nobody’s', async (t) => {
  const { clock, sent, questions, ask } = stage();
  const late = t.rejects(ask(), { message: 'late' });
  clock.advance(ANSWER_MS);
  await late;
  questions.answer(sent[0] ?? 0, 'too late');
  t.same(clock.pending(), []);
});

t.test('an answer that lies here already counts, however long we stood still', async (t) => {
  const { clock, sent, questions, ask } = stage();
  const answered = ask();
  // After a long standstill the event loop fires its timers first, and reads what has come after that.
  clock.advance(ANSWER_MS);
  questions.answer(sent[0] ?? 0, 'in time');
  t.equal(await answered, 'in time');
  await turn();
});

t.test('no more wait than may', async (t) => {
  const { questions, sent, ask } = stage(2);
  const first = ask();
  const second = ask();
  await t.rejects(ask(), { message: 'full' });
  t.equal(sent.length, 2, 'it was not even asked');
  questions.answer(sent[0] ?? 0, 'one');
  const third = ask();
  questions.refuseAll(() => new Error('gone'));
  t.equal(await first, 'one');
  await t.rejects(second, { message: 'gone' });
  await t.rejects(third, { message: 'gone' });
});
