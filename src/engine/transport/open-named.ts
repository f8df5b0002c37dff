/**
 * open-named: a socket that cannot be opened says which one, why, and what to change.
 */
import { AppError } from '#kit/errors.js';

export class EngineStartError extends AppError {
  constructor(message: string, cause?: unknown) {
    super({ code: 'engine_start', http: 500, sip: 500, message, cause });
  }
}

export async function openNamed<T>(
  protocol: string,
  address: string,
  port: number,
  setting: string,
  open: () => Promise<T>,
): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = WHY[code ?? ''] ?? message;
    throw new EngineStartError(`cannot listen on ${address} port ${port} (${protocol}): ${why}; change ${setting}`, error);
  }
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'not allowed, ports below 1024 need privileges',
  ENOTFOUND: 'not an address of this machine',
  EINVAL: 'not an address of this machine',
};
