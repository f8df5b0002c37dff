/**
 * server: one HTTP server for all dialects: who may ask, what is logged, and how it listens and closes.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { CommandPort } from '#calls/commands.js';
import type { EventBus } from '#calls/event-bus.js';
import type { Clock } from '#kit/clock.js';
import type { Config } from '#kit/config.js';
import { BadRequest, ConfigError, Unauthorized } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import { ApiAccounts } from './api-accounts.js';
import { dialectRoutes } from './dialect-routes.js';
import { OzekiDialect } from './dialects/ozeki.js';
import { EventStreams } from './event-stream.js';
import { Metrics } from './metrics.js';
import { ApiDocument, page } from './openapi.js';
import { problem, problemOf, sendProblem } from './problem.js';
import type { GaugesView, HealthView, RegistrationsPort } from './read-models.js';
import { restRoutes } from './rest.js';

export type HttpDeps = Readonly<{
  config: Config;
  commands: CommandPort;
  bus: EventBus;
  registrations: RegistrationsPort;
  health: () => HealthView;
  gauges: () => GaugesView;
  clock: Clock;
  log: Logger;
}>;

export type RunningHttp = Readonly<{ port: number; stop: () => Promise<void> }>;

const VERSION = '0.1.0';
/** A client that sends its request slower than this is not one we wait for. */
const REQUEST_MS = 30_000;

/** @throws ConfigError when the port is taken. */
export async function startHttp(deps: HttpDeps): Promise<RunningHttp> {
  const { app, streams, metrics } = buildHttp(deps);
  await app.ready();
  const servers: Server[] = [];
  const stop = async (): Promise<void> => {
    streams.close();
    metrics.close();
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    await app.close();
  };
  let { port } = deps.config.http;
  try {
    for (const address of deps.config.addresses) {
      const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) =>
        app.routing(request, response),
      );
      servers.push(server);
      port = await listen(server, address, port); // with port 0 the first free one serves every address
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, stop };
}

function listen(server: Server<typeof IncomingMessage, typeof ServerResponse>, address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'another program listens there' : error.message;
      reject(
        new ConfigError(
          `HTTP cannot listen on ${address} port ${port}: ${why}; choose another with http.port or HOLDFAST_HTTP_PORT`,
        ),
      );
    });
    server.listen(port, address, () => resolve((server.address() as AddressInfo).port));
  });
}

/** The server without its sockets, as tests use it. */
export function buildHttp(deps: HttpDeps): { app: FastifyInstance; streams: EventStreams; metrics: Metrics } {
  const accounts = new ApiAccounts(deps.config.accounts);
  const streams = new EventStreams(deps.bus, deps.clock);
  const metrics = new Metrics(deps.bus, deps.gauges);
  const document = new ApiDocument();
  const app = Fastify({
    bodyLimit: deps.config.http.bodyBytes,
    logger: false, // Ozeki carries passwords in the query, so URLs are never logged as they are
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, _request, reply) => sendProblem(reply as FastifyReply, problemOf(error)),
  });
  document.watch(app);
  const methods = watchMethods(app);
  readForms(app);
  app.setErrorHandler((error, request, reply) => {
    const told = problemOf(error);
    if (told.status >= 500) deps.log.error({ err: error, path: pathOf(request) }, 'a request failed');
    sendProblem(reply, told, error);
  });
  const mustBeKnown = (request: FastifyRequest): string => {
    const user = accounts.byHeader(request.headers.authorization);
    if (user === undefined) throw new Unauthorized('send a bearer token or basic credentials');
    return user;
  };
  app.setNotFoundHandler((request, reply) => {
    mustBeKnown(request); // strangers do not learn which paths there are
    const allowed = methods(pathOf(request));
    if (allowed.length === 0) return sendProblem(reply, problem(404, 'not_found', 'there is nothing at this path'));
    void reply.header('allow', allowed.join(', '));
    sendProblem(reply, problem(405, 'method_not_allowed', `this path takes ${allowed.join(', ')}`));
  });
  openRoutes(app, deps, document);
  const home = (reply: FastifyReply): void => void reply.header('content-type', 'text/html; charset=utf-8').send(HOME);
  dialectRoutes(app, new OzekiDialect(), { commands: deps.commands, accounts, log: deps.log }, home);
  void app.register((guarded, _options, done) => {
    guarded.addHook('onRequest', async (request) => void mustBeKnown(request));
    restRoutes(guarded, { commands: deps.commands, registrations: deps.registrations, metrics, userOf: mustBeKnown });
    guarded.get(
      '/events',
      { schema: { summary: 'Server-sent events; Last-Event-ID or ?after=SEQ replays' } },
      (request, reply) => {
        streams.open(reply.raw, lastEventId(request));
        void reply.hijack();
      },
    );
    guarded.get('/metrics', { schema: { summary: 'Prometheus metrics' } }, (_request, reply) =>
      reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(metrics.text()),
    );
    done();
  });
  return { app, streams, metrics };
}

function openRoutes(app: FastifyInstance, deps: HttpDeps, document: ApiDocument): void {
  app.get('/health', { schema: { summary: 'Whether Holdfast can do its work' } }, (_request, reply) => {
    const health = deps.health();
    const ok = health.rtpengine === 'up';
    return reply
      .code(ok ? 200 : 503)
      .send({ status: ok ? (health.problems.length === 0 ? 'ok' : 'degraded') : 'unavailable', ...health });
  });
  app.get('/openapi.json', (_request, reply) => reply.send(document.document(VERSION)));
  app.get('/docs', (_request, reply) => reply.header('content-type', 'text/html; charset=utf-8').send(document.page()));
}

const HOME = page(
  'Holdfast',
  '<p>A SIP back-to-back user agent whose heart is hold. The API is described at <a href="/docs">/docs</a>; <a href="/health">/health</a> says how it is.</p>',
);

const pathOf = (request: FastifyRequest): string => request.url.split('?')[0] ?? '/';

function lastEventId(request: FastifyRequest): number | undefined {
  const header = request.headers['last-event-id'];
  const text = typeof header === 'string' ? header : new URL(request.url, 'http://localhost').searchParams.get('after');
  if (text === null) return undefined;
  if (!/^[0-9]{1,15}$/.test(text)) throw new BadRequest('after', 'the sequence number must be a whole number');
  return Number(text);
}

/** Which methods each path takes, for 405. */
function watchMethods(app: FastifyInstance): (path: string) => string[] {
  const routes: { pattern: RegExp; method: string }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    const pattern = new RegExp(`^${url.replace(/[.]/g, '\\.').replace(/:[A-Za-z]+/g, '[^/]+')}$`);
    for (const one of [method].flat()) routes.push({ pattern, method: one });
  });
  return (path) => [...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))];
}

function readForms(app: FastifyInstance): void {
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(body as string)));
  });
}
