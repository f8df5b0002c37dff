/**
 * hold-watch: follows one hold or resume from the command to its end and times each step, for the proof of hold.
 * It only listens: what it notes changes nothing.
 */
import type { LegRole } from '#core/leg.js';
import type { LegProof } from './commands.js';

type LegMarks = { reinviteSent?: number; reinviteAnswered?: number; musicStarted?: number; status?: number; reason?: string };

export type Mark =
  | Readonly<{ kind: 'gate' }>
  | Readonly<{ kind: 'ungate' }>
  | Readonly<{ kind: 'reinvite-sent'; leg: LegRole }>
  | Readonly<{ kind: 'reinvite-answered'; leg: LegRole; status: number; reason?: string | undefined }>
  | Readonly<{ kind: 'music-started'; leg: LegRole }>;

export class HoldWatch {
  readonly #startMs = performance.now();
  readonly #legs: Record<LegRole, LegMarks> = { caller: {}, callee: {} };
  #gateMs: number | undefined;
  #ungateMs: number | undefined;
  readonly #done: () => void;

  /** @param done is called when the round has settled or the call has ended. */
  constructor(done: () => void) {
    this.#done = done;
  }

  note(mark: Mark): void {
    const ms = this.elapsedMs();
    switch (mark.kind) {
      case 'gate':
        this.#gateMs ??= ms;
        break;
      case 'ungate':
        this.#ungateMs = ms;
        break;
      case 'reinvite-sent':
        this.#legs[mark.leg].reinviteSent ??= ms;
        break;
      case 'reinvite-answered':
        Object.assign(
          this.#legs[mark.leg],
          { reinviteAnswered: ms, status: mark.status },
          mark.reason === undefined ? {} : { reason: mark.reason },
        );
        break;
      case 'music-started':
        this.#legs[mark.leg].musicStarted ??= ms;
        break;
    }
  }

  finish(): void {
    this.#done();
  }

  /** Milliseconds since the command, to the microsecond. */
  elapsedMs(): number {
    return Math.round((performance.now() - this.#startMs) * 1000) / 1000;
  }

  get gateMs(): number | undefined {
    return this.#gateMs;
  }

  get ungateMs(): number | undefined {
    return this.#ungateMs;
  }

  leg(role: LegRole): Pick<LegProof, 'status' | 'reason' | 'ms'> {
    const { status, reason, ...ms } = this.#legs[role];
    return { status, reason, ms };
  }
}
