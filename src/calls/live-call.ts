/**
 * live-call: everything the house keeps of one call beside its value: SDP, timers, the lane its effects wait in.
 */
import type { Call } from '#core/call.js';
import { isSettled } from '#core/hold-view.js';
import type { TimerName } from '#core/inputs.js';
import type { Timer } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import type { HoldWatch } from './hold-watch.js';
import type { LaneEffect } from './lane-effects.js';
import { MediaSession, type LegSdp } from './media-session.js';
import type { LegRole } from '#core/leg.js';
import type { Asker, MediaPort, PhoneTraits } from './ports.js';
import type { Charge } from './toll-port.js';

export type DialFacts = Readonly<{
  fromName?: string | undefined;
  autoAnswer: boolean;
  maxForwards: number;
  asker: Asker;
  privacy: boolean;
  /** RFC 3892: on whose behalf it is made. */
  referredBy?: string | undefined;
  /** Over which trunk the caller came. */
  trunk?: string | undefined;
  /** The number that the callee's phone shows, where it is not the caller's. */
  showAs?: string | undefined;
  /** How long it may ring, where that is not as long as everywhere. */
  ringMs?: number | undefined;
}>;

export type LiveCall = {
  call: Call;
  readonly media: MediaSession;
  dialFacts: DialFacts;
  /** Who is on each side, wherever its dialog came from: a trunk may claim any number. */
  phones: Readonly<Record<LegRole, PhoneTraits>>;
  /** At whose cost it is. */
  readonly charge: Charge;
  readonly timers: Map<TimerName, Timer>;
  /** When each of them is due, on the wall clock. */
  readonly dueMs: Map<TimerName, number>;
  readonly log: Logger;
  /** Commands that wait to see what becomes of a hold or a resume. */
  readonly watches: Set<HoldWatch>;
  /** Called after every step of the call. */
  readonly stepped: Set<() => void>;
  /** Effects that touch media, or wait for it, run one after the other on this lane. */
  lane: Promise<void>;
  /** Who was asked last, and how. */
  dialled?: Extract<LaneEffect, { kind: 'dial' }>;
  /** rtpengine knows this call. */
  hasMedia: boolean;
  /** How often rtpengine has come back: what was asked of the one before may fail. */
  mediaLife: number;
};

/**
 * What its phones are to be told by now is on the wire: RFC 3264 §4 wants an offer that was made in a call to be answered before its dialog
 * goes on in another, where nobody would know of it. Each word has a deadline, so this has an end.
 */
export async function allSaid(live: LiveCall | undefined): Promise<void> {
  for (let lane: Promise<void> | undefined; lane !== live?.lane;) {
    lane = live?.lane;
    await lane;
  }
}

/** Those who wait for a hold or resume hear when nothing is left to be told, or when the call has ended. */
export function tellWatches({ call, watches }: LiveCall): void {
  if (watches.size === 0 || (call.kind === 'confirmed' && !isSettled(call))) return;
  for (const watch of watches) watch.finish();
}

/** Nothing has happened to it yet. @param said on dialogs that it brings along. */
export function newLiveCall(
  facts: Pick<LiveCall, 'call' | 'dialFacts' | 'phones' | 'charge' | 'log'>,
  port: MediaPort,
  said: Partial<Record<LegRole, LegSdp>>,
  keysIn = false,
): LiveCall {
  const { caller, callee } = facts.phones;
  const programs = { caller: caller.isProgram === true, callee: callee.isProgram === true };
  const srtp = { caller: caller.srtp !== undefined, callee: callee.srtp !== undefined };
  const live: LiveCall = {
    ...facts,
    media: new MediaSession(facts.call.id, port, () => live.call.traits.modes, programs, said, srtp, keysIn),
    timers: new Map(),
    dueMs: new Map(),
    watches: new Set(),
    stepped: new Set(),
    lane: Promise.resolve(),
    hasMedia: false,
    mediaLife: 0,
  };
  return live;
}
