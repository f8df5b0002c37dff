/**
 * load: SIPp as a source or sink of many calls, with an end for every run and the counts it leaves. It judges nothing.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../support/free-ports.js';
import { until } from '../../support/until.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** SIPp writes its table once a second; the last second is in it after this. */
const TABLE_MS = 1300;

export type Counts = Readonly<{
  done: number;
  failed: number;
  retransmissions: number;
  /** Of scenarios that count them: calls made to their end, and calls refused. */
  completed: number;
  refused: number;
  /** When SIPp wrote this, by its clock: once a second. */
  atSec: number;
}>;

type LoadOptions = Readonly<{
  /** `uac` and `uas` are SIPp's own; others are files beside this one. */
  scenario: string;
  host: string;
  port?: number;
  /** host:port; none for one that answers. */
  target?: string;
  /** Seconds after which it is ended, whatever it does. */
  longestSec: number;
  more?: readonly string[];
}>;

export class Load {
  readonly #child: ChildProcess;
  readonly #folder: string;
  /** Resolves when SIPp has ended by itself or was ended. */
  readonly ended: Promise<void>;

  private constructor(child: ChildProcess, folder: string, longestSec: number) {
    this.#child = child;
    this.#folder = folder;
    const longest = setTimeout(() => child.kill('SIGKILL'), longestSec * 1000);
    this.ended = new Promise((resolve) => child.once('exit', () => resolve()));
    void this.ended.then(() => clearTimeout(longest));
  }

  static async start({ scenario, host, port, target, longestSec, more = [] }: LoadOptions): Promise<Load> {
    const own = port ?? (await freePorts(16)).portMin;
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-load-'));
    const file = join(HERE, `${scenario}.xml`);
    const args = existsSync(file) ? ['-sf', file] : ['-sn', scenario];
    args.push('-i', host, '-p', String(own), '-nostdin', '-buff_size', '4194304', '-trace_stat', '-stf', 'table.csv', '-fd', '1');
    const child = spawn('sipp', [...args, ...more, ...(target === undefined ? [] : [target])], { cwd: folder, stdio: 'ignore' });
    const load = new Load(child, folder, longestSec);
    // One that answers must be there before the first call.
    if (target === undefined) await until(`SIPp answers on port ${own}`, () => child.exitCode !== null || isBound(own));
    return load;
  }

  /** What has happened until now. */
  async counts(): Promise<Counts> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await sleep(TABLE_MS);
    const table = join(this.#folder, 'table.csv');
    const lines = existsSync(table) ? readFileSync(table, 'utf8').trim().split('\n') : [];
    const [names, values] = [lines[0]?.split(';') ?? [], lines.at(-1)?.split(';') ?? []];
    const column = (name: string): number => Number(values[names.indexOf(name)] ?? Number.NaN);
    return {
      done: column('SuccessfulCall(C)'),
      failed: column('FailedCall(C)'),
      retransmissions: column('Retransmissions(C)'),
      completed: column('GenericCounter1(C)'),
      refused: column('GenericCounter2(C)'),
      atSec: Number(values[names.indexOf('CurrentTime')]?.split('\t').at(-1) ?? Number.NaN),
    };
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const isBound = (port: number): boolean =>
  readFileSync('/proc/net/udp', 'utf8').includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000`);
