/**
 * history-file: calls that have ended, one JSON line each, added to the end of a file. A line of the same call stands for the one before. When
 * a file has as many lines as calls are kept, it becomes the earlier one, and what was earlier goes. Lines are written in batches, each
 * brought to the disk at once (fdatasync): what ended in the last half second is lost when the power fails, and when the program is killed unless
 * somebody keeps it (history-keeper.ts).
 */
import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { CallRecord } from '#calls/history-commands.js';
import type { Clock, Timer } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import { makeFolder } from '#kit/make-folder.js';
import type { HistoryKeeper } from './history-keeper.js';
import { readRecord } from './record-line.js';

export type HistoryFileOptions = Readonly<{
  folder: string;
  maxCalls: number;
  clock: Clock;
  log: Logger;
  /** Absent: lines that wait are lost when the program is killed. */
  keeper?: Pick<HistoryKeeper, 'left' | 'record'> | undefined;
}>;

const BATCH_MS = 500;
/** Of a disk that hangs. */
const MOST_WAITING = 50_000;
const NEWLINE = 0x0a;

export class HistoryFile {
  readonly #options: HistoryFileOptions;
  readonly #current: string;
  readonly #before: string;
  /** What earlier runs have written, oldest first. */
  readonly earlier: readonly CallRecord[];
  #lines = 0;
  /** The last line was cut off by a crash: what comes next begins a new one. */
  #torn = false;
  #waiting: CallRecord[] = [];
  #timer: Timer | undefined;
  #lane: Promise<void> = Promise.resolve();
  #dropped = 0;
  #closed = false;

  /** A folder that cannot be written is told of, and the history is kept in memory only. */
  constructor(options: HistoryFileOptions) {
    this.#options = options;
    this.#current = join(options.folder, 'calls.jsonl');
    this.#before = join(options.folder, 'calls.1.jsonl');
    try {
      makeFolder(options.folder, 0o750);
    } catch (error) {
      options.log.warn({ err: error, folder: options.folder }, 'the folder of the call history cannot be made');
    }
    const calls = new Map<string, CallRecord>();
    this.#read(this.#before, calls);
    const { lines, torn } = this.#read(this.#current, calls);
    this.#lines = lines;
    this.#torn = torn;
    const unwritten = options.keeper?.left().records ?? [];
    for (const record of unwritten) {
      // It belongs where it ended: behind what the file has.
      calls.delete(record.id);
      calls.set(record.id, record);
    }
    this.earlier = [...calls.values()].slice(-options.maxCalls);
    for (const record of unwritten) this.write(record);
  }

  write(record: CallRecord): void {
    if (this.#closed) return;
    if (this.#waiting.length >= MOST_WAITING) return void this.#dropped++;
    this.#waiting.push(record);
    this.#options.keeper?.record(record.id, record);
    this.#timer ??= this.#options.clock.after('history', BATCH_MS, () => void this.#flush());
  }

  /** What waits is written; closing twice is closing once. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#flush();
  }

  #flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    return (this.#lane = this.#lane.then(() => this.#bring()));
  }

  async #bring(): Promise<void> {
    const records = this.#waiting;
    this.#waiting = [];
    if (records.length === 0) return;
    const lines = records.map((record) => JSON.stringify(record));
    try {
      if (this.#lines >= this.#options.maxCalls) await this.#rotate();
      const file = await open(this.#current, 'a', 0o640);
      try {
        await file.write(`${this.#torn ? '\n' : ''}${lines.join('\n')}\n`);
        await file.datasync();
      } finally {
        await file.close();
      }
      this.#torn = false;
      this.#lines += lines.length;
      this.#areWritten(records);
    } catch (error) {
      // Part of it may have been written.
      this.#torn = true;
      this.#options.log.error({ err: error, lost: lines.length + this.#dropped }, 'the call history cannot be written');
      this.#dropped = 0;
    }
  }

  /** A younger line of the same call still waits, and is kept until it is written too. */
  #areWritten(records: readonly CallRecord[]): void {
    const waiting = new Set(this.#waiting.map(({ id }) => id));
    for (const { id } of records) if (!waiting.has(id)) this.#options.keeper?.record(id, undefined);
  }

  async #rotate(): Promise<void> {
    await rename(this.#current, this.#before);
    this.#lines = 0;
    this.#torn = false;
  }

  #read(path: string, calls: Map<string, CallRecord>): { lines: number; torn: boolean } {
    const bytes = readIfThere(path, this.#options.log);
    if (bytes.length === 0) return { lines: 0, torn: false };
    const texts = bytes.toString('utf8').split('\n');
    const torn = bytes[bytes.length - 1] !== NEWLINE;
    let unread = 0;
    for (const text of texts) {
      if (text === '') continue;
      const record = readRecord(text);
      if (record === undefined) unread++;
      else calls.set(record.id, record);
    }
    if (unread > 0) this.#options.log.warn({ path, lines: unread }, 'lines of the call history could not be read');
    return { lines: texts.length - 1, torn };
  }
}

function readIfThere(path: string, log: Logger): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.warn({ err: error, path }, 'the call history cannot be read');
    return Buffer.alloc(0);
  }
}
