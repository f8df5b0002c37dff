/**
 * json-bodies: how a JSON body is read. An absent body is an empty object, so that `curl -X PUT` needs no `-d '{}'`.
 */
import type { FastifyInstance } from 'fastify';
import { HttpRefusal } from './refusals.js';

export function readsJson(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, parse(String(body)));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  });
  scope.addHook('preValidation', (request, _reply, done) => {
    // A body that says `null` is a value of the wrong type, not an absent body.
    if (request.body === undefined) request.body = {};
    done();
  });
}

/** `__proto__` becomes an ordinary key here, and every schema of ours refuses keys it does not know. */
function parse(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpRefusal('malformed_json', `the body is not JSON: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}
