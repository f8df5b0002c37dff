/**
 * observe-routes: what can be looked at: registrations, events, health, metrics. Nothing here changes a call.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { EventBus } from '#calls/event-bus.js';
import { BadRequest } from '#kit/errors.js';
import type { CallMetrics } from './call-metrics.js';
import { EVENT_KINDS } from './event-kinds.js';
import { eventPage } from './event-pages.js';
import type { EventStreams } from './event-streams.js';
import { METRICS_TYPE } from './metrics.js';
import type { Identify } from './identify.js';
import type { DocumentedRoute } from './openapi.js';
import { pageLimit } from './page-limit.js';
import type { HealthView, RegistrationsPort, StoreView } from './read-models.js';
import { EventPage } from './event-schemas.js';
import { EventsQuery, Health, NoQuery, RegistrationList } from './schemas.js';

export type ObserveDeps = Readonly<{
  identify: Identify;
  registrations: RegistrationsPort;
  bus: EventBus;
  streams: EventStreams;
  metrics: CallMetrics;
  health: () => HealthView;
  engineStore: EngineStore | undefined;
  mayStay: (request: FastifyRequest) => () => boolean;
}>;

/** Asks another thread, and has an end. Undefined: it has no store. */
export type EngineStore = () => Promise<StoreView['engine']>;

export function mountObserveRoutes(app: FastifyInstance, deps: ObserveDeps): void {
  void app.register((scope, _options, done) => {
    scope.addHook('onRequest', deps.identify);
    const schema = { querystring: NoQuery };
    scope.get('/registrations', { schema, exposeHeadRoute: true }, (_request, reply) =>
      reply.send({ registrations: deps.registrations.list() }),
    );
    scope.get('/metrics', { schema, exposeHeadRoute: true }, (_request, reply) =>
      reply.type(METRICS_TYPE).send(deps.metrics.text()),
    );
    scope.get('/events', { schema: { querystring: EventsQuery } }, (request, reply) => {
      const after = whereToBegin(request);
      const { limit } = request.query as { limit?: string };
      if (wantsPage(request, limit)) {
        const page = eventPage(deps.bus, after, pageLimit(limit));
        return reply.type('application/json; charset=utf-8').send(page);
      }
      deps.streams.mayOpen();
      reply.hijack();
      deps.streams.open(reply.raw, after, deps.mayStay(request));
    });
    done();
  });
  app.get('/health', { schema: { querystring: NoQuery }, exposeHeadRoute: true }, async (request, reply) => {
    // Watchdogs ask without credentials and get one word; wrong credentials are refused like everywhere else.
    const knownAsker = request.headers.authorization !== undefined;
    if (knownAsker) await deps.identify(request);
    const health = await healthOf(deps);
    const status = statusOf(health);
    return reply
      .code(status === 'down' || status === 'draining' ? 503 : 200)
      .send(knownAsker ? { status, ...health } : { status });
  });
}

/** The engine's store first: what it has made ours keep is among what ours says afterwards. */
async function healthOf({ health, engineStore }: ObserveDeps): Promise<HealthView> {
  const engine = await engineStore?.();
  const { store, ...others } = health();
  return store === undefined ? others : { ...others, store: { ...store, engine } };
}

/** Without rtpengine no call can be set up; with a tone in place of the music everything works, and somebody should look; so with a store that cannot be written. */
function statusOf(health: HealthView): 'ok' | 'degraded' | 'draining' | 'down' {
  if (health.rtpengine !== 'up') return 'down';
  if (health.draining === true) return 'draining';
  const storeFails = health.store?.problem !== undefined || health.store?.engine?.problem !== undefined;
  return storeFails || health.problems.length > 0 || health.music !== 'files' ? 'degraded' : 'ok';
}

/**
 * A page is for who says so: `limit`, or an Accept (RFC 9110 §12.5.1) that names JSON and no event stream. Everybody else, also one
 * that takes anything, gets the stream, as ever.
 */
function wantsPage(request: FastifyRequest, limit: string | undefined): boolean {
  const accept = (request.headers.accept ?? '').toLowerCase();
  const stream = accept.includes('text/event-stream');
  if (limit !== undefined && stream) throw new BadRequest('limit', 'limit: a stream has none; ask for application/json');
  return limit !== undefined || (!stream && accept.includes('application/json'));
}

/** WHATWG HTML §9.2.4: a reader that lost its connection says so in Last-Event-ID, which is newer than what its address says. */
function whereToBegin(request: FastifyRequest): number | undefined {
  const header = request.headers['last-event-id'];
  if (header === undefined || header === '') {
    const { after } = request.query as { after?: string };
    return after === undefined ? undefined : Number(after);
  }
  if (typeof header !== 'string' || !/^[0-9]{1,15}$/.test(header))
    throw new BadRequest('Last-Event-ID', 'Last-Event-ID: expected a sequence number, a whole number from 0');
  return Number(header);
}

export const OBSERVE_DOCS: readonly DocumentedRoute[] = [
  {
    method: 'GET',
    path: '/registrations',
    doc: {
      summary: 'Who is registered',
      safe: true,
      answers: { 200: { description: 'every contact', schema: RegistrationList } },
    },
  },
  {
    method: 'GET',
    path: '/events',
    schema: { querystring: EventsQuery },
    doc: {
      summary: 'Events: as they happen (server-sent events), or page by page',
      description:
        `Kinds: ${EVENT_KINDS.join(', ')}. \`id\` and \`seq\` are the sequence ` +
        'number. The last ones are kept (`events.history`, 10 000): `Last-Event-ID` or `after` replays from there, and `stream.gap` ' +
        'says when some are gone. With `Accept: application/json`, or with `limit`, the answer is one page of that history ' +
        '(`limit`: 100 when absent): ask again `after` its `next`; `gap` says when some are gone. Without `after` a page begins at ' +
        'the oldest that is kept, a stream with what happens from now on.',
      headers: {
        'Last-Event-ID': 'replay what came after this sequence number',
        Accept: '`application/json` asks for a page',
      },
      answers: { 200: { description: 'a page; or a stream without end', schema: EventPage, orAs: 'text/event-stream' } },
      errors: ['bad_request', 'busy'],
    },
  },
  {
    method: 'GET',
    path: '/health',
    doc: {
      summary: 'Is it well',
      description: 'Without credentials only `status`.',
      safe: true,
      open: true,
      answers: {
        200: { description: 'calls can be made (`degraded`: somebody should look)', schema: Health },
        503: { description: 'no call can be made (`draining`: it is closing, and calls go on)', schema: Health },
      },
    },
  },
  {
    method: 'GET',
    path: '/metrics',
    doc: {
      summary: 'Figures for Prometheus',
      safe: true,
      answers: { 200: { description: 'text format 0.0.4', contentType: 'text/plain' } },
    },
  },
];
