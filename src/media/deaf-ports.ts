/**
 * deaf-ports: ports that rtpengine 10.5 does not read any more, after too much has waited there: its process stood still for some seconds, or
 * somebody floods them. It answers as ever then, and the call is silent. Two ways lead there. After five readings in a row that left something it
 * gives the port up, and says so with the next packet. And where its socket was full, one reading of 50 packets makes no room for another one (Linux
 * counts what was read as room only once it is a quarter of it), nothing wakes it again, and it has said no more than that there were too many
 * packets, which it also says where all is read a moment later: so the socket itself is looked at.
 */
import type { Clock, Timer } from '#kit/clock.js';
import { udpQueues, type UdpQueue } from './udp-queues.js';

export type DeafPortsDeps = Readonly<{
  clock: Clock;
  /** One call will stay silent if it does not begin anew with other ports. It may be told again until it has. */
  onDeaf: (callId: string) => void;
  queues?: typeof udpQueues;
}>;

type Suspect = Readonly<{ callId: string; seen: UdpQueue | undefined }>;

/** What waits because a phone fell silent in that moment stays as it is until it speaks; so it is looked at ever less often. */
const LOOKS_MS: readonly number[] = [500, 500, 1000, 2000, 5000];

export class DeafPorts {
  readonly #deps: DeafPortsDeps;
  /** By port: no more than rtpengine has. */
  readonly #suspects = new Map<number, Suspect>();
  #timer: Timer | undefined;
  #looks = 0;
  #isClosed = false;

  constructor(deps: DeafPortsDeps) {
    this.#deps = deps;
  }

  /** A line of rtpengine's log. It says each of them once in 15 s for a port. */
  readonly heard = (line: string): void => {
    const [, callId, port, what] =
      /\[(\S+) port +(\d+)\]: .*(UDP receive queue exceeded|Too many packets in UDP)/.exec(line) ?? [];
    if (callId === undefined || this.#isClosed) return;
    if (what?.startsWith('UDP') === true) return this.#deps.onDeaf(callId);
    this.#suspects.set(Number(port), { callId, seen: undefined });
    this.#looks = 0;
    this.#timer ??= this.#next();
  };

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#suspects.clear();
  }

  #next(): Timer {
    const waitMs = LOOKS_MS[Math.min(this.#looks++, LOOKS_MS.length - 1)] ?? 0;
    return this.#deps.clock.after('ports that may be deaf', waitMs, () => void this.#look());
  }

  /** Packets that wait, nobody reads, and others are lost behind them. */
  async #look(): Promise<void> {
    const queues = await (this.#deps.queues ?? udpQueues)();
    for (const [port, { callId, seen }] of this.#suspects) {
      const now = queues.get(port);
      if (now === undefined || now.bytes === 0) this.#suspects.delete(port);
      else this.#suspects.set(port, { callId, seen: now });
      if (now !== undefined && now.bytes > 0 && seen?.bytes === now.bytes && now.lost > seen.lost) this.#deps.onDeaf(callId);
    }
    this.#timer = this.#suspects.size === 0 || this.#isClosed ? undefined : this.#next();
  }
}
