/**
 * unheard-invites: INVITEs whose connection closed while they rang. The application has heard 503 and is done; the phone may not know
 * that, and who picks up there would talk to nobody for 32 s. Its 2xx, which comes by another connection, is acknowledged and hung up
 * (RFC 3261 §13.2.2.4). Only INVITEs of ours are spoken for, each so often as a peer repeats: a stranger cannot make us send.
 */
import { forgetOldest } from '#kit/forget-oldest.js';
import type { SipResponse } from '#sip/message.js';
import { uacFacts } from '../dialog/dialog.js';
import type { Essentials } from '../transaction/essentials.js';
import type { Flow } from '../transport/flow.js';
import type { Acknowledgement } from './acknowledgement.js';
import type { Core } from './core.js';
import { ackAndBye } from './engine-requests.js';
import type { Prepared } from './outgoing-request.js';

/** A belt: they are as rare as phones that change their network while they ring. */
const MOST = 1000;
/** §13.3.1.4: T1 doubled up to T2 makes eleven in 64*T1. */
const REPETITIONS = 12;
const GONE = 'SIP;cause=503;text="The connection had closed"';

type Unheard = { readonly invite: Prepared; readonly answered: Map<string, Acknowledgement>; times: number };

export class UnheardInvites {
  readonly #kept = new Map<string, Unheard>();

  /** @param invite without its body, and of its header fields only the credentials. */
  note(invite: Prepared): void {
    this.#kept.set(nameOf(invite), { invite, answered: new Map(), times: 0 });
    forgetOldest(this.#kept, MOST);
  }

  /** @returns whether it was one of these. */
  hangUp(core: Core, response: SipResponse, facts: Essentials, flow: Flow): boolean {
    const unheard = this.#kept.get(nameOf(facts));
    const tag = facts.toTag;
    if (unheard === undefined || tag === undefined || ++unheard.times > REPETITIONS) return false;
    const again = unheard.answered.get(tag);
    if (again !== undefined) {
      again.resend();
      return true;
    }
    const { invite } = unheard;
    unheard.answered.set(tag, ackAndBye(core, uacFacts(invite, response, facts, flow), invite, GONE));
    return true;
  }
}

const nameOf = ({ callId, fromTag, cseq }: Readonly<{ callId: string; fromTag: string; cseq: number }>): string =>
  `${cseq} ${fromTag} ${callId}`;
