/**
 * signals: what the operating system says to Holdfast: SIGTERM lets calls go on for a while, a second one and Ctrl-C end now, SIGHUP
 * reads the configuration again. A part of main, for its length.
 */
import { RealClock, type Clock } from '#kit/clock.js';
import { leave, type Logger } from '#kit/log.js';
import { noLongerThan } from '#kit/no-longer-than.js';

export type Signalled = Readonly<{
  /** No new calls; resolves when the last one has ended, or its time is over. */
  drain: () => Promise<void>;
  reload: () => void;
  stop: () => Promise<void>;
}>;

export type End = (why: string, code: number) => void;

/** @returns how to end for another reason. */
export function listenToSignals(running: Signalled, log: Logger): End {
  const end = endOnce(running, log, (code) => void leave(code));
  process.on('SIGINT', () => end('SIGINT', 0));
  process.on('SIGTERM', drainOnce(running, log, end));
  process.on('SIGHUP', () => running.reload());
  // A fault nobody caught: calls are ended politely, because what state the process is in nobody knows.
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught fault');
    end('uncaught fault', 1);
  });
  return end;
}

/** Rooms that do not close by then are left as they are: whoever starts us again waits for our end. */
const CLOSING_MS = 15_000;

/** Ending twice is ending once. */
export function endOnce(
  running: Pick<Signalled, 'stop'>,
  log: Logger,
  exit: (code: number) => void,
  clock: Clock = new RealClock(),
): End {
  let ending = false;
  return (why, code) => {
    if (ending) return;
    ending = true;
    log.info({ why }, 'closing');
    void noLongerThan(CLOSING_MS, 'closing', clock, running.stop())
      .catch((error: unknown) => log.error({ err: error }, 'not everything was closed'))
      .then(() => exit(code));
  };
}

/** The first time calls may go on, the second time they end. */
export function drainOnce(running: Pick<Signalled, 'drain'>, log: Logger, end: End): () => void {
  let draining = false;
  return () => {
    if (draining) return end('a second SIGTERM', 0);
    draining = true;
    log.info('SIGTERM: no new calls; those that go on may end first');
    void running.drain().then(() => end('SIGTERM', 0));
  };
}
