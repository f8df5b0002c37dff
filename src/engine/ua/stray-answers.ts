/**
 * stray-answers: a 2xx to an INVITE that no transaction waits for any more: of the last life, or of a connection that has closed. The peer
 * repeats it until it is acknowledged, and then ends the call (RFC 3261 §13.3.1.4). Only such INVITEs of dialogs that are up are spoken for,
 * each so often as a peer repeats: a stranger cannot make us send.
 */
import type { SipResponse } from '#sip/message.js';
import { refreshTarget } from '../dialog/dialog.js';
import type { LiveDialog } from '../dialog/live-dialog.js';
import { responseEssentials } from '../transaction/essentials.js';
import type { Flow } from '../transport/flow.js';
import { Acknowledgement } from './acknowledgement.js';
import type { Core } from './core.js';

/** §13.3.1.4: T1 doubled up to T2 makes eleven in 64*T1. */
const REPETITIONS = 12;
/** INVITEs of one dialog that can have been open when the last life ended: one, and those whose ACK got lost before. */
const INVITES = 4;

/** @returns whether it was acknowledged. */
export function acknowledgeStray(core: Core, response: SipResponse, flow: Flow): boolean {
  const facts = responseEssentials(response);
  if (facts?.cseqMethod !== 'INVITE' || response.status < 200 || response.status >= 300) return false;
  if (core.unheard.hangUp(core, response, facts, flow)) return true;
  const dialog = core.dialogs.byTags(facts.callId, facts.fromTag, facts.toTag ?? '');
  const acked = dialog === undefined ? undefined : unansweredIn(dialog, facts.cseq);
  if (dialog === undefined || acked === undefined) return false;
  const times = acked.get(facts.cseq) ?? 0;
  if (times >= REPETITIONS || (!acked.has(facts.cseq) && acked.size >= INVITES)) return false;
  acked.set(facts.cseq, times + 1);
  // §12.2.1.2: what it says of where the peer is holds for the ACK already.
  refreshTarget(dialog.facts, response, flow);
  dialog.changed();
  new Acknowledgement(core, dialog, { cseq: facts.cseq, headers: [] }).acknowledge([], '');
  return true;
}

/** How often each INVITE has been acknowledged that was asked in the last life, or by a connection that has closed. */
function unansweredIn({ lastLife, unheard }: LiveDialog, cseq: number): Map<number, number> | undefined {
  if (unheard.has(cseq)) return unheard;
  return lastLife !== undefined && cseq <= lastLife.lastCSeq ? lastLife.acked : undefined;
}
