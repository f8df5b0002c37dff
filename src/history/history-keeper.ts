/**
 * history-keeper: what is kept of the history that is not in its file yet: what has been counted of calls that are up, and lines that wait to
 * be written. Types only.
 */
import type { CallRecord } from '#calls/history-commands.js';
import type { CallId } from '#core/leg.js';
import type { CallTally } from './call-tally.js';

export type KeptHistory = Readonly<{ tallies: readonly (readonly [CallId, CallTally])[]; records: readonly CallRecord[] }>;

/** Never waits, never throws. Undefined: it is gone, or stands in the file. */
export interface HistoryKeeper {
  /** What the last life has left. To be read once, before anything changes. */
  left(): KeptHistory;
  tally(id: CallId, tally: CallTally | undefined): void;
  record(id: CallId, record: CallRecord | undefined): void;
}
