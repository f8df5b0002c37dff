/**
 * engine-requests: what the engine sends by itself: the CANCEL it was asked for, the BYE of a dialog that cannot go on, ACK and
 * BYE for an answer nobody waits for. The application hears of a BYE as `unsolicited`.
 */
import { newBranch } from '#kit/ids.js';
import type { DialogFacts } from '../dialog/dialog.js';
import { routing } from '../dialog/dialog.js';
import { LiveDialog } from '../dialog/live-dialog.js';
import { wireTime } from '../link/link-messages.js';
import type { ClientUser } from '../transaction/client-transaction.js';
import { clientKey } from '../transaction/matching.js';
import type { Flow } from '../transport/flow.js';
import { Acknowledgement } from './acknowledgement.js';
import { branchOf, composeRequest, viaFor } from './compose-request.js';
import type { Core } from './core.js';
import type { Prepared } from './outgoing-request.js';
import { pathOf, withFlow } from './path.js';

/** Nobody waits for the answer. */
const NOBODY: ClientUser = { response: () => undefined, timeout: () => undefined, failed: () => undefined };

/** RFC 3261 §9.1: the same branch, because it goes where the INVITE went. */
export function sendCancel(core: Core, via: string, text: string, flow: Flow): void {
  core.transactions.client({ key: clientKey(branchOf(via), 'CANCEL'), method: 'CANCEL', text, flow }, NOBODY).start();
}

/** Ends a dialog with a BYE of the engine's own, and tells the application. */
export function endDialog(core: Core, dialog: LiveDialog, reason: string): void {
  core.dialogs.remove(dialog);
  sendBye(core, dialog, reason, (text, flow) => {
    const { owner } = dialog;
    if (owner === undefined || !owner.isOpen()) return;
    owner.notify({
      source: 'application',
      bytes: text.length,
      protocol: flow.protocol,
      peer: flow.local,
      time: wireTime(core.clock.now()),
      transactionId: 'unsolicited',
      dialogId: dialog.id,
      text,
    });
  });
}

const ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

/** RFC 3261 §13.2.2.4. @returns the ACK, for the 2xx that come again. */
export function ackAndBye(core: Core, facts: DialogFacts, invite: Prepared, why = ELSEWHERE): Acknowledgement {
  const dialog = new LiveDialog(facts, undefined);
  const acknowledgement = new Acknowledgement(core, dialog, invite);
  acknowledgement.acknowledge([], '');
  sendBye(core, dialog, why, () => undefined);
  return acknowledgement;
}

/** @param said what it is, sent or not: there may be no way to the peer any more. */
function sendBye(core: Core, dialog: LiveDialog, reason: string, said: (text: string, flow: Flow) => void): void {
  const { facts } = dialog;
  const { requestUri, routes } = routing(facts);
  const compose = (flow: Flow, branch: string): string =>
    composeRequest({
      method: 'BYE',
      uri: requestUri,
      via: viaFor(flow, branch),
      routes,
      from: facts.localAddress,
      to: facts.remoteAddress,
      callId: facts.callId,
      cseq: dialog.nextCSeq(),
      headers: [{ name: 'Reason', value: reason }],
    });
  withFlow(
    core,
    pathOf(core, facts),
    (flow) => {
      const branch = newBranch();
      const text = compose(flow, branch);
      core.transactions.client({ key: clientKey(branch, 'BYE'), method: 'BYE', text, flow }, NOBODY).start();
      said(text, flow);
    },
    (why) => {
      core.log.debug({ why, dialog: dialog.id }, 'BYE not sent');
      said(compose(facts.flow, newBranch()), facts.flow); // the dialog is over all the same
    },
  );
}
