/**
 * redis: a redis-server of the test's own, on a free port, with nothing on disk.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import type { Test } from 'tap';
import { freePort } from './free-port.js';
import { until } from './until.js';

const PROGRAM = '/usr/bin/redis-server';

/** A reason to leave a test out; false: there is none. */
export const noRedis = existsSync(PROGRAM) ? false : 'redis-server is not installed';

/** @returns host:port/database. */
export async function startRedis(t: Test): Promise<string> {
  const port = await freePort();
  const quiet = ['--save', '', '--appendonly', 'no', '--dir', '/tmp'];
  const child = spawn(PROGRAM, ['--port', String(port), '--bind', '127.0.0.1', ...quiet], { stdio: 'ignore' });
  t.teardown(() => void child.kill('SIGKILL'));
  await until('redis answers', () => answers(port));
  return `127.0.0.1:${port}/1`;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', () => end(true));
    socket.once('error', () => end(false));
    const end = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
  });
