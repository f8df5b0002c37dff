/** event-bus: everybody hears every event once, in its order, whoever brings about what while it is told. */
import t from 'tap';
import { EventBus } from '#calls/event-bus.js';
import type { HoldfastEvent } from '#core/events.js';
import type { CallId } from '#core/leg.js';
import { createLogger } from '#kit/log.js';
import { FakeClock } from '../support/fake-clock.js';

const ringing = (name: string): HoldfastEvent => ({
  kind: 'call.ringing',
  callId: name as CallId,
  parties: { caller: '101', callee: '102' },
  leg: 'callee',
});

t.test('what a listener publishes is heard after what made it publish, by those before and behind it', async (t) => {
  const bus = new EventBus(new FakeClock(), createLogger('silent'));
  const heard: Record<'before' | 'behind', string[]> = { before: [], behind: [] };
  const hears = (who: 'before' | 'behind') =>
    bus.subscribe(({ seq, event }) => heard[who].push(`${seq} ${'callId' in event ? event.callId : ''}`));
  hears('before');
  const brings: Readonly<Record<string, readonly string[]>> = { first: ['second', 'third'], second: ['fourth'] };
  bus.subscribe(({ event }) => {
    for (const name of 'callId' in event ? (brings[event.callId] ?? []) : []) bus.publish(ringing(name));
    if ('callId' in event && event.callId === 'second') throw new Error('a listener of no use');
  });
  hears('behind');
  bus.publish(ringing('first'));
  t.same(heard.before, ['1 first', '2 second', '3 third', '4 fourth']);
  t.same(heard.behind, heard.before);
  bus.publish(ringing('fifth'));
  t.equal(heard.behind.at(-1), '5 fifth');
  t.same(
    bus.after(0).map(({ seq }) => seq),
    [1, 2, 3, 4, 5],
  );
});
