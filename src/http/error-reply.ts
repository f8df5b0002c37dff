/**
 * error-reply: AppError → problem document (RFC 9457). Other dialects dress errors in their own files.
 */
import { AppError, BadRequest, Busy, Unauthorized, WrongMoment } from '#kit/errors.js';
import { ERROR_CODES, isErrorCode } from './error-codes.js';
import { HttpRefusal, TooManyAttempts } from './refusals.js';

export type Problem = Readonly<{
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  /** The part of the request the sender has to mend. */
  field?: string;
  /** What the call was doing when it was the wrong moment. */
  state?: string;
}>;

export type ProblemReply = Readonly<{ status: number; headers: Readonly<Record<string, string>>; body: string }>;

export const PROBLEM_TYPE = 'application/problem+json';

/** RFC 9110 §11.6.1: a 401 says how to do better. */
export const CHALLENGE = 'Bearer realm="holdfast", Basic realm="holdfast", charset="UTF-8"';

export function problemReply(error: AppError): ProblemReply {
  const problem = problemOf(error);
  return {
    status: problem.status,
    headers: { 'content-type': PROBLEM_TYPE, ...headersOf(error) },
    body: JSON.stringify(problem),
  };
}

export function problemOf(error: AppError): Problem {
  return {
    // RFC 9457 §3.1.1: relative to the request, and a page that explains it is really there.
    type: `/docs#${error.code}`,
    title: isErrorCode(error.code) ? ERROR_CODES[error.code].title : error.code,
    status: error.http,
    detail: error.message,
    code: error.code,
    ...(error instanceof BadRequest ? { field: error.field } : {}),
    ...(error instanceof WrongMoment ? { state: error.state } : {}),
  };
}

function headersOf(error: AppError): Record<string, string> {
  if (error instanceof TooManyAttempts) return { 'retry-after': String(error.retryAfterSec) };
  if (error instanceof Unauthorized) return { 'www-authenticate': CHALLENGE };
  if (error instanceof Busy) return { 'retry-after': String(error.retryAfterSec) };
  return error instanceof HttpRefusal ? { ...error.headers } : {};
}
