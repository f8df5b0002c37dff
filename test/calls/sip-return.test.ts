/**
 * Goal: when the SIP engine is back, the calls in which something was under way hear of it, and no others.
 */
import t from 'tap';
import type { LiveCall } from '#calls/live-call.js';
import { SipReturn } from '#calls/sip-return.js';
import type { Input } from '#core/inputs.js';
import type { CallId } from '#core/leg.js';
import { ringing, talking, type CallStory } from '../support/call-fixture.js';
import { FakeClock } from '../support/fake-clock.js';

const held = (): CallStory => {
  const story = talking();
  story.hold('controller');
  return story;
};

const settled = (): CallStory => {
  const story = held();
  story.answers('caller', 'recvonly');
  story.answers('callee', 'recvonly');
  return story;
};

t.test('only calls in which something was under way plan anew, whoever waits in silence first', async (t) => {
  const stories = { talks: talking(), rings: ringing(), 'is being held': held(), 'is held': settled() };
  const lives = new Map(Object.entries(stories).map(([id, { call }]) => [id, { call: { ...call, id } } as unknown as LiveCall]));
  const told: [string, Input][] = [];
  const calls = { live: (id: CallId) => lives.get(id), ids: () => [...lives.keys(), 'has ended'] as CallId[] };
  new SipReturn({ calls, clock: new FakeClock(), dispatch: (id, input) => void told.push([id, input]) }).back();
  const restored = { kind: 'call.restored', media: 'kept' };
  t.same(told, [
    ['is being held', restored],
    ['rings', restored],
  ]);
});
