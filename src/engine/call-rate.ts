/**
 * call-rate: how many new calls a second are let in while we, or the application, are behind: fewer when late, more again when in time
 * (additive increase would be too slow for a house whose calls take a second). Pure; what is late is measured by load-watch.ts.
 */
/** Behind by more than this, or by this share of what shuts the door, new calls wait for it and so does every hold. */
const [LATE_MS, LATE_SHARE] = [250, 0.625];
/** In a row: a pause of the garbage collector is no overload. Fewer where there is a limit already. */
const [LATE_SAMPLES, LATE_AGAIN_SAMPLES] = [5, 2];
/**
 * Of what can be done so much is let in when what waits is as long as it may be; less of it the more there is, so that it is worked off
 * within a second or so.
 */
const [FULL_SHARE, WORKED_OFF_MS, LEAST_SHARE] = [0.95, 1000, 0.3];
/** In time for so long with a rate shows that it can be done; late after all, it is believed less. */
const [PROOF_SEC, DOUBT] = [0.9, 0.75];
/** What was done an hour ago, or by calls that were refused for something else, says little: half of it after half a minute. */
const FADES = 0.98;
/** Behind by less than this there is room for more, at each sample by so much: the less waits, the more. */
const [ROOM_MS, MORE] = [60, 0.06];
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
/** Of the last second or so. */
const SMOOTHING = 0.1;
/** What waits can grow by so much of the time that passes, and shrink by all of it: what is beyond is a fault of measuring. */
const [SHRINKS, GROWS] = [-1, 20];

export class CallRate {
  readonly #lateMs: number;
  /** Infinity: no limit. */
  #perSecond = Infinity;
  #left = LEAST_BURST;
  #filledMs = 0;
  #sampledMs: number | undefined;
  #admitted = 0;
  /** Calls that were let in lately, and the seconds that doing them takes: of two measures the younger counts for more. */
  #work = { calls: 0, seconds: 0 };
  /** In time all the while since: calls that were let in, and seconds. */
  #inTime = { calls: 0, seconds: 0 };
  /** So many a second have been done for a second without anything waiting. */
  #proven = 0;
  /** Nothing waits any more that made us let in fewer. */
  #isWorkedOff = true;
  #beforeMs = 0;
  #refused = false;
  #isShut = false;
  #late = 0;
  /** The least of this window, and of the one before. */
  #base = { samples: 0, leastMs: Infinity, beforeMs: 0 };
  #calm = 0;

  /** @param shutMs behind by so much nobody is let in at all. */
  constructor(shutMs = Infinity) {
    this.#lateMs = Math.min(LATE_MS, shutMs * LATE_SHARE);
  }

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
    const wasShut = this.#isShut;
    const admitted = this.#admitted;
    this.#isShut = false;
    this.#admitted = 0;
    this.#measure(lateMs, seconds, wasShut ? undefined : admitted);
    const behindMs = lateMs - this.#baseMs(lateMs);
    this.#prove(behindMs, seconds, admitted);
    const late = behindMs > this.#lateMs;
    this.#late = late ? this.#late + 1 : 0;
    this.#calm = late || this.#refused ? 0 : this.#calm + 1;
    this.#refused = false;
    if (late && !(wasShut && this.limited)) this.#less(behindMs);
    else if (!late && this.limited) this.#more(behindMs);
  }

  /** Calls a second that can be done: what is let in beyond that makes us later by as much time as it takes. */
  get #capacity(): number {
    return this.#work.seconds === 0 ? 0 : this.#work.calls / this.#work.seconds;
  }

  /** @param admitted undefined: nobody was to be let in, which says nothing of how many could be. */
  #measure(lateMs: number, seconds: number, admitted: number | undefined): void {
    const growth = Math.min(GROWS, Math.max(SHRINKS, (lateMs - this.#beforeMs) / 1000 / seconds));
    this.#beforeMs = lateMs;
    if (admitted === undefined) return;
    const { calls, seconds: before } = this.#work;
    this.#work = {
      calls: calls * (1 - SMOOTHING) + admitted,
      seconds: before * (1 - SMOOTHING) + seconds * (1 + growth),
    };
  }

  /**
   * A pause of some tenths of a second, for want of a processor, looks as if calls took longer. So what was done in time before it counts
   * again when all that waited has been done; and less each time that it turns out to be too much.
   */
  #prove(behindMs: number, seconds: number, admitted: number): void {
    if (behindMs > ROOM_MS) {
      this.#inTime = { calls: 0, seconds: 0 };
      return;
    }
    if (!this.#isWorkedOff) this.#perSecond = Math.max(this.#perSecond, FULL_SHARE * this.#proven);
    this.#isWorkedOff = true;
    const calls = this.#inTime.calls + admitted;
    const all = this.#inTime.seconds + seconds;
    if (all >= PROOF_SEC) this.#proven = Math.max(this.#proven * FADES, calls / all);
    this.#inTime = all >= PROOF_SEC ? { calls: 0, seconds: 0 } : { calls, seconds: all };
  }

  #less(behindMs: number): void {
    const capacity = this.#capacity;
    if (this.#late < (this.limited ? LATE_AGAIN_SAMPLES : LATE_SAMPLES) || (!this.limited && capacity < LEAST)) return;
    if (this.#isWorkedOff) this.#proven *= DOUBT;
    this.#isWorkedOff = false;
    const share = Math.max(LEAST_SHARE, FULL_SHARE - (behindMs - ROOM_MS) / WORKED_OFF_MS);
    this.#perSecond = Math.max(LEAST, capacity * share);
  }

  #more(behindMs: number): void {
    if (this.#calm >= CALM_SAMPLES) this.#perSecond = Infinity;
    else this.#perSecond *= 1 + MORE * Math.max(0, 1 - behindMs / ROOM_MS) ** 2;
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

  /** One more call asks, and nobody is let in at all. */
  shut(): void {
    this.#isShut = true;
    this.#refused = true;
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
