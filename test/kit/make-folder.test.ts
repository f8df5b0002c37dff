/** make-folder: what cannot be made is said at once. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { makeFolder } from '#kit/make-folder.js';

t.test('folders are made with those above them, and once', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-folder-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const folder = join(root, 'a', 'b');
  makeFolder(folder, 0o700);
  makeFolder(folder, 0o700);
  t.equal(statSync(folder).mode & 0o777, 0o700);
  writeFileSync(join(root, 'file'), '');
  t.throws(() => makeFolder(join(root, 'file', 'below'), 0o700), { code: 'ENOTDIR' });
  t.throws(() => makeFolder('/proc/nothing/of/this', 0o700), { code: 'ENOENT' }, 'where Node alone would look for ever');
  t.end();
});
