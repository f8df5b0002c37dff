/**
 * ping: OPTIONS to phones behind NAT and on connections, so that the way to them stays open and its end is noticed.
 */
import type { Binding } from '#core/bindings.js';
import type { Clock, Timer } from '#kit/clock.js';
import { inSteps } from '#kit/in-steps.js';
import { targetOf, type Registrar } from '#registrar/registrar.js';
import type { Srf } from './srf.js';

/** One lost datagram is no lost phone: it takes two silent pings. */
const SILENT_PINGS = 2;

export class Pinger {
  readonly #srf: Srf;
  readonly #registrar: Registrar;
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #silent = new WeakMap<Binding, number>();
  #timer: Timer | undefined;
  #closed = false;

  constructor(srf: Srf, registrar: Registrar, clock: Clock, everySeconds: number) {
    this.#srf = srf;
    this.#registrar = registrar;
    this.#clock = clock;
    this.#everyMs = everySeconds * 1000;
  }

  /** Those whose connection has gone with the last life are asked at once: many listen at their Contact too. */
  begin(): void {
    void inSteps('first OPTIONS', this.#clock, this.#registrar.unreachable(), ([aor, binding]) => this.#ping(aor, binding));
    this.#nextRound();
  }

  #nextRound(): void {
    if (this.#closed) return;
    this.#timer = this.#clock.after('OPTIONS ping', this.#everyMs, () => {
      for (const [aor, binding] of this.#registrar.toPing()) this.#ping(aor, binding);
      this.#nextRound();
    });
  }

  stop(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #ping(aor: string, binding: Binding): void {
    if (this.#closed) return;
    try {
      this.#send(aor, binding);
    } catch {
      // drachtio-srf throws while it is not connected. That says nothing of the phone; the next round asks again.
    }
  }

  #send(aor: string, binding: Binding): void {
    const { uri, nextHop } = targetOf(binding);
    const headers = { From: '<sip:ping@localhost>', To: `<${uri}>`, 'Max-Forwards': '70' };
    this.#srf.request(
      { method: 'OPTIONS', uri, ...(nextHop === undefined ? {} : { proxy: nextHop }), headers },
      (error, request) => {
        if (error || request === undefined) return this.#heard(aor, binding, false);
        request.on('response', (response) => {
          // Any answer of the phone's own says that it is there; 408 and 503 are the engine's for silence and a closed connection.
          if (response.status >= 200) this.#heard(aor, binding, response.status !== 408 && response.status !== 503);
        });
      },
    );
  }

  #heard(aor: string, binding: Binding, answered: boolean): void {
    const silent = answered ? 0 : (this.#silent.get(binding) ?? 0) + 1;
    this.#silent.set(binding, silent);
    if (answered) this.#registrar.setReachable(aor, binding, true);
    else if (silent >= SILENT_PINGS) this.#registrar.setReachable(aor, binding, false);
  }
}
