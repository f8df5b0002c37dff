/**
 * signaling: SIP as the calls see it. Finds the leg a word is for and passes it on; a leg that is gone hears nothing.
 */
import type { DialOptions, LegId, SignalingPort, SipReason } from '#calls/ports.js';
import type { StoredLeg } from '#calls/store-port.js';
import type { Login } from '#sip/digest.js';
import type { LegDeps } from './leg-dialog.js';
import { LegTable, type SipLeg } from './leg-table.js';
import { PhoneKeys } from './phone-keys.js';
import { Refers } from './refers.js';
import { RestoredLeg } from './restored-leg.js';
import type { SrfRequest, SrfResponse } from './srf.js';
import { UacLeg } from './uac-leg.js';
import { UasLeg } from './uas-leg.js';

export type SignalingDeps = Omit<LegDeps, 'onDialog' | 'onConfirmed' | 'keys'>;

export class Signaling implements SignalingPort {
  readonly legs = new LegTable();
  readonly refers: Refers;
  readonly keys = new PhoneKeys();
  readonly #deps: LegDeps;

  constructor(deps: SignalingDeps) {
    this.#deps = {
      ...deps,
      keys: this.keys,
      onDialog: (leg, dialogId) => {
        this.legs.nameDialog(leg as SipLeg, dialogId);
        deps.calls.changed?.(leg.id);
      },
      onConfirmed: (leg, name) => {
        this.legs.names.add(leg as SipLeg, name);
        deps.calls.changed?.(leg.id);
      },
    };
    this.refers = new Refers({ ...deps, find: (name) => this.legs.names.find(name) });
  }

  /** The caller's leg of a new call. */
  addIncoming(id: LegId, request: SrfRequest, response: SrfResponse): void {
    this.legs.add(new UasLeg(id, this.#deps, request, response));
  }

  dial(options: DialOptions): void {
    const leg = new UacLeg(options, this.#deps);
    this.legs.add(leg);
    leg.start();
  }

  progress(leg: LegId, status: number, sdp?: string): void {
    this.#uas(leg)?.progress(status, sdp);
  }

  accept(leg: LegId, sdp: string): void {
    this.#uas(leg)?.accept(sdp);
  }

  refuse(leg: LegId, status: number, reason?: string): void {
    this.#uas(leg)?.refuse(status, reason);
  }

  ack(leg: LegId, sdp?: string): void {
    this.#uac(leg)?.ack(sdp);
  }

  cancel(leg: LegId, reason: SipReason): void {
    this.#uac(leg)?.cancel(reason);
  }

  bye(leg: LegId, reason: SipReason): void {
    const found = this.legs.find(leg);
    if (found !== undefined) this.refers.afterLastWord(found, () => found.bye(reason));
  }

  reinvite(leg: LegId, sdp: string): void {
    this.legs.find(leg)?.reinvite(sdp);
  }

  answerReinvite(leg: LegId, sdp: string): void {
    this.legs.find(leg)?.answerReinvite(sdp);
  }

  refuseReinvite(leg: LegId, status: number, retryAfterSec?: number): void {
    this.legs.find(leg)?.refuseReinvite(status, retryAfterSec);
  }

  refresh(leg: LegId): void {
    this.legs.find(leg)?.refresh();
  }

  probe(leg: LegId): void {
    this.legs.find(leg)?.probe();
  }

  notifyKey(leg: LegId, key: 'talk' | 'hold'): boolean {
    return this.legs.find(leg)?.notifyKey(key) ?? false;
  }

  referProgress(leg: LegId, status: number, reason: string): void {
    const found = this.legs.find(leg);
    if (found !== undefined) this.refers.progress(found, status, reason);
  }

  answerRefer(leg: LegId, status: number): boolean {
    const found = this.legs.find(leg);
    return found !== undefined && this.refers.answer(found, status);
  }

  adopt(from: LegId, to: LegId): void {
    const moved = this.legs.move(from, to);
    this.#deps.log.info({ from, to, moved }, 'a dialog goes on in another call');
  }

  forget(leg: LegId): void {
    const found = this.legs.find(leg);
    if (found === undefined) return;
    this.refers.afterLastWord(found, () => {
      this.refers.end(found);
      this.legs.remove(leg);
    });
  }

  stored(leg: LegId): StoredLeg | undefined {
    return this.legs.find(leg)?.stored;
  }

  restore(leg: LegId, stored: StoredLeg, login: Login | undefined): void {
    const restored = new RestoredLeg(leg, this.#deps, stored, login);
    this.legs.add(restored);
    restored.begin();
  }

  #uas(id: LegId): UasLeg | undefined {
    const leg = this.legs.find(id);
    return leg instanceof UasLeg ? leg : undefined;
  }

  #uac(id: LegId): UacLeg | undefined {
    const leg = this.legs.find(id);
    return leg instanceof UacLeg ? leg : undefined;
  }
}
