/**
 * srtp-refusal: a phone that was offered SRTP (RFC 4568) and will not have it is asked once more without, where its account does not require
 * it. To the rules of a call that is one dial that takes longer.
 */
import type { Input } from '#core/inputs.js';
import { isOvertaken } from '#core/forward.js';
import { awaitsAnswer } from '#core/teardown.js';
import type { LaneEffect } from './lane-effects.js';
import type { LiveCall } from './live-call.js';

/** RFC 3261 §21.4.26, §21.6.4: what is offered cannot be had, here or anywhere. */
const NOT_ACCEPTABLE: ReadonlySet<number> = new Set([488, 606]);

/** @returns what is to be done instead of believing this refusal; undefined: it is one. */
export function askedWithoutSrtp(live: LiveCall, input: Input): LaneEffect | undefined {
  if (input.kind !== 'leg.refused' || !NOT_ACCEPTABLE.has(input.status)) return undefined;
  const { leg, status } = input;
  const { dialled, call } = live;
  if (dialled?.leg !== leg || live.phones[leg].srtp !== 'offered') return undefined;
  if (!awaitsAnswer(call, leg) || isOvertaken(call, dialled) || !live.media.offerPlain(leg)) return undefined;
  live.log.info({ leg, status }, 'SRTP refused, asked again without');
  return dialled;
}
