/**
 * reload-route: POST /reload: the configuration is read again. What that means is main's business.
 */
import type { FastifyInstance } from 'fastify';
import { ConfigError } from '#kit/errors.js';
import type { Identify } from './identify.js';
import { HttpRefusal } from './refusals.js';

/** Which parts are in force now, and which wait for a restart. */
export type ReloadPort = () => Readonly<{ applied: readonly string[]; needsRestart: readonly string[] }>;

export function mountReloadRoute(app: FastifyInstance, identify: Identify, reload: ReloadPort): void {
  app.post('/reload', { onRequest: identify }, (_request, reply) => {
    try {
      return reply.send(reload());
    } catch (error) {
      // Names file and key, and never a secret (kit/config.ts hides them).
      if (error instanceof ConfigError) throw new HttpRefusal('config_refused', error.message, {}, error);
      throw error;
    }
  });
}
