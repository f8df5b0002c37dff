/**
 * taps: copies of what a party says, by a subscription to it (rtpengine-facts 5). What is blocked is not in it, so a party that is held or
 * muted is silent; sounds that we play are not in it either. It lives through re-offers, and ends with the call.
 */
import { isIP } from 'node:net';
import type { LegId, SocketAddress, Tap, TapPort } from '#calls/ports.js';
import { MediaFailed } from '#kit/errors.js';
import type { NgCommands } from './ng-commands.js';

export class Taps implements TapPort {
  readonly #ng: Pick<NgCommands, 'subscribe' | 'subscribeAnswer' | 'unsubscribe'>;

  constructor(ng: Pick<NgCommands, 'subscribe' | 'subscribeAnswer' | 'unsubscribe'>) {
    this.#ng = ng;
  }

  async tap({ callId, role }: LegId, to: SocketAddress): Promise<Tap> {
    const { sdp, tag } = await this.#ng.subscribe(callId, role);
    let ended: Promise<void> | undefined;
    // A call that is gone has taken its subscriptions along.
    const end = (): Promise<void> => (ended ??= this.#ng.unsubscribe(callId, tag).catch(() => undefined));
    try {
      const { from, types } = readOffer(sdp);
      await this.#ng.subscribeAnswer(callId, tag, answerOf(to, types));
      return { from, translates: types[0] !== PCMU && types[0] !== PCMA, end };
    } catch (error) {
      await end();
      throw error;
    }
  }
}

/** RFC 3551 §6 */
const PCMU = 0;
const PCMA = 8;
const NAMES = { [PCMU]: 'PCMU', [PCMA]: 'PCMA' } as const;

/** @throws MediaFailed */
function readOffer(sdp: string): Readonly<{ from: SocketAddress; types: readonly number[] }> {
  const address = /^c=IN IP[46] (\S+)/m.exec(sdp)?.[1];
  const [, port, types] = /^m=audio (\d+) \S+ ([\d ]+)/m.exec(sdp) ?? [];
  if (address === undefined || port === undefined || types === undefined)
    throw new MediaFailed('rtpengine offered a subscription without audio');
  return { from: { address, port: Number(port) }, types: types.trim().split(' ').map(Number) };
}

/** Both laws are taken as they come: what is not translated cannot go wrong in translation. */
function answerOf({ address, port }: SocketAddress, offered: readonly number[]): string {
  const types = ([PCMU, PCMA] as const).filter((type) => offered.includes(type));
  const where = `IN IP${isIP(address) === 6 ? 6 : 4} ${address}`;
  const maps = types.map((type) => `a=rtpmap:${type} ${NAMES[type]}/8000`);
  const head = ['v=0', `o=- 1 1 ${where}`, 's=-', `c=${where}`, 't=0 0', `m=audio ${port} RTP/AVP ${types.join(' ')}`];
  return [...head, ...maps, 'a=recvonly', ''].join('\r\n');
}
