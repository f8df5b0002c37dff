/**
 * uas-in-dialog: a request of the peer inside a dialog (RFC 3261 §12.2.2, §15.1.2, RFC 3262 §3): checked, and handed to the
 * application that owns the dialog, or to its heir.
 */
import { headerField } from '#sip/headers.js';
import { isOutOfOrder, refreshesTarget, refreshTarget } from '../dialog/dialog.js';
import type { LiveDialog, OpenRequest } from '../dialog/live-dialog.js';
import type { App } from '../link/app.js';
import { wireTime } from '../link/link-messages.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Arrived } from '../transaction/transaction-layer.js';
import { composeResponse } from './compose-response.js';
import type { Core } from './core.js';
import { tellCancelled } from './caller-gone.js';
import { IncomingRequest } from './incoming-request.js';
import { finish, retryAfter } from './refusal.js';

export function receiveInDialog(core: Core, dialog: LiveDialog, arrived: Arrived, transaction: ServerTransaction): void {
  const { request, facts, flow } = arrived;
  if (isOutOfOrder(dialog.facts, facts.cseq)) return finish(arrived, transaction, 500, [retryAfter(0)]);
  dialog.facts.remoteCSeq = facts.cseq;
  if (refreshesTarget(request.method)) refreshTarget(dialog.facts, request, flow);
  else dialog.facts.flow = flow;
  dialog.changed();
  receive(core, dialog, arrived, transaction);
}

/** It is in order: what it asks for. */
function receive(core: Core, dialog: LiveDialog, arrived: Arrived, transaction: ServerTransaction): void {
  const { request } = arrived;
  if (request.method === 'PRACK') return receivePrack(core, dialog, arrived, transaction);
  if (request.method === 'BYE') return receiveBye(core, dialog, arrived, transaction);
  const owner = ownerOf(core, dialog);
  const refuse = (): void => finish(arrived, transaction, 503, [retryAfter(5)]);
  // A BYE behind it may be faster than whoever comes.
  const again = (): void =>
    core.dialogs.byId(dialog.id) === undefined ? finish(arrived, transaction, 487) : receive(core, dialog, arrived, transaction);
  const cancelled = (): void => finish(arrived, transaction, 487);
  if (owner === undefined && core.heirs.await(transaction.id, { again, nobodyCame: refuse, cancelled })) return;
  if (owner === undefined || core.incoming.size >= core.limits.unanswered) return refuse();
  const incoming = new IncomingRequest(core, arrived, transaction, owner, dialog);
  handOn(dialog, owner, () => incoming.tellApp());
  const ended = request.method === 'NOTIFY' && dialog.facts.kind === 'SUBSCRIBE' && isTerminated(arrived);
  if (ended) core.dialogs.remove(dialog); // RFC 6665 §4.4.1
}

/** The application that owns the dialog; when it is gone, whichever is connected inherits it. */
export function ownerOf(core: Core, dialog: LiveDialog): App | undefined {
  if (dialog.owner?.isOpen() === true) return dialog.owner;
  dialog.owner = core.roster.anyone();
  if (dialog.owner !== undefined) core.log.info({ dialog: dialog.id }, 'another application takes over the dialog');
  return dialog.owner;
}

/** Not before the application has read what made the dialog: in one chunk with it, its promises would not have run. */
function handOn(dialog: LiveDialog, owner: App, tell: () => void): void {
  if (dialog.readMark === undefined) tell();
  else owner.afterRead(dialog.readMark, tell);
}

/** RFC 3261 §15.1.2: the dialog is over at once, and what was still open in it is refused. */
function receiveBye(core: Core, dialog: LiveDialog, arrived: Arrived, transaction: ServerTransaction): void {
  core.dialogs.remove(dialog);
  const open = [...dialog.openRequests];
  for (const request of open) request.refuse(487);
  const owner = ownerOf(core, dialog);
  if (dialog.facts.role === 'uas' && !dialog.confirmed) return byeBeforeAnswer(core, open, arrived, transaction);
  const tell = (heir: App): void => {
    const incoming = new IncomingRequest(core, arrived, transaction, heir, dialog);
    handOn(dialog, heir, () => incoming.tellApp());
  };
  if (owner !== undefined) return tell(owner);
  // Who comes in a moment may have the call still, and must hear that it is over.
  const agree = (): void => finish(arrived, transaction, 200);
  const told = (): void => {
    const heir = ownerOf(core, dialog);
    return heir === undefined ? agree() : tell(heir);
  };
  if (!core.heirs.await(transaction.id, { again: told, nobodyCame: agree })) agree();
}

/** A caller that says BYE before it was answered means CANCEL, and that is the word drachtio-srf understands at this point. */
function byeBeforeAnswer(core: Core, open: readonly OpenRequest[], arrived: Arrived, transaction: ServerTransaction): void {
  finish(arrived, transaction, 200);
  const invite = open.find((one): one is IncomingRequest => one instanceof IncomingRequest && one.method === 'INVITE');
  if (invite !== undefined) tellCancelled(core, invite);
}

/**
 * RFC 3262 §3. The engine answers it; drachtio-srf only wants to know that it came. Nobody could answer an offer in it (§5), so that is
 * refused, and only the offer: the provisional response has been acknowledged.
 */
function receivePrack(core: Core, dialog: LiveDialog, arrived: Arrived, transaction: ServerTransaction): void {
  const [rseq, cseq, method] = (headerField(arrived.request, 'RAck') ?? '').trim().split(/\s+/);
  const invite = [...dialog.openRequests].find(
    (one): one is IncomingRequest => one instanceof IncomingRequest && one.method === 'INVITE',
  );
  const repeat =
    method === 'INVITE' && Number(cseq) === invite?.arrived.facts.cseq ? invite.reliable?.get(Number(rseq)) : undefined;
  if (invite === undefined || repeat === undefined) return finish(arrived, transaction, 481);
  repeat.stop();
  invite.reliable?.delete(Number(rseq));
  const offers = arrived.request.body !== '' && invite.arrived.request.body !== '';
  if (offers) finish(arrived, transaction, 488);
  else transaction.answer(200, composeResponse(arrived, { status: 200, reason: 'OK' }));
  invite.app.notify({
    source: 'network',
    bytes: arrived.text.length,
    protocol: arrived.flow.protocol,
    peer: arrived.flow.remote,
    time: wireTime(core.clock.now()),
    transactionId: transaction.id,
    dialogId: dialog.id,
    text: arrived.text,
  });
}

const isTerminated = ({ request }: Arrived): boolean => /^\s*terminated/i.test(headerField(request, 'Subscription-State') ?? '');
