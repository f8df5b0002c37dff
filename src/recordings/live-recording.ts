/**
 * live-recording: one recording with everything that belongs to it while it goes on: two ears, a file, what is known of it. Built all or
 * nothing, and taken apart once.
 */
import type { CallId, LegRole } from '#core/leg.js';
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import { rm, stat } from 'node:fs/promises';
import { Ear, type EarDeps } from './ear.js';
import type { RecordingFacts } from './facts.js';
import { makeMp3 } from './mp3.js';
import { Recording } from './recording.js';
import type { Shelf } from './shelf.js';
import { WavFile } from './wav-file.js';

export type LiveRecordingDeps = Readonly<{
  facts: RecordingFacts;
  maxSec: number;
  silenceSec?: number | undefined;
  shelf: Shelf;
  ear: Pick<EarDeps, 'taps' | 'address'>;
  clock: Clock;
  log: Logger;
  /** It wants to end. */
  onEnd: () => void;
  /** Asked now and then. */
  mayGrow: () => Promise<boolean>;
}>;

export type Ending = Readonly<{ ffmpeg: () => string | undefined; clock: Clock; signal: AbortSignal }>;

/** Room is asked for every ten seconds. */
const TICKS_PER_ROOM = 20;

export class LiveRecording {
  readonly #deps: LiveRecordingDeps;
  readonly #recording: Recording;
  #ears: readonly Ear[] = [];
  #ticks = 0;

  /** @throws what the disk or rtpengine say; nothing is left then. */
  static async begin(deps: LiveRecordingDeps): Promise<LiveRecording> {
    const { facts, shelf } = deps;
    const file = await WavFile.create(shelf.pathOf({ id: facts.id, format: 'wav' }));
    const live = new LiveRecording(deps, file);
    try {
      await shelf.put(facts);
      await live.#listen();
      return live;
    } catch (error) {
      await live.#stop();
      await shelf.remove(facts.id);
      throw error;
    }
  }

  private constructor(deps: LiveRecordingDeps, file: WavFile) {
    this.#deps = deps;
    const { facts, clock, maxSec, silenceSec, onEnd } = deps;
    this.#recording = new Recording({ id: facts.id, file, clock, maxSec, silenceSec, onEnd, onTick: () => this.#tick() });
  }

  get id(): string {
    return this.#deps.facts.id;
  }

  get seconds(): number {
    return this.#recording.seconds;
  }

  get bytes(): number {
    return this.#recording.bytes;
  }

  /** @returns what is known of it now that it is done. */
  async end({ ffmpeg, clock, signal }: Ending): Promise<RecordingFacts> {
    const { facts, shelf, log } = this.#deps;
    await this.#stop();
    const wav = shelf.pathOf({ ...facts, format: 'wav' });
    const mp3 = shelf.pathOf({ ...facts, format: 'mp3' });
    const trouble = facts.format === 'mp3' ? await makeMp3({ ffmpeg: ffmpeg(), wav, mp3, clock, signal }) : undefined;
    const problem = this.#recording.problem ?? trouble;
    if (problem !== undefined) log.warn({ problem }, 'recording');
    const format = trouble === undefined ? facts.format : 'wav';
    const { size } = await stat(format === 'mp3' ? mp3 : wav);
    const why = problem === undefined ? {} : { problem: problem.slice(0, 300) };
    const done: RecordingFacts = { ...facts, state: 'completed', format, seconds: this.seconds, bytes: size, ...why };
    try {
      await shelf.put(done);
      if (format === 'mp3') await rm(wav, { force: true });
    } catch (error) {
      // On a full disk it is known as long as the program runs, and mended at the next start: from the WAV, which stays for that.
      log.warn({ err: error }, 'what is known of a recording cannot be written');
    }
    return done;
  }

  async #listen(): Promise<void> {
    const { facts, ear, clock, log } = this.#deps;
    const open = (role: LegRole): Promise<Ear> =>
      Ear.open({ callId: facts.callId as CallId, role }, { ...ear, clock, log }, (ssrc, timestamp, samples) =>
        this.#recording[role].place(ssrc, timestamp, samples, clock.now()),
      );
    const opened = await Promise.allSettled([open('caller'), open('callee')]);
    this.#ears = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    for (const one of opened) if (one.status === 'rejected') throw one.reason;
  }

  #tick(): void {
    for (const ear of this.#ears) ear.check();
    if (++this.#ticks % TICKS_PER_ROOM !== 0) return;
    const { mayGrow, onEnd, log } = this.#deps;
    mayGrow().then(
      (may) => {
        if (!may) onEnd();
      },
      (error: unknown) => log.warn({ err: error }, 'no room could be made for recordings'),
    );
  }

  async #stop(): Promise<void> {
    await Promise.all([this.#recording.finish(), ...this.#ears.map((ear) => ear.close())]);
  }
}
