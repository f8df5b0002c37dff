/**
 * voipnow-errors: what UnifiedAPI calls each refusal, and the body it comes in: {"error":{"code","message"}}.
 * Clients of the vendor read code and message, and fail on anything that is not JSON: a 401 is JSON too.
 */
import { AppError, BadRequest, Busy, CallNotFound, MediaFailed, MediaGone, NotBuilt, NotRegistered } from '#kit/errors.js';
import { NumberUnknown, Unauthorized, WrongMoment } from '#kit/errors.js';
import { HttpRefusal } from '../refusals.js';
import type { DialectReply } from './dialect.js';

export type UapiCode =
  | 'pc_phonecall_invalid'
  | 'pc_phonecallview_invalid'
  | 'pc_action_invalid'
  | 'pc_number_invalid'
  | 'pc_parameter_invalid'
  | 'extension_invalid'
  | 'user_invalid'
  | 'request_invalid'
  | 'access_denied';

/** A refusal in their own words. */
export class UapiRefusal extends AppError {
  readonly uapi: UapiCode;

  constructor(uapi: UapiCode, message: string) {
    super({ code: 'bad_request', http: uapi === 'access_denied' ? 403 : 400, sip: 400, message });
    this.uapi = uapi;
  }
}

export function refuse(error: AppError): DialectReply {
  const [status, code] = named(error);
  return json(status, { error: { code, message: error.message } }, headersOf(error));
}

function named(error: AppError): readonly [number, string] {
  if (error instanceof UapiRefusal) return [error.http, error.uapi];
  if (error instanceof Unauthorized) return [401, 'unauthorized'];
  // An unknown id is a wrong value to them, not a place that is missing: 400, where others say 404.
  if (error instanceof CallNotFound) return [400, 'pc_phonecall_invalid'];
  if (error instanceof WrongMoment) return [400, 'pc_action_invalid'];
  if (error instanceof NumberUnknown || error instanceof NotRegistered) return [400, 'pc_number_invalid'];
  if (error instanceof BadRequest) return [400, 'request_invalid'];
  if (error instanceof NotBuilt) return [501, 'not_built'];
  if (error instanceof Busy) return [503, 'busy'];
  if (error instanceof MediaFailed || error instanceof MediaGone) return [500, 'internal_error'];
  if (error instanceof HttpRefusal && error.http < 500) return [error.http, 'request_invalid'];
  // Words of other families of commands: a conference that is unknown, for one.
  return error.http < 500 ? [400, 'request_invalid'] : [500, 'internal_error'];
}

function headersOf(error: AppError): Readonly<Record<string, string>> {
  if (error instanceof Unauthorized) return { 'www-authenticate': 'Bearer realm="holdfast"' }; // RFC 6750 §3
  if (error instanceof Busy) return { 'retry-after': String(error.retryAfterSec) };
  return error instanceof HttpRefusal ? error.headers : {};
}

export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): DialectReply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(value),
});
