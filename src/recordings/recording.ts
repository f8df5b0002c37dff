/**
 * recording: one call while it is recorded: both parties' tracks, brought to the file twice a second. Ends by itself when its time is over,
 * when nobody has spoken for long, and when the disk gives up. Where sound comes from is ear.ts.
 */
import type { Pcm } from '#conference/frame.js';
import { SAMPLE_RATE, SAMPLES_PER_MS } from '#conference/frame.js';
import type { Clock, Timer } from '#kit/clock.js';
import { Track } from './track.js';
import { FRAME_BYTES, interleave } from './wav.js';

/** A file that takes sound; WavFile is one. */
export interface SoundFile {
  readonly bytes: number;
  readonly problem: string | undefined;
  append(sound: Buffer): void;
  finish(): Promise<void>;
}

export type RecordingOptions = Readonly<{
  id: string;
  file: SoundFile;
  clock: Clock;
  maxSec: number;
  silenceSec?: number | undefined;
  /** It has ended by itself. */
  onEnd: () => void;
  /** Every half second. */
  onTick?: () => void;
}>;

const TICK_MS = 500;
/** Sound that comes later than this has missed its place. */
const WAIT_MS = 300;
/** What is softer than this at its loudest is silence (about -54 dB). */
const AUDIBLE = 64;

export class Recording {
  readonly caller: Track;
  readonly callee: Track;
  readonly #options: RecordingOptions;
  readonly #startMs: number;
  #silent = 0;
  #timer: Timer;
  #finished: Promise<void> | undefined;

  constructor(options: RecordingOptions) {
    this.#options = options;
    this.#startMs = options.clock.now();
    this.caller = new Track(this.#startMs);
    this.callee = new Track(this.#startMs);
    this.#timer = this.#next();
  }

  get bytes(): number {
    return this.#options.file.bytes;
  }

  get seconds(): number {
    return this.bytes / FRAME_BYTES / SAMPLE_RATE;
  }

  get problem(): string | undefined {
    return this.#options.file.problem;
  }

  /** What was heard up to now is written, and the file is whole. Finishing twice is finishing once. */
  finish(): Promise<void> {
    if (this.#finished !== undefined) return this.#finished;
    this.#timer.cancel();
    this.#write(0);
    return (this.#finished = this.#options.file.finish());
  }

  #next(): Timer {
    const { clock, id } = this.#options;
    return clock.after(`recording ${id}`, TICK_MS, () => this.#tick());
  }

  #tick(): void {
    this.#options.onTick?.();
    if (this.#finished !== undefined) return;
    this.#write(WAIT_MS);
    const { maxSec, silenceSec = Infinity, onEnd } = this.#options;
    const over = this.caller.taken >= maxSec * SAMPLE_RATE || this.#silent >= silenceSec * SAMPLE_RATE;
    if (over || this.problem !== undefined) return onEnd();
    this.#timer = this.#next();
  }

  #write(waitMs: number): void {
    const elapsedMs = this.#options.clock.now() - this.#startMs;
    const due = Math.min((elapsedMs - waitMs) * SAMPLES_PER_MS, this.#options.maxSec * SAMPLE_RATE);
    // A program that was stopped for a while has much to catch up with: a second at a time.
    for (let left = Math.floor(due) - this.caller.taken; left > 0; left -= SAMPLE_RATE) this.#bring(Math.min(left, SAMPLE_RATE));
  }

  #bring(count: number): void {
    const left: Pcm = new Int16Array(count);
    const right: Pcm = new Int16Array(count);
    this.caller.take(left);
    this.callee.take(right);
    this.#silent = isAudible(left) || isAudible(right) ? 0 : this.#silent + count;
    this.#options.file.append(interleave(left, right));
  }
}

const isAudible = (samples: Pcm): boolean => samples.some((sample) => sample >= AUDIBLE || sample <= -AUDIBLE);
