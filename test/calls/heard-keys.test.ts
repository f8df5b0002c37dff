/**
 * Goal: every key that a party presses is told once, whichever ways it came; keys of our own are not told. Method: reports with a moved clock.
 */
import t from 'tap';
import type { CallEvent } from '#core/events.js';
import type { CallId, LegRole } from '#core/leg.js';
import { HeardKeys } from '#calls/heard-keys.js';
import type { LiveCall } from '#calls/live-call.js';
import { talking } from '../support/call-fixture.js';
import { FakeClock } from '../support/fake-clock.js';

const callId = 'call-1' as CallId;

function newHeardKeys() {
  const clock = new FakeClock();
  const events: CallEvent[] = [];
  const story = talking();
  const keys = new HeardKeys({
    find: (id) => (id === callId ? ({ call: story.call } as unknown as LiveCall) : undefined),
    publish: (event) => void events.push(event),
    clock,
  });
  const rtp = (key: string, ms = 120, role: LegRole = 'caller') => keys.heard({ callId, role }, { key, by: 'rtp', ms });
  const info = (key: string, ms = 100, role: LegRole = 'caller') => keys.heard({ callId, role }, { key, by: 'info', ms });
  const told = (): string[] =>
    events.splice(0).flatMap((event) => (event.kind === 'call.key' ? [`${event.leg} ${event.key}`] : []));
  return { clock, story, keys, rtp, info, told };
}

t.test('one press that comes both ways is told once, whichever comes first', async (t) => {
  const { clock, rtp, info, told } = newHeardKeys();
  info('5');
  clock.advance(120);
  rtp('5');
  t.same(told(), ['caller 5'], 'INFO when it goes down, RTP when it comes up');
  clock.advance(500);
  rtp('6');
  clock.advance(90);
  info('6');
  t.same(told(), ['caller 6'], 'INFO after it');
  clock.advance(500);
  info('7', 100);
  clock.advance(1500);
  rtp('7', 1500);
  t.same(told(), ['caller 7'], 'held down for long');
});

t.test('the same key pressed twice is two keys', async (t) => {
  const { clock, rtp, info, told } = newHeardKeys();
  rtp('1', 80);
  clock.advance(150);
  rtp('1', 80);
  t.same(told(), ['caller 1', 'caller 1']);
  for (const key of ['2', '2']) {
    info(key, 80);
    rtp(key, 80);
    clock.advance(150);
  }
  t.same(told(), ['caller 2', 'caller 2'], 'each of them both ways');
  info('3', 80);
  clock.advance(400);
  rtp('3', 80);
  t.same(told(), ['caller 3', 'caller 3'], 'too far apart to be one');
});

t.test('keys of different parties have nothing to do with each other', async (t) => {
  const { rtp, info, told } = newHeardKeys();
  rtp('1', 80, 'caller');
  info('1', 80, 'callee');
  t.same(told(), ['caller 1', 'callee 1']);
});

t.test('a key that we press is reported by rtpengine, and nobody has pressed it; the next one is its own', async (t) => {
  const { clock, keys, rtp, told } = newHeardKeys();
  keys.ours(callId, 'caller', '9');
  rtp('9', 100);
  t.same(told(), []);
  clock.advance(300);
  rtp('9', 100);
  t.same(told(), ['caller 9']);
  keys.ours(callId, 'caller', '8');
  clock.advance(10_000);
  rtp('8', 100);
  t.same(told(), ['caller 8'], 'a report that never came is not waited for');
});

t.test("keys of calls that nobody knows, or that have ended, are nobody's news", async (t) => {
  const { keys, rtp, story, told } = newHeardKeys();
  keys.heard({ callId: 'other' as CallId, role: 'caller' }, { key: '1', by: 'rtp', ms: 80 });
  story.on({ kind: 'hangup.requested' });
  rtp('1');
  t.same(told(), []);
});
