/** few-cores: what is told to V8 on which machine, and that V8 knows the word. */
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { collectWithoutHelpers } from '#kit/few-cores.js';

t.test('on one or two cores nobody helps to collect, on more V8 does as it likes', async (t) => {
  for (const [cores, told] of [
    [1, ['--no-parallel-scavenge']],
    [2, ['--no-parallel-scavenge']],
    [3, []],
    [16, []],
  ] as const) {
    const flags: string[] = [];
    t.equal(
      collectWithoutHelpers(cores, (flag) => flags.push(flag)),
      told.length > 0,
    );
    t.same(flags, told, `${cores} cores`);
  }
});

t.test('this Node knows the word, and can be told while it runs', async (t) => {
  const program = `require('node:v8').setFlagsFromString('--no-parallel-scavenge'); const many = []; for (let i = 0; i < 3e5; i++) many[i % 999] = [i]; console.log('ran');`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  t.equal(stdout.trim(), 'ran');
  t.equal(stderr.replace(/^npm warn.*$/gm, '').trim(), '');
  t.equal(status, 0);
});
