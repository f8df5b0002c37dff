/**
 * agent-codes: the result codes of the AgentGateway (dialects.md 3.4), and the envelope of every answer: message, retcode, result.
 * Their clients look at retcode only, so everything that was understood is HTTP 200. The vendor publishes no texts; these are ours.
 */
import { AppError, BadRequest, CallNotFound, NotRegistered, NumberUnknown, Unauthorized, WrongMoment } from '#kit/errors.js';
import { CredentialsMissing, CredentialsWrong, HttpRefusal } from '../refusals.js';
import type { DialectReply } from './dialect.js';

export const RETCODES = {
  '000-001': 'the event interface is used wrongly: another poll has taken the place of this one',
  '000-002': 'the address, or a parameter in it, is not valid',
  '000-003': 'no right to do this: the Guid is not that of the session',
  '000-006': 'a parameter of the message is wrong',
  '000-007': 'this interface was called before its last call was answered',
  '100-001': 'parameters of the sign-in are missing or wrong',
  '100-002': 'the agent is signed in already',
  '100-003': 'another agent is signed in at this phone',
  '100-004': 'wrong agent or password',
  '100-005': 'parameters of the sign-out are wrong',
  '100-006': 'the agent is not signed in',
  '100-007': 'the operation failed',
  '100-008': 'the agent is signed out already',
  '100-009': 'the agent cannot change to this state now',
  '100-010': 'the agent has a call and cannot sign out',
  '100-011': 'status: expected 3 (busy), 4 (idle) or 5 (work)',
  '100-012': 'agenttype: expected 4 or 11',
  '100-013': 'the agent may not sign in at this phone',
  '100-014': 'there is no such phone',
  '100-015': 'another agent is signed in at this phone, and is not signed out by force',
  '100-016': 'ip: expected an IP address',
  '200-001': 'this number cannot be called',
  '200-002': 'there is no call to be answered',
  '200-003': 'there is no call to be muted',
  '200-004': 'the call is in no state to be muted',
  '200-005': 'connecthold: there is no call',
  '200-006': 'connecthold: there is no held call',
  '200-007': 'there is no call to be unmuted',
  '200-008': 'the call is in no state to be unmuted',
  '200-009': 'nothing can be announced',
  '200-010': 'three-party call: there is no call',
  '200-011': 'three-party call: there is no held call',
  '200-012': 'there is no call to be transferred',
  '200-013': 'there is no call to be held',
  '200-014': 'the call is in no state to be held',
  '200-015': 'there is no held call',
  '200-016': 'the call is in no state to be taken back',
  '200-017': 'there is no call to be released',
  '200-018': 'there is no call to consult about',
  '200-023': 'there is no call to disconnect anybody from',
  '200-024': 'nobody with this number is in a call of the agent',
  '200-025': 'there is no call to be dropped',
  '200-204': 'this party cannot be disconnected now',
  '400-003': 'no call is held',
} as const;

export type Retcode = keyof typeof RETCODES;

/** A refusal in their own words. */
export class AgentRefusal extends AppError {
  readonly retcode: Retcode;

  constructor(retcode: Retcode, message: string = RETCODES[retcode], cause?: unknown) {
    super({ code: 'bad_request', http: 200, sip: 400, message, cause });
    this.retcode = retcode;
  }
}

/** What a command may be refused with, in the codes of one interface. */
export type Codes = Readonly<{
  /** The call is gone. */
  gone: Retcode;
  /** The call is there, and this is not the moment. */
  moment: Retcode;
  /** The number that was given; absent where none is. */
  number?: Retcode;
}>;

/** @throws AgentRefusal in place of what the calls refuse with. */
export async function inCodes<T>(codes: Codes, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof CallNotFound) throw new AgentRefusal(codes.gone, undefined, error);
    if (error instanceof WrongMoment) throw new AgentRefusal(codes.moment, error.message, error);
    const ofNumber = error instanceof NumberUnknown || error instanceof NotRegistered || error instanceof BadRequest;
    if (ofNumber) throw new AgentRefusal(codes.number ?? '000-006', error.message, error);
    throw error;
  }
}

export const done = (result: unknown = {}, headers: Readonly<Record<string, string>> = {}): DialectReply =>
  json(200, { result, message: 'success', retcode: '0' }, headers);

export function refuse(error: AppError): DialectReply {
  const [status, retcode] = named(error);
  return json(status, { result: {}, message: messageOf(error), retcode }, headersOf(error));
}

/** What the house says of credentials speaks of headers that this interface does not have. */
function messageOf(error: AppError): string {
  if (error instanceof CredentialsMissing) return 'sign in first, and send the Guid that the answer to it had';
  return error instanceof CredentialsWrong ? 'the password, or the Guid, is wrong or has been replaced' : error.message;
}

function named(error: AppError): readonly [number, Retcode] {
  if (error instanceof AgentRefusal) return [200, error.retcode];
  if (error instanceof CredentialsMissing) return [200, '100-006'];
  if (error instanceof Unauthorized) return [200, '000-003'];
  if (error instanceof HttpRefusal && (error.http === 404 || error.http === 405)) return [error.http, '000-002'];
  if (error instanceof HttpRefusal && error.code === 'internal') return [500, '100-007'];
  if (error instanceof HttpRefusal || error instanceof BadRequest || error.http === 413) return [200, '000-006'];
  // What is left are a media server that fails, a limit that is reached, and what is not built yet.
  return [200, '100-007'];
}

/** RFC 9110 §15.5.6: a 405 lists what is allowed. */
const headersOf = (error: AppError): Readonly<Record<string, string>> => (error instanceof HttpRefusal ? error.headers : {});

export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): DialectReply => ({
  status,
  headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
  body: JSON.stringify(value),
});
