/**
 * history-shelf: what the history has not written down yet, in the store. A call and its line are changed in one batch, so a call that has
 * ended is either still there or in the history, and never neither.
 */
import type { CallRecord } from '#calls/history-commands.js';
import type { CallId } from '#core/leg.js';
import type { CallTally } from '#history/call-tally.js';
import type { HistoryKeeper, KeptHistory } from '#history/history-keeper.js';
import type { Logger } from '#kit/log.js';
import { readLeft } from './left.js';
import { bytesOf, valueOf } from './record.js';
import type { Store } from './store.js';

const VERSION = 1;

export class HistoryShelf implements HistoryKeeper {
  readonly #store: Store;
  readonly #left: KeptHistory;

  /** @param wereUp calls of the last life: what was counted of others goes. */
  constructor(store: Store, wereUp: ReadonlySet<string>, log: Logger) {
    this.#store = store;
    const tallies: (readonly [CallId, CallTally])[] = [];
    const records: CallRecord[] = [];
    const unreadable = (error: unknown, key: string): void =>
      log.error({ err: error, callId: key.split(' ')[1] }, 'a stored line of the history cannot be read and is given up');
    for (const [key, value] of readLeft(store, 'history', (bytes) => valueOf(bytes, []), unreadable)) {
      const [kind, id = ''] = key.split(' ');
      if (kind === 'record') records.push(value as CallRecord);
      else if (wereUp.has(id)) tallies.push([id as CallId, value as CallTally]);
      else store.remove('history', key);
    }
    this.#left = { tallies, records };
  }

  left(): KeptHistory {
    return this.#left;
  }

  tally(id: CallId, tally: CallTally | undefined): void {
    this.#put(`tally ${id}`, tally);
  }

  record(id: CallId, record: CallRecord | undefined): void {
    this.#put(`record ${id}`, record);
  }

  #put(key: string, value: CallTally | CallRecord | undefined): void {
    if (value === undefined) this.#store.remove('history', key);
    else this.#store.changed('history', key, () => bytesOf(VERSION, value));
  }
}
