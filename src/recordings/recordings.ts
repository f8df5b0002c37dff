/**
 * recordings: the owner of recordings: begins and ends them, and shows those that are done. A recording ends with its call. Whatever goes
 * wrong here, the call goes on as if nobody recorded it.
 */
import type { RecorderPort, RecordWish } from '#calls/record-commands.js';
import type { TapPort } from '#calls/ports.js';
import type { NumberedEvent } from '#calls/event-bus.js';
import type { CallEvent, HoldfastEvent } from '#core/events.js';
import type { CallId } from '#core/leg.js';
import type { Clock } from '#kit/clock.js';
import { Busy, MediaFailed, RecordingNotFound, WrongMoment } from '#kit/errors.js';
import { word } from '#kit/ids.js';
import type { Logger } from '#kit/log.js';
import type { RecordingFacts } from './facts.js';
import { LiveRecording } from './live-recording.js';
import { Shelf } from './shelf.js';

export type RecordingLimits = Readonly<{ maxSeconds: number; maxBytes: number; maxFiles: number; maxAtOnce: number }>;

export type RecordingsDeps = Readonly<{
  folder: string;
  limits: RecordingLimits;
  taps: TapPort;
  /** An address of this machine that rtpengine reaches. */
  address: string;
  publish: (event: CallEvent) => void;
  subscribe: (listener: (event: NumberedEvent) => void) => () => void;
  ffmpeg: () => string | undefined;
  clock: Clock;
  /** Never jumps: sound has its place by how long ago it began, and the clock on the wall may be set meanwhile. */
  steady: Clock;
  log: Logger;
}>;

/** Without `live` it is about to begin. */
type Going = { live?: LiveRecording };

const ID_LENGTH = 16;
/** At the end of the program conversions get this long; then the WAV is what is kept. */
const POLITE_MS = 400;

export class Recordings implements RecorderPort {
  readonly #deps: RecordingsDeps;
  readonly #shelf: Shelf;
  /** One of a call at a time. */
  readonly #going = new Map<CallId, Going>();
  readonly #ending = new Map<string, Promise<void>>();
  readonly #abort = new AbortController();
  readonly #leave: () => void;
  #closed: Promise<void> | undefined;

  static async open(deps: RecordingsDeps): Promise<Recordings> {
    const { folder, limits, log } = deps;
    return new Recordings(deps, await Shelf.open({ folder, ...limits, log }));
  }

  private constructor(deps: RecordingsDeps, shelf: Shelf) {
    this.#deps = deps;
    this.#shelf = shelf;
    this.#leave = deps.subscribe(({ event }) => this.#hear(event));
  }

  isRecording(callId: CallId): boolean {
    return this.#going.has(callId);
  }

