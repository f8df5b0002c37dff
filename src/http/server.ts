/**
 * server: the HTTP side of the house: builds the app, opens its doors, and closes both.
 */
import { buildApp, type HttpApp, type HttpDeps } from './app.js';
import { openDoors, type Doors } from './doors.js';

export type { HttpDeps } from './app.js';
export type { GaugesView, HealthView, RegistrationsPort, RegistrationView } from './read-models.js';

/** Built, and nobody can come in yet. */
export type ReadyHttp = Readonly<{
  intercept: HttpApp['intercept'];
  /** Who may ask, changed while it serves. */
  reloadable: Readonly<{ keys: readonly string[]; prepare: (config: HttpDeps['config']) => () => void }>;
  /** Once. @throws ConfigError when an address or the port cannot be had. */
  open: () => Promise<OpenHttp>;
  /** Ends event streams and idle connections at once, gives requests under way half a second. */
  stop: () => Promise<void>;
}>;

export type OpenHttp = Readonly<{
  port: number;
  /** One per address. */
  urls: readonly string[];
  lookAtCertificate: () => void;
}>;

export type RunningHttp = OpenHttp & Pick<ReadyHttp, 'intercept' | 'reloadable' | 'stop'>;

/** The building takes the loop a while; the opening does not. */
export async function prepareHttp(deps: HttpDeps): Promise<ReadyHttp> {
  const http = await buildApp(deps);
  let doors: Doors | undefined;
  const open = async (): Promise<OpenHttp> => {
    const { addresses, http: wanted } = deps.config;
    doors = await openDoors({
      addresses,
      port: wanted.port,
      connections: deps.limits?.http.connections,
      perAddress: deps.limits?.http.connectionsPerAddress,
      handler: (request, response) => http.app.routing(request, response),
      tls: deps.tls,
      clock: deps.clock,
      log: deps.log,
    });
    deps.log.info({ urls: doors.urls }, 'HTTP is served');
    return { port: doors.port, urls: doors.urls, lookAtCertificate: doors.lookAtCertificate };
  };
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    http.streams.closeAll();
    // Events that could still leave share the half second with requests under way.
    await Promise.all([doors?.close(), http.webhooks.close()]);
    await http.stop();
  };
  return { intercept: http.intercept, reloadable: reloadableOf(http), open, stop: () => (stopping ??= stop()) };
}

/** @throws ConfigError when an address or the port cannot be had. */
export async function startHttp(deps: HttpDeps): Promise<RunningHttp> {
  const ready = await prepareHttp(deps);
  try {
    return { ...ready, ...(await ready.open()) };
  } catch (error) {
    await ready.stop();
    throw error;
  }
}

const reloadableOf = ({ accounts, live, streams }: HttpApp): ReadyHttp['reloadable'] => ({
  keys: ['accounts.http', 'accounts.tokens', ...live.keys],
  prepare: (config) => () => {
    accounts.configure(config.accounts);
    streams.closeStrangers();
    live.configure(config);
  },
});
