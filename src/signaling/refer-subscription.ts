/**
 * refer-subscription: how one REFER goes on, told to its phone by NOTIFY (RFC 3515 §2.4.4, §2.4.5; RFC 6665 §4.2.2): never two at once, the
 * newest word takes the place of one that was not sent yet, and there is a last one.
 */
import type { Clock, Timer } from '#kit/clock.js';
import type { Headers } from './srf.js';

/** Where a NOTIFY goes: the dialog of the REFER. `answered` hears the final status, 408 where none came, 481 where the dialog is gone. */
export type Notify = (headers: Headers, body: string, answered: (status: number) => void) => void;

type Word = Readonly<{ status: number; reason: string }>;
type Ending = 'noresource' | 'timeout';

/** RFC 3515 §2.4.4: long enough for a phone to ring and be answered. */
const LASTS_SEC = 300;

export class ReferSubscription {
  /** As it stands in Event: `refer`, or with an id. */
  readonly event: string;
  readonly #clock: Clock;
  readonly #notify: Notify;
  readonly #over: () => void;
  #last: Word = { status: 100, reason: 'Trying' };
  #unsent = false;
  #sending = false;
  #ending: Ending | undefined;
  #closed = false;
  #endsMs = 0;
  #timer: Timer | undefined;

  constructor(event: string, clock: Clock, notify: Notify, over: () => void) {
    this.event = event;
    this.#clock = clock;
    this.#notify = notify;
    this.#over = over;
  }

  get isOpen(): boolean {
    return !this.#closed && this.#ending === undefined;
  }

  /** The last word is on its way. */
  get isEnding(): boolean {
    return !this.#closed && this.#ending !== undefined;
  }

  /** RFC 3515 §2.4.4: the first NOTIFY follows at once, whatever is known. */
  begin(): void {
    this.extend();
    this.#say();
  }

  /** RFC 6665 §4.2.1: a SUBSCRIBE in the dialog, which wants to hear the state again. @returns for how long from now on. */
  extend(): number {
    this.#timer?.cancel();
    this.#endsMs = this.#clock.now() + LASTS_SEC * 1000;
    this.#timer = this.#clock.after(`transfer subscription ${this.event}`, LASTS_SEC * 1000, () => this.#end('timeout'));
    return LASTS_SEC;
  }

  repeat(): void {
    if (this.isOpen) this.#say();
  }

  tell(status: number, reason: string): void {
    if (!this.isOpen) return;
    this.#last = { status, reason };
    if (status >= 200) this.#end('noresource');
    else this.#say();
  }

  /** The phone wants to hear no more of it, or has waited long enough. */
  stop(): void {
    if (this.isOpen) this.#end('timeout');
  }

  #end(ending: Ending): void {
    this.#ending = ending;
    this.#timer?.cancel();
    this.#say();
  }

  #say(): void {
    this.#unsent = true;
    this.#next();
  }

  #next(): void {
    if (this.#closed || this.#sending || !this.#unsent) return;
    this.#unsent = false;
    this.#sending = true;
    const ends = this.#ending !== undefined;
    this.#notify(this.#headers(), sipfrag(this.#last), (status) => {
      this.#sending = false;
      // RFC 6665 §4.2.2: a phone that knows nothing of it, or is not there, hears no more.
      if (ends || status === 481 || status === 408) this.close();
      else this.#next();
    });
  }

  #headers(): Headers {
    const leftSec = Math.max(0, Math.round((this.#endsMs - this.#clock.now()) / 1000));
    const state = this.#ending === undefined ? `active;expires=${leftSec}` : `terminated;reason=${this.#ending}`;
    return { Event: this.event, 'Subscription-State': state, 'Content-Type': 'message/sipfrag;version=2.0' };
  }

  /** Without a word: the dialog is gone. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#over();
  }
}

/** RFC 3420: the status line alone; whatever else the answer said is not the transferor's business (RFC 3515 §5.3). */
const sipfrag = ({ status, reason }: Word): string => `SIP/2.0 ${status} ${reason.replace(/[^\x20-\x7e]/g, ' ')}\r\n`;
