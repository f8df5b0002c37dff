/**
 * metrics: counters, gauges and histograms in the Prometheus text format. Knows no call; call-metrics.ts says what is counted.
 */

/** A counter keeps at most so many label values; whatever is new after that is counted as `other`. */
const MOST_LABEL_VALUES = 100;

export interface Metric {
  lines(): readonly string[];
}

export class Counter implements Metric {
  readonly #name: string;
  readonly #help: string;
  readonly #label: string;
  readonly #values = new Map<string, number>();

  constructor(name: string, help: string, label: string) {
    this.#name = name;
    this.#help = help;
    this.#label = label;
  }

  add(labelValue: string): void {
    const known = this.#values.has(labelValue) || this.#values.size < MOST_LABEL_VALUES;
    const key = known ? labelValue : 'other';
    this.#values.set(key, (this.#values.get(key) ?? 0) + 1);
  }

  lines(): readonly string[] {
    const rows = [...this.#values].map(([value, count]) => `${this.#name}{${this.#label}="${escaped(value)}"} ${count}`);
    return [...head(this.#name, this.#help, 'counter'), ...rows];
  }
}

/** Label text (may be empty) and value. */
export type Row = readonly [labels: string, value: number];

/** A value that somebody else keeps; asked when somebody looks. */
export class Gauge implements Metric {
  readonly #name: string;
  readonly #help: string;
  readonly #read: () => number | readonly Row[];
  readonly #type: 'gauge' | 'counter';

  constructor(name: string, help: string, read: () => number | readonly Row[], type: 'gauge' | 'counter' = 'gauge') {
    this.#name = name;
    this.#help = help;
    this.#read = read;
    this.#type = type;
  }

  lines(): readonly string[] {
    const read = this.#read();
    const rows = typeof read === 'number' ? [['', read] as Row] : read;
    return [
      ...head(this.#name, this.#help, this.#type),
      ...rows.map(([labels, value]) => `${this.#name}${labels === '' ? '' : `{${labels}}`} ${value}`),
    ];
  }
}

export class Histogram implements Metric {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  /** @param bounds upper bounds, rising. */
  constructor(name: string, help: string, bounds: readonly number[]) {
    this.#name = name;
    this.#help = help;
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.#sum += value;
    this.#count += 1;
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    if (bucket >= 0) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  lines(): readonly string[] {
    let below = 0;
    const buckets = this.#bounds.map((bound, index) => {
      below += this.#counts[index] ?? 0; // Prometheus buckets are cumulative
      return `${this.#name}_bucket{le="${bound}"} ${below}`;
    });
    return [
      ...head(this.#name, this.#help, 'histogram'),
      ...buckets,
      `${this.#name}_bucket{le="+Inf"} ${this.#count}`,
      `${this.#name}_sum ${this.#sum}`,
      `${this.#name}_count ${this.#count}`,
    ];
  }
}

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export const metricsText = (metrics: readonly Metric[]): string => `${metrics.flatMap((metric) => metric.lines()).join('\n')}\n`;

const head = (name: string, help: string, type: string): string[] => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
