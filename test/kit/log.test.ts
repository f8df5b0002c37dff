/** log: no secret is shown, however it is said; lines come out soon, in order, and all of them at an exit. */
import { spawnSync } from 'node:child_process';
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
  });
  t.match(lines, [
    { password: '[secret]', from: '101', msg: 'one' },
    { account: { number: '101', ha1: '[secret]', token: '[secret]' }, req: { headers: { authorization: '[secret]' } } },
    { secret: '[secret]', callId: 'c', msg: 'three' },
    { err: { type: 'Error', message: 'no', secret: '[secret]', detail: { password: '[secret]' } } },
  ]);
});

t.test('what is said is not changed by being said', async (t) => {
  const account = { number: '101', password: 'p' };
  const [line] = said((log) => log.info({ account, list: [1], when: 3, nothing: null }, 'one'));
  t.equal(account.password, 'p');
  t.match(line, { account: { number: '101' }, list: [1], when: 3, nothing: null });
});

/** What a program says on its standard output before it ends by itself. */
function output(program: string): readonly string[] {
  const log = fileURLToPath(new URL('../../dist/kit/log.js', import.meta.url));
  const code = `import { createLogger } from '${log}'; const log = createLogger('info'); ${program}`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line !== '');
}

t.test('an exit, also in the middle of everything, costs no line', async (t) => {
  const many = 'for (let n = 0; n < 500; n++) log.info({ n }, "a line that is as long as lines are");';
  for (const end of ['', 'process.exit(1);', 'setTimeout(() => process.exit(0), 1);', 'throw new Error("a bug");']) {
    const lines = output(many + end).map((line) => JSON.parse(line) as Line);
    t.same(
      lines.map(({ n }) => n),
      Array.from({ length: 500 }, (_one, n) => n),
      end,
    );
  }
});

t.test('a line comes out while the program lives on', async (t) => {
  const child = `log.info('early'); setInterval(() => undefined, 1000); process.stdin.resume();`;
  const { spawn } = await import('node:child_process');
  const log = fileURLToPath(new URL('../../dist/kit/log.js', import.meta.url));
  const code = `import { createLogger } from '${log}'; const log = createLogger('info'); ${child}`;
  const running = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  const first = await new Promise<string>((resolve) => running.stdout.once('data', (data: Buffer) => resolve(data.toString())));
  t.match(first, /"early"/);
  running.kill('SIGKILL');
});
