/**
 * Goal: each judgement of the kit can fail: a target that misbehaves in exactly that way fails the case, and the case says why.
 * Method: a good Holdfast, with a crook between it and the kit's phones or the kit's application (crooks.ts).
 */
import t from 'tap';
import type { Case } from '#conformance/case.js';
import { ALL_CASES } from '#conformance/cases/all.js';
import { apiHold } from '#conformance/cases/api-hold.js';
import { badAnswers } from '#conformance/cases/bad-answers.js';
import { complained } from '#conformance/cases/complained.js';
import { directions } from '#conformance/cases/directions.js';
import { doubleHold } from '#conformance/cases/double-hold.js';
import { early } from '#conformance/cases/early.js';
import { glare } from '#conformance/cases/glare.js';
import { losses } from '#conformance/cases/losses.js';
import { mediaLines } from '#conformance/cases/media-lines.js';
import { offerless } from '#conformance/cases/offerless.js';
import { refusals } from '#conformance/cases/refusals.js';
import { sessionTimers } from '#conformance/cases/session-timers.js';
import { teardown } from '#conformance/cases/teardown.js';
import { transfer } from '#conformance/cases/transfer.js';
import { waysToHold } from '#conformance/cases/ways-to-hold.js';
import { RestControl } from '#conformance/control.js';
import { runCase, type Account, type Result } from '#conformance/runner.js';
import { RealClock } from '#kit/clock.js';
import { Holdfast } from '../support/holdfast.js';
import { CROOKS, type Crook } from './crooks.js';

const PAIRS = 6;
/** All of it, far above what it takes. */
const MOST_MS = 280_000;
const accounts = Array.from({ length: 2 * PAIRS }, (_, index) => ({
  number: String(101 + index),
  password: `demo-${101 + index}`,
}));
const holdfast = await Holdfast.start({ numbers: accounts.map(({ number }) => number) });
t.teardown(() => holdfast.stop());
t.setTimeout(MOST_MS);
const honest = new RestControl({ url: holdfast.base, token: 'demo-token' });

async function run({ caseId, sip, rtp, control }: Crook, pair: readonly [Account, Account]): Promise<Result> {
  const asked = ALL_CASES.find(({ id }) => id === caseId);
  if (asked === undefined) throw new Error(`no case is called ${caseId}`);
  return runCase(asked, pair, {
    target: { host: '127.0.0.1', port: holdfast.sipPort },
    accounts,
    trunk: false,
    control: control === undefined ? honest : control(honest),
    musicByTarget: true,
    clock: new RealClock(),
    tamper: { ...(sip === undefined ? {} : { sip: sip() }), ...(rtp === undefined ? {} : { rtp: rtp() }) },
  });
}

const results = new Map<Crook, Result>();
const waiting = [...CROOKS];
await Promise.all(
  Array.from({ length: PAIRS }, async (_, index) => {
    const [caller, callee] = [accounts[2 * index], accounts[2 * index + 1]];
    if (caller === undefined || callee === undefined) return;
    for (let crook = waiting.shift(); crook !== undefined; crook = waiting.shift())
      results.set(crook, await run(crook, [caller, callee]));
  }),
);

for (const crook of CROOKS) {
  t.test(`a target that ${crook.does} fails ${crook.caseId}`, (t) => {
    const result = results.get(crook);
    t.equal(result?.verdict, 'failed', `${result?.seen ?? ''}\n${result?.ladder.lines().join('\n') ?? ''}`);
    t.match(result?.expected, crook.sees, 'and it says what was expected');
    t.end();
  });
}

const FAMILIES: Readonly<Record<string, readonly Case[]>> = {
  apiHold,
  badAnswers,
  complained,
  directions,
  doubleHold,
  early,
  glare,
  losses,
  mediaLines,
  offerless,
  refusals,
  sessionTimers,
  teardown,
  transfer,
  waysToHold,
};

t.test('no family of cases is without a crook that it catches, and all families are here', (t) => {
  const caught = new Set(CROOKS.map(({ caseId }) => caseId));
  const untried = Object.entries(FAMILIES).filter(([, cases]) => !cases.some(({ id }) => caught.has(id)));
  t.strictSame(
    untried.map(([name]) => name),
    [],
  );
  t.equal(Object.values(FAMILIES).flat().length, ALL_CASES.length);
  t.end();
});
