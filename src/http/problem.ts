/**
 * problem: errors as RFC 9457 problem documents. Says what was wrong, never where in our code.
 */
import type { FastifyReply } from 'fastify';
import { AppError, BadRequest, Busy, Unauthorized, WrongMoment } from '#kit/errors.js';

export type Problem = Readonly<{
  type: string;
  title: string;
  status: number;
  detail: string;
  /** One word a program can switch on; error-codes.ts lists them. */
  code: string;
  /** The part of the request that has to be mended. */
  field?: string;
  /** The state the call was in, when the moment was wrong. */
  state?: string;
}>;

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

export function problem(status: number, code: string, detail: string): Problem {
  return { type: `urn:holdfast:error:${code}`, title: TITLES[status] ?? 'Error', status, detail, code };
}

/** What a failed request is answered. Faults of ours are told as such, without a word of what they were. */
export function problemOf(error: unknown): Problem {
  if (error instanceof BadRequest) return { ...problem(error.http, error.code, error.message), field: error.field };
  if (error instanceof WrongMoment) return { ...problem(error.http, error.code, error.message), state: error.state };
  if (error instanceof AppError) return problem(error.http, error.code, error.message);
  return (
    frameworkProblem(error as FrameworkError) ?? problem(500, 'internal_error', 'something went wrong here; it has been logged')
  );
}

type FrameworkError = Readonly<{
  code?: string;
  statusCode?: number;
  validation?: readonly { instancePath: string; message?: string; keyword: string; params: Readonly<Record<string, unknown>> }[];
  validationContext?: string;
}>;

function frameworkProblem(error: FrameworkError): Problem | undefined {
  const [wrong] = error.validation ?? [];
  if (wrong !== undefined) {
    const inside = wrong.instancePath.slice(1).replaceAll('/', '.');
    const named = wrong.params['additionalProperty'] ?? wrong.params['missingProperty'];
    const field = [inside, named].filter((part) => typeof part === 'string' && part !== '').join('.');
    const detail =
      wrong.keyword === 'additionalProperties'
        ? `unknown key ${field}`
        : `${field === '' ? 'the body' : field}: ${wrong.message ?? 'not valid'}`;
    return { ...problem(400, 'bad_request', detail), field };
  }
  if (error.statusCode === 413) return problem(413, 'too_large', 'the body is larger than http.bodyBytes allows');
  if (error.statusCode === 415) return problem(415, 'unsupported_media_type', 'the body must be application/json');
  if (error.statusCode === 400) return problem(400, 'bad_request', 'the body could not be read as JSON');
  return undefined;
}

export function sendProblem(reply: FastifyReply, document: Problem, error?: unknown): void {
  void reply.code(document.status).header('content-type', 'application/problem+json');
  if (error instanceof Unauthorized) void reply.header('www-authenticate', 'Basic realm="holdfast", Bearer');
  if (error instanceof Busy) void reply.header('retry-after', String(error.retryAfterSec));
  // The type is set by hand, so the text is too: fastify would choose application/json.
  void reply.send(JSON.stringify(document));
}
