/**
 * bulk-commands: one request that holds or resumes many calls. Finds the calls, asks each as a single hold is asked, so many at a time,
 * and counts what became of them. What a hold is stays with command-service; how it is spelt on a wire with the dialects.
 */
import type { HoldPolicy } from '#core/hold-policy.js';
import type { MusicWish } from '#core/hold-music.js';
import { LEG_ROLES, type CallId, type Sound } from '#core/leg.js';
import type { LegHoldState } from '#core/events.js';
import type { Clock } from '#kit/clock.js';
import { AppError, assertNever, BadRequest, Busy } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import type { CallService } from './call-service.js';
import type { CallState, CallView, Command, HoldProof, Holder, LegProof, Outcome } from './commands.js';
import { underWay, type Width } from './under-way.js';

/** Which calls: all that fit every word that is said. At least one must be said, so that nobody holds the whole house by leaving words out. */
export type BulkFilter = Readonly<{
  /** These calls, in this order; one that is not there is told as failed. */
  ids?: readonly CallId[] | undefined;
  /** Calls of this number, caller or callee. */
  number?: string | undefined;
  /** Calls that came in over this trunk. */
  trunk?: string | undefined;
  state?: Extract<CallState, 'in-call' | 'held'> | undefined;
  all?: true | undefined;
}>;

export type BulkCommand =
  | Readonly<{
      kind: 'calls.hold';
      filter: BulkFilter;
      holder: Holder;
      music?: MusicWish;
      policy?: Partial<HoldPolicy> | undefined;
      by?: string | undefined;
    }>
  | Readonly<{ kind: 'calls.resume'; filter: BulkFilter; holder: Holder; by?: string | undefined }>;

/** `pending`: begun, and a phone has not answered yet; the events tell the rest. */
export type BulkResult = 'done' | 'unchanged' | 'pending' | 'failed';

export type BulkLeg = Readonly<{ held: boolean; state: LegHoldState; sound: Sound }>;

export type BulkRow = Readonly<{
  callId: CallId;
  result: BulkResult;
  caller?: BulkLeg | undefined;
  callee?: BulkLeg | undefined;
  /** Why it failed, as a single hold would have been refused. */
  code?: string | undefined;
  detail?: string | undefined;
}>;

export type BulkReport = Readonly<{
  matched: number;
  /** How many of each. */
  counts: Readonly<Record<BulkResult, number>>;
  /** Parties that hear music now. */
  music: number;
  ms: number;
  calls: readonly BulkRow[];
}>;

export type BulkOutcome = Readonly<{ kind: 'calls.changed'; report: BulkReport }>;

/**
 * So many calls at once. Few where this thread is what takes time: each that is under way has to be copied by the collector of young objects, again
 * and again. More where phones are, which answer a re-INVITE after 20 to 100 ms as a rule. What rtpengine is told has a window of its own (ng-client).
 */
export const CALLS_AT_ONCE: Width = { first: 32, step: 16, most: 256 };
/** Requests that run at the same time; more are told to come back. */
export const BULKS_AT_ONCE = 4;
export const MOST_IDS = 2000;
/** After this long what is left is only begun: one silent phone in each of the first calls must not keep the others waiting. */
export const BULK_ANSWER_MS = 5000;

export type BulkCommandsDeps = Readonly<{
  /** One call at a time, through everything that stands before a single hold. */
  execute: (command: Command) => Promise<Outcome>;
  calls: Pick<CallService, 'list' | 'live' | 'view'>;
  clock: Clock;
  log: Logger;
}>;

export class BulkCommands {
  readonly #deps: BulkCommandsDeps;
  #running = 0;

  constructor(deps: BulkCommandsDeps) {
    this.#deps = deps;
  }

