/**
 * runner: runs cases, several at a time, each with phones of its own, and gives each a verdict. Prints nothing.
 */
import type { Clock } from '#kit/clock.js';
import type { Case } from './case.js';
import type { Control } from './control.js';
import { Failed, Skipped } from './failed.js';
import { Ladder } from './ladder.js';
import { judge } from './laws.js';
import { Phone, type PhoneOptions } from './phone/phone.js';
import type { HostPort } from './phone/wire.js';
import { Stage } from './stage.js';

export type Account = Readonly<{ number: string; password: string; port?: number }>;

export type RunOptions = Readonly<{
  target: HostPort;
  accounts: readonly Account[];
  /** The target knows its phones by their address: nobody registers. */
  trunk: boolean;
  control: Control | undefined;
  /** The target plays music to whoever is held, and lets nobody's voice through. */
  musicByTarget: boolean;
  /** Where a target offers both; the strongest when undefined. */
  digest?: PhoneOptions['digest'];
  clock: Clock;
  tamper?: PhoneOptions['tamper'];
}>;

export type Result = Readonly<{
  case: Case;
  verdict: 'passed' | 'failed' | 'skipped';
  expected: string;
  seen: string;
  ms: number;
  ladder: Ladder;
}>;

/** Tones that fall on no power-line or dial tone, and far enough apart for one packet to tell them. */
const CALLER_HERTZ = 450;
const CALLEE_HERTZ = 850;

/** All of them; `done` hears of each as it ends. @returns in the order of the cases. */
export async function runCases(
  cases: readonly Case[],
  options: RunOptions,
  done: (result: Result) => void = () => undefined,
): Promise<readonly Result[]> {
  const results = new Map<Case, Result>();
  // The long ones first, so that nobody waits for one of them at the end.
  const waiting = [...cases].sort((a, b) => b.mostMs - a.mostMs);
  const work = async (pair: readonly [Account, Account]): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = await runCase(next, pair, options);
      results.set(next, result);
      done(result);
    }
  };
  await Promise.all(pairsOf(options.accounts).map(work));
  return cases.flatMap((one) => results.get(one) ?? []);
}

const pairsOf = (accounts: readonly Account[]): readonly (readonly [Account, Account])[] =>
  accounts.flatMap((account, index) => {
    const next = accounts[index + 1];
    return index % 2 === 0 && next !== undefined ? [[account, next] as const] : [];
  });

export async function runCase(
  one: Case,
  [callerAccount, calleeAccount]: readonly [Account, Account],
  options: RunOptions,
): Promise<Result> {
  const ladder = new Ladder();
  const startMs = options.clock.now();
  const phones: Phone[] = [];
  const result = (verdict: Result['verdict'], expected: string, seen: string): Result => ({
    case: one,
    verdict,
    expected,
    seen,
    ms: options.clock.now() - startMs,
    ladder,
  });
  try {
    if (one.needs === 'control' && options.control === undefined) throw new Skipped('needs --control rest');
    const open = async (label: string, account: Account, hertz: number): Promise<Phone> => {
      const { target, digest, clock, tamper } = options;
      const phone = await Phone.open({
        label,
        ...account,
        hertz,
        transport: one.transport,
        target,
        digest,
        clock,
        ladder,
        tamper,
      });
      phones.push(phone);
      if (!options.trunk) await phone.register();
      return phone;
    };
    // Both are awaited, so that none is left open when the other fails.
    const [caller, callee] = await Promise.allSettled([
      open('caller', callerAccount, CALLER_HERTZ),
      open('callee', calleeAccount, CALLEE_HERTZ),
    ]);
    if (caller.status === 'rejected') throw caller.reason;
    if (callee.status === 'rejected') throw callee.reason;
    const stage = new Stage({
      caller: caller.value,
      callee: callee.value,
      control: options.control,
      ladder,
      musicByTarget: options.musicByTarget,
    });
    await withinTime(one, options.clock, one.run(stage));
    judge(ladder, { mayEndMs: stage.mayEndMs });
    return result('passed', one.title, 'so it was');
  } catch (error) {
    if (error instanceof Skipped) return result('skipped', one.title, error.message);
    if (error instanceof Failed) return result('failed', error.expected, error.seen);
    return result('failed', 'the kit to work', error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    await Promise.all(phones.map((phone) => phone.close()));
  }
}

function withinTime(one: Case, clock: Clock, running: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(`the whole of ${one.id}`, one.mostMs, () =>
      reject(new Failed({ expected: `an end within ${one.mostMs / 1000} s`, seen: 'still going on' })),
    );
    running.then(resolve, reject).finally(() => timer.cancel());
  });
}
