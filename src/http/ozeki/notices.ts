/**
 * notices: tells the configured application what becomes of calls, in order for each call, and lets its answer be carried out. Calls never
 * wait for it: what cannot be told in time is dropped.
 */
import type { CallView } from '#calls/commands.js';
import type { NumberedEvent } from '#calls/event-bus.js';
import type { OzekiConfig } from '#kit/config.js';
import type { Logger } from '#kit/log.js';
import { resultState } from '../dialects/ozeki-states.js';
import type { FollowUps, Told } from './follow-ups.js';
import type { Fields, Requests } from './requests.js';

type CallId = CallView['id'];

export type NoticesDeps = Readonly<{
  requests: Pick<Requests, 'ask'>;
  followUps: Pick<FollowUps, 'recordingUrl'>;
  /** What a request says of the call it is about. */
  facts: (callId: CallId) => Promise<Fields>;
  /** Its answer, which may be a script for this call. */
  answered: (callId: CallId, body: string) => void;
  recordingAddress: (recordingId: string) => string;
  config: OzekiConfig;
  log: Logger;
}>;

export class Notices {
  readonly #deps: NoticesDeps;
  readonly #states = new Map<CallId, string>();
  /** The last notice of each call, for the next one to wait for. */
  readonly #lanes = new Map<CallId, Promise<void>>();
  #waiting = 0;
  #closed = false;

  constructor(deps: NoticesDeps) {
    this.#deps = deps;
  }

  hear({ event }: NumberedEvent): void {
    switch (event.kind) {
      case 'call.ringing':
        return this.#changed(event.callId, 'Ringing');
      case 'call.answered':
        this.#changed(event.callId, 'Answered'); // once for each call
        return this.#changed(event.callId, 'InCall');
      case 'hold.changed':
        return this.#changed(event.callId, event.hold.reasons.length > 0 ? 'Hold' : 'InCall');
      case 'call.ended':
        this.#changed(event.callId, resultState(event.cause, event.status));
        this.#states.delete(event.callId);
        return;
      case 'recording.completed':
        return this.#recorded(event);
      default:
        return;
    }
  }

  /** After those before it of the same call. */
  tell({ url, callId, fields }: Told): void {
    const { requests, facts, answered, config, log } = this.#deps;
    if (this.#closed) return;
    if (this.#waiting >= config.limits.waiting)
      return log.warn({ notification: fields['NotificationName'] }, 'a notification is lost: too many wait');
    this.#waiting += 1;
    // The call is described as it stands now, not as it stands when its turn comes.
    const now = facts(callId);
    const before = this.#lanes.get(callId) ?? Promise.resolve();
    const lane = before.then(async () => {
      const body = this.#closed ? undefined : await requests.ask({ url, fields: { ...(await now), ...fields } });
      this.#waiting -= 1;
      if (this.#lanes.get(callId) === lane) this.#lanes.delete(callId);
      if (body !== undefined && !this.#closed) answered(callId, body);
    });
    this.#lanes.set(callId, lane);
  }

  /** What waits is dropped. Twice is once. */
  close(): void {
    this.#closed = true;
  }

  #changed(callId: CallId, CallState: string): void {
    const url = this.#deps.config.urls.callChanged;
    if (url === '' || this.#states.get(callId) === CallState) return;
    this.#states.set(callId, CallState);
    this.tell({ url, callId, fields: { NotificationName: 'CallChanged', CallState } });
  }

  #recorded({ callId, recordingId, seconds }: Extract<NumberedEvent['event'], { kind: 'recording.completed' }>): void {
    const { followUps, config, recordingAddress } = this.#deps;
    const url = followUps.recordingUrl(recordingId) ?? config.urls.recordCompleted;
    if (url === '') return;
    const RecordURL = recordingAddress(recordingId);
    const fields = { NotificationName: 'RecordCompleted', RecordURL, Duration: seconds.toFixed(3) };
    this.tell({ url, callId, fields });
  }
}
