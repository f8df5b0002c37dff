/**
 * webhook-routes: webhooks and their dead letters over the REST API. What they do is webhooks.ts.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Static } from '@sinclair/typebox';
import { word } from '#kit/ids.js';
import type { Identify } from '../identify.js';
import { readsJson } from '../json-bodies.js';
import { pageLimit } from '../page-limit.js';
import { HttpRefusal } from '../refusals.js';
import { NoBody, NoQuery } from '../schemas.js';
import { deadLetterView, hookView, PageQuery, WebhookBody } from './webhook-schemas.js';
import type { Webhooks } from './webhooks.js';

export type WebhookRoutesDeps = Readonly<{ identify: Identify; webhooks: Webhooks }>;

const MADE_NAME_LENGTH = 12;
const MADE_SECRET_LENGTH = 40;

export function mountWebhookRoutes(app: FastifyInstance, { identify, webhooks }: WebhookRoutesDeps): void {
  void app.register((scope, _options, done) => {
    readsJson(scope);
    scope.addHook('onRequest', identify);
    mountHooks(scope, webhooks);
    mountDeadLetters(scope, webhooks);
    done();
  });
}

function mountHooks(scope: FastifyInstance, webhooks: Webhooks): void {
  scope.get('/webhooks', { schema: { querystring: NoQuery }, exposeHeadRoute: true }, (_request, reply) =>
    reply.send({ webhooks: webhooks.list().map(hookView) }),
  );
  scope.post('/webhooks', { schema: { body: WebhookBody, querystring: NoQuery } }, (request, reply) => {
    const { name = word(MADE_NAME_LENGTH), secret, ...wish } = request.body as Static<typeof WebhookBody>;
    const made = secret === undefined ? word(MADE_SECRET_LENGTH) : undefined;
    const added = webhooks.add({ ...wish, name, secret: secret ?? made ?? '' });
    // A secret that was made up here is said this once: who asked has no other way to learn it.
    const view = made === undefined ? hookView(added) : { ...hookView(added), secret: made };
    return reply.code(201).header('location', `/webhooks/${name}`).send(view);
  });
  scope.get('/webhooks/:webhook', { schema: { querystring: NoQuery }, exposeHeadRoute: true }, (request, reply) =>
    reply.send(hookView(webhooks.get(webhookName(request)))),
  );
  scope.delete('/webhooks/:webhook', { schema: { body: NoBody, querystring: NoQuery } }, (request, reply) => {
    webhooks.remove(webhookName(request));
    return reply.code(204).send();
  });
}

function mountDeadLetters(scope: FastifyInstance, webhooks: Webhooks): void {
  const path = '/webhooks/dead-letters';
  scope.get(path, { schema: { querystring: PageQuery }, exposeHeadRoute: true }, (request, reply) => {
    const { after = '0', limit } = request.query as Static<typeof PageQuery>;
    const page = webhooks.deadLetters.after(Number(after), pageLimit(limit));
    const next = page.at(-1)?.id ?? Number(after);
    return reply.send({ deadLetters: page.map(deadLetterView), next, dropped: webhooks.deadLetters.dropped });
  });
  scope.post(`${path}/:deadLetter/retry`, { schema: { body: NoBody, querystring: NoQuery } }, (request, reply) => {
    const { id, webhook } = webhooks.retry(deadLetterId(request));
    return reply.code(202).send({ id, webhook, retry: 'queued' });
  });
  scope.delete(`${path}/:deadLetter`, { schema: { body: NoBody, querystring: NoQuery } }, (request, reply) => {
    webhooks.forget(deadLetterId(request));
    return reply.code(204).send();
  });
}

const webhookName = (request: FastifyRequest): string => (request.params as { webhook: string }).webhook;

function deadLetterId(request: FastifyRequest): number {
  const { deadLetter } = request.params as { deadLetter: string };
  if (!/^[0-9]{1,15}$/.test(deadLetter)) {
    throw new HttpRefusal('dead_letter_not_found', `there is no dead letter ${deadLetter.slice(0, 80)}`);
  }
  return Number(deadLetter);
}
