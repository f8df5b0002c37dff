/**
 * plivo-talk: what the routes of the Plivo dialect share: looking at the calls, answering, refusing, and the end of the path.
 */
import type { CallView } from '#calls/commands.js';
import { Busy, Unauthorized, type AppError } from '#kit/errors.js';
import { HttpRefusal } from '../refusals.js';
import type { Ask, DialectReply } from './dialect.js';

export async function liveCalls(ask: Ask): Promise<readonly CallView[]> {
  const outcome = await ask({ kind: 'call.list' });
  if (outcome.kind !== 'call.listed') throw new Error(`call.list was answered with ${outcome.kind}`);
  return outcome.calls;
}

export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): DialectReply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
});

/** Their clients take the message from `error`, and know these statuses; what is wrong with the request otherwise is a 400. */
export function refuse(error: AppError, apiId: string): DialectReply {
  const known = [401, 404, 405].includes(error.http) || error.http >= 500;
  return json(known ? error.http : 400, { api_id: apiId, error: error.message }, headersOf(error));
}

function headersOf(error: AppError): Readonly<Record<string, string>> {
  // RFC 9110 §11.6.1: a 401 says how to do better; only Basic is understood here.
  if (error instanceof Unauthorized) return { 'www-authenticate': 'Basic realm="holdfast", charset="UTF-8"' };
  if (error instanceof Busy) return { 'retry-after': String(error.retryAfterSec) };
  return error instanceof HttpRefusal ? error.headers : {};
}
