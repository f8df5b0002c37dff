/**
 * rtp-tap: listens on the wire to what reaches a phone's RTP port, so that a phone nobody can look into says what it hears.
 * Uses a packet socket through tshark, which needs the right to capture (root, or CAP_NET_RAW).
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { Heard, readRtp, type RtpPacket } from './heard.js';
import { until } from './until.js';

/** Why this machine cannot capture; undefined when it can. */
export function whyNoTap(): string | undefined {
  const tried = spawnSync('tshark', ['-i', 'lo', '-a', 'duration:0', '-f', 'udp port 9'], { encoding: 'utf8', timeout: 10_000 });
  if (tried.error !== undefined) return 'tshark is not installed';
  return tried.status === 0 ? undefined : 'this user may not capture packets on lo';
}

type Ports = Readonly<{ portMin: number; portMax: number }>;

export class RtpTap {
  readonly #child: ChildProcess;
  readonly #packets = new Map<number, RtpPacket[]>();
  #rest = '';
  readonly #openers: (Ports & Readonly<{ open: (datagram: Buffer) => Buffer | undefined }>)[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on('data', (data: Buffer) => this.#read(data.toString()));
  }

  /** Captures what goes to any port of these ranges. */
  static async open(ranges: readonly Readonly<{ portMin: number; portMax: number }>[]): Promise<RtpTap> {
    const filter = ranges.map(({ portMin, portMax }) => `dst portrange ${portMin}-${portMax}`).join(' or ');
    const fields = ['-T', 'fields', '-e', 'frame.time_epoch', '-e', 'udp.srcport', '-e', 'udp.dstport', '-e', 'udp.payload'];
    const child = spawn('tshark', ['-i', 'lo', '-l', '-n', '-f', `udp and (${filter})`, ...fields], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
    await until('tshark captures', () => /Capturing on/.test(said));
    return new RtpTap(child);
  }

  /** From now on what goes to these ports is decrypted; what cannot be stays the noise that it is. */
  decrypt({ portMin, portMax }: Ports, open: (datagram: Buffer) => Buffer | undefined): void {
    this.#openers.unshift({ portMin, portMax, open });
  }

  #read(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [time = '', from = '', to = '', payload = ''] = line.split('\t');
      const port = Number(to);
      const datagram = Buffer.from(payload.replaceAll(':', ''), 'hex');
      const read = (bytes: Buffer) => readRtp(bytes, Number(time) * 1000, Number(from));
      if (read(datagram) === undefined) continue;
      const packet = read(this.#openers.find((one) => port >= one.portMin && port <= one.portMax)?.open(datagram) ?? datagram);
      if (packet === undefined) continue;
      this.#packets.set(port, [...(this.#packets.get(port) ?? []), packet]);
    }
  }

  /** Everything that has reached these ports since the last `forget`. */
  heard({ portMin, portMax }: Readonly<{ portMin: number; portMax: number }>): Heard {
    return new Heard([...this.#packets].flatMap(([port, packets]) => (port >= portMin && port <= portMax ? packets : [])));
  }

  /** What reaches these ports in the next `count` packets; nothing heard before counts. */
  async next(ports: Readonly<{ portMin: number; portMax: number }>, count: number): Promise<Heard> {
    const before = this.heard(ports).count;
    await until(
      `${count} packets reach ports ${ports.portMin} to ${ports.portMax}`,
      () => this.heard(ports).count >= before + count,
    );
    return new Heard(this.heard(ports).packets.slice(before, before + count));
  }

  stop(): void {
    // tshark ends its dumpcap when it is asked to; killed, it would leave that waiting for one more packet, with our pipe in its hands.
    this.#child.kill('SIGTERM');
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }
}
