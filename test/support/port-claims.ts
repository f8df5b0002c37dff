/**
 * port-claims: blocks of ports that one process of the tests has to itself as long as it lives, because rtpengine binds a port that another
 * rtpengine has (SO_REUSEADDR; measured), and from then on the calls of two tests hear each other. A block is claimed by listening on its last
 * port over TCP, which the kernel gives to one process and takes back when that one ends, however it ends.
 */
import { createServer } from 'node:net';

const HOST = '127.0.0.1';

/** Blocks of the same size, one after the other; `size` - 1 ports of each may be given out for TCP. */
export type Lot = Readonly<{ first: number; size: number; blocks: number }>;

/** What is asked for by benches, for thousands of calls, stands one after the other at the lower end, so that two of them find room. */
export const MANY = 20;
const UPPER = 0.84;

/** @returns the number of the first of `count` blocks in a row that are this process's own now; undefined: there are none. */
export async function claimBlocks(lot: Lot, count: number): Promise<number | undefined> {
  const start = count > MANY ? 0 : Math.floor(lot.blocks * (UPPER + (1 - UPPER) * Math.random()));
  for (let tried = 0; tried < lot.blocks; tried++) {
    const first = (start + tried) % lot.blocks;
    if (first + count <= lot.blocks && (await claimAll(lot, first, count))) return first;
  }
  return undefined;
}

async function claimAll(lot: Lot, first: number, count: number): Promise<boolean> {
  const claims: Claim[] = [];
  for (let block = first; block < first + count; block++) {
    const claim = await claimOne(lot.first + lot.size * (block + 1) - 1);
    if (claim === undefined) {
      for (const one of claims) one.giveBack();
      return false;
    }
    claims.push(claim);
  }
  return true;
}

type Claim = Readonly<{ giveBack: () => void }>;

function claimOne(port: number): Promise<Claim | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: HOST, exclusive: true }, () => {
      server.unref(); // it keeps nobody alive
      resolve({ giveBack: () => server.close() });
    });
  });
}
