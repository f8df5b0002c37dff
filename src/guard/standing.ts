/**
 * standing: how many connections stand, by the network that they come from (IPv6: its /64).
 */
import type { Socket } from 'node:net';
import { networkOf } from './network-of.js';

export class Standing {
  readonly #count = new Map<string, number>();

  /** One that comes in. @param lets judges by the number that stand from there. @returns false: it is not wanted, and is closed. */
  takes(socket: Socket, lets: (standing: number, address: string) => boolean): boolean {
    const address = socket.remoteAddress ?? '';
    const from = networkOf(address);
    const standing = this.#count.get(from) ?? 0;
    if (!lets(standing, address)) {
      socket.destroy();
      return false;
    }
    this.#count.set(from, standing + 1);
    socket.once('close', () => this.#left(from));
    return true;
  }

  #left(from: string): void {
    const left = (this.#count.get(from) ?? 1) - 1;
    if (left === 0) this.#count.delete(from);
    else this.#count.set(from, left);
  }
}
