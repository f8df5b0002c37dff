/**
 * udp-socket: a UDP socket bound to an address of this machine, as a promise.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';

/** @param port 0: any that is free. */
export function openUdpSocket(address: string, port = 0): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(port, address, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
