/**
 * openapi: the OpenAPI 3.1 document, made from the schemas that validate the requests and the docs that stand beside each route.
 */
import type { TSchema } from '@sinclair/typebox';
import { PROBLEM_TYPE } from './error-reply.js';
import { ERROR_CODES, type ErrorCode } from './error-codes.js';
import { BULK_SCHEMAS } from './bulk-schemas.js';
import { CONFERENCE_SCHEMAS } from './conference-schemas.js';
import { REACH_SCHEMAS } from './reach-schemas.js';
import { EVENT_SCHEMAS } from './event-schemas.js';
import { NAMED_SCHEMAS } from './schemas.js';
import { SOUND_SCHEMAS } from './sound-schemas.js';
import { LETTER_DOC } from './webhooks/letter-doc.js';
import { WEBHOOK_SCHEMAS } from './webhooks/webhook-schemas.js';

const SCHEMAS: readonly TSchema[] = [
  ...NAMED_SCHEMAS,
  ...EVENT_SCHEMAS,
  ...BULK_SCHEMAS,
  ...CONFERENCE_SCHEMAS,
  ...REACH_SCHEMAS,
  ...SOUND_SCHEMAS,
  ...WEBHOOK_SCHEMAS,
];

/** What a route says of itself. */
export type RouteDoc = Readonly<{
  summary: string;
  description?: string;
  /** Asking twice changes nothing; HEAD is answered too. */
  safe?: boolean;
  /** No credentials in headers: anybody may ask, or the route checks them in its own way. */
  open?: boolean;
  answers: Readonly<Record<number, Answer>>;
  errors?: readonly ErrorCode[];
  /** Request headers that mean something here. */
  headers?: Readonly<Record<string, string>>;
  /** Query names that no schema validates. */
  query?: Readonly<Record<string, string>>;
}>;

export type Answer = Readonly<{
  description: string;
  schema?: TSchema;
  contentType?: string;
  /** The same answer in another dress, when it is asked for. */
  orAs?: string;
  headers?: Readonly<Record<string, string>>;
}>;

export type DocumentedRoute = Readonly<{
  method: string;
  path: string;
  schema?: Readonly<{ querystring?: TSchema; body?: TSchema }>;
  doc: RouteDoc;
}>;

export type OpenApi = Readonly<{
  openapi: string;
  info: Readonly<Record<string, string>>;
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  /** What Holdfast asks of others. */
  webhooks: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components: Readonly<Record<string, unknown>>;
  security: readonly unknown[];
}>;

export type Operation = Readonly<{
  summary: string;
  description?: string;
  parameters?: readonly Parameter[];
  requestBody?: unknown;
  responses: Readonly<Record<string, Readonly<{ description: string }> & Readonly<Record<string, unknown>>>>;
  security?: readonly unknown[];
}>;

export type Parameter = Readonly<{ name: string; in: string; required?: boolean; description?: string; schema: unknown }>;

export function openApiOf(routes: readonly DocumentedRoute[], version: string): OpenApi {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:([A-Za-z]+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operationOf(route);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Holdfast', version, description: 'Calls set up, held and resumed over HTTP, with proof of hold.' },
    paths,
    webhooks: { event: { post: LETTER_DOC } },
    components: {
      schemas: Object.fromEntries(SCHEMAS.map((schema) => [schema.$id ?? '', plain(schema)])),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' }, password: { type: 'http', scheme: 'basic' } },
    },
    security: [{ token: [] }, { password: [] }],
  };
}

function operationOf({ path, schema, doc }: DocumentedRoute): Operation {
  const parameters = [
    ...[...path.matchAll(/:([A-Za-z]+)/g)].map(([, name = '']) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...queryParameters(schema?.querystring),
    ...described('query', doc.query),
    ...described('header', doc.headers),
  ];
  return {
    summary: doc.summary,
    ...(doc.description === undefined ? {} : { description: doc.description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(schema?.body === undefined || isEmptyObject(schema.body) ? {} : { requestBody: bodyOf(schema.body) }),
    responses: { ...answersOf(doc), ...problemsOf(doc) },
    ...(doc.open === true ? { security: [] } : {}),
  };
}

const described = (place: string, names: Readonly<Record<string, string>> = {}): Parameter[] =>
  Object.entries(names).map(([name, description]) => ({ name, in: place, description, schema: { type: 'string' } }));

function queryParameters(schema: TSchema | undefined): Parameter[] {
  const required = new Set((schema?.['required'] as string[] | undefined) ?? []);
  const properties = (schema?.['properties'] ?? {}) as Readonly<Record<string, Readonly<{ description?: string }>>>;
  return Object.entries(properties).map(([name, one]) => ({
    name,
    in: 'query',
    required: required.has(name),
    ...(one.description === undefined ? {} : { description: one.description }),
    schema: plain(one),
  }));
}

const isEmptyObject = (schema: TSchema): boolean => Object.keys((schema['properties'] as object | undefined) ?? {}).length === 0;

const bodyOf = (schema: TSchema): unknown => ({
  required: ((schema['required'] as string[] | undefined) ?? []).length > 0,
  content: { 'application/json': { schema: reference(schema) } },
});

function answersOf(doc: RouteDoc): Operation['responses'] {
  const described = Object.entries(doc.answers).map(([status, { description, schema, contentType, orAs, headers }]) => {
    const said = { description, ...(headers === undefined ? {} : { headers: headersOf(headers) }) };
    if (status === '204') return [status, said] as const; // RFC 9110 §15.3.5: no content
    const other = orAs === undefined ? {} : { [orAs]: {} };
    const content = { [contentType ?? 'application/json']: schema === undefined ? {} : { schema: reference(schema) }, ...other };
    return [status, { ...said, content }] as const;
  });
  return Object.fromEntries(described);
}

const headersOf = (headers: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]));

/** Several codes may share one status. */
function problemsOf(doc: RouteDoc): Operation['responses'] {
  const byStatus = new Map<number, ErrorCode[]>();
  // Of every operation: pages of other sites, who asks too often, and who has tried too many passwords.
  const always: ErrorCode[] =
    doc.open === true ? ['too_many_requests'] : ['unauthorized', 'cross_site', 'too_many_attempts', 'too_many_requests'];
  const codes = new Set([...always, ...(doc.errors ?? [])]);
  for (const code of codes) byStatus.set(ERROR_CODES[code].status, [...(byStatus.get(ERROR_CODES[code].status) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, shared]) => [
      String(status),
      {
        description: shared.map((code) => `\`${code}\`: ${ERROR_CODES[code].meaning}`).join(' '),
        content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
}

const reference = (schema: TSchema): unknown =>
  schema.$id === undefined ? plain(schema) : { $ref: `#/components/schemas/${schema.$id}` };

/** A schema as plain JSON: named schemas inside become references, TypeBox's own symbols are left behind. */
function plain(schema: object): unknown {
  const walk = (value: unknown, top: boolean): unknown => {
    if (Array.isArray(value)) return value.map((one) => walk(one, false));
    if (typeof value !== 'object' || value === null) return value;
    const { $id, ...rest } = value as Record<string, unknown>;
    if (typeof $id === 'string' && !top) return { $ref: `#/components/schemas/${$id}` };
    return Object.fromEntries(Object.entries(rest).map(([key, one]) => [key, walk(one, false)]));
  };
  return walk(schema, true);
}
