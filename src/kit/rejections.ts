/**
 * rejections: a promise that was rejected and that nobody listened to ends a program of Node's, or a thread. Ours says so and goes on: libraries
 * have promises that nobody can listen to (lmdb rejects a second one when a disk is full), and calls are worth more.
 */
import type { Logger } from './log.js';

/** Of this thread: each has to say it for itself. */
export function outliveRejections(log: Logger): void {
  process.on('unhandledRejection', (reason) => log.error({ err: reason }, 'a promise was rejected and nobody listened'));
}
