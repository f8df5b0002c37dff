/**
 * refusals: what only HTTP can refuse: paths, methods, bodies, credentials. Refusals of calls live in kit/errors.
 */
import { AppError, Unauthorized } from '#kit/errors.js';
import { ERROR_CODES, type ErrorCode } from './error-codes.js';

/** A refusal whose status stands in the table of error codes. */
export class HttpRefusal extends AppError {
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}, cause?: unknown) {
    super({ code, http: ERROR_CODES[code].status, sip: 400, message, cause });
    this.headers = headers;
  }
}

/** Some dialects tell these two apart. */
export class CredentialsMissing extends Unauthorized {
  constructor() {
    super('this needs a bearer token, or a user name and password');
  }
}

export class CredentialsWrong extends Unauthorized {
  constructor(message = 'no account has these credentials') {
    super(message);
  }
}

const TOO_MANY = { code: 'too_many_attempts', http: ERROR_CODES.too_many_attempts.status } as const;

/** Wrong ones enough: whether these are right is not looked at. To a dialect that has no word for it they are wrong once more. */
export class TooManyAttempts extends CredentialsWrong {
  override readonly code = TOO_MANY.code;
  override readonly http = TOO_MANY.http;
  readonly retryAfterSec: number;

  constructor(retryAfterSec: number) {
    super('too many wrong credentials from this address; try again later');
    this.retryAfterSec = retryAfterSec;
  }
}

/** A fault of ours: what happened is for the log, not for the stranger who asked. */
export const internalFault = (cause: unknown): HttpRefusal =>
  new HttpRefusal('internal', 'a fault in Holdfast; its log says more', {}, cause);
