/**
 * table: what a run prints: one row for each case, and a last line that counts.
 */
import type { Result } from './runner.js';

const WORDS = { passed: 'pass', failed: 'FAIL', skipped: 'skip' } as const;

export function row({ case: one, verdict, expected, seen, ms }: Result): string {
  const head = `${WORDS[verdict]}  ${one.id.padEnd(44)} RFC ${one.rfc.padEnd(18)} ${String(ms).padStart(6)} ms`;
  if (verdict === 'passed') return head;
  return `${head}\n      expected: ${expected}\n      seen:     ${seen.replace(/\s+/g, ' ').slice(0, 400)}`;
}

export const count = (results: readonly Result[], verdict: Result['verdict']): number =>
  results.filter((one) => one.verdict === verdict).length;

export const lastLine = (results: readonly Result[]): string =>
  `${count(results, 'passed')} passed, ${count(results, 'failed')} failed, ${count(results, 'skipped')} skipped`;
