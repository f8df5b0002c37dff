/**
 * folder-lock: one Holdfast to a store folder. An flock on a file in it, which the kernel lets go when we end, also by kill -9, and which holds
 * between containers that share the folder. Node cannot ask for one, so flock(1) of util-linux does: a lock belongs to what was opened,
 * and stays with us when the program that asked for it has ended.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import { makeFolder } from '#kit/make-folder.js';
import { StoreFailed } from './store-failed.js';

const FLOCK_MS = 2000;
/** flock(1) says so when somebody else has it. */
const TAKEN = 1;

export type FolderLock = Readonly<{
  /** Closing twice is closing once. */
  close: () => void;
}>;

/** @throws ConfigError when another Holdfast has it, StoreFailed when the folder cannot be used. */
export function lockFolder(folder: string, log: Logger): FolderLock {
  const path = join(folder, 'lock');
  const fd = opened(folder, path);
  const { status, error } = spawnSync('flock', ['--nonblock', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
    timeout: FLOCK_MS,
  });
  if (status === TAKEN) {
    closeSync(fd);
    throw new ConfigError(
      `holdfast.yaml: store (HOLDFAST_STORE): found ${folder}, which Holdfast process ${holderOf(path)} uses, expected a folder of its own`,
    );
  }
  if (status === 0) {
    ftruncateSync(fd);
    writeSync(fd, `${process.pid}\n`, 0);
  } else log.warn({ err: error, status }, 'flock(1) is missing or failed: nothing refuses a second Holdfast on this store');
  let open = true;
  return {
    close: () => {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

function opened(folder: string, path: string): number {
  try {
    // SDP, numbers and registrations are nobody else's business.
    makeFolder(folder, 0o700);
    return openSync(path, 'a', 0o600);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreFailed(`the store in ${folder} cannot be opened (store: memory does without): ${why}`, error);
  }
}

function holderOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim() || 'unknown';
  } catch {
    return 'unknown';
  }
}
