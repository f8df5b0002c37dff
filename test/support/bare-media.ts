/**
 * bare-media: an rtpengine of its own, the commands that anchor a call in it and gate it, and nothing else: no checks, no loss
 * handled but by asking once more. For the floor that the benches of set-ups and of many holds are compared with.
 */
import { createSocket } from 'node:dgram';
import { createRequire } from 'node:module';
import { findRtpengine, RtpengineProcess } from '#media/rtpengine-process.js';
import { RealClock } from '#kit/clock.js';
import { createLogger } from '#kit/log.js';
import { freePorts } from './free-ports.js';

export type BareMedia = Readonly<{
  offer: (callId: string, sdp: string) => Promise<string>;
  answer: (callId: string, sdp: string) => Promise<string>;
  delete: (callId: string) => void;
  /** Nobody hears the other, or they do again. Nobody hears music either: it would only cost more. */
  gate: (callId: string, shut: boolean) => Promise<unknown>;
}>;

type Bencode = Readonly<{
  encodeMessage: (cookie: string, command: object) => Buffer;
  decodeMessage: (bytes: Buffer) => { id: string; data: object };
}>;
const { Client } = createRequire(import.meta.url)('rtpengine-client') as { Client: Bencode };

const TREATMENT = { ICE: 'remove', 'from-tag': 'a', replace: ['origin', 'session-connection'] } as const;
const AGAIN_MS = 150;
/** The library reads no other. */
const COOKIE_LENGTH = 36;
/** At once: what is more than fits into the buffer of its socket would be lost. */
const WINDOW = 64;

export async function startBareMedia(rtpPorts: number): Promise<BareMedia> {
  const options = { program: findRtpengine(), addresses: ['127.0.0.1'], timeoutSeconds: 3600, ...(await freePorts(rtpPorts)) };
  const { target } = await RtpengineProcess.start(options, new RealClock(), createLogger('silent'));
  const socket = createSocket('udp4');
  const waiting = new Map<string, (sdp: string) => void>();
  const queue: (() => void)[] = [];
  socket.on('message', (bytes) => {
    const { id, data } = Client.decodeMessage(bytes);
    waiting.get(id)?.((data as { sdp?: string }).sdp ?? '');
    if (waiting.size < WINDOW) queue.shift()?.();
  });
  let count = 0;
  const ask = (command: Readonly<Record<string, unknown>>): Promise<string> =>
    new Promise((resolve) => {
      const cookie = String((count += 1)).padStart(COOKIE_LENGTH, '0');
      const bytes = Client.encodeMessage(cookie, command);
      const begin = (): void => {
        const send = (): void => socket.send(bytes, target.port, target.host);
        const again = setTimeout(send, AGAIN_MS);
        waiting.set(cookie, (sdp) => {
          clearTimeout(again);
          waiting.delete(cookie);
          resolve(sdp);
        });
        send();
      };
      if (waiting.size < WINDOW) begin();
      else queue.push(begin);
    });
  return {
    gate: (callId, shut) => {
      const verb = shut ? 'block' : 'unblock';
      return Promise.all(['media', 'DTMF'].map((what) => ask({ command: `${verb} ${what}`, 'call-id': callId })));
    },
    offer: (callId, sdp) => ask({ command: 'offer', 'call-id': callId, sdp, ...TREATMENT }),
    answer: (callId, sdp) => ask({ command: 'answer', 'call-id': callId, 'to-tag': 'b', sdp, ...TREATMENT }),
    delete: (callId) => void ask({ command: 'delete', 'call-id': callId }),
  };
}
