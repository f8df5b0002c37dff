/**
 * Goal: one Holdfast to a store folder, and a killed one lets go of it. Method: the lock is held by a process of its own, which is killed.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createLogger } from '#kit/log.js';
import { lockFolder } from '#store/folder-lock.js';

const log = createLogger('silent');
const LOCK = new URL('../../dist/store/folder-lock.js', import.meta.url).href;
const HOLDER = `import(${JSON.stringify(LOCK)}).then(({ lockFolder }) => {
  globalThis.lock = lockFolder(process.env.FOLDER, { warn: () => {} });
  process.stdout.write('held');
  setInterval(() => {}, 1000);
})`;

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-lock-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'store');
}

t.test(
  'a folder that another process holds is refused with the key and who has it, and is free when that one is killed',
  async (t) => {
    const folder = folderOf(t);
    const holder = spawn(process.execPath, ['-e', HOLDER], {
      env: { ...process.env, FOLDER: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.teardown(() => holder.kill('SIGKILL'));
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    t.throws(() => lockFolder(folder, log), {
      code: 'config_error',
      message: new RegExp(
        `^holdfast\\.yaml: store \\(HOLDFAST_STORE\\): found ${folder}, which Holdfast process ${holder.pid} uses`,
      ),
    });
    const ended = new Promise((resolve) => holder.once('exit', resolve));
    holder.kill('SIGKILL');
    await ended;
    const lock = lockFolder(folder, log);
    lock.close();
    lock.close();
    t.doesNotThrow(() => lockFolder(folder, log).close(), 'and again after it was closed');
  },
);

t.test('the folder is nobody else business: 0700, and the file 0600', (t) => {
  const folder = folderOf(t);
  const lock = lockFolder(folder, log);
  t.equal(statSync(folder).mode & 0o777, 0o700);
  t.equal(statSync(join(folder, 'lock')).mode & 0o777, 0o600);
  lock.close();
  t.end();
});

t.test('a folder that cannot be made is refused by name', (t) => {
  const folder = folderOf(t);
  writeFileSync(folder, 'a file');
  t.throws(() => lockFolder(folder, log), {
    code: 'store_failed',
    message: new RegExp(`^the store in ${folder} cannot be opened`),
  });
  t.end();
});
