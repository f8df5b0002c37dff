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
    /** `cookie bencode`. */
    static encodeMessage(cookie: string, command: Readonly<Record<string, unknown>>): Buffer;
    readonly socket: Socket;
    /** Commands without a reply, by cookie. */
    readonly messages: Map<string, Callback>;
    _onParsedMessage(message: { id: string; data: Reply }): void;
  }
}

declare module 'rtpengine-client/lib/constants.js' {
  const constants: Readonly<{
    /** The verb as rtpengine spells it, of the library's camel case. */
    getRtpEngineNameForCommand(verb: string): string | undefined;
  }>;
  export default constants;
}
