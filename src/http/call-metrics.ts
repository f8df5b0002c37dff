/**
 * call-metrics: what Holdfast counts. Listens to the event bus and to the proofs that commands bring back; changes nothing.
 */
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import type { Command, CommandPort, Outcome } from '#calls/commands.js';
import type { EventBus, NumberedEvent } from '#calls/event-bus.js';
import { Counter, Gauge, Histogram, metricsText, type Metric, type Row } from './metrics.js';
import type { GaugesView } from './read-models.js';

type Heard = NumberedEvent['event'];
type AboutHold = Extract<Heard, { kind: 'call.restored' | 'hold.changed' | 'hold.failed' }>;

const HOLD_BOUNDS_SEC = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** Calls whose holders are remembered; more than a full house has. */
const MOST_HELD_CALLS = 100_000;
const NANOSECONDS = 1e9;

export class CallMetrics {
  readonly #calls = new Counter('holdfast_calls_total', 'Calls that have ended, by outcome.', 'outcome');
  readonly #holds = new Counter('holdfast_holds_total', 'Holds that began, by who holds.', 'by');
  readonly #refused = new Counter(
    'holdfast_hold_refusals_total',
    'Re-INVITEs of a hold or resume that a phone refused.',
    'status',
  );
  readonly #holdSeconds = new Histogram(
    'holdfast_hold_seconds',
    'From a hold command to the final answer of both phones.',
    HOLD_BOUNDS_SEC,
  );
  readonly #holders = new Map<string, ReadonlySet<string>>();
  readonly #loop: IntervalHistogram;
  readonly #unsubscribe: () => void;
  readonly #metrics: readonly Metric[];

  /** @param others what the rest of the house counts by itself. */
  constructor(bus: EventBus, gauges: () => GaugesView, others: readonly Metric[] = []) {
    this.#loop = monitorEventLoopDelay({ resolution: 10 });
    this.#loop.enable();
    this.#unsubscribe = bus.subscribe((event) => this.#hear(event));
    this.#metrics = [
      new Gauge('holdfast_calls', 'Calls that are up.', () => gauges().calls),
      new Gauge('holdfast_registrations', 'Contacts that are registered.', () => gauges().registrations),
      new Gauge('holdfast_rtpengine_up', '1 while rtpengine answers.', () => (gauges().rtpengineUp ? 1 : 0)),
      this.#calls,
      this.#holds,
      this.#refused,
      new Gauge('holdfast_reinvites_total', 'Re-INVITEs we sent, by final status.', () => reinviteRows(gauges()), 'counter'),
      this.#holdSeconds,
      new Gauge('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss()),
      new Gauge('nodejs_heap_used_bytes', 'Memory in use on the JavaScript heap.', () => process.memoryUsage().heapUsed),
      new Gauge('process_cpu_seconds_total', 'Processor time used, user and system.', cpuSeconds, 'counter'),
      new Gauge('holdfast_event_loop_delay_seconds', 'Delay of the event loop since the last look.', () => this.#loopDelay()),
      ...others,
    ];
  }

  text(): string {
    return metricsText(this.#metrics);
  }

  /** The same port, with every proof noted on its way back. */
  watching(commands: CommandPort): CommandPort {
    return {
      execute: async (command) => {
        const outcome = await commands.execute(command);
        this.#note(command, outcome);
        return outcome;
      },
    };
  }

  stop(): void {
    this.#unsubscribe();
    this.#loop.disable();
  }

  #note(command: Command, outcome: Outcome): void {
    if (outcome.kind !== 'hold.done') return;
    const { proof } = outcome;
    const settledMs = proof.ms.settled;
    // A repeated hold sends nothing: its microseconds would flatter the histogram.
    if (command.kind === 'call.hold' && proof.changed && settledMs !== undefined) this.#holdSeconds.observe(settledMs / 1000);
  }

  #hear({ event }: NumberedEvent): void {
    switch (event.kind) {
      case 'call.restored':
        return this.#setHolders(event);
      case 'hold.changed':
        return this.#noteHolders(event);
      case 'hold.failed':
        this.#refused.add(String(event.status));
        return this.#noteHolders(event);
      case 'call.ended':
        this.#holders.delete(event.callId);
        return this.#calls.add(outcomeOf(event));
      case 'call.ringing':
      case 'call.forwarded':
      case 'hold.reminder':
      case 'hold.expired':
      case 'transfer.changed':
      case 'call.parked':
      case 'call.retrieved':
      case 'call.key':
      case 'play.ended':
      case 'recording.completed':
      case 'conference.changed':
      case 'call.answered':
      case 'registration.changed':
        return;
    }
  }

  /** A reason that was not there before is a hold that began. */
  #noteHolders(event: AboutHold): void {
    const before = this.#holders.get(event.callId);
    for (const reason of event.hold.reasons) if (before?.has(reason) !== true) this.#holds.add(reason);
    this.#setHolders(event);
  }

  #setHolders({ callId, hold }: AboutHold): void {
    if (hold.reasons.length === 0) this.#holders.delete(callId);
    else if (this.#holders.has(callId) || this.#holders.size < MOST_HELD_CALLS) this.#holders.set(callId, new Set(hold.reasons));
  }

  /** Each look starts a new measurement, so that one old stall does not stay for ever. */
  #loopDelay(): readonly Row[] {
    const rows = [
      ['stat="p50"', this.#loop.percentile(50) / NANOSECONDS],
      ['stat="p99"', this.#loop.percentile(99) / NANOSECONDS],
      ['stat="max"', this.#loop.max / NANOSECONDS],
    ] as const;
    this.#loop.reset();
    return rows;
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const reinviteRows = ({ reinvites }: GaugesView): readonly Row[] =>
  [...reinvites].map(([status, count]) => [`status="${status}"`, count]);

/** A call somebody hung up after the answer was completed; every other ending has its own name. */
function outcomeOf({ answered, cause }: Extract<Heard, { kind: 'call.ended' }>): string {
  return answered && cause.endsWith('hung-up') ? 'completed' : cause;
}
