import t from 'tap';
import { Playbacks } from '#media/playbacks.js';
import { FakeClock } from '../support/fake-clock.js';

const UNKNOWN = {}; // what 10.5 tells of packets sent: nothing

/** A reply to `query` of a version that counts what it sends. */
const counting = (caller: number, callee: number) => {
  const party = (packets: number) => ({
    medias: [
      {
        streams: [
          { flags: ['RTP', 'filled'], stats_out: { packets } },
          { flags: ['RTCP'], stats_out: { packets: 7 } },
        ],
      },
    ],
  });
  return { tags: { caller: party(caller), callee: party(callee) } };
};

t.test('the count goes on from piece to piece, and a piece that has ended is not counted beyond its end', (t) => {
  const clock = new FakeClock();
  const playbacks = new Playbacks(clock);
  const count = (): number => playbacks.packets('c1', UNKNOWN).caller;
  playbacks.asked('c1', 'caller', undefined);
  clock.advance(500);
  t.equal(count(), 0, 'asked for, and nothing has begun');
  playbacks.turned('c1', 'caller', 1000);
  clock.advance(1013);
  t.equal(count(), 50, 'the next piece is late');
  playbacks.turned('c1', 'caller', 400);
  clock.advance(103);
  t.equal(count(), 50 + 6);
  playbacks.turned('c1', 'caller', undefined);
  clock.advance(10_003);
  t.equal(count(), 50 + 6 + 501);
  playbacks.stopped('c1', 'caller');
  playbacks.turned('c1', 'caller', 1000);
  t.equal(count(), 0, 'who was stopped is not played to');
  t.end();
});

t.test('one packet leaves every 20 ms, and none is counted before it has left', async (t) => {
  const clock = new FakeClock();
  const playbacks = new Playbacks(clock);
  t.same(playbacks.packets('c1', UNKNOWN), { caller: 0, callee: 0 });
  playbacks.started('c1', 'callee', undefined);
  const at = (ms: number): number => {
    clock.advance(ms);
    return playbacks.packets('c1', UNKNOWN).callee;
  };
  t.equal(at(2), 0);
  t.equal(at(1), 1);
  t.equal(at(19), 1);
  t.equal(at(1), 2);
  t.equal(at(977), 50);
  t.equal(playbacks.packets('c1', UNKNOWN).caller, 0);
});

t.test('playing again counts from nought, stopping ends the count, and a call that has ended is forgotten', async (t) => {
  const clock = new FakeClock();
  const playbacks = new Playbacks(clock);
  playbacks.started('c1', 'caller', undefined);
  clock.advance(1000);
  playbacks.started('c1', 'caller', undefined);
  t.equal(playbacks.packets('c1', UNKNOWN).caller, 0);
  t.ok(playbacks.plays('c1'));
  playbacks.stopped('c1', 'caller');
  t.notOk(playbacks.plays('c1'));
  clock.advance(1000);
  t.equal(playbacks.packets('c1', UNKNOWN).caller, 0);
  playbacks.ended('c1');
  playbacks.stopped('c1', 'caller');
  t.equal(playbacks.size, 0);
});

t.test('an rtpengine that counts what it sends is believed, less what it had sent before', async (t) => {
  const clock = new FakeClock();
  const playbacks = new Playbacks(clock);
  playbacks.started('c1', 'caller', 500);
  playbacks.started('c1', 'callee', undefined);
  clock.advance(1003);
  t.same(playbacks.packets('c1', counting(549, 9000)), { caller: 49, callee: 51 });
  t.same(playbacks.packets('c1', counting(3, 9000)), { caller: 0, callee: 51 }, 'never fewer than none');
});

t.test('calls that nobody ends do not fill the memory', async (t) => {
  const playbacks = new Playbacks(new FakeClock());
  for (let index = 0; index <= 100_000; index++) playbacks.started(`c${index}`, 'caller', undefined);
  t.equal(playbacks.size, 100_000);
  t.notOk(playbacks.plays('c0'));
  t.ok(playbacks.plays('c100000'));
  playbacks.clear();
  t.equal(playbacks.size, 0);
});
