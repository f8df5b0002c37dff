/**
 * engine-keeping: the embedded engine's own store: a module that the engine is given by name (KeeperPlug), because it runs on another
 * thread, or in another process. A part of main.
 */
import type { KeeperModule, EngineKeeper } from '#engine/dialog/keeper.js';
import type { KeeperPlug } from '#engine/options.js';
import { dialogShelf, ringingShelf } from '#store/dialog-shelf.js';
import { lockFolder } from '#store/folder-lock.js';
import { LmdbDisk } from '#store/lmdb-disk.js';
import { Store, type StoreLimits } from '#store/store.js';

/** @param folder of the engine alone: two threads with one store would each know only half of what is in it. */
export const engineKeeping = (folder: string, limits: StoreLimits): KeeperPlug => ({ module: import.meta.url, folder, limits });

/** @throws ConfigError when another engine uses the folder, StoreFailed when nobody can. */
export const openKeeper: KeeperModule['openKeeper'] = async ({ folder, limits }, clock, log): Promise<EngineKeeper> => {
  const lock = lockFolder(folder, log);
  try {
    const store = new Store(await LmdbDisk.open(folder), clock, log, limits);
    return {
      dialogs: dialogShelf(store, log),
      ringing: ringingShelf(store, log),
      written: () => store.flush(),
      health: () => store.health,
      close: () => store.close().finally(() => lock.close()),
    };
  } catch (error) {
    lock.close();
    throw error;
  }
};
