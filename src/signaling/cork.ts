/**
 * cork: what is said to the SIP engine in one turn of the loop goes out in one write. drachtio-srf writes each message by itself, and a
 * write costs more than the message (shared figures: a fifth of the thread). Nothing waits longer than until the turn is over.
 */
import type { Socket } from 'node:net';

type Corkable = Pick<Socket, 'cork' | 'uncork' | 'write'>;

const corked = new WeakSet<Corkable>();

/** Once for each connection; the order of what is said stays. */
export function corkTurns(socket: Corkable): void {
  if (corked.has(socket)) return;
  corked.add(socket);
  const write = socket.write;
  let open = false;
  const writeInTurn = (...said: unknown[]): boolean => {
    if (!open) {
      open = true;
      socket.cork();
      setImmediate(() => {
        open = false;
        socket.uncork();
      });
    }
    return Reflect.apply(write, socket, said) as boolean;
  };
  socket.write = writeInTurn;
}
