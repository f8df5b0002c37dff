/**
 * refused: our re-INVITE was not taken. It changes no fact and lifts no hold (RFC 3261 §14.1); when it is said again depends on why.
 */
import type { Confirmed, Step } from './call.js';
import type { Effect } from './effects.js';
import { MOST_GLARES } from './glare.js';
import { holdView } from './hold-view.js';
import type { Input } from './inputs.js';
import type { Leg } from './leg.js';
import { onRefreshReinviteRefused } from './session.js';
import { notTaken, refusesSendonly, settle, stable, withLeg } from './settle.js';
import { onLost } from './teardown.js';
import { stopTrying, tryAgain } from './unreached.js';

type InputOf<K extends Input['kind']> = Extract<Input, { kind: K }>;

/** RFC 3261 §14.2 has them say at most ten; who says more is not waited for while somebody wants to know what became of a hold. */
const LONGEST_RETRY_SEC = 10;

export function onReinviteRefused(call: Confirmed, input: InputOf<'reinvite.refused'>, atMs: number): Step {
  const leg = call[input.leg];
  if (leg.offerAnswer.kind !== 'have-local-offer') return [call, []];
  // RFC 3261 §14.1 with §12.2.1.2: nobody there, or no such dialog: the call is over.
  if (input.status === 408 || input.status === 481) return onLost(call, input.leg, `${input.status} ${input.reason}`, atMs);
  const { offered, refreshes, session } = leg.offerAnswer;
  const asBefore = notTaken(leg, refreshes);
  if (input.status === 491 && leg.glares < MOST_GLARES) {
    const waiting: Leg = { ...asBefore, offerAnswer: { kind: 'glare-wait' }, glares: leg.glares + 1 };
    return [withLeg(call, waiting), [{ kind: 'start-glare-timer', leg: leg.role, ownsCallId: leg.ownsCallId }]];
  }
  if (session === true) {
    if (leg.session?.turn === 'due' || input.unreached === true)
      return onRefreshReinviteRefused(call, asBefore, input.retryAfterSec);
    // It was said again because of a restart only. A phone that will not have it stays as it is: nothing has changed for it.
    if (!isPassing(input.status) || leg.retried === true)
      return settle(withLeg(call, stable({ ...asBefore, unsure: undefined, retried: undefined })));
    return onRefreshReinviteRefused(call, { ...asBefore, retried: true }, input.retryAfterSec);
  }
  if (comesAgain(input, leg)) {
    const ms = (input.retryAfterSec ?? 0) * 1000;
    const waiting: Leg = { ...asBefore, offerAnswer: { kind: 'glare-wait' }, retried: true };
    return [withLeg(call, waiting), [{ kind: 'start-timer', timer: `glare-${leg.role}`, ms }]];
  }
  // RFC 3261 §14.1: the session stays as it was. The refusal changes no fact and lifts no hold.
  const refused = { direction: offered, status: input.status, reason: input.reason };
  const unreached = input.unreached === true ? { tries: (leg.unreached?.tries ?? 0) + 1, told: offered } : undefined;
  const [next, planned] = settle(withLeg(call, { ...stable(asBefore), refused, unreached, retried: undefined, glares: 0 }));
  const effects = [...(unreached === undefined ? stopTrying(leg) : [tryAgain(input.leg, unreached.tries)]), ...planned];
  // What is asked again fails as it did before.
  const isNews = unreached === undefined || leg.unreached?.told !== offered;
  if (next.kind !== 'confirmed' || !isNews) return [next, effects];
  const learn: Effect[] =
    call.traits.learns[leg.role] && refusesSendonly(refused) ? [{ kind: 'remember-refusal', leg: leg.role }] : [];
  const event: Effect = {
    kind: 'publish',
    event: {
      kind: 'hold.failed',
      callId: call.id,
      parties: call.parties,
      leg: leg.role,
      status: input.status,
      reason: input.reason,
      hold: holdView(next),
    },
  };
  return [next, [...learn, event, ...effects]];
}

/** RFC 3261 §21.5: its server's trouble, and not that it does not know how (501, 505). What is of all its places (§21.6) does not pass. */
const isPassing = (status: number): boolean => status >= 500 && status < 600 && status !== 501 && status !== 505;

/** RFC 3261 §14.2, §21.5.4: 500 while another request of theirs or ours is open, 503 while overloaded: both say when it will be over. */
const comesAgain = (input: InputOf<'reinvite.refused'>, leg: Leg): boolean =>
  (input.status === 500 || input.status === 503) &&
  input.retryAfterSec !== undefined &&
  input.retryAfterSec <= LONGEST_RETRY_SEC &&
  leg.retried !== true;
