/**
 * verdict: what an answer to a webhook means, and how long to wait before the next attempt. Pure.
 */
import type { HookLimits } from '#kit/config.js';
import { assertNever } from '#kit/errors.js';
import type { Answer } from './poster.js';

/** Why a letter was given up, in one word a program can switch on. */
export type DeadReason = 'queue-full' | 'refused' | 'redirected' | 'address-refused' | 'attempts-used-up' | 'webhook-gone';

export type Verdict =
  | Readonly<{ kind: 'delivered' }>
  /** `pauseAll`: the receiver asked for peace (Retry-After), and that is meant for every event. */
  | Readonly<{ kind: 'again'; afterMs: number; pauseAll: boolean; why: string }>
  | Readonly<{ kind: 'dead'; reason: DeadReason; why: string }>;

/** A receiver may ask for this much peace and no more. */
const MOST_RETRY_AFTER_MS = 3_600_000;

/** @param attempts so many were made, this one included. @param random 0 to 1, for jitter. */
export function judge(answer: Answer, attempts: number, limits: HookLimits, nowMs: number, random: number): Verdict {
  switch (answer.kind) {
    case 'address-refused':
      return { kind: 'dead', reason: 'address-refused', why: 'a private, loopback or link-local address' };
    case 'no-answer':
      return again(answer.why, undefined, attempts, limits, random);
    case 'answered':
      return judgeStatus(answer.status, retryAfterMs(answer.retryAfter, nowMs), attempts, limits, random);
    default:
      return assertNever(answer);
  }
}

function judgeStatus(status: number, askedMs: number | undefined, attempts: number, limits: HookLimits, random: number): Verdict {
  const why = `status ${status}`;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 408 || status === 429 || status >= 500) return again(why, askedMs, attempts, limits, random);
  return { kind: 'dead', reason: status >= 300 && status < 400 ? 'redirected' : 'refused', why };
}

function again(why: string, askedMs: number | undefined, attempts: number, limits: HookLimits, random: number): Verdict {
  if (attempts >= limits.attempts) return { kind: 'dead', reason: 'attempts-used-up', why };
  const afterMs = Math.max(backoffMs(attempts, limits, random), askedMs ?? 0);
  return { kind: 'again', afterMs, pauseAll: askedMs !== undefined, why };
}

/** Doubled each time; half of it is left to chance, so that many events that failed together do not come back together. */
export function backoffMs(attempts: number, limits: HookLimits, random: number): number {
  const whole = Math.min(limits.maxRetrySeconds, limits.firstRetrySeconds * 2 ** (attempts - 1)) * 1000;
  return Math.round(whole / 2 + (whole / 2) * random);
}

/** RFC 9110 §10.2.3: seconds, or a date. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const ms = /^[0-9]{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MOST_RETRY_AFTER_MS);
}
