/**
 * record-commands: recordings of calls that are up. Where they are kept is recordings/'s.
 */
import type { CallId } from '#core/leg.js';
import { NotBuilt } from '#kit/errors.js';
import type { Outcome } from './commands.js';

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
  | Readonly<{ kind: 'record.stop'; callId: CallId }>;

/** Its end is the event `recording.completed`. */
export type RecordOutcome = Readonly<{ kind: 'record.started'; callId: CallId; recordingId: string }>;

export class RecordCommands {
  execute(command: RecordCommand): Promise<Outcome> {
    return Promise.reject(new NotBuilt(command.kind));
  }
}
