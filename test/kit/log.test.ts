/** log: no secret is shown, however it is said; lines come out soon, and all of them at an exit. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { createLogger } from '#kit/log.js';

type Line = Readonly<Record<string, unknown>>;

function said(say: (log: ReturnType<typeof createLogger>) => void): readonly Line[] {
  const lines: Line[] = [];
  say(createLogger('debug', { write: (line: string) => void lines.push(JSON.parse(line) as Line) }));
  return lines;
}

t.test('secrets are hidden at the top, inside what is said, in what a child is bound to and in errors', async (t) => {
  const lines = said((log) => {
    log.info({ password: 'p', from: '101' }, 'one');
    log.info({ account: { number: '101', ha1: 'h', token: 7 }, req: { headers: { authorization: 'Basic x' } } }, 'two');
    log.child({ secret: 's', callId: 'c' }).info('three');
    log.error({ err: Object.assign(new Error('no'), { secret: 's', detail: { password: 'p' } }) }, 'four');
    log.warn(Object.assign(new Error('no'), { token: 't' }));
    log.warn({ why: Object.assign(new Error('no'), { password: 'p' }) }, 'six');
  });
  t.match(lines, [
    { password: '[secret]', from: '101', msg: 'one' },
    { account: { number: '101', ha1: '[secret]', token: '[secret]' }, req: { headers: { authorization: '[secret]' } } },
    { secret: '[secret]', callId: 'c', msg: 'three' },
    { err: { type: 'Error', message: 'no', secret: '[secret]', detail: { password: '[secret]' } } },
    { err: { message: 'no', token: '[secret]' }, msg: 'no' },
    { why: { message: 'no', password: '[secret]' } },
  ]);
});

t.test('what is said is not changed by being said', async (t) => {
  const account = { number: '101', password: 'p' };
  const [line] = said((log) => log.info({ account, list: [1], when: 3, nothing: null }, 'one'));
  t.equal(account.password, 'p');
  t.match(line, { account: { number: '101' }, list: [1], when: 3, nothing: null });
});

/** A program of its own that has a log. */
function program(text: string): readonly [string, string, string] {
  const log = fileURLToPath(new URL('../../dist/kit/log.js', import.meta.url));
  return ['--input-type=module', '-e', `import { createLogger, leave } from '${log}'; const log = createLogger('info'); ${text}`];
}

const MANY = 'for (let n = 0; n < 500; n++) log.info({ n }, "a line that is as long as lines are");';

t.test('an exit, also in the middle of everything, costs no line', async (t) => {
  for (const end of ['', 'process.exit(1);', 'setTimeout(() => process.exit(0), 1);', 'throw new Error("a bug");']) {
    const { stdout } = spawnSync(process.execPath, program(MANY + end), { encoding: 'utf8' });
    const lines = stdout.split('\n').filter((line) => line !== '');
    // A write that is under way when the program ends may come after what is left.
    const numbers = lines.map((line) => (JSON.parse(line) as Line)['n'] as number).sort((a, b) => a - b);
    t.same(
      numbers,
      Array.from({ length: 500 }, (_one, n) => n),
      end,
    );
  }
});

t.test('a fatal line is out before anything else happens', async (t) => {
  const { stdout } = spawnSync(
    process.execPath,
    program(`log.info('one'); log.fatal('two'); process.kill(process.pid, 'SIGKILL');`),
  );
  t.match(stdout.toString(), /"one".*\n.*"two"/);
});

t.test('lines come out while the program lives on, also after it stood still', async (t) => {
  const still = 'const end = Date.now() + 120; while (Date.now() < end);';
  const running = spawn(process.execPath, program(`${MANY} ${still} log.info('last'); process.stdin.resume();`), {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  await new Promise<void>((resolve) =>
    running.stdout.on('data', (data: Buffer) => {
      said += data.toString();
      if (said.includes('"last"')) resolve();
    }),
  );
  t.equal(said.trim().split('\n').length, 501);
  running.kill('SIGKILL');
});

const LEAVES = `${MANY} setTimeout(() => { log.info('last'); void leave(3); }, 100);`;

t.test('a disk that is full below the log, or a reader that has gone, changes nothing of how a program ends', async (t) => {
  const full = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(full));
  const onFullDisk = spawn(process.execPath, program(LEAVES), { stdio: ['ignore', full, 'inherit'] });
  t.same(await once(onFullDisk, 'exit'), [3, null]);
  const unheard = spawn(process.execPath, program(LEAVES), { stdio: ['ignore', 'pipe', 'inherit'] });
  unheard.stdout.destroy();
  t.same(await once(unheard, 'exit'), [3, null]);
});

t.test('a reader that stands still keeps nobody from ending, wherever in a line its pipe became full', async (t) => {
  // A pipe takes 64 kB: the last line fits, fits in part, or fits not at all.
  for (const lines of [730, 738, 740, 742, 760]) {
    const say = `for (let n = 0; n < ${lines}; n++) process.stdout.write('x'.repeat(87) + '\\n');`;
    const unread = spawn(process.execPath, program(`${say} ${LEAVES}`), { stdio: ['ignore', 'pipe', 'inherit'] });
    const [code, signal] = (await once(unread, 'exit')) as [number | null, string | null];
    t.ok(code === 3 || signal === 'SIGKILL', `${lines} lines: ${code ?? ''} ${signal ?? ''}`);
    unread.stdout.destroy();
  }
});
