/**
 * errors: refusals that know what to say on every wire.
 * An expected refusal is an AppError with a code, an HTTP status and a SIP status; a bug stays a plain Error.
 */

export type ErrorFacts = Readonly<{ code: string; http: number; sip: number; message: string; cause?: unknown }>;

export class AppError extends Error {
  readonly code: string;
  readonly http: number;
  readonly sip: number;

  constructor(facts: ErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = new.target.name;
    this.code = facts.code;
    this.http = facts.http;
    this.sip = facts.sip;
  }
}

/** A request whose words are wrong; `field` names the part the sender has to mend. */
export class BadRequest extends AppError {
  readonly field: string;

  constructor(field: string, message: string) {
    super({ code: 'bad_request', http: 400, sip: 400, message });
    this.field = field;
  }
}

export class CallNotFound extends AppError {
  constructor(callId: string) {
    super({ code: 'call_not_found', http: 404, sip: 481, message: `no live call ${callId}` });
  }
}

/** The call is there, but this is not the moment (a hold before the answer, for one). */
export class WrongMoment extends AppError {
  readonly state: string;

  constructor(message: string, state: string) {
    super({ code: 'wrong_moment', http: 409, sip: 491, message });
    this.state = state;
  }
}

/** The number belongs to nobody: no account and no trunk prefix. */
export class NumberUnknown extends AppError {
  readonly number: string;

  constructor(number: string) {
    super({ code: 'number_unknown', http: 422, sip: 404, message: `nobody has the number ${number}` });
    this.number = number;
  }
}

/** The number is known, and no phone of it is registered. */
export class NotRegistered extends AppError {
  readonly number: string;

  constructor(number: string) {
    super({ code: 'not_registered', http: 422, sip: 480, message: `no phone is registered for ${number}` });
    this.number = number;
  }
}

export class Unauthorized extends AppError {
  constructor(message = 'who is asking could not be established') {
    super({ code: 'unauthorized', http: 401, sip: 401, message });
  }
}

/** A limit with a name was reached; the caller may try again later. */
export class Busy extends AppError {
  readonly retryAfterSec: number;

  constructor(message: string, retryAfterSec: number) {
    super({ code: 'busy', http: 503, sip: 503, message });
    this.retryAfterSec = retryAfterSec;
  }
}

/** The rules of the house do not let this account call this number. */
export class DialForbidden extends AppError {
  constructor(number: string) {
    super({ code: 'dial_forbidden', http: 403, sip: 403, message: `calls to ${number} are not allowed (guards.yaml calls)` });
  }
}

/** More than the sender of a body may send. */
export class BodyTooLarge extends AppError {
  constructor(limitBytes: number) {
    super({ code: 'body_too_large', http: 413, sip: 413, message: `the body is longer than ${limitBytes} bytes` });
  }
}

export class MusicNotFound extends AppError {
  constructor(musicClass: string, name: string) {
    super({ code: 'music_not_found', http: 404, sip: 404, message: `class ${musicClass} has no file ${name.slice(0, 100)}` });
  }
}

/** There are as many classes, or files in a class, as the configuration allows. */
export class MusicFull extends AppError {
  constructor(message: string) {
    super({ code: 'music_full', http: 409, sip: 500, message });
  }
}

export class RecordingNotFound extends AppError {
  constructor(id: string) {
    super({ code: 'recording_not_found', http: 404, sip: 404, message: `no recording ${id.slice(0, 100)}` });
  }
}

/** rtpengine refused a command or did not answer in time. */
export class MediaFailed extends AppError {
  constructor(message: string, cause?: unknown) {
    super({ code: 'media_failed', http: 502, sip: 500, message, cause });
  }
}

/** rtpengine no longer knows the call: it was restarted, or it timed the call out. */
export class MediaGone extends AppError {
  constructor(callId: string) {
    super({ code: 'media_gone', http: 502, sip: 500, message: `the media of call ${callId} is gone` });
  }
}

/** It is understood, and this house cannot do it yet. */
export class NotBuilt extends AppError {
  constructor(what: string) {
    super({ code: 'not_built', http: 501, sip: 501, message: `${what} is not built yet` });
  }
}

/** No phone took the message; `sip` is what the best of them said, and so does the text. */
export class MessageRefused extends AppError {
  constructor(number: string, status: number, reason: string) {
    super({
      code: 'message_refused',
      http: 422,
      sip: status,
      message: `${number} did not take the message: ${status} ${reason}`,
    });
  }
}

/** The configuration is wrong: file, key, what was found and what is expected. */
export class ConfigError extends AppError {
  constructor(message: string) {
    super({ code: 'config_error', http: 500, sip: 500, message });
  }
}

/** Ends every switch over a union, so that a new kind does not compile until someone decides. */
export function assertNever(value: never): never {
  throw new Error(`a case nobody decided: ${JSON.stringify(value)}`);
}
