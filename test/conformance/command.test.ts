/**
 * Goal: the kit as a command: flags, table, report and exit code. Method: `main` as the command calls it, against a Holdfast of its own
 * and against nobody.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ALL_CASES } from '#conformance/cases/all.js';
import { COMPLAINTS, complaintTable } from '#conformance/complaints.js';
import { readFlags } from '#conformance/flags.js';
import { main } from '#conformance/main.js';
import { runCases } from '#conformance/runner.js';
import { RealClock } from '#kit/clock.js';
import { freePorts } from '../support/free-ports.js';
import { Holdfast } from '../support/holdfast.js';

async function run(words: readonly string[]): Promise<{ code: number; lines: readonly string[] }> {
  const lines: string[] = [];
  const code = await main(words, (line) => void lines.push(line));
  return { code, lines };
}

const started = async (t: Test, options: Parameters<typeof Holdfast.start>[0] = {}): Promise<Holdfast> => {
  const holdfast = await Holdfast.start(options);
  t.teardown(() => holdfast.stop());
  return holdfast;
};

const FOUR = '101:demo-101,102:demo-102,103:demo-103,104:demo-104';

t.test('it runs the cases that were asked for, prints a row for each and a line that counts, and ends with 0', async (t) => {
  const holdfast = await started(t);
  const folder = mkdtempSync(join(tmpdir(), 'kit-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const report = join(folder, 'report.html');
  const flags = [
    '--target',
    `sip:127.0.0.1:${holdfast.sipPort}`,
    '--accounts',
    FOUR,
    '--only',
    '^(hold|resume)-sendrecv|^api-hold-udp',
  ];
  const { code, lines } = await run([...flags, '--control', 'rest', '--control-url', holdfast.base, '--report', report]);
  t.equal(code, 0, lines.join('\n'));
  t.equal(lines.at(-1), '5 passed, 0 failed, 0 skipped');
  t.equal(lines.filter((line) => line.startsWith('pass  ')).length, 5);
  t.match(lines.join('\n'), /pass {2}resume-sendrecv-caller-udp +RFC 3264/);
  const html = readFileSync(report, 'utf8');
  t.match(html, /<strong>5 passed, 0 failed, 0 skipped<\/strong>/);
  t.notMatch(html, /https?:\/\//, 'it needs nothing from elsewhere');
});

t.test('without control the cases of the application are skipped and say so, and that is no failure', async (t) => {
  const holdfast = await started(t);
  const flags = [
    '--target',
    `sip:127.0.0.1:${holdfast.sipPort}`,
    '--accounts',
    FOUR,
    '--only',
    '^api-hold-(udp|tcp)|^options-held-caller-udp',
  ];
  const { code, lines } = await run(flags);
  t.equal(code, 0, lines.join('\n'));
  t.equal(lines.at(-1), '1 passed, 0 failed, 2 skipped');
  t.match(lines.join('\n'), /seen: +needs --control rest/);
});

t.test('where nobody listens every case fails, the report has their ladders, and the exit code is 1', async (t) => {
  const { portMin } = await freePorts(8);
  const folder = mkdtempSync(join(tmpdir(), 'kit-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const report = join(folder, 'report.html');
  const flags = ['--target', `127.0.0.1:${portMin}`, '--transport', 'tcp', '--only', '^resume-sendrecv', '--report', report];
  const { code, lines } = await run(flags);
  t.equal(code, 1);
  t.equal(lines.at(-1), '0 passed, 2 failed, 0 skipped');
  t.match(lines.join('\n'), /FAIL {2}resume-sendrecv-callee-tcp[^]*expected: a TCP connection[^]*seen: +.*ECONNREFUSED/);
  t.match(readFileSync(report, 'utf8'), /<h2 id="resume-sendrecv-callee-tcp">/);
});

t.test('as a trunk nobody registers, and each number is where the target was told', async (t) => {
  const { portMin } = await freePorts(8);
  const trunk = `{ name: kit, uri: 'sip:127.0.0.1:${portMin + 1}', from: [127.0.0.1], prefix: '9', transit: true }`;
  const holdfast = await started(t, { trunks: `trunks:\n  - ${trunk}\n` });
  const flags = ['--target', `127.0.0.1:${holdfast.sipPort}`, '--trunk', '--listen', String(portMin), '--accounts', '8001,9102'];
  const { code, lines } = await run([...flags, '--only', '^hold-sendonly-(caller|callee)-udp']);
  t.equal(code, 0, lines.join('\n'));
  t.equal(lines.at(-1), '2 passed, 0 failed, 0 skipped');
});

t.test('the phones answer the digest that was asked for', async (t) => {
  const holdfast = await started(t);
  for (const digest of ['MD5', 'SHA-256'] as const) {
    const [result] = await runCases(
      ALL_CASES.filter(({ id }) => id === 'bye-talking-caller-tcp'),
      {
        target: { host: '127.0.0.1', port: holdfast.sipPort },
        accounts: readFlags(['--target', 'x', '--accounts', FOUR]).accounts,
        trunk: false,
        control: undefined,
        musicByTarget: true,
        digest,
        clock: new RealClock(),
      },
    );
    t.equal(result?.verdict, 'passed', result?.seen ?? 'no result');
    const answers = result?.ladder.rungs.flatMap(({ message }) => message.headers.get('authorization') ?? []) ?? [];
    t.ok(answers.length >= 3, 'two registrations and a call');
    t.ok(
      answers.every((one) => one.includes(`algorithm=${digest}`)),
      digest,
    );
  }
});

t.test('--list names every case once and runs none', async (t) => {
  const { code, lines } = await run(['--list']);
  t.equal(code, 0);
  t.equal(lines.length, ALL_CASES.length);
  t.ok(lines.length > 150);
});

t.test('a flag that cannot be read is named, with the manual, and the exit code is 2', async (t) => {
  const wrong: readonly Readonly<{ words: readonly string[]; says: RegExp }>[] = [
    { words: [], says: /--target .* is missing/ },
    { words: ['--target', 'nobody@nowhere'], says: /--target: expected/ },
    { words: ['--target', 'sip:127.0.0.1:70000'], says: /--target: expected/ },
    { words: ['--target', '127.0.0.1', '--control', 'soap'], says: /--control: rest or none/ },
    { words: ['--target', '127.0.0.1', '--music', 'loud'], says: /--music: target or phone/ },
    { words: ['--target', '127.0.0.1', '--transport', 'tls'], says: /--transport: udp, tcp or both/ },
    { words: ['--target', '127.0.0.1', '--only', '('], says: /no regular expression/ },
    { words: ['--target', '127.0.0.1', '--only', 'no-such-case'], says: /no case has such a name/ },
    { words: ['--target', '127.0.0.1', '--accounts', '101:x'], says: /at least two/ },
    { words: ['--target', '127.0.0.1', '--digest', 'SHA-512'], says: /--digest: MD5 or SHA-256/ },
    { words: ['--target', '127.0.0.1', '--listen', '0'], says: /--listen: 0 is no port/ },
    { words: ['--target', '127.0.0.1', '--frobnicate'], says: /frobnicate/ },
  ];
  for (const { words, says } of wrong) {
    const { code, lines } = await run(words);
    t.equal(code, 2, words.join(' '));
    t.match(lines.join('\n'), says);
    t.match(lines.join('\n'), /--transport udp\|tcp\|both/, 'the manual');
  }
});

t.test('passwords may have colons; the defaults are the ten demo phones, both transports and no control', (t) => {
  const flags = readFlags(['--target', 'sip:pbx.example.com']);
  t.same(flags.target, { host: 'pbx.example.com', port: 5060 });
  t.equal(flags.accounts.length, 10);
  t.same(flags.accounts[0], { number: '101', password: 'demo-101' });
  t.same(flags.transports, ['udp', 'tcp']);
  t.equal(flags.control, undefined);
  t.equal(flags.musicByTarget, false);
  t.equal(readFlags(['--target', 'x', '--control', 'rest']).musicByTarget, true);
  t.same(readFlags(['--target', 'x', '--accounts', 'a:b:c,d:e']).accounts[0], { number: 'a', password: 'b:c' });
  t.same(readFlags(['--target', 'x', '--trunk']).accounts[1], { number: '102', password: 'demo-102', port: 5071 });
  t.end();
});

t.test('each of the 25 complaints is a case over UDP and TCP, or says why no phone can judge it', (t) => {
  t.strictSame(
    COMPLAINTS.map(({ id }) => id),
    Array.from({ length: 25 }, (_, index) => `C${index + 1}`),
  );
  for (const { id, text, elsewhere } of COMPLAINTS) {
    const about = ALL_CASES.filter(({ complaints }) => complaints.includes(id));
    t.equal(about.length > 0, elsewhere === undefined, `${id} ${text}: ${about.length} cases ${elsewhere ?? ''}`);
  }
  const named = new Set(ALL_CASES.flatMap(({ complaints }) => complaints));
  t.strictSame(
    [...named].filter((id) => !COMPLAINTS.some((one) => one.id === id)),
    [],
    'no case names a complaint that is none',
  );
  t.ok(
    complaintTable([]).every(({ verdict }) => verdict === 'not judged'),
    'what nobody asked is not judged',
  );
  t.end();
});
