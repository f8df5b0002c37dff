/**
 * notifier: tells one subscriber of one extension what it does (RFC 6665 §4.2.2): one NOTIFY at a time, each with everything, numbered
 * without a gap; what happens meanwhile is in the next one.
 */
import type { Clock, Timer } from '#kit/clock.js';
import { askInDialog, type FinalAnswer } from '../dialog-request.js';
import type { Srf } from '../srf.js';
import { DIALOG_INFO, writeDialogInfo, type ExtensionDialog } from './dialog-info.js';

/** RFC 6665 §4.1.3: asked for no longer, or not refreshed; we close, and may be asked again later. */
export type Ending = 'timeout' | 'probation;retry-after=30';

export type NotifierDeps = Readonly<{
  srf: Srf;
  clock: Clock;
  /** The dialog that the SUBSCRIBE made. */
  dialogId: string;
  /** As it stands in Event, with the id the subscriber gave it. */
  event: string;
  extension: string;
  host: string;
  dialogs: () => readonly ExtensionDialog[];
  /** The subscription is over, and nothing more is sent. */
  over: () => void;
}>;

/** More that ended between two NOTIFYs is not remembered: that they are gone is seen all the same. */
const MOST_ENDED = 20;

/** RFC 6665 §4.2.2: with these the subscription is gone. */
const ENDS: ReadonlySet<number> = new Set([404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]);

const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 60_000;

export class Notifier {
  readonly #deps: NotifierDeps;
  #ended: ExtensionDialog[] = [];
  #version = 0;
  #unsent = false;
  #sending = false;
  #ending: Ending | undefined;
  #closed = false;
  #endsMs = 0;
  #timer: Timer | undefined;
  #retry: Timer | undefined;
  /** NOTIFYs in a row that were not taken. */
  #failures = 0;

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
  }

  get extension(): string {
    return this.#deps.extension;
  }

  /** From now on for so long; the state is told again (RFC 6665 §4.2.1.2). */
  extend(expiresSec: number): void {
    if (this.#ending !== undefined) return;
    this.#timer?.cancel();
    this.#endsMs = this.#deps.clock.now() + expiresSec * 1000;
    const { clock, dialogId } = this.#deps;
    this.#timer = clock.after(`dialog subscription ${dialogId}`, expiresSec * 1000, () => this.end('timeout'));
    this.changed();
  }

  changed(ended?: ExtensionDialog): void {
    if (this.#ending !== undefined) return;
    if (ended !== undefined) this.#ended = [...this.#ended, ended].slice(-MOST_ENDED);
    this.#unsent = true;
    this.#next();
  }

  /** With a last word. Ending twice is ending once. */
  end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#timer?.cancel();
    this.#unsent = true;
    this.#next();
  }

  #next(): void {
    if (this.#closed || this.#sending || !this.#unsent) return;
    const { clock, event } = this.#deps;
    this.#unsent = false;
    this.#sending = true;
    const last = this.#ending !== undefined;
    const leftSec = Math.max(0, Math.round((this.#endsMs - clock.now()) / 1000));
    const state = this.#ending === undefined ? `active;expires=${leftSec}` : `terminated;reason=${this.#ending}`;
    const headers = { Event: event, 'Subscription-State': state, 'Content-Type': DIALOG_INFO };
    this.#retry?.cancel();
    const ended = this.#ended;
    askInDialog(this.#deps, { method: 'NOTIFY', headers: () => headers, body: this.#document() }, (answer) => {
      this.#sending = false;
      if (last || endsSubscription(answer)) return this.#close();
      if (answer.status < 300) this.#failures = 0;
      else this.#sayAgain(ended);
      this.#next();
    });
  }

  /** RFC 6665 §4.2.2: what was not taken is told again, or a lamp would stay wrong until the next call. */
  #sayAgain(ended: readonly ExtensionDialog[]): void {
    this.#ended = [...ended, ...this.#ended].slice(-MOST_ENDED);
    const ms = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
    this.#retry = this.#deps.clock.after(`NOTIFY again ${this.#deps.dialogId}`, ms, () => {
      this.#unsent = true;
      this.#next();
    });
  }

  /** RFC 4235 §4.3: the version begins at 0 and grows by one. */
  #document(): string {
    const { extension, host, dialogs } = this.#deps;
    const ended = this.#ended;
    this.#ended = [];
    return writeDialogInfo({ extension, host, version: this.#version++, dialogs: [...dialogs(), ...ended] });
  }

  #close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#retry?.cancel();
    this.#ending ??= 'timeout';
    this.#deps.over();
  }
}

/** No answer at all, where there is no way to the phone, is as good as 408. */
const endsSubscription = ({ status, response }: FinalAnswer): boolean =>
  ENDS.has(status) || (status === 503 && (response === undefined || response.source_address === ''));
