/** udp-queues: what waits in the UDP sockets of this machine, and what was lost because they were full, as Linux tells it. */
import { readFile } from 'node:fs/promises';

export type UdpQueue = Readonly<{
  /** Memory that waiting packets take: not 0 while any waits. */
  bytes: number;
  /** Packets that had no room, since it was opened. */
  lost: number;
}>;

/** @returns by local port; of several sockets with one port together. Empty where there is no such file. */
export async function udpQueues(
  files: readonly string[] = ['/proc/net/udp', '/proc/net/udp6'],
): Promise<ReadonlyMap<number, UdpQueue>> {
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  const queues = new Map<number, UdpQueue>();
  for (const text of texts) for (const line of text.split('\n').slice(1)) add(queues, line.trim().split(/\s+/));
  return queues;
}

/** sl, local address:port, remote, state, tx_queue:rx_queue, then eight more of which the last counts drops; addresses and queues in hex. */
function add(queues: Map<number, UdpQueue>, [, local, , , waiting, ...others]: readonly string[]): void {
  if (local === undefined || waiting === undefined) return;
  const port = parseInt(local.slice(local.lastIndexOf(':') + 1), 16);
  const before = queues.get(port) ?? { bytes: 0, lost: 0 };
  const bytes = parseInt(waiting.slice(waiting.indexOf(':') + 1), 16);
  queues.set(port, { bytes: before.bytes + bytes, lost: before.lost + Number(others.at(-1)) });
}
