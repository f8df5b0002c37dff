/**
 * app: fastify with everything on it: dialects, looking routes, pages, and one answer for whatever is left over.
 * It opens no socket; server.ts does.
 */
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { CommandPort } from '#calls/commands.js';
import type { EventBus } from '#calls/event-bus.js';
import type { Interceptor } from '#calls/interceptor.js';
import type { AskRate } from '#guard/ask-rate.js';
import type { CertificateFiles } from '#kit/certificates.js';
import type { Clock } from '#kit/clock.js';
import type { Config } from '#kit/config.js';
import type { Logger } from '#kit/log.js';
import { mountAgent } from './agent-mount.js';
import { AllowedMethods } from './allowed-methods.js';
import { ApiAccounts } from './api-accounts.js';
import { CallMetrics } from './call-metrics.js';
import { Dresses } from './dialects/dresses.js';
import { mountDialect, toDialectRequest } from './dialects/mount.js';
import { rest } from './dialects/rest.js';
import { EVERY_METHOD } from './dialects/the-rest.js';
import { problemReply } from './error-reply.js';
import { EventStreams } from './event-streams.js';
import { pathOf, toAppError } from './framework-errors.js';
import { GUARD_DOCS, guardMetrics, mountGuardRoutes, type GuardBook } from './guard-routes.js';
import { identifyBy, mayStayBy, type Identify } from './identify.js';
import { LOGIN_LIMITS, LoginGuard, type LoginLimits } from './login-guard.js';
import { mountObserveRoutes, OBSERVE_DOCS, type EngineStore } from './observe-routes.js';
import { LiveConfig } from './live-config.js';
import { mountMusicRoutes, MUSIC_DOCS } from './music-routes.js';
import type { Notebook } from './notebook.js';
import { openApiOf } from './openapi.js';
import type { Numbers } from './ozeki/extensions.js';
import { mountOzeki } from './ozeki/mount.js';
import { docsPage, frontPage, PAGE_HEADERS } from './pages.js';
import { mountPlivo } from './plivo-mount.js';
import { queryNames } from './query-names.js';
import type { GaugesView, HealthView, MusicPort, RecordingsPort, RegistrationsPort } from './read-models.js';
import { mountRecordingRoutes, RECORDING_DOCS } from './recording-routes.js';
import { mountReloadRoute, RELOAD_DOCS, type ReloadPort } from './reload-route.js';
import { HttpRefusal } from './refusals.js';
import { storeMetrics } from './store-metrics.js';
import { mountVoipnow } from './voipnow-mount.js';
import type { LetterKeeper } from './webhooks/letter-keeper.js';
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
  config: Pick<Config, 'addresses' | 'http' | 'accounts' | 'webhooks' | 'plivo' | 'agents' | 'ozeki'>;
  /** Part of every ha1 in accounts.yaml: `sip.realm`. */
  realm?: string | undefined;
  /** With it HTTP is HTTPS. */
  tls?: CertificateFiles | undefined;
  commands: CommandPort;
  bus: EventBus;
  registrations: RegistrationsPort;
  music: MusicPort;
  /** Where numbers that are programs are known. */
  numbers: Numbers;
  recordings: RecordingsPort;
  health: () => HealthView;
  /** Absent: the SIP engine is not ours to ask. */
  engineStore?: EngineStore | undefined;
  gauges: () => GaugesView;
  clock: Clock;
  log: Logger;
  /** What wrong credentials cost, where it is not what they cost always. */
  loginLimits?: LoginLimits | undefined;
  /** How often one address may ask; absent: as often as it likes. */
  rate?: AskRate | undefined;
  limits?: Config['limits'] | undefined;
  /** Absent: a restart forgets what was not sent, and by which ids clients know calls. */
  kept?: KeptByHttp | undefined;
  /** Absent: nobody can ask for the configuration to be read again. */
  reload?: ReloadPort | undefined;
  /** Absent: nobody is kept out here. */
  guards?: GuardBook | undefined;
}>;

/** What this room has of its own that outlives the program. */
export type KeptByHttp = Readonly<{ letters: LetterKeeper; notes: Notebook }>;

export type HttpApp = Readonly<{
  app: FastifyInstance;
  streams: EventStreams;
  webhooks: Webhooks;
  /** Asked before a phone's call is routed, when one is configured. */
  intercept: Interceptor | undefined;
  /** Who may ask, and with which credentials. */
  accounts: ApiAccounts;
  /** What the dialects have of the configuration. */
  live: LiveConfig;
  stop: () => Promise<void>;
}>;

const VERSION = '0.1.0';

/** Answers are data for programs: a browser shall neither guess what they are, nor run or frame them. The pages say what they need. */
const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

