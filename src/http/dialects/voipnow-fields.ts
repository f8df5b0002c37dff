/**
 * voipnow-fields: values out of bodies and queries. The vendor's own client writes numbers as text, and others write
 * one number where a list is due; both are read. A value of another kind is refused by its name.
 */
import { UapiRefusal } from './voipnow-errors.js';
import type { UapiCode } from './voipnow-errors.js';
import type { DialectRequest } from './dialect.js';

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown, name = 'the body'): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UapiRefusal('request_invalid', `${name}: expected an object`);
  return value as Fields;
}

export const bodyFields = (request: DialectRequest): Fields => fieldsOf(request.body ?? {});

export function text(fields: Fields, name: string, refusal: UapiCode = 'pc_parameter_invalid'): string | undefined {
  const value = own(fields, name);
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string' && typeof value !== 'number') throw new UapiRefusal(refusal, `${name}: expected text`);
  return String(value);
}

/** One number, or the first of a list. */
export function phoneNumber(fields: Fields, name: string): string | undefined {
  const value = own(fields, name);
  const first: unknown = Array.isArray(value) ? value[0] : value;
  const written = text({ [name]: first }, name, 'pc_number_invalid');
  if (written !== undefined && !/^[0-9A-Za-z+*#._-]{1,64}$/.test(written))
    throw new UapiRefusal('pc_number_invalid', `${name}: not a phone number`);
  return written;
}

export function whole(fields: Fields, name: string, least: number, most: number): number | undefined {
  const written = text(fields, name);
  if (written === undefined) return undefined;
  const value = Number(written);
  if (!/^[0-9]{1,9}$/.test(written) || value < least || value > most)
    throw new UapiRefusal('pc_parameter_invalid', `${name}: expected ${least} to ${most}`);
  return value;
}

/** @throws UapiRefusal */
export function needed<T>(value: T | undefined, name: string, refusal: UapiCode = 'pc_parameter_invalid'): T {
  if (value === undefined) throw new UapiRefusal(refusal, `${name} is missing`);
  return value;
}

const own = (fields: Fields, name: string): unknown => (Object.hasOwn(fields, name) ? fields[name] : undefined);
