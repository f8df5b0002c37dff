/**
 * baresip: a real third-party phone without a head. Registers, answers by itself, sends a tone of its own; driven over its ctrl_tcp
 * module. What reaches its RTP port is seen by rtp-tap.ts.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { freePorts } from './free-ports.js';
import { until } from './until.js';
import { toneWav } from './wav.js';

export type BaresipOptions = Readonly<{
  number: string;
  registrar: string;
  toneHertz: number;
  transport?: 'udp' | 'tcp' | 'tls';
  /** Speaks SRTP with keys in its SDP (RFC 4568), and refuses to speak without. */
  srtp?: boolean;
  answers?: boolean;
}>;

export class Baresip {
  readonly number: string;
  /** Where its RTP arrives. */
  readonly rtpPorts: Readonly<{ portMin: number; portMax: number }>;
  readonly #child: ChildProcess;
  readonly folder: string;
  readonly #control: Socket;
  #output = '';
  #events = '';

  private constructor(
    options: BaresipOptions,
    child: ChildProcess,
    folder: string,
    control: Socket,
    rtpPorts: { portMin: number; portMax: number },
  ) {
    this.number = options.number;
    this.rtpPorts = rtpPorts;
    this.#child = child;
    this.folder = folder;
    this.#control = control;
    child.stdout?.on('data', (data: Buffer) => (this.#output += data.toString()));
    child.stderr?.on('data', (data: Buffer) => (this.#output += data.toString()));
    control.on('data', (data) => (this.#events += data.toString()));
    control.on('error', () => undefined);
  }

  /** Resolves when it runs and takes commands; `registered` says when the registrar has accepted it. */
  static async start(options: BaresipOptions): Promise<Baresip> {
    const folder = mkdtempSync(join(tmpdir(), `baresip-${options.number}-`));
    const rtpPorts = await freePorts(16);
    const controlPort = await freePort();
    writeFileSync(join(folder, 'tone.wav'), toneWav({ hertz: options.toneHertz, seconds: 120 }));
    writeFileSync(join(folder, 'config'), config(folder, controlPort, rtpPorts, options.srtp === true));
    writeFileSync(join(folder, 'contacts'), '');
    const mode = options.answers === false ? 'manual' : 'auto';
    const transport = options.transport ?? 'udp';
    writeFileSync(
      join(folder, 'accounts'),
      `<sip:${options.number}@${options.registrar};transport=${transport}>;auth_pass=demo-${options.number};answermode=${mode};regint=600${options.srtp === true ? ';mediaenc=srtp-mand' : ''}\n`,
    );
    const child = spawn('baresip', ['-f', folder, ...(options.srtp === true ? ['-s'] : [])], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const control = await connected(controlPort);
    return new Baresip(options, child, folder, control, rtpPorts);
  }

  async registered(): Promise<void> {
    await until(
      `baresip ${this.number} is registered:\n`,
      () => /200 OK \(\) \[1 binding\]/.test(this.#output) || /REGISTER_OK/.test(this.#events),
    );
  }

  /** A command of baresip's own command table, `hold`, `resume`, `dial` ... (netstring framing of ctrl_tcp). */
  command(command: string, params = ''): void {
    const json = JSON.stringify({ command, params, token: command });
    this.#control.write(`${json.length}:${json},`);
  }

  /** The keys that it has been told, oldest first: of SRTP only, from what it shows of its SIP. */
  get keysTold(): readonly string[] {
    const told = this.#output.split(/^RX /m).map((text) => text.split(/^TX /m)[0] ?? '');
    return told.flatMap((text) => /AES_CM_128_HMAC_SHA1_80 inline:([^\s|]+)/.exec(text)?.[1] ?? []);
  }

  /** The file of what it has heard, as it decrypted and decoded it. */
  get heardFile(): string | undefined {
    const name = readdirSync(this.folder).find((one) => one.endsWith('-dec.wav'));
    return name === undefined ? undefined : join(this.folder, name);
  }

  get output(): string {
    return this.#output + this.#events;
  }

  async stop(): Promise<void> {
    this.#control.destroy();
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGKILL'); // it would wait for its unregistration otherwise
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function config(
  folder: string,
  controlPort: number,
  { portMin, portMax }: { portMin: number; portMax: number },
  srtp: boolean,
): string {
  const modules = ['g711', 'aufile', ...(srtp ? ['srtp', 'sndfile'] : []), 'account', 'menu', 'ctrl_tcp'];
  return [
    'poll_method epoll',
    'sip_listen 127.0.0.1:0',
    `audio_source aufile,${folder}/tone.wav`,
    ...(srtp ? [`snd_path ${folder}`] : []), // what it hears, decrypted and decoded, is written there
    `rtp_ports ${portMin}-${portMax}`,
    'jitter_buffer_delay 0-0', // the one of 1.0 takes a new SSRC with lower sequence numbers for late, and drops all of it
    'module_path /usr/lib/baresip/modules',
    ...modules.map((name) => `module ${name}.so`),
    `ctrl_tcp_listen 127.0.0.1:${controlPort}`,
    '',
  ].join('\n');
}

async function connected(port: number): Promise<Socket> {
  let socket: Socket | undefined;
  await until(`baresip takes commands on port ${port}`, async () => {
    socket = await new Promise<Socket | undefined>((resolve) => {
      const attempt = connect(port, '127.0.0.1');
      attempt.once('connect', () => resolve(attempt));
      attempt.once('error', () => resolve(undefined));
    });
    return socket !== undefined;
  });
  if (socket === undefined) throw new Error('baresip takes no commands');
  return socket;
}
