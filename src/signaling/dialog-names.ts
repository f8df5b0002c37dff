/**
 * dialog-names: which confirmed dialog has which Call-ID and tags (RFC 3261 §12), for those who name one in Replaces. It keeps the
 * names of the last ones that have ended too, because RFC 3891 §3 answers for them differently.
 */
import { forgetOldest } from '#kit/forget-oldest.js';
import { tagOf } from '#sip/name-addr.js';
import type { DialogName } from './replaces.js';
import type { SrfMessage } from './srf.js';

/** As many calls end in the time in which a transfer may still name one of them. */
const ENDED_KEPT = 1000;

export type Named<Leg> = Readonly<{ kind: 'live'; leg: Leg }> | Readonly<{ kind: 'ended' }> | Readonly<{ kind: 'unknown' }>;

/** One for each leg that was confirmed, so no more than there are legs. */
export class DialogNames<Leg extends Readonly<{ isOver: boolean }>> {
  readonly #byName = new Map<string, Leg>();
  readonly #ofLeg = new Map<Leg, string>();
  readonly #ended = new Set<string>();

  add(leg: Leg, name: DialogName): void {
    this.remove(leg);
    this.#byName.set(keyOf(name), leg);
    this.#ofLeg.set(leg, keyOf(name));
  }

  find(name: DialogName): Named<Leg> {
    const leg = this.#byName.get(keyOf(name));
    if (leg === undefined) return this.#ended.has(keyOf(name)) ? { kind: 'ended' } : { kind: 'unknown' };
    return leg.isOver ? { kind: 'ended' } : { kind: 'live', leg };
  }

  remove(leg: Leg): void {
    const key = this.#ofLeg.get(leg);
    if (key === undefined) return;
    this.#ofLeg.delete(leg);
    this.#byName.delete(key);
    this.#ended.add(key);
    forgetOldest(this.#ended, ENDED_KEPT);
  }
}

/** @param ours the header our own tag stands in: To of a request that came in, From of one of ours and of its answer. */
export function dialogNameIn(message: SrfMessage, ours: 'From' | 'To'): DialogName | undefined {
  const callId = message.get('Call-ID');
  const localTag = tagOf(message.get(ours) ?? '');
  const remoteTag = tagOf(message.get(ours === 'To' ? 'From' : 'To') ?? '');
  return callId === undefined || localTag === undefined || remoteTag === undefined ? undefined : { callId, localTag, remoteTag };
}

const keyOf = ({ callId, localTag, remoteTag }: DialogName): string => `${callId} ${localTag} ${remoteTag}`;
