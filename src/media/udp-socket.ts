/**
 * udp-socket: a UDP socket bound to an address of this machine, as a promise.
 */
import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { isIP } from 'node:net';
import { literalLookup } from '#kit/literal-lookup.js';

/**
 * @param port 0: any that is free; but with `reuseAddr` Linux also takes one there that others share, so whoever shares a port names it.
 */
export function openUdpSocket(address: string, port = 0, options: Partial<SocketOptions> = {}): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ lookup: literalLookup, ...options, type: isIP(address) === 6 ? 'udp6' : 'udp4' });
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
