/**
 * sounds: plays a piece to a party, and never silence in its place: where rtpengine cannot begin inside a file it begins at its start, and
 * where it cannot play the file at all the chime stands in. Keeps what /health says about it.
 */
import { existsSync } from 'node:fs';
import type { LegId } from '#calls/ports.js';
import type { Logger } from '#kit/log.js';
import type { NgCommands, Sound } from './ng-commands.js';
import { NgRefused } from './ng-client.js';
import { soundFrom, type Piece } from './piece.js';

type CallId = LegId['callId'];
type LegRole = LegId['role'];

export type SoundsDeps = Readonly<{
  ng: NgCommands;
  /** A file with the head of all our files. */
  head: string;
  standIn: Buffer;
  /** A file that was made is not there any more. */
  onGone: () => void;
  log: Logger;
}>;

/** `loops`: again and again, or so many times from its beginning; otherwise once. */
export type Playing = Readonly<{ piece: Piece; fromMs: number; loops: boolean | number }>;

/** So many files at most are remembered as bad. */
const REMEMBERED = 100;

export class Sounds {
  readonly #deps: SoundsDeps;
  /** Found silent at start: rtpengine says `ok` and nothing is heard, so it is not tried again. */
  readonly #silent = new Map<string, string>();
  /** Refused when last tried: a file may come back. */
  readonly #refused = new Map<string, string>();
  /** This rtpengine cannot begin inside a file: its ffmpeg was built without `concat`, or it reads files by itself. */
  #onlyWhole = false;

  constructor(deps: SoundsDeps) {
    this.#deps = deps;
  }

  /**
   * The same refusal is given for a party that cannot be played to at all; then the stand-in is refused too, and the file is not to blame.
   * @returns where in the piece it began.
   */
  async play(callId: CallId, listener: LegRole, { piece, fromMs, loops }: Playing): Promise<number> {
    const { ng } = this.#deps;
    const from = this.#onlyWhole ? 0 : fromMs;
    try {
      await ng.playMedia(callId, listener, this.of(piece, from, loops === true), loops);
      this.#refused.delete(piece.file);
      return from;
    } catch (error) {
      if (!isUnplayable(error)) throw error;
      if (from > 0) return this.#playWhole(callId, listener, piece, loops);
      await ng.playMedia(callId, listener, this.standIn, loops);
      this.refused(piece, error.reason);
      return 0;
    }
  }

  of(piece: Piece, fromMs = 0, loops = true): Sound {
    return this.#silent.has(piece.file) ? this.standIn : soundFrom(piece, fromMs, this.#deps.head, loops);
  }

  get standIn(): Sound {
    return { blob: this.#deps.standIn };
  }

  silent(piece: Piece, why: string): void {
    this.#remember(this.#silent, piece, why);
  }

  refused(piece: Piece, why: string): void {
    if (!this.#refused.has(piece.file)) this.#deps.log.error({ file: piece.file, why }, 'a tone is played instead');
    this.#remember(this.#refused, piece, why);
    if (!existsSync(piece.file)) this.#deps.onGone();
  }

  /** A tone is heard in the place of this piece. */
  standsInFor(piece: Piece): boolean {
    return this.#silent.has(piece.file) || this.#refused.has(piece.file);
  }

  get problems(): readonly string[] {
    return [...this.#silent, ...this.#refused].map(([file, why]) => `a tone is played instead of ${file}: ${why}`);
  }

  /** The place is to blame when the whole file is played. */
  async #playWhole(callId: CallId, listener: LegRole, piece: Piece, loops: boolean | number): Promise<number> {
    await this.play(callId, listener, { piece, fromMs: 0, loops });
    if (!this.#onlyWhole && !this.standsInFor(piece)) {
      this.#onlyWhole = true;
      this.#deps.log.warn('this rtpengine cannot begin inside a file: music begins anew with every hold');
    }
    return 0;
  }

  #remember(where: Map<string, string>, { file }: Piece, why: string): void {
    where.set(file, why);
    const [oldest] = where.keys();
    if (where.size > REMEMBERED && oldest !== undefined) where.delete(oldest);
  }
}

const isUnplayable = (error: unknown): error is NgRefused =>
  error instanceof NgRefused && /failed to start media playback/i.test(error.reason);
