/**
 * openapi: the OpenAPI document, made of the schemas that requests are checked against, and a page to read it by.
 */
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify';
import { ERROR_CODES } from './error-codes.js';

/** A route with a summary is part of the described API. */
declare module 'fastify' {
  interface FastifySchema {
    summary?: string;
  }
}

type Documented = Readonly<{ method: string; url: string; schema: FastifySchema }>;

/** Notes every route with a summary from now on. */
export class ApiDocument {
  readonly #routes: Documented[] = [];

  watch(app: FastifyInstance): void {
    app.addHook('onRoute', (route: RouteOptions) => {
      const { schema } = route;
      if (schema?.summary === undefined) return;
      for (const method of [route.method].flat())
        if (method !== 'HEAD') this.#routes.push({ method: method.toLowerCase(), url: route.url, schema });
    });
  }

  document(version: string): Record<string, unknown> {
    const paths: Record<string, Record<string, unknown>> = {};
    for (const { method, url, schema } of this.#routes) {
      const path = url.replace(/:([A-Za-z]+)/g, '{$1}');
      paths[path] ??= {};
      paths[path][method] = operation(schema);
    }
    return {
      openapi: '3.1.0',
      info: {
        title: 'Holdfast',
        version,
        description: `Errors are RFC 9457 problem documents; \`code\` is one of: ${Object.keys(ERROR_CODES).join(', ')}.`,
      },
      components: { securitySchemes: { basic: { type: 'http', scheme: 'basic' }, bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ basic: [] }, { bearer: [] }],
      paths,
    };
  }

  page(): string {
    const rows = this.#routes.map(
      ({ method, url, schema }) =>
        `<tr><td><code>${method.toUpperCase()}</code></td><td><code>${url}</code></td><td>${schema.summary}</td></tr>`,
    );
    const codes = Object.entries(ERROR_CODES).map(
      ([code, meaning]) => `<tr><td><code>${code}</code></td><td>${meaning}</td></tr>`,
    );
    return page(
      'Holdfast API',
      `<p>The machine-readable form is <a href="/openapi.json">/openapi.json</a>. Send a bearer token or basic credentials.</p>
<table>${rows.join('')}</table><h2>Error codes</h2><table>${codes.join('')}</table>`,
    );
  }
}

function operation(schema: Documented['schema']): Record<string, unknown> {
  const parameters = [...parametersOf(schema.params, 'path'), ...parametersOf(schema.querystring, 'query')];
  return {
    summary: schema.summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(schema.body === undefined ? {} : { requestBody: { content: { 'application/json': { schema: schema.body } } } }),
    responses: {
      '2XX': { description: 'done' },
      default: { description: 'a problem document', content: { 'application/problem+json': {} } },
    },
  };
}

function parametersOf(schema: unknown, where: string): Record<string, unknown>[] {
  const { properties = {}, required = [] } = (schema ?? {}) as { properties?: Record<string, unknown>; required?: string[] };
  return Object.entries(properties).map(([name, type]) => ({ name, in: where, required: required.includes(name), schema: type }));
}

export const page = (
  title: string,
  body: string,
): string => `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}td{padding:.2rem 1rem .2rem 0;vertical-align:top}</style>
<h1>${title}</h1>${body}</html>`;
