/**
 * signal-reader: what a phone sent, turned into what the core understands: SDP becomes a direction, and garbage becomes a refusal.
 */
import { audioProtocol, BadSdp, directionOf } from '#sip/sdp.js';
import { PLAIN_PROFILE, withUsableKeys } from '#sip/sdp-keys.js';
import type { Direction } from '#core/direction.js';
import type { Input, Reachability } from '#core/inputs.js';
import type { LegRole } from '#core/leg.js';
import { assertNever } from '#kit/errors.js';
import type { LiveCall } from './live-call.js';
import type { LegSignal } from './ports.js';

export type ReadSignal =
  Readonly<{ kind: 'input'; input: Input }> | Readonly<{ kind: 'refuse-reinvite'; status: number }> | Readonly<{ kind: 'none' }>;

export const readSignal = { invite: readInvite, leg: readLeg };

function readInvite(live: LiveCall, offer: string | undefined, callee: Reachability): Input {
  if (offer === undefined) return { kind: 'invite.received', callee };
  const direction = hear(live, 'caller', offer);
  if (direction === undefined)
    return { kind: 'media.refused', leg: 'caller', status: 488, reason: 'the session description could not be read' };
  return { kind: 'invite.received', offered: direction, callee };
}

function readLeg(live: LiveCall, leg: LegRole, signal: LegSignal): ReadSignal {
  switch (signal.kind) {
    case 'progressed': {
      const earlyMedia = signal.sdp !== undefined && hear(live, leg, signal.sdp) !== undefined;
      return input({ kind: 'leg.progressed', leg, status: signal.status, earlyMedia });
    }
    case 'answered':
      return input({ kind: 'leg.answered', leg, direction: heard(live, leg, signal.sdp) });
    case 'refused':
      return input({ kind: 'leg.refused', leg, status: signal.status, reason: signal.reason });
    case 'acked':
      return input({ kind: 'leg.acked', leg, direction: heard(live, leg, signal.sdp) });
    case 'cancelled':
      // Said only where no 200 will go out any more (RFC 3261 §9.2): of a call that counts as answered it is a hang-up.
      return input(live.call.kind === 'confirmed' ? { kind: 'bye.received', leg } : { kind: 'cancel.received' });
    case 'bye':
      return input({ kind: 'bye.received', leg });
    case 'lost':
      return input({ kind: 'leg.lost', leg, why: signal.why });
    case 'reinvite':
      return readReinvite(live, leg, signal.sdp);
    case 'reinvite-acked':
      return input({ kind: 'reinvite.acked', leg, direction: heard(live, leg, signal.sdp) });
    case 'reinvite-gone':
      return input({ kind: 'reinvite.answer-failed', leg });
    case 'reinvite-answered':
      if (isAsked(live, leg)) return input({ kind: 'leg.answered', leg, direction: heard(live, leg, signal.sdp) });
      for (const watch of live.watches) watch.note({ kind: 'reinvite-answered', leg, status: signal.status });
      return input({ kind: 'reinvite.answered', leg, status: signal.status, direction: heard(live, leg, signal.sdp) });
    case 'reinvite-refused':
      if (isAsked(live, leg)) return input({ kind: 'leg.refused', leg, status: signal.status, reason: signal.reason });
      for (const watch of live.watches)
        watch.note({ kind: 'reinvite-answered', leg, status: signal.status, reason: signal.reason });
      return input({
        kind: 'reinvite.refused',
        leg,
        status: signal.status,
        reason: signal.reason,
        retryAfterSec: signal.retryAfterSec,
        unreached: signal.unreached,
      });
    case 'session':
      return input({ kind: 'session.agreed', leg, ...signal.session });
    case 'refresh-answered':
      return input({ kind: 'refresh.answered', leg });
    case 'refresh-refused':
      return input({ kind: 'refresh.refused', leg, status: signal.status, reason: signal.reason });
    case 'probed':
      return signal.there ? { kind: 'none' } : input({ kind: 'leg.lost', leg, why: signal.why });
    case 'refreshed': // what it has agreed on came before it
    case 'key': // everybody's news, and no rule's
    case 'refer': // the transfer service's
      return { kind: 'none' };
    default:
      return assertNever(signal);
  }
}

/** A dialog of another call is asked by re-INVITE what a new callee is asked by INVITE. */
const isAsked = ({ call }: LiveCall, leg: LegRole): boolean =>
  call.kind === 'ringing' && leg === 'callee' && call.adopted !== undefined;

function readReinvite(live: LiveCall, leg: LegRole, sdp: string | undefined): ReadSignal {
  if (sdp === undefined) return input({ kind: 'reinvite.received', leg });
  const direction = hear(live, leg, sdp);
  if (direction === undefined) return { kind: 'refuse-reinvite', status: 488 }; // RFC 3261 §14.2: the session goes on as it was
  return input({ kind: 'reinvite.received', leg, direction });
}

const input = (one: Input): ReadSignal => ({ kind: 'input', input: one });

const heard = (live: LiveCall, leg: LegRole, sdp: string | undefined): Direction | undefined =>
  sdp === undefined ? undefined : hear(live, leg, sdp);

/** Keeps the SDP and gives its direction; undefined when it cannot be read, or its sound would not be as secret as it must be. */
function hear(live: LiveCall, leg: LegRole, sdp: string): Direction | undefined {
  try {
    const direction = directionOf(sdp);
    const usable = withUsableKeys(sdp);
    if (live.phones[leg].srtp === 'required' && PLAIN_PROFILE.test(audioProtocol(sdp) ?? ''))
      throw new BadSdp('SRTP is required for this account');
    live.media.hear(leg, usable, live.phones[leg].at);
    return direction;
  } catch (error) {
    if (!(error instanceof BadSdp)) throw error;
    live.log.warn({ leg, why: error.message }, 'a session description could not be used');
    return undefined;
  }
}
