/**
 * The part of rtpengine-client 0.4.12 (which has no types of its own) that ng-client.ts trusts, and nothing more.
 */
declare module 'rtpengine-client' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:dgram';

  type Reply = Record<string, unknown>;
  type Callback = (error: unknown, reply?: Reply) => void;

  export class Client extends EventEmitter {
    constructor(options: { localAddress?: string; localPort?: number; timeout?: number; rejectOnError?: boolean });
    /** Splits `cookie bencode`; throws, or gives `data` that is no dictionary, when the bytes are neither. */
    static decodeMessage(bytes: Buffer): { id: string; data: unknown };
    /** Replaced by ng-client, which sees every datagram before it leaves. */
    socket: Pick<Socket, 'close'> & {
      send(datagram: Buffer, port: number, host: string, done: (error: Error | null) => void): void;
    };
    /** Commands without a reply, by cookie. */
    readonly messages: Map<string, Callback>;
    /** The list of verbs in lib/constants.js, in camel case. */
    send_internal(verb: string, args: Record<string, unknown>, callback: Callback): this;
    _onParsedMessage(message: { id: string; data: Reply }): void;
  }
}
