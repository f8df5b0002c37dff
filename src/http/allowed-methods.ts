/**
 * allowed-methods: which methods each path answers, noted as routes are added, for 405 and its Allow header (RFC 9110 §15.5.6).
 */
import type { FastifyInstance } from 'fastify';

export class AllowedMethods {
  readonly #routes: { pattern: RegExp; methods: readonly string[] }[] = [];

  /** Must be made before the routes it is to know. */
  constructor(app: FastifyInstance) {
    app.addHook('onRoute', ({ url, method }) => {
      // What catches the rest of a dialect's paths knows better itself which methods they have.
      if (url.includes('*')) return;
      const pattern = new RegExp(`^${url.replaceAll('.', '\\.').replace(/:[A-Za-z]+/g, '[^/]+')}/?$`);
      this.#routes.push({ pattern, methods: [method].flat() });
    });
  }

  at(path: string): readonly string[] {
    const methods = this.#routes.filter(({ pattern }) => pattern.test(path)).flatMap((route) => route.methods);
    return [...new Set(methods)].sort();
  }
}
