/**
 * load-watch: an application that was late once is believed again as soon as it has caught up, and one that stays late is not. Moved clock.
 */
import t from 'tap';
import { Admission } from '#engine/admission.js';
import { LoadWatch } from '#engine/load-watch.js';
import { createLogger } from '#kit/log.js';
import { FakeClock } from '../support/fake-clock.js';

function house() {
  const clock = new FakeClock();
  const admission = new Admission(400, () => 0.5);
  const asked: (() => void)[] = [];
  const watch = new LoadWatch(admission, clock, createLogger('silent'), (answer) => void asked.push(answer));
  return { clock, admission, watch, asked, answers: () => asked.shift()?.() };
}

t.test('one long pause refuses new work while it lasts, and not a moment longer', (t) => {
  const { clock, admission, watch, asked, answers } = house();
  clock.advance(250);
  t.equal(asked.length, 1);
  clock.advance(750);
  t.ok(admission.overloaded, 'three samples without an answer');
  t.equal(asked.length, 1, 'it is not asked again before it has answered');
  answers();
  t.ok(admission.overloaded, 'late');
  t.equal(asked.length, 1, 'and asked again at once');
  answers();
  t.notOk(admission.overloaded);
  t.equal(asked.length, 0, 'then at the next sample');
  watch.stop();
  t.same(clock.pending(), []);
  t.end();
});

t.test('who answers late each time stays late, and nobody is asked after the end', (t) => {
  const { clock, admission, watch, asked, answers } = house();
  clock.advance(250);
  for (let round = 0; round < 3; round += 1) {
    clock.advance(500);
    answers();
    t.ok(admission.overloaded);
    t.equal(asked.length, 1);
  }
  clock.advance(500);
  watch.stop();
  answers();
  t.equal(asked.length, 0);
  t.end();
});
