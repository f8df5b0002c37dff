/**
 * uac-leg: an INVITE that goes out, to one phone or to all phones of a number at once: the first that answers is the leg,
 * the others are cancelled with a reason. Knows nothing of what the call is for.
 */
import type { DialOptions, SipReason } from '#calls/ports.js';
import { Branch, type BranchAnswer } from './branch.js';
import { bestRefusal, type FinalRefusal } from './best-refusal.js';
import { onEarlyUpdate } from './early-update.js';
import { askInDialog } from './dialog-request.js';
import { LegDialog, type LegDeps } from './leg-dialog.js';
import { keyHeaders, keysIn, type PhoneKey } from './phone-keys.js';
import { bodyOf } from './sip-words.js';
import { wordsOf, type AckFunction, type SrfRequest, type SrfResponse } from './srf.js';

const ELSEWHERE: SipReason = { cause: 200, text: 'Call completed elsewhere' };

export class UacLeg extends LegDialog {
  readonly #branches: Branch[];
  readonly #refusals: FinalRefusal[] = [];
  #winner: Branch | undefined;
  #ack: AckFunction | undefined;
  #earlyMediaOf: Branch | undefined;
  #cancelled: SipReason | undefined;

  constructor(options: DialOptions, deps: LegDeps) {
    super(options.leg, deps);
    this.#branches = options.targets.map(
      (target) =>
        new Branch(deps, options, target, this.log, {
          progressed: (branch, status, sdp) => this.#onProgress(branch, status, sdp),
          answered: (branch, answer) => this.#onAnswer(branch, answer),
          refused: (branch, refusal) => this.#onRefusal(branch, refusal),
          updated: (branch, update, answer) => this.#onUpdate(branch, update, answer),
        }),
    );
  }

  start(): void {
    this.log.info({ branches: this.#branches.length }, 'INVITE sent');
    for (const branch of this.#branches) branch.start();
  }

  cancel(reason: SipReason): void {
    if (this.#winner !== undefined) return super.bye(reason);
    this.#cancelled ??= reason;
    this.endDialog();
    for (const branch of this.#branches) branch.cancel(reason);
  }

  /** A call that ends before anybody answered is cancelled: there is no dialog to say BYE in. */
  override bye(reason: SipReason): void {
    if (this.#winner === undefined) this.cancel(reason);
    else super.bye(reason);
  }

  ack(sdp?: string): void {
    const ack = this.#ack;
    this.#ack = undefined;
    try {
      ack?.(sdp === undefined ? undefined : { headers: { 'Content-Type': 'application/sdp' }, body: sdp });
    } catch (error) {
      // drachtio-srf throws when the connection that brought the 2xx has gone; the phone repeats it, and the engine hangs up at last.
      this.log.warn({ why: wordsOf(error) }, 'ACK not sent');
    }
  }

  /** Of several phones that ring one is asked: more would answer against each other. */
  override notifyKey(key: PhoneKey): boolean {
    if (this.#winner !== undefined) return super.notifyKey(key);
    if (key === 'hold' || this.#cancelled !== undefined) return false;
    const { srf, clock, keys } = this.deps;
    for (const { ringing, uri } of this.#branches) {
      if (ringing === undefined || ![...keysIn(ringing.response), ...keys.of(uri)].includes(key)) continue;
      const asked = { method: 'NOTIFY', headers: () => keyHeaders(key) } as const;
      askInDialog({ srf, clock, dialogId: ringing.dialogId }, asked, ({ status }) =>
        this.log.info({ key, status }, 'key asked for'),
      );
      return true;
    }
    return false;
  }

  #onProgress(branch: Branch, status: number, sdp: string | undefined): void {
    if (this.#winner !== undefined || this.#cancelled !== undefined) return;
    // Of several phones that play early media only the first can be heard.
    if (sdp !== undefined) this.#earlyMediaOf ??= branch;
    const heard = this.#earlyMediaOf === branch ? sdp : undefined;
    this.deps.calls.signal(this.id, { kind: 'progressed', status, sdp: heard });
  }

  #onAnswer(branch: Branch, answer: BranchAnswer): void {
    if (this.#winner !== undefined || this.#cancelled !== undefined) {
      // RFC 3261 §13.2.2.4, §9.1: a 2xx that crossed our CANCEL, or a second phone's, is acknowledged and hung up.
      branch.hangUp(answer, this.#cancelled ?? ELSEWHERE);
      return;
    }
    this.#winner = branch;
    this.#ack = answer.ack;
    this.session = branch.session;
    this.credentials = branch.credentials;
    this.setDialog(answer.dialogId);
    this.confirmed(answer.response, 'From');
    this.learnKeys(answer.response, branch.uri);
    for (const loser of this.#branches) if (loser !== branch) loser.cancel(ELSEWHERE);
    this.log.info('answered');
    this.deps.calls.signal(this.id, { kind: 'session', session: answer.session });
    this.deps.calls.signal(this.id, { kind: 'answered', sdp: answer.sdp });
  }

  /** Only the phone whose early media is heard has agreed on anything that counts; the others may ask again. */
  #onUpdate(branch: Branch, update: SrfRequest, answer: SrfResponse): void {
    const counts = (this.#earlyMediaOf ?? branch) === branch && this.#cancelled === undefined;
    onEarlyUpdate(update, answer, counts ? branch.early.exchange(update) : 'their-offer-open', () =>
      this.takeOffer({ request: update, response: answer, taken: () => branch.early.updated(bodyOf(update)) }),
    );
  }

  #onRefusal(branch: Branch, refusal: FinalRefusal): void {
    this.#refusals.push(refusal);
    if (this.#winner !== undefined || this.#cancelled !== undefined) return;
    this.log.info({ status: refusal.status, target: branch.uri }, 'refused');
    // RFC 3261 §16.7 step 5: a 6xx speaks for the user, so the other phones stop ringing.
    const decisive = refusal.status >= 600;
    if (!decisive && this.#refusals.length < this.#branches.length) return;
    this.#cancelled = { cause: refusal.status, text: refusal.reason };
    for (const other of this.#branches) other.cancel(this.#cancelled);
    this.endDialog();
    this.deps.calls.signal(this.id, { kind: 'refused', ...bestRefusal(this.#refusals) });
  }
}
