/**
 * Goal: Holdfast passes every case of its own kit. Method: one Holdfast, eight pairs of phones at a time, one subtest per case.
 */
import t from 'tap';
import { ALL_CASES } from '#conformance/cases/all.js';
import { RestControl } from '#conformance/control.js';
import { runCases, type Result } from '#conformance/runner.js';
import { RealClock } from '#kit/clock.js';
import { Holdfast } from '../support/holdfast.js';

/** All of it, far above what it takes. */
const MOST_MS = 280_000;
const accounts = Array.from({ length: 16 }, (_, index) => ({ number: String(101 + index), password: `demo-${101 + index}` }));

const holdfast = await Holdfast.start({ numbers: accounts.map(({ number }) => number) });
t.teardown(() => holdfast.stop());
t.setTimeout(MOST_MS);

const results = await runCases(ALL_CASES, {
  target: { host: '127.0.0.1', port: holdfast.sipPort },
  accounts,
  trunk: false,
  control: new RestControl({ url: holdfast.base, token: 'demo-token' }),
  musicByTarget: true,
  clock: new RealClock(),
});

t.equal(results.length, ALL_CASES.length, 'every case has a verdict');
t.equal(new Set(ALL_CASES.map(({ id }) => id)).size, ALL_CASES.length, 'and a name of its own');
t.ok(ALL_CASES.length > 150, `${ALL_CASES.length} cases`);

for (const result of results) {
  t.test(`${result.case.id}: ${result.case.title}`, (t) => {
    t.equal(result.verdict, 'passed', result.verdict === 'passed' ? result.case.rfc : why(result));
    t.end();
  });
}

function why({ expected, seen, ladder }: Result): string {
  return [`expected ${expected}`, `seen ${seen}`, ...ladder.lines()].join('\n');
}
