/**
 * plivo-fields: the words of a request of the Plivo dialect: ids of the path, fields of the body. A word that is wrong is named.
 */
import type { NodeConfig, PhlosConfig } from '#kit/config.js';
import { BadRequest } from '#kit/errors.js';
import { HttpRefusal } from '../refusals.js';
import type { DialectRequest } from './dialect.js';
import { dialled } from './plivo-address.js';

export type Phlo = PhlosConfig['phlos'][number];

export function phloOf(request: DialectRequest, config: PhlosConfig): Phlo {
  const id = request.params['phloId'] ?? '';
  const phlo = config.phlos.find((one) => one.id === id);
  if (phlo === undefined) throw new HttpRefusal('not_found', `no PHLO ${id.slice(0, 100)}`);
  return phlo;
}

export function nodeOf(request: DialectRequest, config: PhlosConfig): NodeConfig {
  const id = request.params['nodeId'] ?? '';
  const phlo = phloOf(request, config);
  const node = phlo.nodes.find((one) => one.id === id);
  if (node === undefined) throw new HttpRefusal('not_found', `PHLO ${phlo.id} has no multiparty call node ${id.slice(0, 100)}`);
  return node;
}

export const memberNotFound = (address: string): HttpRefusal =>
  new HttpRefusal('not_found', `no live member ${address.slice(0, 100)} in this node`);

export type Fields = ReadonlyMap<string, unknown>;

export function fieldsOf(request: DialectRequest): Fields {
  const { body } = request;
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new BadRequest('body', 'body: expected fields with values');
  return new Map(Object.entries(body));
}

export function oneOf<T extends string>(fields: Fields, name: string, words: readonly T[], usual?: T): T {
  const given = fields.get(name) ?? usual;
  const found = words.find((word) => word === given);
  if (found === undefined) throw new BadRequest(name, `${name}: expected one of ${words.join(', ')}`);
  return found;
}

/** An address as it was written. Clients of JSON send numbers as numbers now and then. */
export function address(fields: Fields, name: string): string {
  const given = fields.get(name);
  const text = typeof given === 'number' ? String(given) : given;
  if (typeof text !== 'string' || text.trim() === '') throw new BadRequest(name, `${name} is missing`);
  return text;
}

export function number(fields: Fields, name: string): string {
  const found = dialled(address(fields, name));
  if (found === undefined) throw new BadRequest(name, `${name}: expected a phone number or a SIP address`);
  return found;
}

/** Forms have no booleans, so `true` and `false` may be words. */
export function flag(fields: Fields, name: string): boolean | undefined {
  const given = fields.get(name);
  if (given === undefined) return undefined;
  if (given === true || given === 'true') return true;
  if (given === false || given === 'false') return false;
  throw new BadRequest(name, `${name}: expected true or false`);
}
