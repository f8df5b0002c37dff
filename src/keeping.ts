/**
 * keeping: opens the store that the configuration names and hands out what fills its ports. A part of main, for its length.
 */
import type { CallStorePort } from '#calls/store-port.js';
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
  bindings?: BindingKeeper;
  health?: () => StoreHealth;
  /** Once everybody else has closed: what they changed last is written. */
  close: () => Promise<void>;
}>;

/** @throws StoreFailed when the folder cannot be used. */
export async function openStore(config: Pick<Config, 'store' | 'storeLimits'>, clock: Clock, log: Logger): Promise<Keeping> {
  if (config.store === 'memory') return { close: () => Promise.resolve() };
  const store = new Store(await LmdbDisk.open(config.store), clock, log, config.storeLimits);
  const calls = new CallShelf(store, log);
  // Until dialogs are restored (src/store/README.md), a call of the last life has nobody who could speak for it.
  const left = calls.left();
  for (const { call } of left) calls.ended(call.id);
  if (left.length > 0) log.warn({ calls: left.length }, 'calls of the last life are given up');
  return { calls, bindings: new BindingShelf(store, log), health: () => store.health, close: () => store.close() };
}
