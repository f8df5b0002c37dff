/**
 * app: fastify with everything on it: dialects, looking routes, pages, and one answer for whatever is left over.
 * It opens no socket; server.ts does.
 */
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { CommandPort } from '#calls/commands.js';
import type { EventBus } from '#calls/event-bus.js';
import type { Clock } from '#kit/clock.js';
import type { Config } from '#kit/config.js';
import { newUuid } from '#kit/ids.js';
import type { Logger } from '#kit/log.js';
import { AllowedMethods } from './allowed-methods.js';
import { ApiAccounts, headerCredentials } from './api-accounts.js';
import { CallMetrics } from './call-metrics.js';
import type { Dialect } from './dialects/dialect.js';
import { mountDialect, type MountDeps } from './dialects/mount.js';
import { ozeki } from './dialects/ozeki.js';
import { plivo } from './dialects/plivo.js';
import { rest } from './dialects/rest.js';
import { WireIds } from './dialects/wire-ids.js';
import { problemReply } from './error-reply.js';
import { EventStreams } from './event-streams.js';
import { pathOf, toAppError } from './framework-errors.js';
import { mountObserveRoutes, OBSERVE_DOCS } from './observe-routes.js';
import { mountMusicRoutes, MUSIC_DOCS } from './music-routes.js';
import { openApiOf } from './openapi.js';
import { docsPage, frontPage, PAGE_HEADERS } from './pages.js';
import { queryNames } from './query-names.js';
import type { GaugesView, HealthView, MusicPort, RecordingsPort, RegistrationsPort } from './read-models.js';
import { mountRecordingRoutes, RECORDING_DOCS } from './recording-routes.js';
import { HttpRefusal } from './refusals.js';
import { mountVoipnow } from './voipnow-mount.js';
import { WEBHOOK_DOCS } from './webhooks/webhook-docs.js';
import { webhookMetrics } from './webhooks/webhook-metrics.js';
import { mountWebhookRoutes } from './webhooks/webhook-routes.js';
import { Webhooks } from './webhooks/webhooks.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who was recognised, as ApiAccounts names them; empty before. */
    identity: string;
  }
}

export type HttpDeps = Readonly<{
  config: Pick<Config, 'addresses' | 'http' | 'accounts' | 'webhooks' | 'plivo'>;
  commands: CommandPort;
  bus: EventBus;
  registrations: RegistrationsPort;
  music: MusicPort;
  recordings: RecordingsPort;
  health: () => HealthView;
  gauges: () => GaugesView;
  clock: Clock;
  log: Logger;
}>;

export type HttpApp = Readonly<{
  app: FastifyInstance;
  streams: EventStreams;
  webhooks: Webhooks;
  stop: () => Promise<void>;
}>;

const VERSION = '0.1.0';

export async function buildApp(deps: HttpDeps): Promise<HttpApp> {
  const { config, bus, clock, log } = deps;
  const accounts = new ApiAccounts(config.accounts);
  const webhooks = new Webhooks({ config: config.webhooks, bus, clock, log });
  const metrics = new CallMetrics(bus, deps.gauges, webhookMetrics(webhooks));
  const streams = new EventStreams({ bus, clock, log });
  const ids = new WireIds();
  const forgetIds = bus.subscribe((event) => ids.hear(event));
  const app = bareFastify(config.http.bodyBytes, log);
  const dialects = [rest, ozeki({ ids, nowMs: () => clock.now() })];
  const methods = new AllowedMethods(app);
  const mount = { commands: metrics.watching(deps.commands), accounts, log };
  for (const dialect of dialects) mountDialect(app, dialect, mount);
  const plivoRoutes = mountPlivo(app, config, mount);
  const voipnow = mountVoipnow(app, { ...mount, config, bus, clock });
  mountObserveRoutes(app, { accounts, bus, streams, metrics, registrations: deps.registrations, health: deps.health });
  mountMusicRoutes(app, { accounts, music: deps.music });
  mountRecordingRoutes(app, { accounts, recordings: deps.recordings });
  mountWebhookRoutes(app, { accounts, webhooks });
  const documented = [
    ...dialects.flatMap((dialect) => dialect.routes),
    ...plivoRoutes,
    ...voipnow.routes,
    ...OBSERVE_DOCS,
    ...MUSIC_DOCS,
    ...RECORDING_DOCS,
    ...WEBHOOK_DOCS,
  ];
  mountPages(app, openApiOf(documented, VERSION));
  answerTheRest(app, accounts, methods, log);
  await app.ready();
  const stop = async (): Promise<void> => {
    streams.closeAll();
    metrics.stop();
    forgetIds();
    voipnow.stop();
    await Promise.all([webhooks.close(), app.close()]);
  };
  return { app, streams, webhooks, stop };
}

