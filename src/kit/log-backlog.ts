/**
 * log-backlog: what has been written to standard output and not been taken: a reader that stands still must not keep the program from ending,
 * nor grow it.
 */
import type { pino } from 'pino';

type SonicBoom = ReturnType<typeof pino.destination>;

/** A reader who has taken nothing for so long stands still. */
const STUCK_MS = 1000;

export class Backlog {
  readonly #out: SonicBoom;
  #bytes = 0;
  #dropped = 0;
  /** When something was taken last, or nothing waited. */
  #movedMs = performance.now();

  constructor(out: SonicBoom) {
    this.#out = out;
    out.on('write', (bytes: number) => {
      this.#bytes -= bytes;
      this.#movedMs = performance.now();
    });
    out.on('drop', (lines: string) => {
      this.#bytes -= Buffer.byteLength(lines);
      this.#dropped += lines.split('\n').length - 1;
    });
    out.on('drain', () => this.#sayDropped());
  }

  get isStuck(): boolean {
    return this.#bytes > 0 && performance.now() - this.#movedMs > STUCK_MS;
  }

  write(lines: string): void {
    if (lines === '') return;
    if (this.#bytes === 0) this.#movedMs = performance.now();
    this.#bytes += Buffer.byteLength(lines);
    this.#out.write(lines);
  }

  /** @returns when all has been taken, or when the reader is known to stand still. */
  async written(): Promise<void> {
    const [began, stepMs] = [performance.now(), 20];
    while (this.#bytes > 0 && !this.isStuck && performance.now() - began < 2 * STUCK_MS)
      await new Promise((resolve) => setTimeout(resolve, stepMs));
  }

  #sayDropped(): void {
    if (this.#dropped === 0) return;
    const [dropped, time] = [this.#dropped, new Date().toISOString()];
    this.#dropped = 0;
    this.write(`${JSON.stringify({ level: 40, time, dropped, msg: 'lines of the log were dropped: nobody read them' })}\n`);
  }
}
