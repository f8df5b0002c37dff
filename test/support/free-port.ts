/**
 * free-port: one port that nobody uses at this moment, for TCP and for UDP, for programs that cannot take port 0 or that come back on it.
 */
import { createServer } from 'node:net';
import { isTaken } from './free-ports.js';

/**
 * Below those that the system hands out by itself, and below the ranges of free-ports.ts: who comes back finds it as it was. A program that was
 * killed has none of its ports for a second, so nobody else may be given one of them meanwhile: each process of a test has a block of its
 * own (those that run at the same time have ids close to each other), and gives each port of it once before any twice.
 */
const [FIRST, BLOCKS, BLOCK] = [6000, 39, 100];
const block = FIRST + BLOCK * (process.pid % BLOCKS);
let given = Math.floor(Math.random() * BLOCK);

export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < BLOCK; attempt++) {
    const port = block + (given++ % BLOCK);
    if (!(await isTaken(port, '127.0.0.1')) && !(await isListenedOn(port))) return port;
  }
  throw new Error(`none of the ports ${block} to ${block + BLOCK - 1} is free`);
}

function isListenedOn(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)));
  });
}
