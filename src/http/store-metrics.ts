/**
 * store-metrics: figures of the store for Prometheus, asked when somebody looks. Without a store there are none.
 */
import { Gauge, type Metric } from './metrics.js';
import type { HealthView, StoreView } from './read-models.js';

export function storeMetrics(health: () => HealthView): readonly Metric[] {
  if (health().store === undefined) return [];
  const read = (figure: (store: StoreView) => number) => (): number => {
    const { store } = health();
    return store === undefined ? 0 : figure(store);
  };
  return [
    new Gauge(
      'holdfast_store_up',
      '1 while the store can be written.',
      read(({ problem }) => (problem === undefined ? 1 : 0)),
    ),
    new Gauge(
      'holdfast_store_entries',
      'What is kept, on disk and not yet.',
      read(({ entries }) => entries),
    ),
    new Gauge(
      'holdfast_store_pending',
      'Changed, and not on the disk yet.',
      read(({ pending }) => pending),
    ),
    new Gauge(
      'holdfast_store_batches_total',
      'Batches written.',
      read(({ batches }) => batches),
      'counter',
    ),
    new Gauge(
      'holdfast_store_refused_total',
      'Too many, too large or impossible to write: not kept.',
      read(({ refused }) => refused),
      'counter',
    ),
  ];
}
