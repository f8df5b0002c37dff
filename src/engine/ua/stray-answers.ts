/**
 * stray-answers: a 2xx to an INVITE that no transaction of this life has sent. The peer repeats it until it is acknowledged, and then
 * ends the call (RFC 3261 §13.3.1.4). Only dialogs that were restored are spoken for, each so often as a peer repeats, and never to
 * where the answer came from but by the dialog's own way: a stranger cannot make us send.
 */
import type { SipResponse } from '#sip/message.js';
import { refreshTarget } from '../dialog/dialog.js';
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
  const dialog = core.dialogs.byTags(facts.callId, facts.fromTag, facts.toTag ?? '');
  if (dialog?.lastLife === undefined || facts.cseq > dialog.lastLife.lastCSeq) return false;
  const { acked } = dialog.lastLife;
  const times = acked.get(facts.cseq) ?? 0;
  if (times >= REPETITIONS || (times === 0 && acked.size >= INVITES)) return false;
  acked.set(facts.cseq, times + 1);
  // §12.2.1.2: what it says of where the peer is holds for the ACK already.
  refreshTarget(dialog.facts, response, flow);
  dialog.changed();
  new Acknowledgement(core, dialog, { cseq: facts.cseq, headers: [] }).acknowledge([], '');
  return true;
}
