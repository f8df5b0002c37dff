/**
 * keeping: opens the store that the configuration names and hands out what fills its ports. A part of main, for its length.
 */
import type { NumberKeeper } from '#calls/event-bus.js';
import type { ParkKeeper } from '#calls/parking.js';
import type { CallStorePort, StoredCall } from '#calls/store-port.js';
import type { HistoryKeeper } from '#history/history-keeper.js';
import type { KeptByHttp } from '#http/app.js';
import type { Clock } from '#kit/clock.js';
import type { Config } from '#kit/config.js';
import type { Logger } from '#kit/log.js';
import type { StoreHealth } from '#kit/store-health.js';
import type { BindingKeeper } from '#registrar/binding-keeper.js';
import { BindingShelf } from '#store/binding-shelf.js';
import { CallShelf } from '#store/call-shelf.js';
import { lockFolder } from '#store/folder-lock.js';
import { HistoryShelf } from '#store/history-shelf.js';
import { LetterShelf } from '#store/letter-shelf.js';
import { LmdbDisk } from '#store/lmdb-disk.js';
import { NoteShelf } from '#store/note-shelf.js';
import { NumberShelf } from '#store/number-shelf.js';
import { ParkShelf } from '#store/park-shelf.js';
import { Store } from '#store/store.js';

export type Keeping = Readonly<{
  /** Absent with `store: memory`: nothing is kept, and nothing is paid for it. */
  calls?: CallStorePort;
  /** The calls of the last life. */
  left: readonly StoredCall[];
  bindings?: BindingKeeper;
  numbers?: NumberKeeper;
  slots?: ParkKeeper;
  history?: HistoryKeeper;
  http?: KeptByHttp;
  health?: () => StoreHealth;
  /** @returns once all that was said before is on the disk, or cannot be. */
  written: () => Promise<unknown>;
  /** Once everybody else has closed: what they changed last is written. */
  close: () => Promise<void>;
}>;

/** @throws ConfigError when another Holdfast uses the folder, StoreFailed when nobody can. */
export async function openStore(config: Pick<Config, 'store' | 'storeLimits'>, clock: Clock, log: Logger): Promise<Keeping> {
  if (config.store === 'memory') return { left: [], written: () => Promise.resolve(), close: () => Promise.resolve() };
  const lock = lockFolder(config.store, log);
  try {
    return await openShelves(config, clock, log, () => lock.close());
  } catch (error) {
    lock.close();
    throw error;
  }
}

async function openShelves(
  config: Pick<Config, 'store' | 'storeLimits'>,
  clock: Clock,
  log: Logger,
  unlock: () => void,
): Promise<Keeping> {
  const store = new Store(await LmdbDisk.open(config.store), clock, log, config.storeLimits);
  const calls = new CallShelf(store, log);
  const left = calls.left();
  const wereUp = new Set<string>(left.map(({ call }) => call.id));
  const http = { letters: new LetterShelf(store, log), notes: new NoteShelf(store, wereUp) };
  const history = new HistoryShelf(store, wereUp, log);
  return {
    calls,
    left,
    bindings: new BindingShelf(store, log),
    numbers: new NumberShelf(store),
    slots: new ParkShelf(store, log),
    history,
    http,
    health: () => store.health,
    written: () => store.flush(),
    close: async () => {
      await store.close();
      unlock();
    },
  };
}
