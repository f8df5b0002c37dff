/**
 * rtpengine-process: one run of an rtpengine of our own, from its start until it has ended. It dies with us, whatever kills us.
 * Does not start it again: rtpengine-keeper.ts does.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Clock } from '#kit/clock.js';
import { ConfigError } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import { findProgram } from './find-program.js';
import type { NgTarget } from './ng-client.js';
import { openUdpSocket } from './udp-socket.js';

export type RtpengineOptions = Readonly<{
  program: string;
  /** Where phones send their audio. */
  addresses: readonly string[];
  portMin: number;
  portMax: number;
  timeoutSeconds: number;
  /** host:port/database where it keeps its calls; absent: they end with it. */
  redis?: string | undefined;
  /** Where it reports keys; absent: nowhere. */
  keysTo?: NgTarget | undefined;
  /** Each line of its log: warnings and errors. */
  says?: (line: string) => void;
}>;

const TERM_MS = 600;
const VERSION_MS = 5000;
const CONTROL_HOST = '127.0.0.1';

export class RtpengineProcess {
  readonly target: NgTarget;
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly ended: Promise<string>;
  #lastWords = '';
  #alive = true;

  /** @param port of the control socket; absent: a free one. */
  static async start(options: RtpengineOptions, clock: Clock, log: Logger, port?: number): Promise<RtpengineProcess> {
    return new RtpengineProcess(options, port ?? (await freeUdpPort()), clock, log);
  }

  private constructor(options: RtpengineOptions, port: number, clock: Clock, log: Logger) {
    this.target = { host: CONTROL_HOST, port };
    this.#clock = clock;
    const [program, ...args] = [...dieWithUs(), options.program, ...argumentsOf(options, port)] as [string, ...string[]];
    // Its own process group: Ctrl-C must not reach it before the calls have been ended.
    this.#child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true, cwd: '/' });
    const { stderr } = this.#child;
    if (stderr !== null) createInterface({ input: stderr }).on('line', (line) => this.#heard(line, options, log));
    this.ended = new Promise((resolve) => {
      this.#child.on('error', (error) => resolve(this.#end(`could not be started: ${error.message}`)));
      this.#child.on('exit', (code, signal) => resolve(this.#end(`ended with ${signal ?? `code ${code}`}`)));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Asks it to end, and makes it end when it does not within 0.6 s. Stopping twice is stopping once. */
  async stop(): Promise<void> {
    if (!this.#alive) return;
    this.#child.kill('SIGTERM');
    const patience = this.#clock.after('rtpengine ends', TERM_MS, () => this.kill());
    await this.ended;
    patience.cancel();
  }

  /** For one that no longer answers. */
  kill(): void {
    if (this.#alive) this.#child.kill('SIGKILL');
  }

  #end(how: string): string {
    this.#alive = false;
    return this.#lastWords === '' ? how : `${how}: ${this.#lastWords}`;
  }

  #heard(line: string, { says }: RtpengineOptions, log: Logger): void {
    if (line.trim() !== '') {
      this.#lastWords = line.replace(/^\[[0-9.]+\] /, '').slice(0, 300);
      log.debug({ rtpengine: this.#lastWords }, 'rtpengine says');
      says?.(line);
    }
  }
}

/** @throws ConfigError when it is not installed. */
export function findRtpengine(): string {
  const program = findProgram('rtpengine');
  if (program !== undefined) return program;
  throw new ConfigError(
    'rtpengine was not found in PATH, /usr/bin or /usr/sbin: install it (apt install rtpengine-daemon), or name a running one in holdfast.yaml: rtpengine.ng (RTPENGINE_NG)',
  );
}

export function versionOf(program: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, ['--version'], { timeout: VERSION_MS }, (_error, stdout, stderr) => {
      resolve(/version:?\s*([0-9]\S*)/i.exec(`${stdout}${stderr}`)?.[1]);
    });
  });
}

/** prctl(PR_SET_PDEATHSIG): the kernel ends rtpengine when our process ends, also by kill -9. setpriv is part of every Debian. */
function dieWithUs(): string[] {
  const setpriv = findProgram('setpriv');
  return setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL'];
}

function argumentsOf(options: RtpengineOptions, port: number): string[] {
  return [
    '--config-file=none', // else /etc/rtpengine/rtpengine.conf is read as well
    '--table=-1', // no kernel module
    ...options.addresses.map((address) => `--interface=${address}`),
    `--listen-ng=${CONTROL_HOST}:${port}`,
    `--port-min=${options.portMin}`,
    `--port-max=${options.portMax}`,
    `--timeout=${options.timeoutSeconds}`, // its own clean-up; music sent does not count as activity, so it is long
    `--silent-timeout=${options.timeoutSeconds}`,
    '--delete-delay=0',
    // Within its first seconds a port may also be sent to by whoever had it before. rtpengine 11 and later sends to whoever comes from the
    // address of the SDP, if anybody does; 10.5 forgets that with each packet (measured), so phones that are where they say are not looked for
    // (calls/on-the-spot.ts). A phone behind NAT is found as ever.
    '--endpoint-learning=heuristic',
    // Without it nothing new is kept, and everything else works: no reason not to start.
    ...(options.redis === undefined ? [] : [`--redis=${options.redis}`, '--no-redis-required']),
    ...(options.keysTo === undefined ? [] : [`--dtmf-log-dest=${options.keysTo.host}:${options.keysTo.port}`]),
    '--foreground',
    '--log-stderr',
    '--log-level=4',
  ];
}

/** rtpengine cannot take a free port by itself. Between our closing and its opening somebody else may take it: then it ends, and is started again. */
async function freeUdpPort(): Promise<number> {
  const socket = await openUdpSocket(CONTROL_HOST);
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

/**
 * rtpengine starts with an address this machine does not have, and makes calls that stay silent.
 * @throws ConfigError
 */
export async function checkAddresses(addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    try {
      (await openUdpSocket(address)).close();
    } catch (error) {
      const why = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new ConfigError(
        `holdfast.yaml: address (HOLDFAST_ADDRESS): found ${address}, expected an address of this machine (${why})`,
      );
    }
  }
}
