/**
 * ng-wire: rtpengine-client tamed. The library knows the commands, writes bencode and matches replies; when a datagram leaves, and
 * which replies it gets to see, is decided by ng-client.ts. Left alone it would print and emit `error` for every late reply, and write
 * each command as JSON twice for a debugger that is not there.
 */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:dgram';
import rtpengineClient from 'rtpengine-client';
import constants from 'rtpengine-client/lib/constants.js';
import type { Logger } from '#kit/log.js';

export type NgTarget = Readonly<{ host: string; port: number }>;
export type NgReply = Readonly<Record<string, unknown>>;

/** Our names of the verbs are the library's. */
export type NgVerb =
  | 'offer'
  | 'answer'
  | 'delete'
  | 'query'
  | 'list'
  | 'ping'
  | 'statistics'
  | 'blockMedia'
  | 'unblockMedia'
  | 'blockDTMF'
  | 'unblockDTMF'
  | 'playDTMF'
  | 'playMedia'
  | 'stopMedia'
  | 'subscribeRequest'
  | 'subscribeAnswer'
  | 'unsubscribe';

/**
 * Replies wait here while the thread does something else. The kernel counts more than a page for one to `query` (1.9 kB), so its default
 * of 208 kB has no room for the 64 that may be on the way, and each that is lost costs 150 ms. It gives the double of what is asked for,
 * and at most the double of net.core.rmem_max, which is as a rule those 208 kB: enough for 64 of calls that have audio alone.
 */
const RECEIVE_BYTES = 1 << 20;

export type Written = Readonly<{ cookie: string; datagram: Buffer }>;

export class NgWire {
  readonly #client: rtpengineClient.Client;
  readonly #socket: Socket;

  /** @param onDatagram sees everything that comes in; what is good goes back in through `deliver`. */
  constructor(localAddress: string | undefined, log: Logger, onDatagram: (datagram: Buffer) => void) {
    this.#client = new rtpengineClient.Client(localAddress === undefined ? {} : { localAddress });
    this.#socket = this.#client.socket;
    this.#socket.removeAllListeners('message');
    this.#socket.on('message', onDatagram);
    this.#socket.once('listening', () => this.#socket.setRecvBufferSize(RECEIVE_BYTES));
    this.#client.on('error', (error) => log.warn({ err: error as Error }, 'rtpengine control socket'));
  }

  /** Sends nothing yet. @param done is called once, when `deliver` brings the reply. */
  write(
    verb: NgVerb,
    args: Readonly<Record<string, unknown>>,
    blob: Buffer | undefined,
    done: (reply: NgReply) => void,
  ): Written {
    const cookie = randomUUID();
    const command = constants.getRtpEngineNameForCommand(verb);
    const written = rtpengineClient.Client.encodeMessage(cookie, { ...args, command });
    this.#client.messages.set(cookie, (_never, reply) => done(reply ?? {}));
    return { cookie, datagram: blob === undefined ? written : withBlob(written, blob) };
  }

  send(datagram: Buffer, target: NgTarget, failed: (error: Error) => void): void {
    this.#socket.send(datagram, target.port, target.host, (error) => {
      if (error !== null) failed(error);
    });
  }

  deliver(cookie: string, reply: NgReply): void {
    this.#client._onParsedMessage({ id: cookie, data: reply });
  }

  /** Nobody waits for this reply any more. */
  forget(cookie: string): void {
    this.#client.messages.delete(cookie);
  }

  close(): void {
    this.#socket.close();
  }
}

const COOKIE_LENGTH = 36;
export const cookieOf = (datagram: Buffer): string => datagram.toString('latin1', 0, COOKIE_LENGTH);

/** @returns undefined for what is no dictionary. */
export function readReply(datagram: Buffer): NgReply | undefined {
  try {
    const { data } = rtpengineClient.Client.decodeMessage(datagram);
    return typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as NgReply) : undefined;
  } catch {
    return undefined;
  }
}

/** The library joins its parts as text, which would spoil binary: the blob is put in before the dictionary's end. */
function withBlob(written: Buffer, blob: Buffer): Buffer {
  return Buffer.concat([written.subarray(0, -1), Buffer.from(`4:blob${blob.length}:`), blob, Buffer.from('e')]);
}
