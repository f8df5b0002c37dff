import t from 'tap';
import { Admission } from '#engine/admission.js';
import { TICK_MS, TimerWheel } from '#engine/timer-wheel.js';
import { FakeClock } from '../support/fake-clock.js';

t.test('a wait is never shorter than asked and at most one tick longer', (t) => {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock);
  const start = clock.now();
  const fired: [number, number][] = [];
  for (const ms of [0, 1, 19, 20, 21, 500, 32_000, 81_920, 180_000, 900_000])
    wheel.start({ due: () => fired.push([ms, clock.now() - start]) }, 'x', ms);
  clock.advance(1_000_000);
  t.equal(fired.length, 10);
  for (const [asked, waited] of fired) t.ok(waited >= asked && waited <= asked + TICK_MS, `${asked} asked, ${waited} waited`);
  t.same(clock.pending(), [], 'an empty wheel does not turn');
  t.end();
});

t.test('a wait begins when it is started, also after the wheel stood still', (t) => {
  const clock = new FakeClock();
  const late: number[] = [];
  const wheel = new TimerWheel(clock, (ms) => late.push(ms));
  wheel.start({ due: () => undefined }, 'x', 10);
  clock.advance(100);
  clock.advance(3_600_000);
  const start = clock.now();
  let waited = -1;
  wheel.start({ due: () => (waited = clock.now() - start) }, 'x', 500);
  clock.advance(600);
  t.ok(waited >= 500 && waited <= 500 + TICK_MS, `${waited}`);
  t.ok(
    late.every((ms) => ms < TICK_MS),
    'standing still is not being late',
  );
  t.end();
});

t.test('a fault of one wait is told, and the others are over in their time', (t) => {
  const clock = new FakeClock();
  const faults: unknown[] = [];
  const wheel = new TimerWheel(clock, undefined, (error) => faults.push(error));
  const fault = new Error('of the first');
  const over: string[] = [];
  wheel.start(
    {
      due: () => {
        throw fault;
      },
    },
    'x',
    100,
  );
  wheel.start({ due: () => over.push('same slot') }, 'x', 100);
  wheel.start({ due: () => over.push('later') }, 'x', 500);
  clock.advance(1000);
  t.same([faults, over], [[fault], ['same slot', 'later']]);
  t.end();
});

t.test('what is cancelled or stopped does not fire', (t) => {
  const clock = new FakeClock();
  const wheel = new TimerWheel(clock);
  const fired: string[] = [];
  const target = { due: (name: string) => fired.push(name) };
  const timer = wheel.start(target, 'cancelled', 100);
  wheel.start(target, 'kept', 100);
  timer.cancel();
  timer.cancel();
  clock.advance(200);
  t.same(fired, ['kept']);
  wheel.start(target, 'stopped', 100);
  wheel.stop();
  clock.advance(200);
  t.same(fired, ['kept']);
  t.end();
});

t.test('a loop that is late refuses new work until it has caught up', (t) => {
  const admission = new Admission(400, () => 0.5);
  t.equal(admission.refuseForSec(false, 0), undefined);
  admission.wasLate('loop', 401);
  t.equal(admission.refuseForSec(false, 0), 10);
  admission.wasLate('loop', 3);
  t.equal(admission.refuseForSec(false, 0), undefined);
  admission.wasLate('app', 500);
  t.equal(admission.refuseForSec(false, 0), 10, 'an application that reads late is no better');
  admission.wasLate('app', 1);
  t.equal(admission.refuseForSec(false, 0), undefined);
  admission.wasLate('work', 401);
  t.equal(admission.refuseForSec(true, 0), 10, 'calls are what it waits for');
  t.equal(admission.refuseForSec(false, 0), undefined, 'a phone that registers asks rtpengine for nothing');
  admission.wasLate('work', 1);
  admission.wasLate('sockets', 401);
  t.equal(admission.refuseForSec(false, 0), 10, 'nor is what stands in the buffers of the sockets');
  admission.wasLate('sockets', 0);
  t.equal(admission.refuseForSec(false, 0), undefined);
  t.end();
});
