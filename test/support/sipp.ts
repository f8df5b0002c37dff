/**
 * sipp: SIPp, a stranger's SIP stack, playing one of our scenarios (test/interop/sipp/*.xml) on free ports of its own. A scenario
 * checks what it receives by itself; who runs it looks at how many calls went as written.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { freePorts } from './free-ports.js';
import { until } from './until.js';

const SCENARIOS = fileURLToPath(new URL('../interop/sipp', import.meta.url));
/** A scenario that waits longer than this for anything has failed. */
const LONGEST_SEC = 12;

export type SippOptions = Readonly<{
  /** A file of test/interop/sipp, without `.xml`. */
  scenario: string;
  server: number;
  /** The extension it speaks for; its password is `demo-<number>` unless another is given. */
  number?: string;
  password?: string;
  /** Whom it calls. */
  calls?: string;
  /** Its own SIP port, for one that must be known before it starts. */
  port?: number;
  transport?: 'udp' | 'tcp';
  count?: number;
  perSecond?: number;
}>;

export type SippResult = Readonly<{
  /** 0: every call went as the scenario says. */
  code: number | null;
  successful: number;
  failed: number;
  retransmissions: number;
  /** What it found unexpected; empty when all went well. */
  errors: string;
  /** Every message it sent and received: for the report of a failed test. */
  messages: string;
}>;

/** Why this machine cannot run it; undefined when it can. */
export const whyNoSipp = (): string | undefined =>
  spawnSync('sipp', ['-v'], { stdio: 'ignore' }).error === undefined ? undefined : 'sipp is not installed';

export class Sipp {
  readonly port: number;
  /** The whole run; never rejects. */
  readonly finished: Promise<SippResult>;
  readonly #folder: string;

  private constructor(child: ChildProcess, port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
    // Its screen is thrown away, but must be read, or it would stop when the pipe is full.
    child.stdout?.resume();
    child.stderr?.resume();
    this.finished = new Promise((resolve) => {
      child.once('error', () => resolve(this.#result(null)));
      child.once('close', (code) => resolve(this.#result(code)));
    });
  }

  /** Starts it; resolves when it has its SIP port, so that a scenario that waits for calls can be called. */
  static async start(t: Test, options: SippOptions): Promise<Sipp> {
    const port = options.port ?? (await freePorts(16)).portMin;
    const folder = mkdtempSync(join(tmpdir(), 'sipp-'));
    const child = spawn('sipp', argumentsOf(options, port), { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const sipp = new Sipp(child, port, folder);
    t.teardown(async () => {
      child.kill('SIGKILL');
      await sipp.finished;
      rmSync(folder, { recursive: true, force: true });
    });
    await until(`sipp ${options.scenario} has opened port ${port}`, () => child.exitCode !== null || hasOpened(options, port));
    return sipp;
  }

  /** Starts it and waits for its end. */
  static async run(t: Test, options: SippOptions): Promise<SippResult> {
    return (await Sipp.start(t, options)).finished;
  }

  #result(code: number | null): SippResult {
    const last = statistics(readIfThere(join(this.#folder, 'statistics.csv')));
    return {
      code,
      successful: last('SuccessfulCall(C)'),
      failed: last('FailedCall(C)'),
      retransmissions: last('Retransmissions(C)'),
      errors: readIfThere(join(this.#folder, 'errors.log')),
      messages: readIfThere(join(this.#folder, 'messages.log')),
    };
  }
}

function argumentsOf(options: SippOptions, port: number): string[] {
  const number = options.number ?? 'sipp';
  // SIPp signs the server's address instead of the request URI unless it is told otherwise (RFC 7616 section 3.4.6 wants the latter).
  const signed = options.calls === undefined ? [] : ['-auth_uri', `${options.calls}@127.0.0.1:${options.server}`];
  const limits = ['-m', String(options.count ?? 1), '-r', String(options.perSecond ?? 10), '-timeout', `${LONGEST_SEC}s`];
  return [
    `127.0.0.1:${options.server}`,
    ...['-sf', join(SCENARIOS, `${options.scenario}.xml`)],
    ...['-i', '127.0.0.1', '-p', String(port), '-t', options.transport === 'tcp' ? 't1' : 'u1'],
    ...['-mi', '127.0.0.1', '-mp', String(port + 2)],
    ...['-key', 'number', number, '-au', number, '-ap', options.password ?? `demo-${number}`, '-s', options.calls ?? number],
    ...signed,
    ...limits,
    ...['-timeout_error', '-nostdin', '-trace_err', '-error_file', 'errors.log', '-trace_msg', '-message_file', 'messages.log'],
    ...['-trace_stat', '-stf', 'statistics.csv', '-fd', '1'],
  ];
}

/** Looked up in the kernel's table: asking by a message would be a call to it. */
function hasOpened({ transport, scenario }: SippOptions, port: number): boolean {
  // As a TCP client it opens its port only to connect, at once.
  if (transport === 'tcp' && !scenario.startsWith('uas')) return true;
  const hex = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  return readFileSync(`/proc/net/${transport ?? 'udp'}`, 'utf8').includes(hex);
}

const readIfThere = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** The last line of SIPp's table, by the names in its first. */
function statistics(table: string): (column: string) => number {
  const lines = table.trim().split('\n');
  const [names, values] = [lines[0]?.split(';') ?? [], lines.at(-1)?.split(';') ?? []];
  return (column) => {
    const value = Number(values[names.indexOf(column)]);
    return Number.isInteger(value) ? value : -1;
  };
}
