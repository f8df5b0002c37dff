/**
 * free-ports: a range of UDP ports nobody uses, for an rtpengine of a test. Looked for anew each time, so that test files that
 * run at the same time do not meet.
 */
import { createSocket } from 'node:dgram';

export type PortRange = Readonly<{ portMin: number; portMax: number }>;

const TRIES = 50;

/** Below the ports that the system hands out by itself (32768 and up), so that no port 0 of another test falls into it. */
export async function freePorts(count = 120, host = '127.0.0.1'): Promise<PortRange> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const portMin = 10_000 + 2 * Math.floor(Math.random() * 11_000);
    const portMax = portMin + count - 1;
    // Every eighth port is enough to meet another rtpengine, which takes them in pairs from one end.
    const probes = Array.from({ length: Math.ceil(count / 8) }, (_, index) => portMin + 8 * index);
    const taken = await Promise.all(probes.map((port) => isTaken(port, host)));
    if (!taken.includes(true)) return { portMin, portMax };
  }
  throw new Error(`no ${count} free ports in a row were found in ${TRIES} tries`);
}

export function isTaken(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.on('error', () => resolve(true));
    socket.bind({ port, address: host, exclusive: true }, () => socket.close(() => resolve(false)));
  });
}
