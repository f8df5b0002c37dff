/**
 * free-port: one port that nobody uses at this moment, for TCP and for UDP, for programs that cannot take port 0 or that come back on it.
 */
import { createServer } from 'node:net';
import { isTaken } from './free-ports.js';

const TRIES = 50;
/** Below those that the system hands out by itself, and below the ranges of free-ports.ts: who comes back finds it as it was. */
const [FIRST, COUNT] = [6000, 3900];

export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (!(await isTaken(port, '127.0.0.1')) && !(await isListenedOn(port))) return port;
  }
  throw new Error(`no free port was found in ${TRIES} tries`);
}

function isListenedOn(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)));
  });
}
