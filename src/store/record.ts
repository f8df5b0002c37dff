/**
 * record: a value and the version of its shape, as bytes. Maps, bigints and undefined survive: it is the structured clone of V8, whose
 * format later Nodes read too (https://nodejs.org/api/v8.html#serialization-api), or JSON where that is enough. Does not know any shape.
 */
import { deserialize, serialize } from 'node:v8';
import { StoreFailed } from './store-failed.js';

/** First byte of every record: what does not begin so is not ours. */
const MARK = 0x48;
const HEAD = 2;

/** How a value of each version, oldest first, is made one of the next; the last makes it what we know now. */
export type Migrations = readonly ((plain: unknown) => unknown)[];

/** @param version 1 to 255, and it grows whenever what an older program wrote would be read wrongly. */
export const bytesOf = (version: number, value: unknown): Uint8Array => withHead(version, serialize(value));

/** The same of what is only text, numbers, lists and plain objects, in a fifth of the time: for records that are written with every call. */
export const textBytesOf = (version: number, value: unknown): Uint8Array => withHead(version, Buffer.from(JSON.stringify(value)));

function withHead(version: number, body: Buffer): Uint8Array {
  const bytes = Buffer.allocUnsafe(HEAD + body.length);
  bytes[0] = MARK;
  bytes[1] = version;
  body.copy(bytes, HEAD);
  return bytes;
}

/**
 * @param migrations as many as there are older versions.
 * @throws StoreFailed: it is none of ours, or a younger program wrote it.
 */
export function valueOf(bytes: Uint8Array, migrations: Migrations, read = plainOf): unknown {
  const version = bytes[1];
  if (bytes[0] !== MARK || version === undefined || version === 0) throw new StoreFailed('these bytes are no record of a store');
  const newest = migrations.length + 1;
  if (version > newest) throw new StoreFailed(`a record of version ${version}; this program knows no younger than ${newest}`);
  return migrations.slice(version - 1).reduce((plain, migrate) => migrate(plain), read(bytes.subarray(HEAD)));
}

/** What textBytesOf has written. */
export const textValueOf = (bytes: Uint8Array, migrations: Migrations): unknown =>
  valueOf(bytes, migrations, (body) => parsed(Buffer.from(body).toString()));

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch (error) {
    throw new StoreFailed('a record is damaged', error);
  }
}

function plainOf(body: Uint8Array): unknown {
  try {
    return deserialize(body);
  } catch (error) {
    throw new StoreFailed('a record is damaged', error);
  }
}
