/**
 * load-watch: an application that was late once is believed again as soon as it has caught up, and one that stays late is not. Moved clock.
 */
import t from 'tap';
import { Admission } from '#engine/admission.js';
import { LoadWatch } from '#engine/load-watch.js';
import { createLogger, type Logger } from '#kit/log.js';
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
  t.equal(asked.length, 2, 'asked at every sample');
  t.notOk(admission.isShut(false));
  waits(750);
  t.ok(admission.isShut(false), 'the oldest question is nine tenths of a second old');
  answers();
  t.ok(admission.isShut(false), 'late, and the next one too');
  while (asked.length > 0) answers();
  t.notOk(admission.isShut(false), 'the last one was asked a moment ago');
  watch.stop();
  t.same(clock.pending(), []);
  t.end();
});

t.test('who answers late each time stays late, and nobody is heard after the end', (t) => {
  const { admission, watch, asked, waits, answers } = house();
  waits(650);
  for (let sample = 0; sample < 20; sample += 1) {
    answers();
    t.ok(admission.isShut(false));
    waits(100);
  }
  watch.stop();
  while (asked.length > 0) answers();
  t.ok(admission.isShut(false));
  waits(1000);
  t.equal(asked.length, 0);
  t.end();
});

t.test('who has not answered for long is late by all that time, and not when he answers again', (t) => {
  const { admission, watch, asked, waits } = house();
  waits(60_000);
  t.ok(admission.isShut(false));
  asked.at(-1)?.();
  t.notOk(admission.isShut(false));
  for (const old of asked) old();
  t.notOk(admission.isShut(false));
  watch.stop();
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
  answersApp(600);
  t.ok(admission.isShut(false), 'no answer for half a second');
  sockets.at(-1)?.();
  t.notOk(admission.isShut(false), 'a full buffer has lost the first ones, and has room again');
  for (const lost of sockets.splice(0)) lost();
  t.notOk(admission.isShut(false), 'an answer that comes after a younger one says nothing');
  answersApp(600);
  t.ok(admission.isShut(false));
  load.busyShare = 0.97;
  answersApp(100);
  t.notOk(admission.isShut(false), 'a loop that waits has read everything');
  for (const late of sockets.splice(0)) late();
  t.notOk(admission.isShut(false));
  watch.stop();
  t.end();
});

t.test('a start that takes long is no overload, and is not called one in the log', (t) => {
  const clock = new FakeClock();
  const admission = new Admission(400, () => 0.5);
  const said: unknown[] = [];
  const log = { warn: (...words: unknown[]) => void said.push(words.at(-1)) } as unknown as Logger;
  let served = false;
  const watch = new LoadWatch({ admission, clock, log, isServed: () => served });
  admission.wasLate('loop', 900);
  clock.advance(200);
  t.same(said, []);
  served = true;
  clock.advance(100);
  t.same(said, ['overloaded: new calls are refused']);
  admission.wasLate('loop', 5);
  clock.advance(100);
  t.same(said, ['overloaded: new calls are refused', 'no longer overloaded']);
  watch.stop();
  t.end();
});
