/**
 * holdfast: the product in a process of its own, as a user starts it, on free ports and with a configuration of its own.
 * DRACHTIO_HOST, DRACHTIO_PORT and DRACHTIO_SECRET of the environment reach it, so that scenarios can be run on a real server.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { freePorts } from './free-ports.js';
import { keepLog, secretsOf } from './kept-logs.js';
import { until } from './until.js';
import { toneWav } from './wav.js';

/** What the music of a test sounds like: no phone speaks on this frequency. */
export const MUSIC_HERTZ = 1200;

export type Event = Readonly<{ seq: number; kind: string } & Record<string, unknown>>;
export type Answer<T> = Readonly<{ status: number; headers: Headers; body: T }>;

const START_MS = 40_000;
const EVENT_MS = 10_000;
const NUMBERS = ['101', '102', '103', '104'];

export type Options = Readonly<{
  numbers?: readonly string[];
  /** More keys of a phone in accounts.yaml, by its number: `holdMode: inactive`. */
  phones?: Readonly<Record<string, string>>;
  /** More classes of music, by their tone. */
  music?: Readonly<Record<string, number>>;
  /** music.yaml */
  musicFile?: string;
  /** More keys of accounts.yaml, as they stand there. */
  accounts?: string;
  agents?: string;
  /** Files of sip-config/sounds: how long they are, and their tone. */
  sounds?: Readonly<Record<string, Readonly<{ hertz: number; seconds: number }>>>;
  trunks?: string;
  phlos?: string;
  records?: string;
  ozeki?: string;
  holdfast?: string;
  /** More files of the configuration, by name. */
  files?: Readonly<Record<string, string>>;
  environment?: Readonly<Record<string, string>>;
}>;

export class Holdfast {
  readonly #child: ChildProcess;
  readonly #environment: Readonly<Record<string, string>>;
  readonly sipPort: number;
  readonly wsPort: number;
  /** 0 where there is no TLS. */
  readonly tlsPort: number;
  readonly wssPort: number;
  /** Its configuration: what a test changes in it is read at SIGHUP, or by itself. */
  readonly folder: string;
  readonly base: string;
  readonly #log: string[];

  private constructor(
    child: ChildProcess,
    folder: string,
    environment: Readonly<Record<string, string>>,
    ready: Ready,
    log: string[],
  ) {
    this.folder = folder;
    this.#child = child;
    this.#environment = environment;
    this.sipPort = ready.sipPort;
    this.wsPort = ready.wsPort;
    this.tlsPort = ready.tlsPort ?? 0;
    this.wssPort = ready.wssPort ?? 0;
    this.base = `http://127.0.0.1:${ready.httpPort}`;
    this.#log = log;
  }

  static async start(options: Options = {}): Promise<Holdfast> {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
    writeConfig(folder, options);
    const { portMin, portMax } = await freePorts(400);
    const rtpPorts = { RTPENGINE_PORT_MIN: String(portMin), RTPENGINE_PORT_MAX: String(portMax) };
    const holdfast = await Holdfast.#begin(folder, { ...rtpPorts, ...options.environment });
    await holdfast.#canPlay(Object.keys(options.music ?? {}));
    return holdfast;
  }

  /** Only class `default` is read before anybody is served; a class that has not been read is heard as that one. */
  #canPlay(classes: readonly string[]): Promise<void> {
    const isRead = ({ files }: MusicClass): boolean => files.length > 0 && files.every(({ seconds }) => seconds !== undefined);
    return until(`music of ${classes.join()} is read`, async () => {
      if (classes.length === 0) return true;
      const read = (await this.api<{ classes: MusicClass[] }>('GET', '/music')).body.classes.filter(isRead);
      return classes.every((name) => read.some((one) => one.name === name));
    });
  }

  static async #begin(folder: string, environment: Readonly<Record<string, string>>): Promise<Holdfast> {
    const child = spawn(process.execPath, ['-e', START], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        HOLDFAST_CONFIG: folder,
        HOLDFAST_SIP_PORT: '0',
        HOLDFAST_WS_PORT: '0',
        HOLDFAST_HTTP_PORT: '0',
        HOLDFAST_PRINT_READY: '1',
        ...environment,
      },
    });
    const log: string[] = [];
    const keep = keepLog(() => secretsOf(folder, { ...process.env, ...environment }));
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => keep(data.toString()));
    const ready = await readyLine(child, log);
    return new Holdfast(child, folder, environment, ready, log);
  }

  /** Another life on the same folder, and on those ports that the environment names, once this one has ended. */
  async again(): Promise<Holdfast> {
    await this.exited();
    return Holdfast.#begin(this.folder, this.#environment);
  }

  /** A second one on the same folder, on ports of its own. */
  beside(): Promise<Holdfast> {
    return Holdfast.#begin(this.folder, { ...this.#environment, HOLDFAST_SIP_PORT: '0', HOLDFAST_HTTP_PORT: '0' });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Another text in a file of its configuration; it hears of it by SIGHUP or POST /reload. */
  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** The exit code, when it has ended. */
  async code(): Promise<number | null> {
    await this.exited();
    return this.#child.exitCode;
  }

  /** What it has printed: for the message of a failed test. */
  get log(): string {
    return this.#log.join('');
  }

  async api<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const answer = await fetched(this.base + path, {
      method,
      headers: {
        authorization: 'Bearer demo-token',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(EVENT_MS),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: (answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text) as T,
    };
  }

  /** The first event after `afterSeq` that fits; rejects when none comes in time. */
  async event(fits: (event: Event) => boolean, afterSeq = 0): Promise<Event> {
    const abort = AbortSignal.timeout(EVENT_MS);
    const answer = await fetch(`${this.base}/events?after=${afterSeq}`, {
      headers: { authorization: 'Bearer demo-token' },
      signal: abort,
    });
    let text = '';
    try {
      for await (const chunk of answer.body ?? []) {
        text += Buffer.from(chunk as Uint8Array).toString('utf8');
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const data = /^data: (.*)$/m.exec(block)?.[1];
          const event = data === undefined ? undefined : (JSON.parse(data) as Event);
          if (event !== undefined && fits(event)) return event;
        }
      }
    } catch (error) {
      throw new Error(`the event did not come; the log ends:\n${this.log.slice(-3000)}`, { cause: error });
    }
    throw new Error('the event stream ended');
  }

  /** Whatever anybody was told before this has been written by the time it is over, also by the engine's thread. */
  written(): Promise<void> {
    return until('all is written', async () => {
      const { store } = (await this.api<{ store?: Stored & { engine?: Stored } }>('GET', '/health')).body;
      if (store === undefined) throw new Error('there is no store');
      return store.pending === 0 && (store.engine?.pending ?? 0) === 0;
    });
  }

  /** kill -9, at once; `exited` says when it is over. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** It has ended, however. */
  exited(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) return resolve();
      this.#child.once('exit', () => resolve());
    });
  }

  /** SIGINT, as Ctrl-C does: at once, and politely. @returns the exit code. */
  async stop(): Promise<number | null> {
    const code = await new Promise<number | null>((resolve) => {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) return resolve(this.#child.exitCode);
      this.#child.once('exit', resolve);
      this.#child.kill('SIGINT');
    });
    rmSync(this.folder, { recursive: true, force: true });
    return code;
  }
}

