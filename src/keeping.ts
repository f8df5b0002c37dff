/**
 * keeping: opens the store that the configuration names and hands out what fills its ports. A part of main, for its length.
 */
import type { CallStorePort, StoredCall } from '#calls/store-port.js';
import type { Clock } from '#kit/clock.js';
import type { Config } from '#kit/config.js';
import type { Logger } from '#kit/log.js';
import type { BindingKeeper } from '#registrar/binding-keeper.js';
import { BindingShelf } from '#store/binding-shelf.js';
import { CallShelf } from '#store/call-shelf.js';
import { LmdbDisk } from '#store/lmdb-disk.js';
import { Store, type StoreHealth } from '#store/store.js';

export type Keeping = Readonly<{
  /** Absent with `store: memory`: nothing is kept, and nothing is paid for it. */
  calls?: CallStorePort;
  /** The calls of the last life. */
  left: readonly StoredCall[];
  bindings?: BindingKeeper;
  health?: () => StoreHealth;
  /** Once everybody else has closed: what they changed last is written. */
  close: () => Promise<void>;
}>;

/** @throws StoreFailed when the folder cannot be used. */
export async function openStore(config: Pick<Config, 'store' | 'storeLimits'>, clock: Clock, log: Logger): Promise<Keeping> {
  if (config.store === 'memory') return { left: [], close: () => Promise.resolve() };
  const store = new Store(await LmdbDisk.open(config.store), clock, log, config.storeLimits);
  const calls = new CallShelf(store, log);
  return {
    calls,
    left: calls.left(),
    bindings: new BindingShelf(store, log),
    health: () => store.health,
    close: () => store.close(),
  };
}
