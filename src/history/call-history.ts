/**
 * call-history: every call that has ended, newest last, as many as are allowed. Hears the events, answers what is asked from memory,
 * and hands each line to whoever writes it down. What a line looks like on disk is history-file.ts.
 */
import type { CallView } from '#calls/commands.js';
import type { EventBus, NumberedEvent } from '#calls/event-bus.js';
import type { CallRecord, HistoryPage, HistoryPort, HistoryQuery } from '#calls/history-commands.js';
import type { CallEvent } from '#core/events.js';
import type { CallId } from '#core/leg.js';
import { addedBy, NEW_TALLY, recordOf, tallyOf, type CallTally } from './call-tally.js';
import { findCalls } from './find.js';
import type { HistoryKeeper } from './history-keeper.js';

export type CallHistoryDeps = Readonly<{
  bus: Pick<EventBus, 'subscribe'>;
  /** A call as it is, or was when it ended. */
  view: (id: CallId) => CallView | undefined;
  maxCalls: number;
  /** Calls of earlier runs, oldest first. */
  earlier?: readonly CallRecord[];
  /** Absent: what was counted of calls that are up is lost when the program is killed. */
  keeper?: Pick<HistoryKeeper, 'left' | 'tally'> | undefined;
  /** A new call, or a call that something was added to. */
  write?: (record: CallRecord) => void;
}>;

export class CallHistory implements HistoryPort {
  readonly #deps: CallHistoryDeps;
  readonly #tallies: Map<CallId, CallTally>;
  /** Of the last life: one that was restored although its line is there gets no second one. */
  readonly #earlier: ReadonlySet<CallId>;
  readonly #leave: () => void;
  #calls: CallRecord[];

  constructor(deps: CallHistoryDeps) {
    this.#deps = deps;
    this.#calls = (deps.earlier ?? []).slice(-deps.maxCalls);
    this.#tallies = new Map(deps.keeper?.left().tallies);
    this.#earlier = new Set(this.#calls.map(({ id }) => id));
    this.#leave = deps.bus.subscribe((event) => this.#hear(event), 'book');
  }

  find(query: HistoryQuery): HistoryPage {
    return findCalls(this.#kept(), query);
  }

  /** Everything that is kept, oldest first. */
  all(): readonly CallRecord[] {
    return this.#kept();
  }

  close(): void {
    this.#leave();
  }

  #hear({ at, event }: NumberedEvent): void {
    if (!('callId' in event)) return;
    if (event.kind === 'call.ended') return this.#ended(event, at);
    const view = this.#deps.view(event.callId);
    if (view?.state === 'ended' || view === undefined) return this.#add(event);
    const before = this.#tallies.get(event.callId) ?? NEW_TALLY;
    const tally = tallyOf(before, event, Date.parse(at));
    if (tally !== before) this.#count(event.callId, tally);
  }

  #ended(event: Extract<CallEvent, { kind: 'call.ended' }>, at: string): void {
    const tally = this.#tallies.get(event.callId) ?? NEW_TALLY;
    this.#count(event.callId, undefined);
    const view = this.#deps.view(event.callId);
    if (view === undefined) return;
    const record = recordOf(tally, view, event, at);
    if (this.#earlier.has(record.id)) this.#calls = this.#calls.filter(({ id }) => id !== record.id);
    this.#calls.push(record);
    // Cut in large steps: moving ten thousand entries for every call would be felt under load.
    if (this.#calls.length >= 2 * this.#deps.maxCalls) this.#calls = this.#kept().slice();
    this.#deps.write?.(record);
  }

  /** What is told of a call after its end belongs to one that has ended lately. */
  #add(event: CallEvent): void {
    const at = this.#calls.findLastIndex(({ id }) => id === event.callId);
    const before = this.#calls[at];
    const added = before === undefined ? undefined : addedBy(before, event);
    // Between its last step and `call.ended` a call has ended and is not here yet.
    if (before === undefined) return this.#addEarly(event);
    if (added === undefined) return;
    const record = { ...before, ...added };
    this.#calls[at] = record;
    this.#deps.write?.(record);
  }

  #addEarly(event: CallEvent): void {
    const before = this.#tallies.get(event.callId) ?? NEW_TALLY;
    const added = addedBy(before.added, event);
    if (added !== undefined && this.#tallies.size < MOST_TALLIES) this.#count(event.callId, { ...before, added });
  }

  #count(id: CallId, tally: CallTally | undefined): void {
    if (tally !== undefined) this.#tallies.set(id, tally);
    else if (!this.#tallies.delete(id)) return;
    this.#deps.keeper?.tally(id, tally);
  }

  #kept(): readonly CallRecord[] {
    const { maxCalls } = this.#deps;
    return this.#calls.length <= maxCalls ? this.#calls : this.#calls.slice(-maxCalls);
  }
}

/** More calls than are ever up at once. */
const MOST_TALLIES = 100_000;
