/**
 * replaced-leg: whose place a new INVITE wants to take (RFC 3891 §3), or with which status it is refused. Who sent it has been proven
 * before; what the taking does to calls is not known here.
 */
import type { LegId } from '#calls/ports.js';
import type { Named } from './dialog-names.js';
import { parseReplaces, type DialogName } from './replaces.js';
import type { SrfMessage } from './srf.js';

export type Replaced =
  | Readonly<{ kind: 'nobody' }>
  | Readonly<{ kind: 'leg'; id: LegId }>
  | Readonly<{ kind: 'refused'; status: 400 | 481 | 486 | 603 }>;

const refused = (status: 400 | 481 | 486 | 603): Replaced => ({ kind: 'refused', status });

/**
 * Only confirmed dialogs have names (dialog-names.ts), so an early one is 481. That is right for those whose INVITE we are answering
 * (RFC 3891 §3); to phones that we ring nobody can name the dialog from outside.
 */
export function replacedLeg(request: SrfMessage, find: (name: DialogName) => Named<Readonly<{ id: LegId }>>): Replaced {
  const text = request.get('Replaces');
  if (text === undefined) return { kind: 'nobody' };
  const replaces = parseReplaces(text);
  if (replaces === undefined) return refused(400);
  const named = find(replaces.dialog);
  if (named.kind === 'unknown') return refused(481);
  if (named.kind === 'ended') return refused(603);
  // The caller wants to pick up what rings, and not to break into what was answered meanwhile.
  return replaces.earlyOnly ? refused(486) : { kind: 'leg', id: named.leg.id };
}
