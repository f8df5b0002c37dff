/**
 * deaf-ports: rtpengine 10.5 gives up a port for good that had more than 50 packets waiting five times in a row (`error_strikes`): its process was
 * stopped for five seconds, or somebody floods it. It says nothing more of that and answers as ever; the call is silent. Finds such calls by what
 * it says first, which it also says where nothing is lost, and by what its ports have read a second later.
 */
import type { Clock } from '#kit/clock.js';
import type { NgReply } from './ng-client.js';
import type { NgCommands } from './ng-commands.js';

export type DeafPortsDeps = Readonly<{
  ng: Pick<NgCommands, 'query'>;
  /** This call begins anew, with other ports. */
  deaf: (callId: string) => void;
  clock: Clock;
}>;

export type Swamped = Readonly<{ callId: string; port: number }>;

/** @returns undefined: the line speaks of something else. */
export function swampedIn(line: string): Swamped | undefined {
  const [, callId, port] = /\[(\S+) port (\d+)\]: .*(?:packets in UDP receive queue|UDP receive queue exceeded)/.exec(line) ?? [];
  return callId === undefined ? undefined : { callId, port: Number(port) };
}

/** What had waited is read or given up by then; and a phone that sends has sent 50 packets. */
const LOOK_MS = 1000;

type Stream = Readonly<{ 'local port'?: unknown; stats?: Readonly<{ packets?: unknown }> }>;
type Tags = { tags?: Record<string, { medias?: readonly Readonly<{ streams?: readonly Stream[] }>[] }> };

export class DeafPorts {
  readonly #deps: DeafPortsDeps;
  /** One look at a call at a time, however many of its ports are spoken of. */
  readonly #looking = new Map<string, Set<number>>();

  constructor(deps: DeafPortsDeps) {
    this.#deps = deps;
  }

  suspect({ callId, port }: Swamped): void {
    const ports = this.#looking.get(callId);
    if (ports !== undefined) return void ports.add(port);
    this.#looking.set(callId, new Set([port]));
    this.#later(callId, () => this.#look(callId));
  }

  async #look(callId: string): Promise<void> {
    const before = await this.#read(callId);
    this.#later(callId, async () => {
      const ports = [...(this.#looking.get(callId) ?? [])];
      this.#looking.delete(callId);
      const after = await this.#read(callId);
      // A port that it does not know any more is nobody's.
      if (ports.some((port) => before.has(port) && before.get(port) === after.get(port))) this.#deps.deaf(callId);
    });
  }

  #later(callId: string, look: () => Promise<void>): void {
    this.#deps.clock.after(`whether rtpengine reads ${callId}`, LOOK_MS, () => {
      // It does not know the call, or does not answer: then others see to that.
      look().catch(() => this.#looking.delete(callId));
    });
  }

  async #read(callId: string): Promise<ReadonlyMap<number, number>> {
    return packetsRead(await this.#deps.ng.query(callId));
  }
}

/** @param reply to `query`. @returns by port of rtpengine's, how many packets came in. */
function packetsRead(reply: NgReply): ReadonlyMap<number, number> {
  const streams = Object.values((reply as Tags).tags ?? {}).flatMap(({ medias }) =>
    (medias ?? []).flatMap((one) => one.streams ?? []),
  );
  return new Map(streams.map((stream) => [Number(stream['local port']), Number(stream.stats?.packets)]));
}
