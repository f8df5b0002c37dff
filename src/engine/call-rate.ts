/**
 * call-rate: how many new calls a second are let in while we, or the application, are behind: fewer when late, more again when in time
 * (additive increase would be too slow for a house whose calls take a second). Pure; what is late is measured by load-watch.ts.
 */
/** Behind by more than this, new calls wait for it and so does every hold. */
const LATE_MS = 120;
/** In a row: a pause of the garbage collector is no overload. */
const LATE_SAMPLES = 5;
/** After it has been made less: until that can be seen. */
const PATIENT_SAMPLES = 7;
const [LESS, MORE] = [0.85, 1.01];
/** Nothing waits: there is room. */
const [IDLE_MS, MUCH_MORE] = [40, 1.04];
/** Whatever is measured: so few calls are not what makes us late, and they show whether it is over. */
const LEAST = 20;
/** A bucket of so many seconds: what comes in one moment has to be done in one moment. */
const BURST_SEC = 0.1;
/** A phone asks twice, because its first INVITE is challenged: let in once and not again would be let in for nothing. */
const LEAST_BURST = 5;
/** In time for so many samples without refusing anybody: it is over. */
const CALM_SAMPLES = 30;
/**
 * What we were behind by at least in so many samples is not what calls have brought: a neighbour on the processor, say. Fewer calls would
 * not help against it.
 */
const BASE_SAMPLES = 30;
/** Of the last half second or so. */
const SMOOTHING = 0.25;
/** What waits grows, or shrinks, by so much of the time that passes: what is beyond is a fault of measuring. */
const [SHRINKS, GROWS] = [-0.5, 20];

export class CallRate {
  /** Infinity: no limit. */
  #perSecond = Infinity;
  #left = LEAST_BURST;
  #filledMs = 0;
  #sampledMs: number | undefined;
  #admitted = 0;
  /** Calls a second that were done, smoothed. */
  #done = 0;
  #beforeMs = 0;
  #refused = false;
  #late = 0;
  /** The least of this window, and of the one before. */
  #base = { samples: 0, leastMs: Infinity, beforeMs: 0 };
  #calm = 0;

  get limited(): boolean {
    return this.#perSecond !== Infinity;
  }

  get perSecond(): number {
    return this.#perSecond;
  }

  /** @param lateMs by how much we, or the application, were behind at worst since the last sample. */
  sample(lateMs: number, nowMs: number): void {
    const seconds = (nowMs - (this.#sampledMs ?? nowMs - 1000)) / 1000;
    this.#sampledMs = nowMs;
    if (seconds <= 0) return;
    // Of what was let in so much is done as does not make us later.
    const growth = Math.min(GROWS, Math.max(SHRINKS, (lateMs - this.#beforeMs) / 1000 / seconds));
    this.#done += SMOOTHING * (this.#admitted / seconds / (1 + growth) - this.#done);
    this.#beforeMs = lateMs;
    this.#admitted = 0;
    const late = lateMs > LATE_MS + this.#baseMs(lateMs);
    this.#late = late ? this.#late + 1 : Math.min(0, this.#late);
    this.#calm = late || this.#refused ? 0 : this.#calm + 1;
    this.#refused = false;
    if (this.#late >= LATE_SAMPLES && (this.limited || this.#done > LEAST)) {
      this.#late = -PATIENT_SAMPLES;
      this.#perSecond = Math.max(LEAST, Math.min(this.#perSecond, this.#done) * LESS);
    } else if (!late && this.limited)
      this.#perSecond = this.#calm >= CALM_SAMPLES ? Infinity : this.#perSecond * (lateMs < IDLE_MS ? MUCH_MORE : MORE);
  }

  #baseMs(lateMs: number): number {
    const { samples, leastMs, beforeMs } = this.#base;
    const least = Math.min(leastMs, lateMs);
    this.#base =
      samples + 1 >= BASE_SAMPLES
        ? { samples: 0, leastMs: Infinity, beforeMs: least }
        : { samples: samples + 1, leastMs: least, beforeMs };
    return Math.min(least, beforeMs);
  }

  /** One more call asks. */
  admits(nowMs: number): boolean {
    if (this.limited && !this.#pour(nowMs)) {
      this.#refused = true;
      return false;
    }
    this.#admitted += 1;
    return true;
  }

  #pour(nowMs: number): boolean {
    const most = Math.max(LEAST_BURST, this.#perSecond * BURST_SEC);
    this.#left = Math.min(most, this.#left + (Math.max(0, nowMs - this.#filledMs) / 1000) * this.#perSecond);
    this.#filledMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
