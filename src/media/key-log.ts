/**
 * key-log: where rtpengine reports the keys it sees in RTP (RFC 4733), one datagram of JSON each, also of parties that are not let be heard.
 * Whether a key is anybody's news is not its business.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { LegId } from '#calls/ports.js';
import { ConfigError } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import type { NgTarget } from './ng-client.js';

export type KeyListener = (leg: LegId, key: string, ms: number) => void;

const KEYS = '0123456789*#ABCD';
/** A report has less than 300 bytes. */
const LONGEST = 2000;

export class KeyLog {
  readonly address: NgTarget;
  readonly #socket: Socket;
  #listener: KeyListener = () => undefined;
  #closed = false;

  /** @param from who may report; absent: whoever can reach the address. @throws ConfigError when the address is not to be had. */
  static open({ host, port }: NgTarget, log: Logger, from?: string): Promise<KeyLog> {
    return new Promise((resolve, reject) => {
      const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
      socket.once('error', (error: NodeJS.ErrnoException) => {
        socket.close();
        reject(
          new ConfigError(
            `holdfast.yaml: rtpengine.keys (RTPENGINE_KEYS): cannot listen on ${host}:${port} (${error.code ?? ''})`,
          ),
        );
      });
      socket.bind(port, host, () => {
        socket.removeAllListeners('error');
        socket.on('error', (error) => log.warn({ err: error }, 'keys of rtpengine'));
        resolve(new KeyLog(socket, host, from));
      });
    });
  }

  private constructor(socket: Socket, host: string, from: string | undefined) {
    this.#socket = socket;
    this.address = { host, port: socket.address().port };
    socket.on('message', (datagram, sender) => {
      if (from !== undefined && sender.address !== from) return;
      const report = readReport(datagram);
      if (report !== undefined) this.#listener(report.leg, report.key, report.ms);
    });
  }

  onKey(listener: KeyListener): void {
    this.#listener = listener;
  }

  /** Closing twice is closing once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}

type Report = Readonly<{ leg: LegId; key: string; ms: number }>;

/** @returns undefined for whatever is no report of a key of a party of ours. */
export function readReport(datagram: Buffer): Report | undefined {
  if (datagram.length > LONGEST) return undefined;
  let said: unknown;
  try {
    said = JSON.parse(datagram.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof said !== 'object' || said === null) return undefined;
  const { type, callid, source_tag: role, event, duration } = said as Readonly<Record<string, unknown>>;
  if (type !== 'DTMF' || typeof callid !== 'string' || (role !== 'caller' && role !== 'callee')) return undefined;
  const key = typeof event === 'number' ? KEYS[event] : undefined; // 16 is the hook flash
  if (key === undefined) return undefined;
  const ms = typeof duration === 'number' && duration >= 0 && duration < 60_000 ? duration : 0;
  return { leg: { callId: callid as LegId['callId'], role }, key, ms };
}