/** It has accounts of its own, and may be switched off. */
function mountPlivo(app: FastifyInstance, config: HttpDeps['config'], mount: Omit<MountDeps, 'accounts'>): Dialect['routes'] {
  if (!config.plivo.enabled) return [];
  const http = config.plivo.accounts.map(({ authId, authToken }) => ({ user: authId, password: authToken }));
  const phones = new Set(config.accounts.phones.map(({ number }) => number));
  const dialect = plivo({ config: config.plivo, isOurs: (number) => phones.has(number), newUuid });
  mountDialect(app, dialect, { ...mount, accounts: new ApiAccounts({ http, tokens: [] }) });
  // What catches the rest of its paths is nothing to read about.
  return dialect.routes.filter(({ path }) => !path.includes('*'));
}

function bareFastify(bodyBytes: number, log: Logger): FastifyInstance {
  const app = fastify({
    bodyLimit: bodyBytes,
    // Its own log lines would hold whole URLs, and those may hold passwords.
    logger: false,
    exposeHeadRoutes: false,
    routerOptions: {
      ignoreTrailingSlash: true,
      maxParamLength: 16_384, // as long as node lets a request line be: an id that is too long is one that nobody has
      constraints: { queryHas: queryNames },
    },
    // Values are judged as they come: no number is made of a string, no unknown key is quietly dropped.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: false, verbose: true } },
    frameworkErrors: (error, request, reply) => sendProblem(error, request as FastifyRequest, reply as FastifyReply, log),
  });
  app.decorateRequest('identity', '');
  app.addHook('onRequest', (_request, reply, next) => {
    void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    next();
  });
  app.addHook('onResponse', (request, reply, next) => {
    const facts = { method: request.method, path: pathOf(request.url), status: reply.statusCode, asker: request.identity };
    log.debug({ ...facts, ms: Math.round(reply.elapsedTime * 10) / 10 }, 'answered');
    next();
  });
  return app;
}

function mountPages(app: FastifyInstance, api: ReturnType<typeof openApiOf>): void {
  const document = JSON.stringify(api);
  const front = frontPage();
  const docs = docsPage(api);
  const safe = { exposeHeadRoute: true };
  app.get('/', safe, (_request, reply) => reply.headers(PAGE_HEADERS).send(front));
  app.get('/docs', safe, (_request, reply) => reply.headers(PAGE_HEADERS).send(docs));
  app.get('/openapi.json', safe, (_request, reply) => reply.type('application/json; charset=utf-8').send(document));
}

/** Strangers learn nothing of which paths exist: they get 401 for those that do not, as for those that do. */
function answerTheRest(app: FastifyInstance, accounts: ApiAccounts, methods: AllowedMethods, log: Logger): void {
  const identify = (request: FastifyRequest): void =>
    void (request.identity = accounts.identify(headerCredentials(request.headers.authorization)));
  app.addHook('onRequest', (request, _reply, next) => {
    if (request.is404) identify(request);
    next();
  });
  app.setNotFoundHandler((request) => {
    const path = pathOf(request.url);
    const allowed = methods.at(path);
    if (allowed.length === 0)
      throw new HttpRefusal('not_found', `there is nothing at ${path.slice(0, 200)}; /docs lists what there is`);
    const allow = allowed.join(', ');
    throw new HttpRefusal('method_not_allowed', `${request.method} is not answered here; try ${allow}`, { allow });
  });
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, log));
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Logger): void {
  const { status, headers, body } = problemReply(toAppError(error, request, log));
  void reply.code(status).headers(headers).send(body);
}
