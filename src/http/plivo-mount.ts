/**
 * plivo-mount: the Plivo dialect with what it has of its own: accounts, and what it remembers of members.
 * It may be switched off: then there is nothing at its paths.
 */
import type { FastifyInstance } from 'fastify';
import type { EventBus } from '#calls/event-bus.js';
import { newUuid } from '#kit/ids.js';
import { ApiAccounts } from './api-accounts.js';
import type { Dialect } from './dialects/dialect.js';
import type { LiveConfig } from './live-config.js';
import { mountDialect, type MountDeps } from './dialects/mount.js';
import { PlivoMemory } from './dialects/plivo-memory.js';
import { plivo } from './dialects/plivo.js';

export type PlivoMountDeps = Omit<MountDeps, 'accounts'> & Readonly<{ live: LiveConfig; bus: EventBus }>;

export function mountPlivo(
  app: FastifyInstance,
  deps: PlivoMountDeps,
): Readonly<{ routes: Dialect['routes']; stop: () => void }> {
  const { live } = deps;
  if (!live.plivo.enabled) return { routes: [], stop: () => undefined };
  const accounts = new ApiAccounts();
  live.follow(() => {
    const http = live.plivo.accounts.map(({ authId, authToken }) => ({ user: authId, password: authToken }));
    accounts.configure({ http, tokens: [] });
  });
  const memory = new PlivoMemory(undefined, deps.notes);
  const stop = deps.bus.subscribe((event) => memory.hear(event));
  const dialect = plivo({
    get config() {
      return live.plivo;
    },
    isOurs: live.isPhone,
    newUuid,
    memory,
  });
  mountDialect(app, dialect, { ...deps, accounts });
  // What catches the rest of its paths is nothing to read about.
  return { routes: dialect.routes.filter(({ path }) => path !== '/v1' && !path.includes('*')), stop };
}
