/**
 * free-ports: a range of UDP ports nobody uses, for an rtpengine of a test or for a phone, and that no other process of the tests is given
 * meanwhile.
 */
import { createSocket } from 'node:dgram';
import { claimBlocks, MANY, type Lot } from './port-claims.js';

export type PortRange = Readonly<{ portMin: number; portMax: number }>;

/** Below the ports that the product has unless it is told otherwise (30000 and up), so that one may be tried beside the tests. */
const LOT: Lot = { first: 10_000, size: 40, blocks: 500 };
/**
 * Two test files run at a time. Who has claimed so many is given those again that it had first, when nobody uses them: it must have closed what it
 * began with. What benches ask for at once does not count, because they run alone.
 */
const FAIR_SHARE = 250;

type Own = { readonly first: number; readonly blocks: number };

const owned: Own[] = [];

export async function freePorts(count = 120): Promise<PortRange> {
  const blocks = Math.ceil(count / LOT.size);
  const has = owned.filter((own) => own.blocks <= MANY).reduce((sum, own) => sum + own.blocks, 0);
  const again = has + blocks > FAIR_SHARE ? await hadBefore(blocks) : undefined;
  const own = again ?? (await claimed(blocks)) ?? (await hadBefore(blocks));
  if (own === undefined) throw new Error(`no ${count} free ports in a row were found`);
  const portMin = LOT.first + LOT.size * own.first;
  return { portMin, portMax: portMin + count - 1 };
}

/** Something else than a test may use some of them: then others are claimed, and these are kept for good. */
async function claimed(blocks: number): Promise<Own | undefined> {
  for (;;) {
    const first = await claimBlocks(LOT, blocks);
    if (first === undefined) return undefined;
    const own = { first, blocks };
    if (!(await isUsed(own))) {
      owned.push(own);
      return own;
    }
  }
}

async function hadBefore(blocks: number): Promise<Own | undefined> {
  for (const own of owned.filter((one) => one.blocks >= blocks)) {
    owned.push(...owned.splice(owned.indexOf(own), 1));
    if (!(await isUsed(own))) return own;
  }
  return undefined;
}

/** Every eighth port is enough to meet an rtpengine, which takes them in pairs from one end. */
async function isUsed({ first, blocks }: Own): Promise<boolean> {
  const probes = Array.from({ length: (blocks * LOT.size) / 8 }, (_, index) => LOT.first + LOT.size * first + 8 * index);
  return (await Promise.all(probes.map((port) => isTaken(port)))).includes(true);
}

/** On any address of this machine: phones of a load have several of loopback. */
export function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.on('error', () => resolve(true));
    socket.bind({ port, address: '0.0.0.0', exclusive: true }, () => socket.close(() => resolve(false)));
  });
}
