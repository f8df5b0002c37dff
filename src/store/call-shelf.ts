/**
 * call-shelf: live calls in the store: how one becomes a record, and what the last life has left. What is done with those is the
 * restorer's (README.md).
 */
import type { CallStorePort, StoredCall } from '#calls/store-port.js';
import type { CallId } from '#core/leg.js';
import type { Logger } from '#kit/log.js';
import { readLeft } from './left.js';
import { bytesOf, valueOf, type Migrations } from './record.js';
import { StoreFailed } from './store-failed.js';
import type { Store } from './store.js';

const VERSION = 1;
/** From version 1 to 2 and so on; one more for every change of StoredCall that is not an optional field more. */
const MIGRATIONS: Migrations = [];

export class CallShelf implements CallStorePort {
  readonly #store: Store;
  readonly #log: Logger;

  constructor(store: Store, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  changed(id: CallId, what: () => StoredCall | undefined, underWay?: () => boolean): void {
    const bytes = (): Uint8Array | undefined => {
      const stored = what();
      return stored === undefined ? undefined : callBytes(stored);
    };
    this.#store.changed('calls', id, bytes, underWay);
  }

  ended(id: CallId): void {
    this.#store.remove('calls', id);
  }

  left(): readonly StoredCall[] {
    return readLeft(this.#store, 'calls', callFrom, (error, callId) =>
      this.#log.error({ err: error, callId }, 'a stored call cannot be read and is given up'),
    ).map(([, call]) => call);
  }
}

export const callBytes = (stored: StoredCall): Uint8Array => bytesOf(VERSION, stored);

/** @throws StoreFailed */
export function callFrom(bytes: Uint8Array): StoredCall {
  const plain = valueOf(bytes, MIGRATIONS);
  if (!isStoredCall(plain)) throw new StoreFailed('a record is no call');
  return plain;
}

/** The version answers for the rest: what is looked at here is that it is a call at all. */
function isStoredCall(plain: unknown): plain is StoredCall {
  if (!isRecord(plain)) return false;
  const { call, sdp, phones, dueMs } = plain;
  if (!isRecord(call) || typeof call['id'] !== 'string' || !isRecord(call['caller'])) return false;
  const kinds: readonly unknown[] = ['trying', 'ringing', 'confirmed'];
  return kinds.includes(call['kind']) && isRecord(sdp) && isRecord(phones) && dueMs instanceof Map;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
