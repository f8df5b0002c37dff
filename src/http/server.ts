/**
 * server: the HTTP side of the house: builds the app, opens its doors, and closes both.
 */
import { buildApp, type HttpApp, type HttpDeps } from './app.js';
import { openDoors } from './doors.js';

export type { HttpDeps } from './app.js';
export type { GaugesView, HealthView, RegistrationsPort, RegistrationView } from './read-models.js';

export type RunningHttp = Readonly<{
  port: number;
  /** One per address. */
  urls: readonly string[];
  intercept: HttpApp['intercept'];
  /** Who may ask, changed while it serves. */
  reloadable: Readonly<{ keys: readonly string[]; prepare: (config: HttpDeps['config']) => () => void }>;
  lookAtCertificate: () => void;
  /** Ends event streams and idle connections at once, gives requests under way half a second. */
  stop: () => Promise<void>;
}>;

/** @throws ConfigError when an address or the port cannot be had. */
export async function startHttp(deps: HttpDeps): Promise<RunningHttp> {
  const http = await buildApp(deps);
  try {
    const { addresses, http: wanted } = deps.config;
    const doors = await openDoors({
      addresses,
      port: wanted.port,
      connections: deps.limits?.http.connections,
      handler: (request, response) => http.app.routing(request, response),
      tls: deps.tls,
      clock: deps.clock,
      log: deps.log,
    });
    let stopping: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      http.streams.closeAll();
      // Events that could still leave share the half second with requests under way.
      await Promise.all([doors.close(), http.webhooks.close()]);
      await http.stop();
    };
    deps.log.info({ urls: doors.urls }, 'HTTP is served');
    return {
      port: doors.port,
      urls: doors.urls,
      intercept: http.intercept,
      reloadable: reloadableOf(http),
      lookAtCertificate: doors.lookAtCertificate,
      stop: () => (stopping ??= stop()),
    };
  } catch (error) {
    await http.stop();
    throw error;
  }
}

const reloadableOf = ({ accounts }: HttpApp): RunningHttp['reloadable'] => ({
  keys: ['accounts.http', 'accounts.tokens'],
  prepare: (config) => () => accounts.configure(config.accounts),
});
