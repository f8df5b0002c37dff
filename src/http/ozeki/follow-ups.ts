/**
 * follow-ups: the addresses that commands leave behind: asked when what they began is over (FinishedUrl), has gone wrong (ErrorUrl), or
 * when the phone that an API extension calls has answered (Url). Kept as long as the call, or the recording, lasts.
 */
import type { CallView, Outcome } from '#calls/commands.js';
import type { NumberedEvent } from '#calls/event-bus.js';
import type { After } from '#ozml/actions.js';
import { resultState } from '../dialects/ozeki-states.js';
import type { Fields } from './requests.js';

type CallId = CallView['id'];
type Event = NumberedEvent['event'];
type EndCause = Of<'call.ended'>['cause'];
type Of<K extends Event['kind']> = Extract<Event, { kind: K }>;

export type Told = Readonly<{ url: string; callId: CallId; fields: Fields }>;

export type FollowUpsDeps = Readonly<{
  /** Its answer is a script for this call, if the call is still there. */
  tell: (told: Told) => void;
  /** The phone has answered an API extension, which speaks now. */
  connected: (callId: CallId, extension: string, wish: NonNullable<After['connected']>) => void;
  wireId: (callId: CallId) => string;
  nowMs: () => number;
}>;

type Expected = After & { readonly extension?: string | undefined; readonly transferred: boolean; answeredMs?: number };

/** A belt: calls and recordings end. The oldest goes first. */
const MOST = 20_000;

export class FollowUps {
  readonly #deps: FollowUpsDeps;
  readonly #calls = new Map<CallId, Expected>();
  readonly #recordings = new Map<string, string>();

  constructor(deps: FollowUpsDeps) {
    this.#deps = deps;
  }

  /** What a command has begun, and who wants to hear of it. */
  expect(outcome: Outcome, after: After, extension?: string): void {
    if (outcome.kind === 'call.accepted' && isWish(after))
      keep(this.#calls, outcome.call.id, { ...after, extension: extension ?? outcome.call.parties.caller, transferred: false });
    if (outcome.kind === 'transfer.started' && after.finishedUrl !== undefined)
      keep(this.#calls, outcome.newCallId, { finishedUrl: after.finishedUrl, transferred: true });
    if (outcome.kind === 'record.started' && after.finishedUrl !== undefined)
      keep(this.#recordings, outcome.recordingId, after.finishedUrl);
  }

  /** The address that wants to hear of this recording; it is asked for once. */
  recordingUrl(recordingId: string): string | undefined {
    const url = this.#recordings.get(recordingId);
    this.#recordings.delete(recordingId);
    return url;
  }

  hear({ event }: NumberedEvent): void {
    if (event.kind === 'call.answered') this.#answered(event);
    else if (event.kind === 'call.ended') this.#ended(event);
    else if (event.kind === 'hold.failed') this.#error(event, `a phone refused: ${event.status} ${event.reason}`, 'Error');
    else if (event.kind === 'transfer.changed' && event.state === 'failed')
      this.#error(event, `the transfer to ${event.to} failed${event.status === undefined ? '' : `: ${event.status}`}`, 'Error');
  }

  #answered({ callId }: Of<'call.answered'>): void {
    const expected = this.#calls.get(callId);
    if (expected === undefined) return;
    expected.answeredMs = this.#deps.nowMs();
    const { connected, extension } = expected;
    if (connected !== undefined && extension !== undefined) this.#deps.connected(callId, extension, connected);
  }

  #ended(event: Of<'call.ended'>): void {
    const { callId, cause, status } = event;
    const expected = this.#calls.get(callId);
    if (expected === undefined) return;
    const state = resultState(cause, status);
    if (!HAPPY.has(cause))
      this.#error(event, `Call connect to '${event.parties.callee}' failed with result state '${state}'`, state);
    this.#calls.delete(callId);
    const { finishedUrl, answeredMs, transferred } = expected;
    if (finishedUrl === undefined) return;
    const seconds = answeredMs === undefined ? 0 : (this.#deps.nowMs() - answeredMs) / 1000;
    const fields = { ...this.#about(event), CallState: state, Duration: seconds.toFixed(3) };
    const NotificationName = transferred ? 'TransferFinished' : 'CallFinished';
    this.#deps.tell({ url: finishedUrl, callId, fields: { NotificationName, ...fields } });
  }

  #error(event: Of<'call.ended' | 'hold.failed' | 'transfer.changed'>, why: string, state: string): void {
    const url = this.#calls.get(event.callId)?.errorUrl;
    if (url === undefined) return;
    const fields = { NotificationName: 'Error', ...this.#about(event), CallState: state, ErrorCode: '402', ErrorMessage: why };
    this.#deps.tell({ url, callId: event.callId, fields });
  }

  #about({ callId, parties }: Readonly<{ callId: CallId; parties: CallView['parties'] }>): Fields {
    return { CallID: this.#deps.wireId(callId), Caller: parties.caller, Callee: parties.callee };
  }
}

const isWish = ({ errorUrl, finishedUrl, connected }: After): boolean =>
  errorUrl !== undefined || finishedUrl !== undefined || connected !== undefined;

/** Ends that somebody wanted. */
const HAPPY: ReadonlySet<EndCause> = new Set<EndCause>([
  'caller-hung-up',
  'callee-hung-up',
  'controller-hung-up',
  'transferred',
  'conference',
  'shutdown',
]);

function keep<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.set(key, value);
  if (map.size <= MOST) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}
