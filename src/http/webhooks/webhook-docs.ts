/**
 * webhook-docs: what /openapi.json and /docs say of webhooks and dead letters. Words only; the shapes are webhook-schemas.ts.
 */
import type { DocumentedRoute } from '../openapi.js';
import { NoBody, NoQuery } from '../schemas.js';
import { DeadLetterList, DeadLetterQueued, PageQuery, WebhookBody, WebhookList, WebhookSchema } from './webhook-schemas.js';

export const WEBHOOK_DOCS: readonly DocumentedRoute[] = [
  {
    method: 'GET',
    path: '/webhooks',
    doc: {
      summary: 'Webhooks',
      description: 'Those of webhooks.yaml and those that were added here, with their figures, without their secrets.',
      safe: true,
      answers: { 200: { description: 'every webhook', schema: WebhookList } },
      errors: ['bad_request'],
    },
  },
  {
    method: 'POST',
    path: '/webhooks',
    schema: { querystring: NoQuery, body: WebhookBody },
    doc: {
      summary: 'Add a webhook',
      description:
        'From now on every event is POSTed to `url` as the JSON that `GET /events` gives: at least once, and in order for one call ' +
        'or one number that registers; `Holdfast-Event-Id` (the sequence number, which goes on after a restart) and `at` ' +
        'tell doubles. `Holdfast-Signature: ' +
        't=<unix seconds>,v1=<hex>` is the HMAC-SHA256 of `<t>.<body>` with the secret: compare it, and refuse what is older than ' +
        'five minutes. Any 2xx is a delivery; 408, 429, 5xx and silence are tried again (`Retry-After` is honoured); everything else ' +
        'goes to the dead letters. A given-up event does not stop those behind it. Redirects are not followed. Without `secret` one ' +
        'is made up and told in this answer only. It is kept in the store with what waits, also over a restart; with `store: memory` it ' +
        'lasts until Holdfast ends. webhooks.yaml stays.',
      answers: {
        201: { description: 'it is there', schema: WebhookSchema, headers: { Location: 'where it is' } },
      },
      errors: ['bad_request', 'malformed_json', 'body_too_large', 'unsupported_media_type', 'webhook_exists', 'busy'],
    },
  },
  {
    method: 'GET',
    path: '/webhooks/:webhook',
    schema: { querystring: NoQuery },
    doc: {
      summary: 'One webhook',
      safe: true,
      answers: { 200: { description: 'the webhook, by its name', schema: WebhookSchema } },
      errors: ['bad_request', 'webhook_not_found'],
    },
  },
  {
    method: 'DELETE',
    path: '/webhooks/:webhook',
    schema: { querystring: NoQuery, body: NoBody },
    doc: {
      summary: 'Remove a webhook',
      description: 'By its name. What waits for it is thrown away; its dead letters stay.',
      answers: { 204: { description: 'it is gone' } },
      errors: ['bad_request', 'webhook_not_found', 'webhook_configured'],
    },
  },
  {
    method: 'GET',
    path: '/webhooks/dead-letters',
    schema: { querystring: PageQuery },
    doc: {
      summary: 'Events that could not be delivered',
      description: 'Oldest first, `limit` (100) at a time: ask `after` the `next` of the page before.',
      safe: true,
      answers: { 200: { description: 'a page of them', schema: DeadLetterList } },
      errors: ['bad_request'],
    },
  },
  {
    method: 'POST',
    path: '/webhooks/dead-letters/:deadLetter/retry',
    schema: { querystring: NoQuery, body: NoBody },
    doc: {
      summary: 'Deliver a dead letter after all',
      description: 'It waits behind what is queued for the same call, and has all its attempts before it again.',
      answers: { 202: { description: 'it is queued, and no dead letter any more', schema: DeadLetterQueued } },
      errors: ['bad_request', 'dead_letter_not_found', 'webhook_not_found', 'busy'],
    },
  },
  {
    method: 'DELETE',
    path: '/webhooks/dead-letters/:deadLetter',
    schema: { querystring: NoQuery, body: NoBody },
    doc: {
      summary: 'Forget a dead letter',
      answers: { 204: { description: 'it is gone' } },
      errors: ['bad_request', 'dead_letter_not_found'],
    },
  },
];
