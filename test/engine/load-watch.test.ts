/**
 * load-watch: an application that was late once is believed again as soon as it has caught up, and one that stays late is not. Moved clock.
 */
import t from 'tap';
import { Admission } from '#engine/admission.js';
import { LoadWatch } from '#engine/load-watch.js';
import { createLogger } from '#kit/log.js';
import { FakeClock } from '../support/fake-clock.js';

function house(busyShare = 0) {
  const clock = new FakeClock();
  const admission = new Admission(400, () => 0.5);
  const [asked, sockets]: [(() => void)[], (() => void)[]] = [[], []];
  const ask =
    (whom: (() => void)[]) =>
    (answer: () => void): void =>
      void whom.push(answer);
  const load = { busyShare };
  const facts = { admission, clock, log: createLogger('silent'), askApp: ask(asked), askSockets: ask(sockets) };
  const watch = new LoadWatch({ ...facts, busyShare: () => load.busyShare });
  const waits = (ms: number): void => clock.advance(ms);
  return { clock, admission, watch, asked, sockets, load, waits, answers: () => asked.shift()?.() };
}

t.test('one long pause refuses new work while it lasts, and not a moment longer', (t) => {
  const { clock, admission, watch, asked, waits, answers } = house();
  waits(250);
  t.equal(asked.length, 1);
  waits(750);
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
  const { admission, watch, asked, waits, answers } = house();
  waits(250);
  for (let round = 0; round < 3; round += 1) {
    waits(500);
    answers();
    t.ok(admission.overloaded);
    t.equal(asked.length, 1);
  }
  waits(500);
  watch.stop();
  answers();
  t.equal(asked.length, 0);
  t.end();
});

t.test('what stands in the buffers of the sockets is measured while the loop never waits, and is nothing when it does', (t) => {
  const { admission, watch, sockets, load, waits, answers } = house(1);
  const answersApp = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 100) {
      waits(100);
      answers();
    }
  };
  answersApp(100);
  t.equal(sockets.length, 1);
  answersApp(500);
  t.equal(sockets.length, 1, 'asked once');
  t.ok(admission.overloaded, 'no answer for half a second');
  sockets.shift()?.();
  t.ok(admission.overloaded, 'late');
  sockets.shift()?.();
  t.notOk(admission.overloaded, 'asked again at once, and answered');
  answersApp(1300);
  t.equal(sockets.length, 2, 'a question that a full buffer has lost is asked again');
  t.ok(admission.overloaded);
  load.busyShare = 0.97;
  answersApp(100);
  t.notOk(admission.overloaded, 'a loop that waits has read everything');
  for (const late of sockets.splice(0)) late();
  t.equal(sockets.length, 0, 'what was asked before says nothing any more');
  watch.stop();
  t.end();
});
