/**
 * error-codes: every `code` a problem document may carry, listed once. /docs and the OpenAPI document print this table,
 * and a test compares it with the errors the code can really make.
 */

export type ErrorCode = keyof typeof ERROR_CODES;

export const ERROR_CODES = {
  bad_request: { status: 400, title: 'Bad request', meaning: 'A part of the request is wrong; `field` names it.' },
  malformed_json: { status: 400, title: 'Malformed JSON', meaning: 'The body could not be read as JSON.' },
  malformed_http: { status: 400, title: 'Malformed HTTP', meaning: 'The request line, a header or the path could not be read.' },
  unauthorized: { status: 401, title: 'Unauthorized', meaning: 'Credentials are missing or wrong.' },
  dial_forbidden: {
    status: 403,
    title: 'Dialling forbidden',
    meaning: 'The dial rules of `guards.yaml` do not let this account call this number.',
  },
  cross_site: {
    status: 403,
    title: 'Cross-site request',
    meaning: 'A browser sent this for a page of another site (`Sec-Fetch-Site`).',
  },
  call_not_found: { status: 404, title: 'Call not found', meaning: 'There is no call with this id, or it has ended.' },
  not_found: { status: 404, title: 'Not found', meaning: 'There is nothing at this path.' },
  conference_not_found: {
    status: 404,
    title: 'Conference not found',
    meaning: 'There is no conference with this id, or it has ended.',
  },
  member_not_found: { status: 404, title: 'Member not found', meaning: 'The member has left the conference.' },
  sound_not_found: { status: 404, title: 'Sound not found', meaning: 'The mixer has no such sound.' },
  ban_not_found: { status: 404, title: 'Ban not found', meaning: 'This address is not kept out.' },
  webhook_not_found: { status: 404, title: 'Webhook not found', meaning: 'There is no webhook with this name.' },
  music_not_found: { status: 404, title: 'Music not found', meaning: 'There is no such file in this class of music.' },
  recording_not_found: {
    status: 404,
    title: 'Recording not found',
    meaning: 'There is no recording with this id, or it made room for newer ones.',
  },
  dead_letter_not_found: {
    status: 404,
    title: 'Dead letter not found',
    meaning: 'There is no dead letter with this id: it was retried, forgotten, or made room for newer ones.',
  },
  method_not_allowed: { status: 405, title: 'Method not allowed', meaning: 'This path has other methods; `Allow` lists them.' },
  request_timeout: { status: 408, title: 'Request timeout', meaning: 'The request did not arrive completely in time.' },
  wrong_moment: {
    status: 409,
    title: 'Wrong moment',
    meaning: 'The call is there, but its `state` does not allow this (a hold before the answer, for one).',
  },
  conference_exists: { status: 409, title: 'Conference exists', meaning: 'There is a conference with this id already.' },
  webhook_exists: { status: 409, title: 'Webhook exists', meaning: 'There is a webhook with this name already.' },
  webhook_configured: {
    status: 409,
    title: 'Webhook is configured',
    meaning: 'This webhook stands in webhooks.yaml and can only be taken out there.',
  },
  music_full: {
    status: 409,
    title: 'Music full',
    meaning: 'There are as many classes, or files in this class, as `music.limits` allows.',
  },
  body_too_large: {
    status: 413,
    title: 'Body too large',
    meaning: 'The body is longer than `http.bodyBytes`, or music longer than `music.limits.maxUploadBytes`, allows.',
  },
  unsupported_media_type: { status: 415, title: 'Unsupported media type', meaning: 'Send the body as application/json.' },
  config_refused: {
    status: 422,
    title: 'Configuration refused',
    meaning: 'The configuration has a mistake; nothing of it was applied. The `detail` names file and key.',
  },
  number_unknown: { status: 422, title: 'Number unknown', meaning: 'No account and no trunk prefix has this number.' },
  not_registered: { status: 422, title: 'Not registered', meaning: 'The number is known, and no phone of it is registered.' },
  message_refused: {
    status: 422,
    title: 'Message refused',
    meaning: 'No phone took the message; `detail` says what SIP status came.',
  },
  too_many_requests: {
    status: 429,
    title: 'Too many requests',
    meaning: 'This address asks more often than `rates.http` of `guards.yaml` allows; `Retry-After` says when to try again.',
  },
  too_many_attempts: {
    status: 429,
    title: 'Too many attempts',
    meaning: 'Too many wrong credentials wait for their refusal already; `Retry-After` says when to try again.',
  },
  slot_taken: { status: 409, title: 'Slot taken', meaning: 'Somebody waits in this parking slot already.' },
  headers_too_large: { status: 431, title: 'Headers too large', meaning: 'The request line and headers together are too long.' },
  internal: { status: 500, title: 'Internal error', meaning: 'A fault in Holdfast; its log says more.' },
  mixer_failed: { status: 500, title: 'Mixer failed', meaning: 'A fault in the mixer; the log says more.' },
  not_built: { status: 501, title: 'Not built', meaning: 'Understood, and Holdfast cannot do it yet.' },
  media_failed: { status: 502, title: 'Media failed', meaning: 'rtpengine refused a command or did not answer in time.' },
  media_gone: { status: 502, title: 'Media gone', meaning: 'rtpengine no longer knows the media of this call.' },
  mixer_gone: { status: 503, title: 'Mixer gone', meaning: 'The mixer has died, and its conferences with it; ask again.' },
  busy: { status: 503, title: 'Busy', meaning: 'A limit was reached; `Retry-After` says when to try again.' },
} as const satisfies Record<string, Readonly<{ status: number; title: string; meaning: string }>>;

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_CODES, code);
