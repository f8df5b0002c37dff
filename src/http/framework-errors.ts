/**
 * framework-errors: what fastify and its validator refuse → AppError. The only file that knows their error codes.
 */
import type { FastifyRequest } from 'fastify';
import { AppError, BadRequest } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import { expected, type Wrong } from './expected-words.js';
import { HttpRefusal, internalFault } from './refusals.js';

/** Also writes the log line of faults that are ours. */
export function toAppError(error: unknown, request: FastifyRequest, log: Logger): AppError {
  if (error instanceof AppError) return error;
  const known = knownRefusal(error, request);
  if (known !== undefined) return known;
  log.error({ err: error, method: request.method, path: pathOf(request.url) }, 'a request met a fault');
  return internalFault(error);
}

/** The query may hold a password (Ozeki): it is never logged. */
export const pathOf = (url: string): string => (url.split('?', 1)[0] ?? '').slice(0, 200);

function knownRefusal(error: unknown, request: FastifyRequest): AppError | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, validation, validationContext } = error as Record<string, unknown>;
  if (Array.isArray(validation)) return badRequest(firstOf(validation as Wrong[]), String(validationContext));
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new HttpRefusal('body_too_large', `the body is longer than ${request.routeOptions.bodyLimit} bytes`);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE': {
      const found = request.headers['content-type'] ?? 'none';
      return new HttpRefusal(
        'unsupported_media_type',
        `content type ${found.slice(0, 100)} is not read here; expected application/json`,
      );
    }
    // Of routes that read no body and so leave it to fastify.
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new HttpRefusal('malformed_json', 'the body is not JSON');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new HttpRefusal('malformed_http', 'the body is not as long as Content-Length says');
    case 'FST_ERR_BAD_URL':
      return new HttpRefusal('malformed_http', 'the path has a broken %-sequence');
    case 'ECONNRESET':
      return new HttpRefusal('malformed_http', 'the request broke off');
    default:
      return undefined;
  }
}

/** Of several ways to be right none fits: what they are is said by what is around them. */
const firstOf = (all: readonly Wrong[]): Wrong => all.find(({ keyword }) => keyword === 'anyOf') ?? (all[0] as Wrong);

/** The validator's first complaint as a sentence, and the key it is about. */
function badRequest(wrong: Wrong, where: string): BadRequest {
  const parent = wrong.instancePath.slice(1).replaceAll('/', '.');
  const join = (key: unknown): string => [parent, String(key)].filter((part) => part !== '').join('.');
  const place = where === 'querystring' ? 'the query' : 'the body';
  switch (wrong.keyword) {
    case 'additionalProperties': {
      const field = join(wrong.params['additionalProperty']);
      const known = Object.keys((wrong.parentSchema?.['properties'] as object | undefined) ?? {});
      return new BadRequest(field, `unknown key ${field} in ${place}; known: ${known.length === 0 ? 'none' : known.join(', ')}`);
    }
    case 'required': {
      const field = join(wrong.params['missingProperty']);
      return new BadRequest(field, `${field} is missing in ${place}`);
    }
    default: {
      const field = parent === '' ? (where === 'querystring' ? 'query' : 'body') : parent;
      return new BadRequest(field, `${field}: found ${shown(field, wrong.data)}, expected ${expected(wrong)}`);
    }
  }
}

/** A secret that is wrong may be nearly right, and answers end up in the logs of other people. */
function shown(field: string, value: unknown): string {
  if (/password|token|secret/.test(field)) return 'a value that does not fit';
  return textOf(value)
    .replace(/\/\/[^/@"]*@/, '//…@')
    .slice(0, 80);
}

/** JSON can be read deeper than it can be written. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    return 'a value of too many levels';
  }
}
