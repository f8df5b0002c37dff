/**
 * session-timer: RFC 4028 as a negotiation: what a session refresh request (INVITE, UPDATE) asks for, what its 2xx grants, and what
 * both sides then owe each other. Pure. Who refreshes when is the core's; what a dialog remembers is dialog-session.ts.
 */
import type { SessionTerms } from '#calls/ports.js';
import { hasToken } from './extensions.js';
import type { Headers, SrfMessage } from './srf.js';

/** From the configuration. */
export type SessionPolicy = Readonly<{
  /** What we ask for; 0: no session timer of our own. */
  sessionSeconds: number;
  /** Shorter ones are refused with 422. */
  minSessionSeconds: number;
}>;

/** Who of a transaction refreshes: its client or its server. */
export type Refresher = 'uac' | 'uas';

export type SessionAsk = Readonly<{
  /** `Supported: timer` (or required). */
  supported: boolean;
  intervalSec: number | undefined;
  refresher: Refresher | undefined;
  minSec: number;
}>;

/** What we agreed to, on one dialog; undefined: no session timer. */
export type Running = Readonly<{ intervalSec: number; weRefresh: boolean }>;

export type Grant =
  | Readonly<{ kind: 'too-short'; headers: Headers }>
  | Readonly<{ kind: 'granted'; headers: Headers; running: Running | undefined }>;

/** RFC 4028 §5: without a Min-SE it is this, and no interval is shorter. */
export const LEAST_SEC = 90;

/** RFC 4028 §4: delta-seconds; what no 32 bits hold is no number. */
const MOST_SEC = 2 ** 32 - 1;

export function readAsk(request: SrfMessage): SessionAsk {
  const { seconds, refresher } = readExpires(request);
  return {
    supported: hasToken(request, 'Supported', 'timer') || hasToken(request, 'Require', 'timer'),
    intervalSec: seconds,
    refresher,
    minSec: Math.max(LEAST_SEC, secondsIn(request.get('Min-SE')) ?? LEAST_SEC),
  };
}

/** RFC 4028 §9: what our 2xx to this request says. */
export function grant(ask: SessionAsk, policy: SessionPolicy): Grant {
  const { supported, intervalSec } = ask;
  if (intervalSec !== undefined && intervalSec < policy.minSessionSeconds) {
    if (supported) return { kind: 'too-short', headers: { 'Min-SE': String(policy.minSessionSeconds) } };
    // A proxy has put it in, and the phone would not understand a 422: the session goes without a timer.
    return { kind: 'granted', headers: {}, running: undefined };
  }
  const granted = shorterOf(ask, policy.sessionSeconds);
  if (granted === undefined) return { kind: 'granted', headers: {}, running: undefined };
  // RFC 4028 §9, table 2: theirs to say; a phone without the extension cannot be the one.
  const refresher: Refresher = supported ? (ask.refresher ?? 'uac') : 'uas';
  const headers = { 'Session-Expires': `${granted};refresher=${refresher}`, ...(supported ? { Require: 'timer' } : {}) };
  return { kind: 'granted', headers, running: { intervalSec: granted, weRefresh: refresher === 'uas' } };
}

/** RFC 4028 §9: never longer than they asked for, never shorter than the least that somebody on the way will have. */
function shorterOf(ask: SessionAsk, oursSec: number): number | undefined {
  if (oursSec === 0) return ask.intervalSec;
  const ours = Math.max(oursSec, ask.minSec);
  return ask.intervalSec === undefined ? ours : Math.min(ask.intervalSec, ours);
}

/** RFC 4028 §7.1, §7.4: what a request of ours asks for; in a session that runs, what was agreed before. */
export function askHeaders(policy: SessionPolicy, minSec: number, running: Running | undefined): Headers {
  const wanted = running?.intervalSec ?? policy.sessionSeconds;
  if (wanted === 0) return {};
  const refresher = running === undefined ? '' : `;refresher=${running.weRefresh ? 'uac' : 'uas'}`;
  return { 'Session-Expires': `${Math.max(wanted, minSec)}${refresher}`, 'Min-SE': String(minSec) };
}

/** RFC 4028 §7.2: what the 2xx to a request of ours agreed on. Without Session-Expires there is no timer any more. */
export function agreed(response: SrfMessage): Running | undefined {
  const { seconds, refresher } = readExpires(response);
  return seconds === undefined || seconds === 0 ? undefined : { intervalSec: seconds, weRefresh: refresher !== 'uas' };
}

/** RFC 4028 §7.3: the Min-SE of a 422, for the next try; undefined when it says nothing new. */
export function raisedMinSec(refusal: SrfMessage, minSec: number): number | undefined {
  const asked = secondsIn(refusal.get('Min-SE'));
  return asked === undefined || asked <= minSec ? undefined : asked;
}

export const termsOf = (running: Running | undefined, byUpdate: boolean): SessionTerms =>
  running === undefined ? { weRefresh: false, byUpdate } : { ...running, byUpdate };

/** `x` is its compact form (RFC 4028 §4), which drachtio-srf does not know. */
function readExpires(message: SrfMessage): Readonly<{ seconds: number | undefined; refresher: Refresher | undefined }> {
  const value = message.get('Session-Expires') ?? message.get('x');
  const word = /;\s*refresher\s*=\s*(uac|uas)\s*(?:;|$)/i.exec(value ?? '')?.[1]?.toLowerCase();
  return { seconds: secondsIn(value), refresher: word as Refresher | undefined };
}

function secondsIn(value: string | undefined): number | undefined {
  const digits = /^\s*([0-9]{1,10})\s*(?:;|$)/.exec(value ?? '')?.[1];
  const seconds = digits === undefined ? undefined : Number(digits);
  return seconds === undefined || seconds > MOST_SEC ? undefined : seconds;
}
