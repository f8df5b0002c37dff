/**
 * hold-programs: several programs may hold one call for one reason, in the name of a party or of nobody. The last of them has the say
 * about the music, and the reason stands until each of them has let go. A program without a name is one like the others.
 */
import type { HoldReason } from './events.js';
import { programsOf, withoutReason, withReason, type HoldLedger, type HoldTerms } from './hold.js';

export function withProgram(ledger: HoldLedger, reason: HoldReason, terms: HoldTerms): HoldLedger {
  const under = programsOf(ledger.get(reason)).filter(({ by }) => by !== terms.by);
  return withReason(ledger, reason, stacked([...under, terms], terms));
}

/** undefined: this program does not hold for this reason. */
export function withoutProgram(ledger: HoldLedger, reason: HoldReason, by: string | undefined): HoldLedger | undefined {
  const programs = programsOf(ledger.get(reason));
  const left = programs.filter((one) => one.by !== by);
  if (left.length === programs.length) return undefined;
  const last = left.at(-1);
  return last === undefined ? withoutReason(ledger, reason) : withReason(ledger, reason, stacked(left, last));
}

function stacked(programs: readonly HoldTerms[], last: HoldTerms): HoldTerms {
  const under = programs.slice(0, -1);
  return under.length === 0 ? last : { ...last, under };
}