export async function buildApp(deps: HttpDeps): Promise<HttpApp> {
  const { config, bus, clock, log } = deps;
  const accounts = new ApiAccounts(config.accounts, deps.realm);
  const live = new LiveConfig(config);
  const guard = new LoginGuard(clock, deps.loginLimits ?? LOGIN_LIMITS);
  const identify = identifyBy(accounts, guard);
  const mayStay = mayStayBy(accounts);
  const webhooks = new Webhooks({
    config: config.webhooks,
    bus,
    clock,
    log,
    most: deps.limits?.webhooks,
    keeper: deps.kept?.letters,
  });
  const metrics = new CallMetrics(bus, deps.gauges, [
    ...webhookMetrics(webhooks),
    ...storeMetrics(deps.health),
    ...guardMetrics(deps.guards),
  ]);
  const streams = new EventStreams({ bus, clock, log, most: deps.limits?.http.eventStreams });
  const dresses = new Dresses();
  const app = bareFastify(config.http.bodyBytes, dresses, log, deps.rate);
  const dialects = [rest];
  const methods = new AllowedMethods(app);
  const mount = { commands: metrics.watching(deps.commands), accounts, guard, dresses, log, notes: deps.kept?.notes };
  for (const dialect of dialects) mountDialect(app, dialect, mount);
  const { registrations, numbers } = deps;
  const ozeki = mountOzeki(app, { ...mount, config, live, registrations, numbers, bus, clock });
  const plivo = mountPlivo(app, { ...mount, live, bus });
  const voipnow = mountVoipnow(app, { ...mount, config, live, bus, clock });
  const agents = mountAgent(app, { ...mount, live, bus, clock });
  mountObserveRoutes(app, {
    identify,
    mayStay,
    bus,
    streams,
    metrics,
    registrations,
    health: deps.health,
    engineStore: deps.engineStore,
  });
  mountMusicRoutes(app, { identify, music: deps.music });
  mountRecordingRoutes(app, { identify, recordings: deps.recordings });
  mountWebhookRoutes(app, { identify, webhooks });
  if (deps.reload !== undefined) mountReloadRoute(app, identify, deps.reload);
  if (deps.guards !== undefined) mountGuardRoutes(app, identify, deps.guards);
  const documented = [
    ...dialects.flatMap((dialect) => dialect.routes),
    ...ozeki.routes,
    ...plivo.routes,
    ...voipnow.routes,
    ...agents.routes,
    ...OBSERVE_DOCS,
    ...MUSIC_DOCS,
    ...RECORDING_DOCS,
    ...WEBHOOK_DOCS,
    ...GUARD_DOCS,
    ...RELOAD_DOCS,
  ];
  mountPages(app, openApiOf(documented, VERSION));
  answerTheRest(app, identify, methods, log);
  await app.ready();
  const stop = async (): Promise<void> => {
    streams.closeAll();
    metrics.stop();
    ozeki.stop();
    voipnow.stop();
    plivo.stop();
    guard.close();
    agents.stop();
    await Promise.all([webhooks.close(), app.close()]);
  };
  return { app, accounts, live, streams, webhooks, intercept: ozeki.intercept, stop };
}

function bareFastify(bodyBytes: number, dresses: Dresses, log: Logger, rate: AskRate | undefined): FastifyInstance {
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
    frameworkErrors: (error, asked, answer) => {
      const [request, reply] = [asked as FastifyRequest, answer as FastifyReply];
      const dressed = dresses.refuse(toAppError(error, request, log), toDialectRequest(request));
      if (dressed === undefined) sendProblem(error, request, reply, log);
      else void reply.code(dressed.status).headers(dressed.headers).send(dressed.body);
    },
  });
  for (const method of EVERY_METHOD) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  app.decorateRequest('identity', '');
  app.addHook('onRequest', (request, reply, next) => {
    void reply.headers(SAFE_HEADERS);
    if (isOfAnotherSite(request))
      return next(
        new HttpRefusal('cross_site', 'a page of another site may not ask for this with the credentials of its visitor'),
      );
    const afterSec = rate?.refuses(request.ip);
    if (afterSec === undefined) return next();
    next(new HttpRefusal('too_many_requests', 'too many requests from this address', { 'retry-after': String(afterSec) }));
  });
  app.addHook('onResponse', (request, reply, next) => {
    const facts = { method: request.method, path: pathOf(request.url), status: reply.statusCode, asker: request.identity };
    log.debug({ ...facts, ms: Math.round(reply.elapsedTime * 10) / 10 }, 'answered');
    next();
  });
  return app;
}

/**
 * A browser sends the name and password that it was told for this house with whatever any page has it send, and says whose page that was
 * (https://www.w3.org/TR/fetch-metadata/). Programs say nothing of the kind.
 */
const isOfAnotherSite = ({ method, headers }: FastifyRequest): boolean =>
  method !== 'GET' && method !== 'HEAD' && headers['sec-fetch-site'] === 'cross-site';

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
function answerTheRest(app: FastifyInstance, identify: Identify, methods: AllowedMethods, log: Logger): void {
  const refuse = (request: FastifyRequest): never => {
    const path = pathOf(request.url);
    const allowed = methods.at(path);
    if (allowed.length === 0)
      throw new HttpRefusal('not_found', `there is nothing at ${path.slice(0, 200)}; /docs lists what there is`);
    const allow = allowed.join(', ');
    throw new HttpRefusal('method_not_allowed', `${request.method} is not answered here; try ${allow}`, { allow });
  };
  app.addHook('onRequest', async (request) => {
    if (!request.is404) return;
    await identify(request);
    refuse(request); // before its body is read: nobody here knows how
  });
  app.setNotFoundHandler(refuse);
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, log));
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Logger): void {
  const { status, headers, body } = problemReply(toAppError(error, request, log));
  void reply.code(status).headers(headers).send(body);
}
