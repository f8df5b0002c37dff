/**
 * g722-phone: the media half of a phone that speaks G.722 and nothing else: a tone, encoded by ffmpeg, and keys (RFC 4733).
 */
import { execFileSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';

const G722 = 9;
const EVENTS = 101;
const PACKET_MS = 20;
const PACKET_BYTES = 160;

export class G722Phone {
  readonly #socket: Socket;
  readonly #tone: Buffer;
  readonly #ssrc = Math.floor(Math.random() * 2 ** 32);
  #target = 0;
  #sequence = 100;
  #timestamp = 5000;
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;
  #waiting: { until: number; resolve: () => void } | undefined;

  static async open(hertz: number): Promise<G722Phone> {
    const source = `sine=frequency=${hertz}:sample_rate=16000:duration=10`;
    const tone = execFileSync('ffmpeg', [
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      source,
      '-af',
      'volume=2',
      '-c:a',
      'g722',
      '-f',
      'g722',
      '-',
    ]);
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new G722Phone(socket, tone);
  }

  private constructor(socket: Socket, tone: Buffer) {
    this.#socket = socket;
    this.#tone = tone;
  }

  sdp(): string {
    const head = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'];
    const maps = [`a=rtpmap:${G722} G722/8000`, `a=rtpmap:${EVENTS} telephone-event/8000`, 'a=sendrecv', ''];
    return [...head, `m=audio ${this.#socket.address().port} RTP/AVP ${G722} ${EVENTS}`, ...maps].join('\r\n');
  }

  talk(sdp: string): void {
    this.#target = Number(/^m=audio (\d+)/m.exec(sdp)?.[1]);
    let dueMs = performance.now();
    const next = (): void => {
      const at = (this.#sent * PACKET_BYTES) % (this.#tone.length - PACKET_BYTES);
      this.#send(G722, this.#timestamp, this.#tone.subarray(at, at + PACKET_BYTES));
      this.#timestamp += PACKET_BYTES;
      this.#sent++;
      if (this.#waiting !== undefined && this.#sent >= this.#waiting.until) this.#waiting.resolve();
      dueMs += PACKET_MS;
      this.#timer = setTimeout(next, Math.max(0, dueMs - performance.now()));
    };
    next();
  }

  press(digit: number): void {
    for (let index = 1; index <= 6; index++) {
      const payload = Buffer.from([digit, index > 3 ? 0x8a : 0x0a, 0, 0]);
      payload.writeUInt16BE(PACKET_BYTES * Math.min(index, 4), 2);
      this.#send(EVENTS, this.#timestamp, payload);
    }
    this.#timestamp += 4 * PACKET_BYTES;
  }

  /** While it sends so many packets. */
  async during(count: number): Promise<void> {
    await new Promise<void>((resolve) => (this.#waiting = { until: this.#sent + count, resolve }));
    this.#waiting = undefined;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#socket.close();
  }

  #send(payloadType: number, timestamp: number, payload: Buffer): void {
    const head = Buffer.alloc(12);
    head.writeUInt8(0x80, 0);
    head.writeUInt8(payloadType, 1);
    head.writeUInt16BE(this.#sequence++ & 0xffff, 2);
    head.writeUInt32BE(timestamp >>> 0, 4);
    head.writeUInt32BE(this.#ssrc, 8);
    this.#socket.send(Buffer.concat([head, payload]), this.#target, '127.0.0.1');
  }
}
