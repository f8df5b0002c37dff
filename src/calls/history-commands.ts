/**
 * history-commands: calls that have ended, looked up. Where they are kept is history/'s.
 */
import type { CallParties, EndCause } from '#core/events.js';
import type { CallId } from '#core/leg.js';
import { BadRequest } from '#kit/errors.js';
import type { CallView } from './commands.js';

/** A call that has ended. Times are ISO 8601. */
export type CallRecord = Readonly<{
  id: CallId;
  origin: CallView['origin'];
  parties: CallParties;
  createdAt: string;
  ringingAt?: string | undefined;
  answeredAt?: string | undefined;
  endedAt: string;
  cause: EndCause;
  status?: number | undefined;
  reason?: string | undefined;
  /** How often somebody held it while nobody did, and how long it was held in all. */
  holds: number;
  heldMs: number;
  /** Ids of its recordings, as long as nobody has asked whether their files are still kept. */
  recordings: readonly string[];
  /** Where the party that did not leave went on. */
  transferredTo?: Readonly<{ number: string; callId?: CallId | undefined }> | undefined;
}>;

/** All of what is said must fit. */
export type HistoryFilter = Readonly<{
  callId?: string | undefined;
  /** Either party. */
  number?: string | undefined;
  caller?: string | undefined;
  callee?: string | undefined;
  /** ISO 8601: created at this moment or later, */
  since?: string | undefined;
  /** and before this one. */
  until?: string | undefined;
  cause?: string | undefined;
}>;

/** `page` counts from 1, the newest call first; `rows` to a page. */
export type HistoryQuery = HistoryFilter & Readonly<{ page: number; rows: number }>;

/** `total`: how many calls fit, of which `rows` are those of the page. */
export type HistoryPage = Readonly<{ total: number; rows: readonly CallRecord[] }>;

/** Whoever keeps the history. It answers from memory, at once. */
export interface HistoryPort {
  find(query: HistoryQuery): HistoryPage;
}

/** Without a page the first, without rows a hundred. */
export type HistoryCommand = Readonly<{ kind: 'history.find'; page?: number | undefined; rows?: number | undefined }> &
  HistoryFilter;

export type HistoryOutcome = Readonly<{ kind: 'history.found'; page: number }> & HistoryPage;

const USUAL_ROWS = 100;
export const MOST_ROWS = 1000;

export class HistoryCommands {
  readonly #history: HistoryPort;

  constructor(history: HistoryPort) {
    this.#history = history;
  }

  /** @throws BadRequest */
  execute({ kind: _, page = 1, rows = USUAL_ROWS, ...filter }: HistoryCommand): HistoryOutcome {
    mustBeWhole('page', page, Number.MAX_SAFE_INTEGER / MOST_ROWS);
    mustBeWhole('rows', rows, MOST_ROWS);
    mustBeTime('since', filter.since);
    mustBeTime('until', filter.until);
    return { kind: 'history.found', page, ...this.#history.find({ ...filter, page, rows }) };
  }
}

function mustBeWhole(field: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new BadRequest(field, `${field}: expected a whole number from 1${field === 'rows' ? ` to ${most}` : ''}`);
}

function mustBeTime(field: string, text: string | undefined): void {
  if (text !== undefined && Number.isNaN(Date.parse(text)))
    throw new BadRequest(field, `${field}: expected a time as 2026-11-21T10:00:00Z`);
}
