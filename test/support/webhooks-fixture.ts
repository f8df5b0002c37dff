/**
 * webhooks-fixture: webhooks on a bus of their own, with a clock that the test moves and jitter without chance.
 */
import type { Test } from 'tap';
import { EventBus } from '#calls/event-bus.js';
import type { HoldfastEvent } from '#core/events.js';
import type { CallId } from '#core/leg.js';
import { Webhooks, type WebhooksDeps } from '#http/webhooks/webhooks.js';
import type { WebhooksConfig } from '#kit/config.js';
import { createLogger } from '#kit/log.js';
import { FakeClock } from './fake-clock.js';
import { NO_WEBHOOKS } from './http-fixture.js';
import { until } from './until.js';

export const SECRET = 'a secret of many letters';

export type HooksFixture = Readonly<{ webhooks: Webhooks; bus: EventBus; clock: FakeClock }>;

export function hooksFixture(
  t: Test,
  config: Partial<Omit<WebhooksConfig, 'limits'>> & { limits?: Partial<WebhooksConfig['limits']> },
  more: Partial<WebhooksDeps> = {},
): HooksFixture {
  const clock = new FakeClock();
  const log = createLogger('silent');
  const bus = new EventBus(clock, log);
  const whole = { ...NO_WEBHOOKS, ...config, limits: { ...NO_WEBHOOKS.limits, ...config.limits } };
  // Jitter 1: a wait is exactly first, 2 first, 4 first ...
  const webhooks = new Webhooks({ config: whole, bus, clock, log, random: () => 1, ...more });
  t.teardown(() => {
    const closed = webhooks.close();
    clock.advance(10_000);
    return closed;
  });
  return { webhooks, bus, clock };
}

export const ringing = (call: string): HoldfastEvent => ({
  kind: 'call.ringing',
  callId: call as CallId,
  parties: { caller: '101', callee: '102' },
  leg: 'callee',
});

export const answered = (call: string): HoldfastEvent => ({
  kind: 'call.answered',
  callId: call as CallId,
  parties: { caller: '101', callee: '102' },
});

export const registered = (aor: string): HoldfastEvent => ({
  kind: 'registration.changed',
  aor,
  change: 'registered',
  contact: `sip:${aor}@127.0.0.1`,
  expiresSec: 60,
});

/** Waits until the figures of the only webhook are so. */
export function figures(webhooks: Webhooks, wanted: Readonly<Record<string, number>>): Promise<void> {
  const now = (): Readonly<Record<string, number>> => webhooks.list()[0]?.figures ?? {};
  return until(`figures ${JSON.stringify(wanted)}`, () => Object.entries(wanted).every(([key, value]) => now()[key] === value));
}
