/**
 * reach-commands: what a program may do with calls that ring or wait: answer, refuse, send elsewhere, fetch; and words without a call.
 */
import type { CallId } from '#core/leg.js';
import { NotBuilt } from '#kit/errors.js';
import type { Outcome } from './commands.js';

type Number = Readonly<{ number: string }>;

export type ReachCommand =
  /** The phone that rings is asked to answer (NOTIFY `Event: talk`); 409 when it cannot be asked. */
  | Readonly<{ kind: 'call.answer'; callId: CallId }>
  /** The caller hears 603 (or `status`), and the phone that rings stops. */
  | Readonly<{ kind: 'call.reject'; callId: CallId; status?: 403 | 404 | 480 | 486 | 603 | undefined }>
  /** While it rings: the callee stops ringing and `to` is rung instead. */
  | Readonly<{ kind: 'call.forward'; callId: CallId; to: Number }>
  /** What rings at somebody else is answered by `to`, whose phone rings instead and is asked to answer by itself. */
  | Readonly<{ kind: 'call.pickup'; callId: CallId; to: Number }>
  /** Who waits in a parking slot is connected with `to`. */
  | Readonly<{ kind: 'call.retrieve'; callId: CallId; to: Number }>
  /** RFC 3428, to every phone of `to`. */
  | Readonly<{ kind: 'message.send'; from: string; to: string; text: string }>;

/** @throws as CommandPort; a phone's refusal of a message is MessageRefused. */
export type ReachOutcome = Readonly<{ kind: 'message.sent'; status: number }>;

export class ReachCommands {
  execute(command: ReachCommand): Promise<Outcome> {
    return Promise.reject(new NotBuilt(command.kind));
  }
}
