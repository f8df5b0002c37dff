/**
 * log-output: standard output as the log writes it: lines of many calls in one write, because a write for each goes through a thread of its own
 * and costs more than the line. Whoever reads it may stand still or be gone, and the disk below it may be full: that costs lines, and no calls.
 */
import { writeSync } from 'node:fs';
import { pino, type DestinationStream } from 'pino';
import { Backlog } from './log-backlog.js';

/** A line is written so much later, or as soon as there are so many bytes; a kill -9 may cost them, an exit writes what is left. */
const GATHER_MS = 50;
const GATHER_BYTES = 8192;
/** What waits for a reader of standard output who does not read: more is dropped, and said when he reads again. */
const MOST_WAITING_BYTES = 4 << 20;

export class LogOutput implements DestinationStream {
  readonly #fd: number;
  readonly #backlog: Backlog;
  #lines = '';
  #timer: NodeJS.Timeout | undefined;

  constructor({ fd }: Readonly<{ fd: number }> = process.stdout) {
    this.#fd = fd;
    // Before pino's own writing of what is left, which would wait for a reader who stands still for ever.
    process.on('exit', () => {
      this.flushSync();
      this.#backlog.giveUp();
    });
    this.#backlog = new Backlog(pino.destination({ fd, sync: false, maxLength: MOST_WAITING_BYTES }));
    // What is printed beside the log (the welcome) has nobody else to listen for its errors.
    process.stdout.on('error', () => undefined);
  }

  write(line: string): void {
    this.#lines += line;
    if (this.#lines.length >= GATHER_BYTES) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), GATHER_MS).unref();
  }

  /** pino asks for it after a fatal line: nobody knows what comes after that. Whoever is to take it and cannot is not waited for. */
  flushSync(): void {
    const said = Buffer.from(this.#taken());
    let written = 0;
    try {
      while (!this.#backlog.waits && written < said.length) written += writeSync(this.#fd, said, written);
    } catch {
      // A full pipe, a full disk: it waits with the rest.
    }
    this.#backlog.write(said.subarray(written).toString());
  }

  /** @returns when all is written, or when nobody reads it. */
  async written(): Promise<void> {
    this.#flush();
    await this.#backlog.written();
  }

  #flush(): void {
    this.#backlog.write(this.#taken());
  }

  #taken(): string {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const said = this.#lines;
    this.#lines = '';
    return said;
  }
}
