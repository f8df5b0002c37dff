/**
 * provisional: our 1xx to one INVITE. What a phone can have reliably (RFC 3262) it gets so where it matters: an SDP always, and
 * everything where it requires it. The engine repeats them; here is the order: one at a time, and no 200 before the last PRACK.
 */
import type { Clock, Timer } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import { hasToken, SUPPORTED } from './extensions.js';
import { ALLOW, bodyOf, SDP_TYPE } from './sip-words.js';
import { wordsOf, type SrfRequest, type SrfResponse } from './srf.js';

/** 64*T1 (RFC 3262 §3). */
const PRACK_MS = 32_000;

type Wanted = Readonly<{ status: number; sdp: string | undefined }>;

export type ProvisionalDeps = Readonly<{
  clock: Clock;
  log: Logger;
  /** The dialog has a name now. */
  named: (dialogId: string | undefined) => void;
  /** The phone never said PRACK. */
  unacknowledged: () => void;
}>;

export class Provisional {
  readonly #response: SrfResponse;
  readonly #deps: ProvisionalDeps;
  readonly #may: 'never' | 'with-sdp' | 'always' | 'none-at-all';
  /** Runs while a reliable one waits for its PRACK. */
  #wait: Timer | undefined;
  /** What is to be said after that PRACK; a newer word takes the place of an older one. */
  #next: Wanted | undefined;
  #then: (() => void) | undefined;
  #agreedSdp: string | undefined;
  #over = false;

  constructor(request: SrfRequest, response: SrfResponse, deps: ProvisionalDeps) {
    this.#response = response;
    this.#deps = deps;
    this.#may = reliability(request);
  }

  /** The phone has our answer for certain: it may offer again before the 200. */
  get agreed(): boolean {
    return this.#agreedSdp !== undefined;
  }

  send(status: number, sdp?: string): void {
    if (this.#over || this.#may === 'none-at-all') return;
    // RFC 3262 §5: the answer has been given; saying it again would need another PRACK.
    const wanted = { status, sdp: sdp === this.#agreedSdp ? undefined : sdp };
    const reliable = this.#may === 'always' || (this.#may === 'with-sdp' && wanted.sdp !== undefined);
    if (!reliable) return this.#send(wanted, {});
    // RFC 3262 §3: never a second one before the PRACK of the first.
    if (this.#wait !== undefined) this.#next = { status, sdp: wanted.sdp ?? this.#next?.sdp };
    else this.#sendReliably(wanted);
  }

  /** A 200 waits: to the calls the phone is answered already. */
  get holdsBack(): boolean {
    return this.#then !== undefined;
  }

  /** Runs `then` when nothing waits for a PRACK any more: at once, as a rule. */
  whenAcknowledged(then: () => void): void {
    this.#next = undefined; // overtaken by what comes now
    if (this.#wait === undefined) return then();
    this.#then = then;
  }

  /** The final response has gone, or never will. */
  end(): void {
    this.#over = true;
    this.#wait?.cancel();
    this.#wait = undefined;
    this.#then = undefined;
  }

  #sendReliably(wanted: Wanted): void {
    const { clock, unacknowledged } = this.#deps;
    this.#wait = clock.after('PRACK', PRACK_MS, () => {
      this.end();
      unacknowledged();
    });
    this.#send(wanted, { Require: '100rel', Allow: ALLOW, Supported: SUPPORTED }, () => this.#onPrack(wanted));
  }

  #onPrack({ sdp }: Wanted): void {
    if (this.#over) return;
    this.#wait?.cancel();
    this.#wait = undefined;
    this.#agreedSdp = sdp ?? this.#agreedSdp;
    const [next, then] = [this.#next, this.#then];
    this.#next = undefined;
    this.#then = undefined;
    if (then !== undefined) return then();
    if (next !== undefined) this.send(next.status, next.sdp);
  }

  #send({ status, sdp }: Wanted, headers: Readonly<Record<string, string>>, pracked?: () => void): void {
    const options = sdp === undefined ? { headers } : { headers: { ...headers, 'Content-Type': SDP_TYPE }, body: sdp };
    const sent = (error: unknown): void => {
      if (error) this.#deps.log.debug({ status, why: wordsOf(error) }, 'provisional response not sent');
      else this.#deps.named(this.#response.stackDialogId);
    };
    this.#response.send(status, options, sent, pracked);
  }
}

/** RFC 3262 §3. */
function reliability(request: SrfRequest): 'never' | 'with-sdp' | 'always' | 'none-at-all' {
  const offers = bodyOf(request) !== undefined;
  // §5: where the INVITE has no offer the first reliable response must carry one, and ours comes in the 200. 100 was said.
  if (hasToken(request, 'Require', '100rel')) return offers ? 'always' : 'none-at-all';
  return hasToken(request, 'Supported', '100rel') && offers ? 'with-sdp' : 'never';
}
