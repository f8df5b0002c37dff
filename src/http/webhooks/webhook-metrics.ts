/**
 * webhook-metrics: figures of the webhooks for Prometheus, asked when somebody looks.
 */
import { Gauge, type Metric, type Row } from '../metrics.js';
import type { CourierFigures } from './courier.js';
import type { Webhooks } from './webhooks.js';

export function webhookMetrics(webhooks: Webhooks): readonly Metric[] {
  const rows = (key: keyof CourierFigures) => (): readonly Row[] =>
    webhooks.list().map(({ hook, figures }) => [`webhook="${hook.name}"`, figures[key]]);
  const { deadLetters } = webhooks;
  return [
    new Gauge('holdfast_webhook_delivered_total', 'Events delivered, by webhook.', rows('delivered'), 'counter'),
    new Gauge('holdfast_webhook_retries_total', 'Attempts that have to be repeated, by webhook.', rows('retried'), 'counter'),
    new Gauge('holdfast_webhook_dead_total', 'Events given up, by webhook.', rows('dead'), 'counter'),
    new Gauge('holdfast_webhook_queued', 'Events that wait or are under way, by webhook.', rows('queued')),
    new Gauge('holdfast_webhook_dead_letters', 'Dead letters that are kept.', () => deadLetters.size),
    new Gauge(
      'holdfast_webhook_dead_letters_dropped_total',
      'Dead letters that made room.',
      () => deadLetters.dropped,
      'counter',
    ),
  ];
}