/** `fetch failed` says nothing; its cause does. */
async function fetched(url: string, how: RequestInit): Promise<Response> {
  try {
    return await fetch(url, how);
  } catch (error) {
    throw new Error(`${how.method} ${url}: ${String((error as Error).cause ?? error)}`, { cause: error });
  }
}

type Stored = Readonly<{ pending: number }>;
type MusicClass = Readonly<{ name: string; files: readonly Readonly<{ seconds?: number }>[] }>;

/** With a store, and on ports that stay when it is killed: for `again`. */
export const keptEnvironment = async (more: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> => ({
  HOLDFAST_SIP_PORT: String(await freePort()),
  HOLDFAST_HTTP_PORT: String(await freePort()),
  HOLDFAST_STORE: 'store',
  ...more,
});

const START = `import(${JSON.stringify(new URL('../../dist/main.js', import.meta.url).href)}).then(({ main }) => main())`;

function writeConfig(folder: string, options: Options): void {
  const more = (number: string): string => (options.phones?.[number] === undefined ? '' : `, ${options.phones[number]}`);
  const phones = (options.numbers ?? NUMBERS).map(
    (number) => `  - { number: '${number}', name: Extension ${number}, password: demo-${number}${more(number)} }`,
  );
  const http = ['http:', '  - { user: HTTP_User_1, password: qwe123 }', 'tokens:', '  - { name: demo, token: demo-token }'];
  writeFileSync(join(folder, 'accounts.yaml'), ['phones:', ...phones, ...http, options.accounts ?? ''].join('\n'));
  writeFileSync(join(folder, 'trunks.yaml'), options.trunks ?? 'trunks: []\n');
  if (options.agents !== undefined) writeFileSync(join(folder, 'agents.yaml'), options.agents);
  if (options.phlos !== undefined) writeFileSync(join(folder, 'phlos.yaml'), options.phlos);
  if (options.ozeki !== undefined) writeFileSync(join(folder, 'ozeki.yaml'), options.ozeki);
  if (options.records !== undefined) writeFileSync(join(folder, 'records.yaml'), options.records);
  if (options.musicFile !== undefined) writeFileSync(join(folder, 'music.yaml'), options.musicFile);
  writeFileSync(join(folder, 'holdfast.yaml'), options.holdfast ?? 'log: debug\n');
  for (const [name, hertz] of Object.entries({ default: MUSIC_HERTZ, ...options.music })) {
    mkdirSync(join(folder, 'music', name), { recursive: true });
    writeFileSync(join(folder, 'music', name, 'tone.wav'), toneWav({ hertz, seconds: 5 }));
  }
  for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(folder, name), text);
  mkdirSync(join(folder, 'sounds'), { recursive: true });
  for (const [name, tone] of Object.entries(options.sounds ?? {})) writeFileSync(join(folder, 'sounds', name), toneWav(tone));
}

type Ready = Readonly<{ sipPort: number; wsPort: number; httpPort: number; tlsPort?: number; wssPort?: number }>;

function readyLine(child: ChildProcess, log: string[]): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const slow = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`not ready in ${START_MS} ms:\n${log.join('')}`));
    }, START_MS);
    let text = '';
    child.stderr?.on('data', (data: Buffer) => log.push(data.toString()));
    child.stdout?.on('data', (data: Buffer) => {
      log.push(data.toString());
      if (log.length > 5000) log.splice(0, 1000);
      text = (text + data.toString()).slice(-20_000);
      const line = /^\{"ready":true.*\}$/m.exec(text)?.[0];
      if (line === undefined) return;
      clearTimeout(slow);
      resolve(JSON.parse(line) as Ready);
    });
    child.once('exit', (code) => {
      clearTimeout(slow);
      reject(new Error(`ended with ${code} before it was ready:\n${log.join('')}`));
    });
  });
}
