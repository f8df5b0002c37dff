/**
 * heard-keys: keys that parties have pressed, told to the outside once each, however they reached us: in RTP (RFC 4733, as rtpengine reports
 * them) or in INFO. Some phones send both; and rtpengine also reports the keys that we press ourselves.
 */
import type { CallEvent } from '#core/events.js';
import type { CallId, LegRole } from '#core/leg.js';
import type { Clock } from '#kit/clock.js';
import type { LiveCall } from './live-call.js';
import type { LegId } from './ports.js';

export type HeardKeysDeps = Readonly<{
  find: (id: CallId) => LiveCall | undefined;
  publish: (event: CallEvent) => void;
  clock: Clock;
}>;

/** How long it was pressed, where that was said; rtpengine says so when it was let go. */
export type KeyPress = Readonly<{ key: string; by: 'rtp' | 'info'; ms: number }>;

/** `twin`: it came the other way too, or is ours. A second twin is a second press. */
type Noted = { readonly leg: string; readonly key: string; readonly by: 'rtp' | 'info' | 'us' } & {
  readonly fromMs: number;
  toMs: number;
  twin: boolean;
};

/** So far apart the two ways are at most. */
const APART_MS = 100;
/** rtpengine reports a key of ours before it is heard; later than that it is somebody's. */
const KEPT_MS = 2000;
const MOST_KEPT = 2000;

export class HeardKeys {
  readonly #deps: HeardKeysDeps;
  #noted: Noted[] = [];

  constructor(deps: HeardKeysDeps) {
    this.#deps = deps;
  }

  heard({ callId, role }: LegId, { key, by, ms }: KeyPress): void {
    const call = this.#deps.find(callId)?.call;
    if (call === undefined || call.kind === 'terminated') return;
    const now = this.#deps.clock.now();
    // INFO may be sent when the key goes down or when it comes up again.
    const press = { leg: `${callId} ${role}`, key, by, fromMs: now - ms, toMs: by === 'info' ? now + ms : now, twin: false };
    const other = this.#noted.find((one) => isTwin(one, press));
    if (other !== undefined) return meet(other, now);
    this.#note(press, now);
    this.#deps.publish({ kind: 'call.key', callId, parties: call.parties, leg: role, key });
  }

  /** rtpengine will report this one as a key of that party. */
  ours(callId: CallId, role: LegRole, key: string): void {
    const now = this.#deps.clock.now();
    this.#note({ leg: `${callId} ${role}`, key, by: 'us', fromMs: now, toMs: now + KEPT_MS, twin: false }, now);
  }

  #note(noted: Noted, now: number): void {
    this.#noted = this.#noted.filter(({ toMs }) => toMs > now - KEPT_MS).slice(1 - MOST_KEPT);
    this.#noted.push(noted);
  }
}

/** One of ours is reported once more for each one who listens along (a recording), and all of that at once. */
function meet(one: Noted, now: number): void {
  if (one.by === 'us') one.toMs = Math.min(one.toMs, now + APART_MS);
  else one.twin = true;
}

function isTwin(one: Noted, press: Noted): boolean {
  if (one.twin || one.leg !== press.leg || one.key !== press.key || one.by === press.by) return false;
  if (one.by === 'us') return press.by === 'rtp' && press.toMs <= one.toMs;
  return one.fromMs <= press.toMs + APART_MS && press.fromMs <= one.toMs + APART_MS;
}
