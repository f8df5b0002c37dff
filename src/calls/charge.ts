/**
 * charge: at whose cost a call is made, and what of it goes over trunks. Whether that may be is not decided here.
 */
import { LEG_ROLES, type LegRole } from '#core/leg.js';
import type { CallFacts } from './call-facts.js';
import type { PhoneTraits } from './ports.js';
import type { Charge } from './toll-port.js';

export function chargeOf(
  { caller, callee, origin, dialFacts, joins, payer }: CallFacts,
  phones: Readonly<Record<LegRole, PhoneTraits>>,
): Charge {
  const numbers = { caller, callee };
  // Who is dialled: not a party that has a dialog already. A program's call dials both.
  const dialled = LEG_ROLES.filter((role) => (role === 'caller' ? origin === 'api' : joins === undefined));
  const isOurs = phones.caller.kind === 'phone' && phones.caller.isProgram !== true;
  return {
    payer: payer ?? (isOurs ? caller : undefined),
    outside: dialled.filter((role) => phones[role].kind === 'trunk').map((role) => numbers[role]),
    from: origin === 'phone' ? dialFacts.trunk : undefined,
  };
}
