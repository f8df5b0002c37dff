/**
 * sip-return: the SIP engine was gone while we, the phones and the media were there. It has its dialogs again and has forgotten what was
 * under way in them; only calls in which something was are told so. What has to be said then is the core's (core/restore.ts).
 */
import type { Call } from '#core/call.js';
import type { Input } from '#core/inputs.js';
import { LEG_ROLES, type CallId, type Leg } from '#core/leg.js';
import type { Clock } from '#kit/clock.js';
import { inSteps } from '#kit/in-steps.js';
import type { LiveCall } from './live-call.js';
import { heldFirst } from './media-return.js';

export type SipReturnDeps = Readonly<{
  calls: Readonly<{ live: (id: CallId) => LiveCall | undefined; ids: () => readonly CallId[] }>;
  dispatch: (id: CallId, input: Input) => void;
  clock: Clock;
}>;

export class SipReturn {
  readonly #deps: SipReturnDeps;

  constructor(deps: SipReturnDeps) {
    this.#deps = deps;
  }

  /** It can be spoken again. */
  back(): void {
    const { calls, clock, dispatch } = this.#deps;
    const lives = calls.ids().flatMap((id) => calls.live(id) ?? []);
    const disturbed = lives.filter(({ call }) => somethingWasUnderWay(call));
    const inOrder = disturbed.sort((one, other) => heldFirst(one) - heldFirst(other));
    void inSteps('the SIP engine is back', clock, inOrder, ({ call }) =>
      dispatch(call.id, { kind: 'call.restored', media: 'kept' }),
    );
  }
}

const somethingWasUnderWay = (call: Call): boolean =>
  call.kind !== 'terminated' && (call.kind !== 'confirmed' || LEG_ROLES.some((role) => isUnderWay(call[role])));

/** A leg that waits out a glare has nothing on the wire. */
const isUnderWay = ({ dialog, offerAnswer, refreshing, halfOpen }: Leg): boolean =>
  dialog !== 'terminated' &&
  (refreshing === true || halfOpen === true || (offerAnswer.kind !== 'stable' && offerAnswer.kind !== 'glare-wait'));