  /** @throws BadRequest, Busy. What is wrong with one call is told in its row. */
  async execute(command: BulkCommand): Promise<BulkOutcome> {
    const ids = this.#matching(command);
    if (this.#running >= BULKS_AT_ONCE) throw new Busy(`${BULKS_AT_ONCE} requests for many calls run already`, 1);
    this.#running++;
    try {
      const started = performance.now();
      const beginOnlyFromMs = this.#deps.clock.now() + BULK_ANSWER_MS;
      const calls = await underWay(ids, (id) => this.#one(command, id, beginOnlyFromMs), CALLS_AT_ONCE, this.#deps.clock);
      return { kind: 'calls.changed', report: reportOf(calls, performance.now() - started) };
    } finally {
      this.#running--;
    }
  }

  /** A call that rings cannot be held, and one that nobody holds not resumed: neither is meant, unless it is named. */
  #matching({ kind, filter }: BulkCommand): readonly CallId[] {
    const { ids, ...rest } = filter;
    if (ids === undefined && Object.values(rest).every((word) => word === undefined))
      throw new BadRequest('all', 'expected at least one of ids, number, trunk, state and all');
    if (ids !== undefined && ids.length > MOST_IDS) throw new BadRequest('ids', `ids: at most ${MOST_IDS}`);
    const fits = (view: CallView): boolean => this.#fits(view, filter);
    if (ids === undefined) {
      const meant: readonly CallState[] = kind === 'calls.hold' ? ['in-call', 'held'] : ['held'];
      return this.#deps.calls.list().flatMap((view) => (meant.includes(view.state) && fits(view) ? [view.id] : []));
    }
    return [...new Set(ids)].filter((id) => {
      const view = this.#deps.calls.view(id);
      return view === undefined || view.state === 'ended' || fits(view); // what is not there is told in its row
    });
  }

  #fits({ id, parties, state }: CallView, { number, trunk, state: wanted }: BulkFilter): boolean {
    if (number !== undefined && parties.caller !== number && parties.callee !== number) return false;
    if (wanted !== undefined && state !== wanted) return false;
    return trunk === undefined || this.#deps.calls.live(id)?.dialFacts.trunk === trunk;
  }

  async #one(command: BulkCommand, callId: CallId, beginOnlyFromMs: number): Promise<BulkRow> {
    try {
      const single = asSingle(command, callId, this.#deps.clock.now() >= beginOnlyFromMs);
      const outcome = await this.#deps.execute(single);
      // Begun only: what rtpengine is told keeps to so many calls all the same.
      if (outcome.kind !== 'hold.done') await this.#deps.calls.live(callId)?.lane;
      return rowOf(callId, outcome);
    } catch (error) {
      if (error instanceof AppError) return { callId, result: 'failed', code: error.code, detail: error.message };
      // A bug in one call must not hide what became of the others.
      this.#deps.log.error({ err: error, callId }, 'one of many calls failed');
      return { callId, result: 'failed', code: 'internal' };
    }
  }
}

function asSingle(command: BulkCommand, callId: CallId, beginOnly: boolean): Command {
  const { holder, by } = command;
  const how = { callId, holder, by, brief: true, ...(beginOnly ? { atOnce: true as const } : {}) } as const;
  switch (command.kind) {
    case 'calls.hold':
      return { kind: 'call.hold', music: command.music, policy: command.policy, ...how };
    case 'calls.resume':
      return { kind: 'call.resume', ...how };
    default:
      return assertNever(command);
  }
}

function rowOf(callId: CallId, outcome: Outcome): BulkRow {
  if (outcome.kind !== 'hold.done') return { callId, result: 'pending' };
  const { proof } = outcome;
  return { callId, result: resultOf(proof), caller: legOf(proof.caller), callee: legOf(proof.callee) };
}

function resultOf({ changed, settled }: HoldProof): BulkResult {
  if (!settled) return 'pending';
  return changed ? 'done' : 'unchanged';
}

const legOf = ({ held, state, sound }: LegProof): BulkLeg => ({ held, state, sound });

function reportOf(calls: readonly BulkRow[], ms: number): BulkReport {
  const counts = { done: 0, unchanged: 0, pending: 0, failed: 0 };
  let music = 0;
  for (const row of calls) {
    counts[row.result]++;
    for (const role of LEG_ROLES) if (row[role]?.sound === 'music') music++;
  }
  return { matched: calls.length, counts, music, ms: Math.round(ms * 1000) / 1000, calls };
}
