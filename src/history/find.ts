/**
 * find: which calls of a history fit a query, newest first. Pure.
 */
import type { CallRecord, HistoryFilter, HistoryPage, HistoryQuery } from '#calls/history-commands.js';

/** @param calls in the order they ended. */
export function findCalls(calls: readonly CallRecord[], query: HistoryQuery): HistoryPage {
  const fits = fitting(query);
  const skipped = (query.page - 1) * query.rows;
  const rows: CallRecord[] = [];
  let total = 0;
  for (let at = calls.length - 1; at >= 0; at--) {
    const call = calls[at] as CallRecord;
    if (!fits(call)) continue;
    if (total >= skipped && rows.length < query.rows) rows.push(call);
    total++;
  }
  return { total, rows };
}

function fitting({ callId, number, caller, callee, since, until, cause }: HistoryFilter): (call: CallRecord) => boolean {
  const sinceMs = since === undefined ? -Infinity : Date.parse(since);
  const untilMs = until === undefined ? Infinity : Date.parse(until);
  return (call) => {
    const { parties } = call;
    if (callId !== undefined && call.id !== callId) return false;
    if (number !== undefined && parties.caller !== number && parties.callee !== number) return false;
    if (caller !== undefined && parties.caller !== caller) return false;
    if (callee !== undefined && parties.callee !== callee) return false;
    if (cause !== undefined && call.cause !== cause) return false;
    if (since === undefined && until === undefined) return true;
    const createdMs = Date.parse(call.createdAt);
    return createdMs >= sinceMs && createdMs < untilMs;
  };
}
