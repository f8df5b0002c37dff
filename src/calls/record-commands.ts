/**
 * record-commands: recordings of calls that are up. Where they are kept is recordings/'s.
 */
import type { CallParties } from '#core/events.js';
import type { CallId } from '#core/leg.js';
import { BadRequest, WrongMoment } from '#kit/errors.js';
import { stateOf } from './call-view.js';
import type { Outcome } from './commands.js';
import { confirmedCall, liveCall, type FindCall } from './preconditions.js';

export type RecordingFormat = 'wav' | 'mp3';

export type RecordCommand =
  /** Both parties are recorded, one in each channel. One recording of a call at a time: a second one is refused (409). */
  | Readonly<{
      kind: 'record.start';
      callId: CallId;
      format?: RecordingFormat | undefined;
      /** It ends by then. */
      maxSec?: number | undefined;
      /** It ends when neither party was heard for so long. */
      silenceSec?: number | undefined;
    }>
  /** Answered `call.done`; the file is there when `recording.completed` says so. Refused (409) when nothing is recorded. */
  | Readonly<{ kind: 'record.stop'; callId: CallId }>;

/** Its end is the event `recording.completed`. */
export type RecordOutcome = Readonly<{ kind: 'record.started'; callId: CallId; recordingId: string }>;

export type RecordWish = Readonly<{
  callId: CallId;
  parties: CallParties;
  format: RecordingFormat;
  maxSec?: number | undefined;
  silenceSec?: number | undefined;
}>;

/** Whoever records. A recording ends with its call. */
export interface RecorderPort {
  isRecording(callId: CallId): boolean;
  /** @returns its id. Rejects with Busy, MediaFailed or MediaGone; the call goes on all the same. */
  start(wish: RecordWish): Promise<string>;
  /** @returns false: it is not being recorded. */
  stop(callId: CallId): boolean;
}

/** A day. */
const MOST_SEC = 86_400;

export class RecordCommands {
  readonly #find: FindCall;
  readonly #recorder: RecorderPort;

  constructor(find: FindCall, recorder: RecorderPort) {
    this.#find = find;
    this.#recorder = recorder;
  }

  /** @throws CallNotFound, WrongMoment, BadRequest, Busy, MediaFailed, MediaGone */
  async execute(command: RecordCommand): Promise<Outcome> {
    const { callId } = command;
    if (command.kind === 'record.stop') {
      const { call } = liveCall(this.#find, callId);
      if (!this.#recorder.stop(callId)) throw new WrongMoment('this call is not being recorded', stateOf(call));
      return { kind: 'call.done', callId };
    }
    const { format = 'wav', maxSec, silenceSec } = command;
    mustBeSeconds('maxSec', maxSec);
    mustBeSeconds('silenceSec', silenceSec);
    const { call } = confirmedCall(this.#find, callId, 'a call can be recorded once it is answered');
    if (this.#recorder.isRecording(callId)) throw new WrongMoment('this call is being recorded already', stateOf(call));
    const recordingId = await this.#recorder.start({ callId, parties: call.parties, format, maxSec, silenceSec });
    return { kind: 'record.started', callId, recordingId };
  }
}

function mustBeSeconds(field: string, value: number | undefined): void {
  if (value !== undefined && !(value > 0 && value <= MOST_SEC))
    throw new BadRequest(field, `${field}: expected seconds, more than 0 and at most ${MOST_SEC}`);
}
