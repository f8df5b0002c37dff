/**
 * mount: the Ozeki dialect with what it has of its own: ids, scripts, notifications, API extensions. Who hears an event of a call, in which
 * order, is decided here. It may be switched off: then there is nothing at its paths.
 */
import type { FastifyInstance } from 'fastify';
import type { CallView } from '#calls/commands.js';
import type { EventBus } from '#calls/event-bus.js';
import type { Interceptor } from '#calls/interceptor.js';
import type { Clock } from '#kit/clock.js';
import type { Config } from '#kit/config.js';
import { AppError, ConfigError } from '#kit/errors.js';
import { readScript } from '#ozml/script.js';
import type { Dialect } from '../dialects/dialect.js';
import { inNameOf, mountDialect, type MountDeps } from '../dialects/mount.js';
import { callFacts } from '../dialects/ozeki-xml.js';
import { ozeki, type ExtensionRow } from '../dialects/ozeki.js';
import { WireIds } from '../dialects/wire-ids.js';
import type { LiveConfig } from '../live-config.js';
import { FORGETFUL_NOTEBOOK } from '../notebook.js';
import type { RegistrationsPort } from '../read-models.js';
import { systemResolve, type Resolve } from '../webhooks/reachable-addresses.js';
import { Extensions, type Numbers } from './extensions.js';
import { FollowUps } from './follow-ups.js';
import { Notices } from './notices.js';
import { Requests, type Fields } from './requests.js';
import { routingInterception } from './routing.js';
import { Scripts } from './scripts.js';

export type OzekiMountDeps = MountDeps &
  Readonly<{
    config: Pick<Config, 'ozeki' | 'addresses' | 'http'>;
    live: LiveConfig;
    registrations: RegistrationsPort;
    numbers: Numbers;
    bus: EventBus;
    clock: Clock;
    resolve?: Resolve;
  }>;

export type OzekiMounted = Readonly<{ routes: Dialect['routes']; intercept: Interceptor | undefined; stop: () => void }>;

type CallId = CallView['id'];

/** Or who calls that number is the first to find it. @throws ConfigError */
function checkScripts({ apiExtensions, limits }: Config['ozeki']): void {
  for (const [index, { script }] of apiExtensions.entries()) {
    try {
      if (script !== undefined) readScript(script, limits.scriptBytes);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ConfigError(`ozeki.yaml: apiExtensions.${index}.script: ${why}`);
    }
  }
}

/** Ids of calls that have ended are kept, because the history shows them; the oldest go first. */
const MOST_IDS = 50_000;

export function mountOzeki(app: FastifyInstance, deps: OzekiMountDeps): OzekiMounted {
  const { live, bus, clock, log } = deps;
  // A hold by a script and one by a command are one and the same.
  const commands = inNameOf(deps.commands, 'ozeki');
  const { ozeki: config } = deps.config;
  if (!config.enabled) return { routes: [], intercept: undefined, stop: () => undefined };
  checkScripts(config);
  const { notes: book = FORGETFUL_NOTEBOOK } = deps;
  const ids = new WireIds(undefined, MOST_IDS, undefined, { book, page: 'ozeki-ids', left: book.left('ozeki-ids') });
  const wireId = (callId: CallId): string => ids.of(callId);
  const findCall = (given: string): CallId => ids.find(given) ?? (given as CallId);
  const facts = (callId: CallId): Promise<Fields> =>
    commands.execute({ kind: 'call.get', callId }).then(
      (found) => (found.kind === 'call.found' ? callFacts({ wireId: wireId(callId), call: found.call }, clock.now()) : {}),
      () => ({ CallID: wireId(callId) }),
    );
  const requests = new Requests({ config, clock, resolve: deps.resolve ?? systemResolve, log });
  const followUps: FollowUps = new FollowUps({
    tell: (told) => notices.tell(told),
    connected: (callId, extension, wish) => void extensions.connected(callId, extension, wish),
    wireId,
    nowMs: () => clock.now(),
  });
  const scripts = new Scripts({ commands, requests, followUps, facts, findCall, config, clock, log });
  const answered = (callId: CallId, body: string): void => carryOut(callId, body);
  const recordingAddress = (id: string): string => `${publicUrl(deps.config)}/recordings/${id}/audio`;
  const notices = new Notices({ requests, followUps, facts, answered, recordingAddress, config, log });
  const extensions = new Extensions({ config, numbers: deps.numbers, scripts, requests, facts, log });

  /** What an application answers to a notification. A script that runs already is not disturbed by the news of what it does. */
  function carryOut(callId: CallId, body: string): void {
    try {
      const steps = readScript(body, config.limits.scriptBytes);
      if (steps.length > 0 && !scripts.isRunning(callId)) scripts.start(steps, { callId, variables: { CallId: wireId(callId) } });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      log.info({ callId, why: error.message }, 'an answer to a notification is not carried out');
    }
  }

  const isOurs = (number: string): boolean => live.isPhone(number) || extensions.has(number);
  const dialect = ozeki({
    ids: { of: wireId, find: findCall },
    nowMs: () => clock.now(),
    isOurs,
    extensions: () => extensionRows(deps),
    hasApiExtension: (number) => extensions.has(number),
    later: (outcome, after) => followUps.expect(outcome, after),
    readScript: (text) => readScript(text, config.limits.scriptBytes),
    runScript: (callId, steps) => scripts.start(steps, { callId, variables: { CallId: wireId(callId) } }),
  });
  mountDialect(app, dialect, deps);
  const unsubscribe = bus.subscribe((numbered) => {
    for (const listener of [scripts, extensions, followUps, notices]) listener.hear(numbered);
  });
  const stop = (): void => {
    unsubscribe();
    extensions.close();
    scripts.close();
    notices.close();
    requests.close();
  };
  return { routes: dialect.routes, intercept: routingInterception({ requests, wireId, isOurs, config, log }), stop };
}

function publicUrl({ ozeki: { publicUrl: configured }, addresses, http }: OzekiMountDeps['config']): string {
  if (configured !== '') return configured;
  const [address = '127.0.0.1'] = addresses;
  const scheme = (http.tls?.certificate ?? '') === '' ? 'http' : 'https';
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${http.port}`;
}

function extensionRows({ config, live, registrations }: OzekiMountDeps): readonly ExtensionRow[] {
  const registered = new Set(registrations.list().map(({ aor }) => aor));
  return [
    ...[...live.names].map(([number, name]) => ({
      number,
      name,
      type: 'SIP',
      state: registered.has(number) ? 'Registered' : 'Offline',
    })),
    ...config.ozeki.apiExtensions.map(({ number, name }) => ({ number, name: name ?? number, type: 'API', state: 'Registered' })),
  ];
}
