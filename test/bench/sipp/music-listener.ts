/**
 * music-listener: a phone that only listens, and keeps when each packet of its music came and which are missing; and how that is printed.
 */
import { createSocket, type Socket } from 'node:dgram';
import { readdirSync, readFileSync } from 'node:fs';

const RTCP_SENDER_REPORT = 200;

/** A phone that only listens: when each packet came, and which numbers are missing. */
export class Listener {
  readonly #socket: Socket;
  readonly port: number;
  gaps: number[] = [];
  packets = 0;
  missing = 0;
  disordered = 0;
  firstAtMs: number | undefined;
  #lastAtMs = 0;
  #sequence = -1;

  static open(): Promise<Listener> {
    return new Promise((resolve) => {
      const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
      socket.bind(0, '127.0.0.1', () => resolve(new Listener(socket)));
    });
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on('message', (datagram) => {
      if (datagram.readUInt8(1) === RTCP_SENDER_REPORT) return; // of the phone on the port below
      const nowMs = performance.now();
      const sequence = datagram.readUInt16BE(2);
      this.firstAtMs ??= nowMs;
      if (this.packets > 0) {
        this.gaps.push(nowMs - this.#lastAtMs);
        const step = ((sequence - this.#sequence + 0x8000) & 0xffff) - 0x8000;
        if (step > 1) this.missing += step - 1;
        if (step < 1) this.disordered++;
      }
      this.packets++;
      this.#lastAtMs = nowMs;
      this.#sequence = sequence;
    });
  }

  sdp(): string {
    const head = ['v=0', `o=- 1 1 IN IP4 127.0.0.1`, 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', `m=audio ${this.port} RTP/AVP 0`];
    return [...head, 'a=rtpmap:0 PCMU/8000', 'a=sendrecv', ''].join('\r\n');
  }

  close(): void {
    this.#socket.close();
  }
}

/** Hundredths of a second of processor, of all threads of a process. @param pid or PID/task/THREAD. */
export const cpuTicks = (pid: number | string): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
};

/** Of the threads of this process beside the main one, which is the listeners: the copier's, the collector's. */
export const threadTicks = (): ReadonlyMap<string, number> =>
  new Map(
    readdirSync('/proc/self/task')
      .filter((thread) => thread !== String(process.pid))
      .map((thread) => [thread, cpuTicks(`self/task/${thread}`)]),
  );

export const ticksSince = (before: ReadonlyMap<string, number>): number =>
  [...threadTicks()].reduce((sum, [thread, ticks]) => sum + ticks - (before.get(thread) ?? 0), 0);

const share = (sorted: number[], part: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN).toFixed(1);
export const spread = (values: number[]): string => {
  const sorted = [...values].sort((a, b) => a - b);
  return `p50 ${share(sorted, 0.5)}  p99 ${share(sorted, 0.99)}  max ${share(sorted, 1)} ms`;
};
