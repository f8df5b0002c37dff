/** metrics: what Prometheus reads after calls, holds and refusals. */
import t from 'tap';
import type { CallId } from '#core/leg.js';
import type { EndCause, HoldReason, HoldView } from '#core/events.js';
import { Counter, Histogram, metricsText } from '#http/metrics.js';
import { BOTH_HELD, callView, FakeCalls, holdProof, NO_HOLD } from '../support/fake-calls.js';
import { appFixture, BEARER } from '../support/http-fixture.js';

const parties = { caller: '101', callee: '102' };
const heldBy = (...reasons: HoldReason[]): HoldView => ({ ...BOTH_HELD, reasons });

/** One sample of the text, by name and labels as they are written. */
const sample = (text: string, name: string): number | undefined => {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
};

t.test('gauges show what is, now', async (t) => {
  const { app, health, reinvites } = await appFixture(t, new FakeCalls(callView()));
  const read = async () => (await app.inject({ url: '/metrics', headers: BEARER })).body;
  const before = await read();
  t.equal(sample(before, 'holdfast_calls'), 1);
  t.equal(sample(before, 'holdfast_registrations'), 1);
  t.equal(sample(before, 'holdfast_rtpengine_up'), 1);
  t.ok((sample(before, 'process_resident_memory_bytes') ?? 0) > 1_000_000);
  t.not(sample(before, 'holdfast_event_loop_delay_seconds{stat="p99"}'), undefined);
  health.now = { ...health.now, rtpengine: 'down' };
  reinvites.set(200, 4).set(488, 1);
  const after = await read();
  t.equal(sample(after, 'holdfast_rtpengine_up'), 0);
  t.equal(sample(after, 'holdfast_reinvites_total{status="200"}'), 4);
  t.equal(sample(after, 'holdfast_reinvites_total{status="488"}'), 1);
});

t.test('calls are counted when they end, by how', async (t) => {
  const { app, bus } = await appFixture(t);
  const end = (cause: EndCause, answered: boolean) =>
    bus.publish({ kind: 'call.ended', callId: 'c' as CallId, parties, cause, answered });
  end('caller-hung-up', true);
  end('controller-hung-up', true);
  end('caller-lost', true);
  end('refused', false);
  end('controller-hung-up', false);
  const { body } = await app.inject({ url: '/metrics', headers: BEARER });
  const counted = (outcome: string) => sample(body, `holdfast_calls_total{outcome="${outcome}"}`);
  t.equal(counted('completed'), 2);
  t.equal(counted('caller-lost'), 1);
  t.equal(counted('refused'), 1);
  t.equal(counted('controller-hung-up'), 1, 'before the answer nothing was completed');
});

t.test('a hold is counted once for each holder, whoever asked, and again after a resume', async (t) => {
  const { app, bus } = await appFixture(t);
  const change = (hold: HoldView) => bus.publish({ kind: 'hold.changed', callId: 'c' as CallId, parties, holders: [], hold });
  change(heldBy('controller'));
  change(heldBy('controller', 'callee-phone'));
  change(heldBy('controller'));
  change(NO_HOLD);
  change(heldBy('controller'));
  bus.publish({
    kind: 'hold.failed',
    callId: 'c' as CallId,
    parties,
    leg: 'callee',
    status: 488,
    reason: 'No',
    hold: heldBy('controller'),
  });
  const { body } = await app.inject({ url: '/metrics', headers: BEARER });
  t.equal(sample(body, 'holdfast_holds_total{by="controller"}'), 2);
  t.equal(sample(body, 'holdfast_holds_total{by="callee-phone"}'), 1);
  t.equal(sample(body, 'holdfast_hold_refusals_total{status="488"}'), 1);
});

t.test('a hold of the life before is not counted again', async (t) => {
  const { app, bus } = await appFixture(t);
  const about = { callId: 'c' as CallId, parties, holders: [] };
  bus.publish({ kind: 'call.restored', ...about, hold: heldBy('controller') });
  bus.publish({ kind: 'hold.changed', ...about, hold: heldBy('controller', 'callee-phone') });
  const { body } = await app.inject({ url: '/metrics', headers: BEARER });
  t.notMatch(body, 'holdfast_holds_total{by="controller"}');
  t.equal(sample(body, 'holdfast_holds_total{by="callee-phone"}'), 1);
});

t.test('the histogram holds what really took time: settled holds that changed something', async (t) => {
  const { app, calls } = await appFixture(t, new FakeCalls(callView()));
  const hold = (method: 'PUT' | 'DELETE') => app.inject({ method, url: '/calls/call1/hold', headers: BEARER });
  await hold('PUT'); // 4.5 ms
  calls.proof = holdProof({ ms: { gate: 1, settled: 700 } });
  await hold('PUT');
  calls.proof = holdProof({ changed: false, ms: { settled: 0.01 } });
  await hold('PUT');
  calls.proof = holdProof({ settled: false, ms: { gate: 1 } });
  await hold('PUT');
  await hold('DELETE');
  const { body } = await app.inject({ url: '/metrics', headers: BEARER });
  t.equal(sample(body, 'holdfast_hold_seconds_count'), 2);
  t.equal(sample(body, 'holdfast_hold_seconds_bucket{le="0.002"}'), 0);
  t.equal(sample(body, 'holdfast_hold_seconds_bucket{le="0.005"}'), 1);
  t.equal(sample(body, 'holdfast_hold_seconds_bucket{le="1"}'), 2);
  t.equal(sample(body, 'holdfast_hold_seconds_bucket{le="+Inf"}'), 2);
  t.equal(Math.round((sample(body, 'holdfast_hold_seconds_sum') ?? 0) * 10_000), 7045);
});

t.test('the text is one that Prometheus reads: help and type once, values after them', async (t) => {
  const { app } = await appFixture(t);
  const { body, headers } = await app.inject({ url: '/metrics', headers: BEARER });
  t.match(headers['content-type'], /^text\/plain; version=0\.0\.4/);
  t.ok(body.endsWith('\n'));
  const types = [...body.matchAll(/^# TYPE (\S+) /gm)].map((match) => match[1] ?? '');
  t.equal(new Set(types).size, types.length);
  for (const line of body.trim().split('\n')) {
    if (line.startsWith('#')) continue;
    t.match(line, /^[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+$|NaN$/, line);
    t.ok(
      types.some((name) => line.startsWith(name)),
      line,
    );
  }
});

t.test('labels are escaped, and there is a limit to them', async (t) => {
  const counter = new Counter('x_total', 'X.', 'why');
  counter.add('a "b" \\ \n');
  t.match(metricsText([counter]), 'x_total{why="a \\"b\\" \\\\ \\n"} 1');
  for (let index = 0; index < 500; index++) counter.add(`w${index}`);
  t.ok(counter.lines().length <= 103);
  t.match(metricsText([counter]), 'x_total{why="other"} 401');
});

t.test('a value on the bound is inside its bucket', async (t) => {
  const histogram = new Histogram('x', 'X.', [1, 2]);
  histogram.observe(1);
  histogram.observe(3);
  t.match(metricsText([histogram]), 'x_bucket{le="1"} 1\nx_bucket{le="2"} 1\nx_bucket{le="+Inf"} 2\nx_sum 4\nx_count 2');
});
