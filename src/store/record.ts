/**
 * record: a value and the version of its shape, as bytes. Maps, bigints and undefined survive (tagged-json.ts). What the first programs wrote
 * with the structured clone of V8 is still read. Does not know any shape.
 */
import { deserialize } from 'node:v8';
import { StoreFailed } from './store-failed.js';
import { fromTaggedJson, taggedJson } from './tagged-json.js';

/** First byte of every record: what does not begin so is not ours. */
const MARK = 0x4a;
/** Of the first programs. */
const OLD_MARK = 0x48;
const HEAD = 2;

/** How a value of each version, oldest first, is made one of the next; the last makes it what we know now. */
export type Migrations = readonly ((plain: unknown) => unknown)[];

/**
 * @param version 1 to 255, and it grows whenever what an older program wrote would be read wrongly.
 * @throws TypeError: there is something in it that would not be the same when it is read.
 */
export function bytesOf(version: number, value: unknown): Uint8Array {
  const body = Buffer.from(taggedJson(value));
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
export function valueOf(bytes: Uint8Array, migrations: Migrations): unknown {
  const [mark, version] = bytes;
  if ((mark !== MARK && mark !== OLD_MARK) || version === undefined || version === 0)
    throw new StoreFailed('these bytes are no record of a store');
  const newest = migrations.length + 1;
  if (version > newest) throw new StoreFailed(`a record of version ${version}; this program knows no younger than ${newest}`);
  const plain = plainOf(bytes.subarray(HEAD), mark === OLD_MARK);
  return migrations.slice(version - 1).reduce((value, migrate) => migrate(value), plain);
}

function plainOf(body: Uint8Array, isOld: boolean): unknown {
  try {
    // Of the first programs, the engine's wrote JSON and the others what V8 writes, which begins with a byte that no text begins with.
    if (isOld && body[0] === V8_HEAD) return deserialize(body);
    return fromTaggedJson(Buffer.from(body).toString());
  } catch (error) {
    throw new StoreFailed('a record is damaged', error);
  }
}

const V8_HEAD = 0xff;
