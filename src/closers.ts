/**
 * closers: what has been opened, to be closed again in reverse order. A part of main, for its length.
 */
import type { Logger } from '#kit/log.js';

/** What was opened last is closed first; one that fails to close does not keep the others open. */
export class Closers {
  readonly #closers: { name: string; close: () => Promise<void> | void }[] = [];

  add(name: string, close: () => Promise<void> | void): void {
    this.#closers.unshift({ name, close });
  }

  async closeAll(log: Logger): Promise<void> {
    for (const { name, close } of this.#closers.splice(0)) {
      try {
        await close();
      } catch (error) {
        log.warn({ err: error, room: name }, 'a room did not close cleanly');
      }
    }
  }
}

/** Two that start side by side. When one fails the other is waited for, so that what it has opened is closed as well. @throws what the first threw, else what the second did. */
export async function bothStarted<A, B>(first: Promise<A>, second: Promise<B>): Promise<readonly [A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}
