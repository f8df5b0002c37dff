/**
 * error-codes: every `code` a problem document can carry, and what to do about it. A test compares this list with the code.
 */
export const ERROR_CODES: Readonly<Record<string, string>> = {
  bad_request: 'a field is missing, unknown or of the wrong kind; `field` names it',
  unauthorized: 'send a bearer token or basic credentials',
  not_found: 'there is nothing at this path',
  method_not_allowed: 'the path is right, the method is not; `Allow` lists those that are',
  call_not_found: 'no live call has this id',
  wrong_moment: 'the call is not in a state for this; `state` says which it is in',
  number_unknown: 'no account and no trunk has this number',
  not_registered: 'the number is known and no phone of it is registered',
  too_large: 'the body is too large',
  unsupported_media_type: 'send application/json',
  busy: 'a limit is reached or the server is closing; `Retry-After` says when to try again',
  media_failed: 'rtpengine refused or did not answer',
  media_gone: 'rtpengine no longer knows the call',
  bad_sdp: 'a session description could not be read or has no common codec',
  config_error: 'the configuration is wrong',
  internal_error: 'a fault of ours; the log has it',
};
