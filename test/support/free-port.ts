/**
 * free-port: one port that nobody uses at this moment, for TCP and for UDP, for programs that cannot take port 0 or that come back on it.
 */
import { createServer } from 'node:net';
import { isTaken } from './free-ports.js';
import { claimBlocks, type Lot } from './port-claims.js';

/**
 * Below those that the system hands out by itself, and below the ranges of free-ports.ts: who comes back finds it as it was. A program that was
 * killed has none of its ports for a second, so nobody else may be given one of them meanwhile: each process of a test has a block of its
 * own, and gives each port of it once before any twice. Above 6697, the last port but 10080 that `fetch` refuses to speak to ("bad port" of the
 * Fetch standard, as 6665 of IRC is).
 */
const LOT: Lot = { first: 6700, size: 100, blocks: 33 };
const PORTS = LOT.size - 1;
let block: Promise<number | undefined> | undefined;
let given = Math.floor(Math.random() * PORTS);

export async function freePort(): Promise<number> {
  const own = await (block ??= claimBlocks(LOT, 1));
  if (own === undefined) throw new Error('other processes of tests have all the ports');
  const first = LOT.first + LOT.size * own;
  for (let attempt = 0; attempt < PORTS; attempt++) {
    const port = first + (given++ % PORTS);
    if (!(await isTaken(port)) && !(await isListenedOn(port))) return port;
  }
  throw new Error(`none of the ports ${first} to ${first + PORTS - 1} is free`);
}

function isListenedOn(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)));
  });
}
