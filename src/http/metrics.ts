/**
 * metrics: counters and the hold latency histogram, as Prometheus reads them (text exposition format 0.0.4).
 */
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import type { HoldProof } from '#calls/commands.js';
import type { EventBus } from '#calls/event-bus.js';
import type { GaugesView } from './read-models.js';

/** Seconds; the marks of the bench (4, 10, 25 ms) are among them. */
const BUCKETS = [0.001, 0.002, 0.004, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

class Histogram {
  readonly #counts = new Array<number>(BUCKETS.length).fill(0);
  #sum = 0;
  #count = 0;

  observe(seconds: number): void {
    this.#sum += seconds;
    this.#count++;
    BUCKETS.forEach((bound, index) => {
      if (seconds <= bound) this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    });
  }

  lines(name: string): string[] {
    const buckets = BUCKETS.map((bound, index) => `${name}_bucket{le="${bound}"} ${this.#counts[index] ?? 0}`);
    return [...buckets, `${name}_bucket{le="+Inf"} ${this.#count}`, `${name}_sum ${this.#sum}`, `${name}_count ${this.#count}`];
  }
}

export class Metrics {
  readonly #gauges: () => GaugesView;
  readonly #ended = new Map<string, number>();
  readonly #holdSeconds = new Histogram();
  readonly #loop: IntervalHistogram = monitorEventLoopDelay({ resolution: 20 });
  readonly #unsubscribe: () => void;
  #answered = 0;
  #holds = 0;
  #holdsFailed = 0;

  constructor(bus: EventBus, gauges: () => GaugesView) {
    this.#gauges = gauges;
    this.#loop.enable();
    this.#unsubscribe = bus.subscribe(({ event }) => {
      if (event.kind === 'call.answered') this.#answered++;
      else if (event.kind === 'hold.changed' && event.hold.reasons.length > 0) this.#holds++;
      else if (event.kind === 'hold.failed') this.#holdsFailed++;
      else if (event.kind === 'call.ended') this.#ended.set(event.cause, (this.#ended.get(event.cause) ?? 0) + 1);
    });
  }

  /** A hold or resume asked for by API: how long both legs took. */
  observe(proof: HoldProof): void {
    if (proof.changed && proof.ms.settled !== undefined) this.#holdSeconds.observe(proof.ms.settled / 1000);
  }

  text(): string {
    const gauges = this.#gauges();
    const lines = [
      ...metric('holdfast_calls', 'gauge', 'Live calls.', [`holdfast_calls ${gauges.calls}`]),
      ...metric('holdfast_calls_answered_total', 'counter', 'Calls answered.', [
        `holdfast_calls_answered_total ${this.#answered}`,
      ]),
      ...metric(
        'holdfast_calls_ended_total',
        'counter',
        'Calls ended, by cause.',
        labelled('holdfast_calls_ended_total', 'cause', this.#ended),
      ),
      ...metric('holdfast_holds_total', 'counter', 'Holds that have settled.', [`holdfast_holds_total ${this.#holds}`]),
      ...metric('holdfast_holds_failed_total', 'counter', 'Re-INVITEs of a hold a phone refused.', [
        `holdfast_holds_failed_total ${this.#holdsFailed}`,
      ]),
      ...metric(
        'holdfast_hold_seconds',
        'histogram',
        'From the request to the last answer.',
        this.#holdSeconds.lines('holdfast_hold_seconds'),
      ),
      ...metric(
        'holdfast_reinvites_total',
        'counter',
        'Answers to our re-INVITEs, by status.',
        labelled('holdfast_reinvites_total', 'status', gauges.reinvites),
      ),
      ...metric('holdfast_registrations', 'gauge', 'Registered contacts.', [`holdfast_registrations ${gauges.registrations}`]),
      ...metric('holdfast_rtpengine_up', 'gauge', '1 while rtpengine answers.', [
        `holdfast_rtpengine_up ${gauges.rtpengineUp ? 1 : 0}`,
      ]),
      ...metric('process_resident_memory_bytes', 'gauge', 'Resident memory.', [
        `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
      ]),
      ...metric('nodejs_eventloop_lag_p99_seconds', 'gauge', 'Event loop delay.', [
        `nodejs_eventloop_lag_p99_seconds ${this.#loop.percentile(99) / 1e9}`,
      ]),
    ];
    return `${lines.join('\n')}\n`;
  }

  close(): void {
    this.#unsubscribe();
    this.#loop.disable();
  }
}

const metric = (name: string, type: string, help: string, lines: readonly string[]): string[] => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
  ...lines,
];

const labelled = (name: string, label: string, counts: ReadonlyMap<string | number, number>): string[] =>
  [...counts].map(([value, count]) => `${name}{${label}="${value}"} ${count}`);
