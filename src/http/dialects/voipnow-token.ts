/**
 * voipnow-token: POST /oauth/token.php, where an App changes its id and secret into a bearer token (RFC 6749 §4.4).
 * It is a dialect of its own: its credentials are form fields, and its errors are not shaped like those of UnifiedAPI.
 */
import type { AppError } from '#kit/errors.js';
import { Unauthorized } from '#kit/errors.js';
import type { RouteDoc } from '../openapi.js';
import type { AskingRoute, Dialect, DialectReply, DialectRequest } from './dialect.js';

export type VoipnowTokenDeps = Readonly<{ seconds: number; issue: (identity: string) => string }>;

export function voipnowToken(deps: VoipnowTokenDeps): Dialect {
  return {
    name: 'voipnow-token',
    credentialsIn: 'parameters',
    body: 'form',
    credentials: (request) => {
      const fields = fieldsOf(request);
      const user = fields.get('client_id');
      const password = fields.get('client_secret');
      return user === null || password === null ? { kind: 'none' } : { kind: 'password', user, password };
    },
    refuse,
    event: () => undefined,
    routes: [tokenRoute(deps)],
  };
}

function tokenRoute(deps: VoipnowTokenDeps): AskingRoute {
  return {
    method: 'POST',
    path: '/oauth/token.php',
    doc,
    answer: (request) => {
      const grant = fieldsOf(request).get('grant_type');
      // RFC 6749 §5.2
      if (grant === null) return Promise.resolve(json(400, { error: 'invalid_request' }));
      if (grant !== 'client_credentials') return Promise.resolve(json(400, { error: 'unsupported_grant_type' }));
      // The vendor's client adds expires_in to its own clock, and reads it as a number or as text.
      const token = { access_token: deps.issue(request.identity), expires_in: deps.seconds, token_type: 'Bearer' };
      return Promise.resolve(json(200, token));
    },
  };
}

/** `error` is a word here, where UnifiedAPI has an object. */
function refuse(error: AppError): DialectReply {
  if (error instanceof Unauthorized) return json(401, { error: 'invalid_client' });
  return json(error.http, { error: error.http >= 500 ? 'server_error' : 'invalid_request' });
}

const fieldsOf = (request: DialectRequest): URLSearchParams =>
  new URLSearchParams(typeof request.body === 'string' ? request.body : '');

const json = (status: number, value: unknown): DialectReply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', pragma: 'no-cache' },
  body: JSON.stringify(value),
});

const doc: RouteDoc = {
  summary: 'A token for the VoipNow UnifiedAPI',
  description:
    'Form fields client_id, client_secret and grant_type=client_credentials; type and redirect_uri are accepted and not used.',
  open: true,
  answers: { 200: { description: 'access_token, expires_in and token_type' } },
};
