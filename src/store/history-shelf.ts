/**
 * history-shelf: what the history has not written down yet, in the store. A call and its line are changed in one batch, so a call that has
 * ended is either still there or in the history, and never neither.
 */
import type { CallRecord } from '#calls/history-commands.js';
import type { CallId } from '#core/leg.js';
import type { CallTally } from '#history/call-tally.js';
import type { HistoryKeeper, KeptHistory } from '#history/history-keeper.js';
import type { Logger } from '#kit/log.js';
import { bytesOf, valueOf } from './record.js';
import type { Store } from './store.js';

const VERSION = 1;

export class HistoryShelf implements HistoryKeeper {
  readonly #store: Store;
  readonly #left: KeptHistory;

  /** To be made before calls are read: what was counted of calls that are gone goes. */
  constructor(store: Store, log: Logger) {
    this.#store = store;
    const wereUp = new Set([...store.read('calls')].map(([id]) => id));
    const tallies: (readonly [CallId, CallTally])[] = [];
    const records: CallRecord[] = [];
    for (const [key, bytes] of [...store.read('history')]) {
      const [kind, id = ''] = key.split(' ');
      try {
        if (kind === 'record') records.push(valueOf(bytes, []) as CallRecord);
        else if (wereUp.has(id)) tallies.push([id as CallId, valueOf(bytes, []) as CallTally]);
        else store.remove('history', key);
      } catch (error) {
        log.error({ err: error, callId: id }, 'a stored line of the history cannot be read and is given up');
        store.remove('history', key);
      }
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