  /** @throws Busy, MediaFailed, MediaGone */
  async start(wish: RecordWish): Promise<string> {
    const { callId } = wish;
    const { maxAtOnce } = this.#deps.limits;
    if (this.#closed !== undefined) throw new Busy('this server is closing', 30);
    if (this.#going.has(callId)) throw new WrongMoment('this call is being recorded already', 'in-call');
    if (this.#going.size >= maxAtOnce) throw new Busy(`${maxAtOnce} calls are being recorded already (recordings.maxAtOnce)`, 30);
    const going: Going = {};
    this.#going.set(callId, going);
    const live = await this.#begin(wish, going).catch((error: unknown) => {
      if (this.#going.get(callId) === going) this.#going.delete(callId);
      throw error;
    });
    going.live = live;
    // It may have been stopped, or the call have ended, while rtpengine was asked.
    if (this.#going.get(callId) !== going) this.#end(live);
    return live.id;
  }

  /** @returns false: it is not being recorded. */
  stop(callId: CallId): boolean {
    const going = this.#going.get(callId);
    if (going === undefined) return false;
    this.#going.delete(callId);
    if (going.live !== undefined) this.#end(going.live);
    return true;
  }

  /** Newest first, also those that go on. */
  list(skip: number, limit: number): Readonly<{ total: number; recordings: readonly RecordingFacts[] }> {
    const all = this.#shelf.list();
    return { total: all.length, recordings: all.slice(skip, skip + limit).map((facts) => this.#now(facts)) };
  }

  /** @throws RecordingNotFound */
  get(id: string): RecordingFacts {
    const facts = this.#shelf.get(id);
    if (facts === undefined) throw new RecordingNotFound(id);
    return this.#now(facts);
  }

  /** Where its sound lies. @throws RecordingNotFound, WrongMoment while it goes on */
  fileOf(id: string): Readonly<{ path: string; facts: RecordingFacts }> {
    const facts = this.#completed(id);
    return { path: this.#shelf.pathOf(facts), facts };
  }

  /** @throws RecordingNotFound, WrongMoment while it goes on */
  async remove(id: string): Promise<void> {
    await this.#shelf.remove(this.#completed(id).id);
  }

  /** What goes on is ended; closing twice is closing once. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  #completed(id: string): RecordingFacts {
    const facts = this.get(id);
    if (facts.state === 'recording') throw new WrongMoment('this recording is not completed yet', facts.state);
    return facts;
  }

  async #begin({ callId, parties, format, maxSec, silenceSec }: RecordWish, going: Going): Promise<LiveRecording> {
    const { limits, clock, steady, log } = this.#deps;
    const id = word(ID_LENGTH);
    if (!(await this.#shelf.makeRoom(this.#growing(), 1)))
      throw new Busy('recordings that go on take all the room there is (recordings.maxBytes, maxFiles)', 60);
    return LiveRecording.begin({
      facts: { id, callId, parties, startedAt: iso(clock.now()), state: 'recording', format, seconds: 0, bytes: 0 },
      maxSec: Math.min(maxSec ?? limits.maxSeconds, limits.maxSeconds),
      silenceSec,
      shelf: this.#shelf,
      ear: this.#deps,
      clock: steady,
      log: log.child({ callId, recordingId: id }),
      onEnd: () => {
        if (this.#going.get(callId) === going) this.stop(callId);
      },
      mayGrow: () => this.#shelf.makeRoom(this.#growing()),
    }).catch((error: unknown) => {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
      log.error({ err: error }, 'a recording cannot be written');
      throw new MediaFailed(`the folder of recordings cannot be written: ${code}`, error);
    });
  }

  #end(live: LiveRecording): void {
    const { clock, ffmpeg, publish, log } = this.#deps;
    const ended = live
      .end({ ffmpeg, clock, signal: this.#abort.signal })
      .then(async ({ id, callId, parties, seconds, format }) => {
        publish({ kind: 'recording.completed', callId: callId as CallId, parties, recordingId: id, seconds, format });
        await this.#shelf.makeRoom(this.#growing());
      })
      .catch((error: unknown) => log.error({ err: error, recordingId: live.id }, 'a recording did not end well'))
      .finally(() => this.#ending.delete(live.id));
    this.#ending.set(live.id, ended);
  }

  #growing(): number {
    return [...this.#going.values()].reduce((bytes, { live }) => bytes + (live?.bytes ?? 0), 0);
  }

  /** One that goes on grows while it is looked at. */
  #now(facts: RecordingFacts): RecordingFacts {
    const live = this.#going.get(facts.callId as CallId)?.live;
    return live?.id === facts.id ? { ...facts, seconds: live.seconds, bytes: live.bytes } : facts;
  }

  #hear(event: HoldfastEvent): void {
    if (event.kind === 'call.ended') this.stop(event.callId);
  }

  async #close(): Promise<void> {
    this.#leave();
    for (const callId of [...this.#going.keys()]) this.stop(callId);
    const patience = this.#deps.clock.after('recordings end', POLITE_MS, () => this.#abort.abort());
    await Promise.all(this.#ending.values());
    patience.cancel();
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();
