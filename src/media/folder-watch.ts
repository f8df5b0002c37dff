/**
 * folder-watch: says when something has changed in one of a few folders, once it has been quiet for a moment: a file that is being
 * copied changes many times.
 */
import { watch, type FSWatcher } from 'node:fs';
import type { Clock, Timer } from '#kit/clock.js';

const QUIET_MS = 500;

export class FolderWatch {
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #quiet: Timer | undefined;

  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** From now on these folders and no others. One that is not there, or cannot be watched, is left to the rescan. */
  look(folders: readonly string[]): void {
    for (const [folder, watcher] of this.#watchers) {
      if (folders.includes(folder)) continue;
      this.#watchers.delete(folder);
      watcher.close();
    }
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#begin(folder);
  }

  close(): void {
    this.#quiet?.cancel();
    this.look([]);
  }

  #begin(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#soon());
      this.#watchers.set(folder, watcher);
      watcher.on('error', () => {
        this.#watchers.delete(folder);
        watcher.close();
      });
    } catch {
      // ENOENT, or the machine's limit of watches: nobody is worse off than with a network drive.
    }
  }

  #soon(): void {
    this.#quiet?.cancel();
    this.#quiet = this.#clock.after('music folders are quiet', QUIET_MS, this.#changed);
  }
}
