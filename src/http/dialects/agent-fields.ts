/**
 * agent-fields: the words of a request of the AgentGateway: fields of the body, ids of the path. Booleans and numbers may come as text.
 */
import { AgentRefusal, type Retcode } from './agent-codes.js';
import type { DialectRequest } from './dialect.js';

export type Fields = Readonly<{ get: (name: string) => unknown }>;

/** @throws AgentRefusal with the code of this interface */
export function fieldsOf({ body }: DialectRequest, wrong: Retcode = '000-006'): Fields {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new AgentRefusal(wrong, 'the body is no JSON object');
  return new Map(Object.entries(body));
}

/** Text, or a number written as one; null and empty text are as good as nothing. */
export function text(fields: Fields, name: string, wrong: Retcode, longest = 128): string | undefined {
  const given = fields.get(name);
  if (given === undefined || given === null || given === '') return undefined;
  const found = typeof given === 'number' && Number.isSafeInteger(given) ? String(given) : given;
  if (typeof found !== 'string' || found.length > longest)
    throw new AgentRefusal(wrong, `${name}: expected text of ${longest} characters at most`);
  return found;
}

export function needed(fields: Fields, name: string, missing: Retcode, longest?: number): string {
  const found = text(fields, name, missing, longest);
  if (found === undefined) throw new AgentRefusal(missing, `${name} is missing`);
  return found;
}

export function flag(fields: Fields, name: string, usual: boolean, wrong: Retcode): boolean {
  const given = fields.get(name);
  if (given === undefined || given === null || given === '') return usual;
  if (given === true || given === 'true') return true;
  if (given === false || given === 'false') return false;
  throw new AgentRefusal(wrong, `${name}: expected true or false`);
}

export function whole(fields: Fields, name: string, wrong: Retcode): number | undefined {
  const given = text(fields, name, wrong);
  if (given === undefined) return undefined;
  if (!/^[0-9]{1,9}$/.test(given)) throw new AgentRefusal(wrong, `${name}: expected a whole number`);
  return Number(given);
}

export function phoneNumber(given: string, wrong: Retcode): string {
  // 24 characters are what the vendor lets a number have.
  if (!/^[0-9A-Za-z+*#._-]{1,24}$/.test(given)) throw new AgentRefusal(wrong, 'expected a phone number of 24 characters at most');
  return given;
}

/** @throws AgentRefusal: the vendor's agents are 101 to 999999. */
export function agentId(request: DialectRequest, name = 'agentid'): string {
  const given = request.params[name] ?? '';
  if (!/^[1-9][0-9]{2,5}$/.test(given) || given === '100') throw new AgentRefusal('000-002', `${name}: expected 101 to 999999`);
  return given;
}

/** The GUID without what stands before it in the header it came in. */
export const guidOf = (request: DialectRequest): string => (request.header('guid') ?? '').trim().replace(/^JSESSIONID=/i, '');
