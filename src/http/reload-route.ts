/**
 * reload-route: POST /reload: the configuration is read again. What that means is main's business.
 */
import { Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { ConfigError } from '#kit/errors.js';
import type { Identify } from './identify.js';
import { readsJson } from './json-bodies.js';
import type { DocumentedRoute } from './openapi.js';
import { HttpRefusal } from './refusals.js';
import { NoBody, NoQuery } from './schemas.js';

/** Which parts are in force now, and which wait for a restart. */
export type ReloadPort = () => Readonly<{ applied: readonly string[]; needsRestart: readonly string[] }>;

const schema = { querystring: NoQuery, body: NoBody };

export function mountReloadRoute(app: FastifyInstance, identify: Identify, reload: ReloadPort): void {
  void app.register((scope, _options, done) => {
    readsJson(scope);
    scope.post('/reload', { schema, onRequest: identify }, (_request, reply) => {
      try {
        return reply.send(reload());
      } catch (error) {
        // Names file and key, and never a secret (kit/config.ts hides them).
        if (error instanceof ConfigError) throw new HttpRefusal('config_refused', error.message, {}, error);
        throw error;
      }
    });
    done();
  });
}

const Keys = (description: string) => Type.Array(Type.String(), { description });

export const RELOAD_DOCS: readonly DocumentedRoute[] = [
  {
    method: 'POST',
    path: '/reload',
    schema,
    doc: {
      summary: 'Read the configuration again',
      description: 'As SIGHUP does: no call notices, and a configuration that is wrong anywhere is refused whole.',
      answers: {
        200: {
          description: 'read',
          schema: Type.Object({
            applied: Keys('what has changed and is in force, by its keys: `accounts.phones`'),
            needsRestart: Keys('what has changed and waits for a restart'),
          }),
        },
      },
      errors: ['bad_request', 'malformed_json', 'config_refused'],
    },
  },
];
