/**
 * log-backlog: what has been written to standard output and not been taken: a reader that stands still must not keep the program from ending,
 * nor grow it.
 */
import type { pino } from 'pino';

type SonicBoom = ReturnType<typeof pino.destination>;

/** A reader who has taken nothing for so long stands still. */
const STUCK_MS = 1000;
const STEP_MS = 20;

export class Backlog {
  readonly #out: SonicBoom;
  #bytes = 0;
  #dropped = 0;
  /** When something was taken last, or nothing waited. */
  #movedMs = performance.now();
  /** The last write was refused, and no thread waits in it: a disk that is full, a reader that is gone. */
  #refused = false;
  /** The end has come, and everybody has been waited for. */
  #ends = false;

  constructor(out: SonicBoom) {
    this.#out = out;
    out.on('write', (bytes: number) => {
      this.#bytes -= bytes;
      this.#refused = false;
      this.#movedMs = performance.now();
    });
    out.on('drop', (lines: string) => {
      this.#bytes -= Buffer.byteLength(lines);
      this.#dropped += lines.split('\n').length - 1;
    });
    out.on('error', () => (this.#refused = true));
    out.on('drain', () => this.#sayDropped());
  }

  get waits(): boolean {
    return this.#bytes > 0;
  }

  write(lines: string): void {
    if (lines === '') return;
    if (this.#bytes === 0) this.#movedMs = performance.now();
    this.#bytes += Buffer.byteLength(lines);
    this.#out.write(lines);
  }

  /** @returns when all has been taken, when it is refused, or when the reader is known to stand still or takes long. */
  async written(): Promise<void> {
    const began = performance.now();
    while (this.waits && !this.#refused && !this.#isStuck && performance.now() - began < 2 * STUCK_MS)
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    this.#ends = true;
  }

  /** In the moment of the exit. What is refused, or was waited for long enough, is left to nobody. */
  giveUp(): void {
    if (!this.waits) return;
    // A thread may wait in its write(2) for ever, and Node waits for its threads.
    if (this.#isStuck && !this.#refused) process.kill(process.pid, 'SIGKILL');
    // sonic-boom would try again and again (EAGAIN, ENOSPC), without an end.
    if (this.#ends || this.#refused) this.#out.destroy();
  }

  get #isStuck(): boolean {
    return this.waits && performance.now() - this.#movedMs > STUCK_MS;
  }

  #sayDropped(): void {
    if (this.#dropped === 0) return;
    const [dropped, time] = [this.#dropped, new Date().toISOString()];
    this.#dropped = 0;
    this.write(`${JSON.stringify({ level: 40, time, dropped, msg: 'lines of the log were dropped: nobody read them' })}\n`);
  }
}
