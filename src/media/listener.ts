/**
 * listener: what one party of one call hears, piece after piece. rtpengine 10.5 does not tell when a file has ended and knows no playlist,
 * so this knows how long each piece lasts and begins the next one. Commands go out one after the other: rtpengine may turn round what
 * is on the way together, and music that begins after it was stopped would be heard over voices.
 */
import type { Announcement, PlayedSound } from '#calls/ports.js';
import { assertNever, MediaGone } from '#kit/errors.js';
import type { Clock, Timer } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import type { ClassMusic } from './music-library.js';
import type { Piece } from './piece.js';
import { firstTurn, nextTurn, type Random, type Turn } from './playlist.js';
import type { Playing } from './sounds.js';

export type ListenerDeps = Readonly<{
  /** For timers and logs. */
  name: string;
  /** @returns where in the piece it began. */
  play: (playing: Playing) => Promise<number>;
  silence: () => Promise<void>;
  /** Another piece has begun; undefined: one without end. */
  turned: (lastsMs: number | undefined) => void;
  musicOf: (name: string) => ClassMusic;
  ringback: Piece;
  prompt: (announcement: Announcement) => Promise<Piece>;
  random: Random;
  clock: Clock;
  log: Logger;
}>;

/** What plays of which class, and since when. */
type Now = Readonly<{ music: string; turn: Turn; startedMs: number; loops: boolean }>;

/** So many classes at most are gone on with in one call. */
const PLACES_LIMIT = 8;
/** rtpengine did not answer: the music is tried again after so long. */
const RETRY_MS = 2000;

export class Listener {
  readonly #deps: ListenerDeps;
  /** Where the music of each class stopped. */
  readonly #places = new Map<string, Turn>();
  readonly #timers = new Map<'piece' | 'cue' | 'announcement', Timer>();
  #lane: Promise<void> = Promise.resolve();
  /** Counts what was asked for from outside: what was begun for something older comes to nothing. */
  #asked = 0;
  /** Counts what was begun, so that the end of something that was interrupted is not taken for the end of what plays now. */
  #step = 0;
  #sound: PlayedSound | undefined;
  #now: Now | undefined;
  #announceAtMs: number | undefined;
  /** What a program plays. */
  #front: Playing | undefined;

  constructor(deps: ListenerDeps) {
    this.#deps = deps;
  }

  /** Music of a class that was heard before in this call goes on where it stopped. */
  play(sound: PlayedSound): Promise<void> {
    return this.#ask(async (asked) => {
      this.#leave();
      this.#sound = sound;
      const announcement = this.#announcement;
      this.#announceAtMs = announcement === undefined ? undefined : this.#deps.clock.now() + announcement.everySeconds * 1000;
      // It is made while the music plays, not when it is due.
      if (announcement !== undefined) void this.#deps.prompt(announcement).catch(() => undefined);
      await this.#begin(asked);
    });
  }

  stop(): Promise<void> {
    return this.#ask(async () => {
      this.#leave();
      this.#sound = undefined;
      this.#announceAtMs = undefined;
      if (this.#front === undefined) await this.#deps.silence();
    });
  }

  /** Once; then what played before goes on. It takes nothing back of what was asked for: who stops meanwhile does not hear it. */
  interject(piece: Piece): Promise<void> {
    const asked = this.#asked;
    return this.#inLane(asked, () => this.#cue(piece, asked));
  }

  /**
   * Over everything else, until `endFront`: what is asked for meanwhile is heard then. It waits for nothing that was asked for before, and
   * takes nothing of it back.
   */
  front(playing: Playing): Promise<void> {
    this.#front = playing;
    return this.#run(async () => {
      if (this.#front !== playing) return; // over before it began
      this.#leave();
      this.#cancelTimers();
      try {
        await this.#play(playing);
      } catch (error) {
        await this.#afterFront(playing);
        throw error;
      }
    });
  }

  endFront(): Promise<void> {
    const front = this.#front;
    return front === undefined ? Promise.resolve() : this.#run(() => this.#afterFront(front));
  }

  async #afterFront(front: Playing): Promise<void> {
    if (this.#front !== front) return; // another has taken its place
    this.#front = undefined;
    if (this.#sound === undefined) await this.#deps.silence();
    else await this.#begin(this.#asked);
  }

  #run(what: () => Promise<void>): Promise<void> {
    const done = this.#lane.then(what);
    this.#lane = done.catch(() => undefined);
    return done;
  }

  /** The call is over, or its media is: no timer goes on, nothing more is played. */
  end(): void {
    this.#asked++;
    this.#cancelTimers();
  }

  /** `program`: over everything else; `interjection`: what was playing goes on after it. */
  get hears(): 'nothing' | 'sound' | 'interjection' | 'program' {
    if (this.#front !== undefined) return 'program';
    if (this.#timers.has('cue')) return 'interjection';
    return this.#sound === undefined ? 'nothing' : 'sound';
  }

  /** Whether anything waits for its time. */
  get waits(): boolean {
    return this.#timers.size > 0;
  }

  #ask(what: (asked: number) => Promise<void>): Promise<void> {
    const asked = ++this.#asked;
    this.#cancelTimers();
    return this.#inLane(asked, what);
  }

  /** What was asked for meanwhile makes this one needless. */
  #inLane(asked: number, what: (asked: number) => Promise<void>): Promise<void> {
    return this.#run(() => (asked === this.#asked ? what(asked) : Promise.resolve()));
  }

  async #begin(asked: number): Promise<void> {
    const sound = this.#sound;
    if (sound === undefined || this.#front !== undefined) return;
    switch (sound.kind) {
      case 'ringback':
        await this.#play({ piece: this.#deps.ringback, fromMs: 0, loops: true });
        return;
      case 'music': {
        const { playlist } = this.#deps.musicOf(sound.music);
        await this.#playTurn(sound.music, firstTurn(playlist, this.#places.get(sound.music), this.#deps.random), asked);
        return this.#armAnnouncement(asked);
      }
      default:
        assertNever(sound);
    }
  }

  /** One piece alone repeats by itself and needs no timer: this is the case of thousands of listeners. */
  async #playTurn(music: string, turn: Turn, asked: number): Promise<void> {
    const loops = this.#deps.musicOf(music).playlist.pieces.length === 1;
    const fromMs = await this.#play({ piece: turn.piece, fromMs: turn.fromMs, loops });
    this.#now = { music, turn: { ...turn, fromMs }, startedMs: this.#deps.clock.now(), loops };
    if (!loops) this.#arm('piece', turn.piece.ms - fromMs, asked, () => this.#goOn(asked));
  }

  async #goOn(asked: number): Promise<void> {
    if (this.#now === undefined) return this.#begin(asked);
    const { music, turn } = this.#now;
    await this.#playTurn(music, nextTurn(this.#deps.musicOf(music).playlist, turn, this.#deps.random), asked);
  }

  /** @throws what rtpengine says; what played before goes on then too. */
  async #cue(piece: Piece, asked: number): Promise<void> {
    if (this.#front !== undefined) return; // what a program says goes before reminders and announcements
    this.#leave();
    this.#cancelTimers();
    try {
      await this.#play({ piece, fromMs: 0, loops: false });
    } catch (error) {
      await this.#begin(asked);
      throw error;
    }
    this.#arm('cue', piece.ms, asked, () => this.#begin(asked));
  }

  async #play(playing: Playing): Promise<number> {
    this.#step++;
    const fromMs = await this.#deps.play(playing);
    this.#deps.turned(lastsMs(playing, fromMs));
    return fromMs;
  }

  /** Remembers the place, so that the same class goes on there. */
  #leave(): void {
    if (this.#now === undefined) return;
    const { music, turn, startedMs, loops } = this.#now;
    const playedMs = turn.fromMs + this.#deps.clock.now() - startedMs;
    this.#places.delete(music);
    this.#places.set(music, { ...turn, fromMs: loops ? playedMs % turn.piece.ms : Math.min(playedMs, turn.piece.ms) });
    const [oldest] = this.#places.keys();
    if (this.#places.size > PLACES_LIMIT && oldest !== undefined) this.#places.delete(oldest);
    this.#now = undefined;
  }

  get #announcement(): Announcement | undefined {
    if (this.#sound?.kind !== 'music') return undefined;
    return this.#sound.announcement ?? this.#deps.musicOf(this.#sound.music).announcement;
  }

  #armAnnouncement(asked: number): void {
    if (this.#announceAtMs === undefined) return;
    const inMs = Math.max(0, this.#announceAtMs - this.#deps.clock.now());
    this.#wait('announcement', inMs, asked, () => void this.#announce(asked));
  }

  /** Made outside the lane: whoever wants to stop does not wait for words. One that cannot be made is left out, until the next is due. */
  async #announce(asked: number): Promise<void> {
    const announcement = this.#announcement;
    if (announcement === undefined) return;
    const { prompt, clock, log, name } = this.#deps;
    this.#announceAtMs = clock.now() + announcement.everySeconds * 1000;
    try {
      const piece = await prompt(announcement);
      await this.#inLane(asked, async () => {
        this.#announceAtMs = clock.now() + piece.ms + announcement.everySeconds * 1000;
        await this.#cue(piece, asked);
      });
    } catch (error) {
      log.warn({ listener: name, err: error }, 'an announcement is left out');
      if (!(error instanceof MediaGone)) this.#armAnnouncement(asked);
    }
  }

  /** Does something when what plays now has ended, unless something else plays by then. */
  #arm(what: 'piece' | 'cue', ms: number, asked: number, then: () => Promise<void>): void {
    const { log, name } = this.#deps;
    const step = this.#step;
    this.#wait(what, ms, asked, () => {
      this.#inLane(asked, () => (step === this.#step ? then() : Promise.resolve())).catch((error: unknown) => {
        log.warn({ listener: name, err: error }, 'music could not go on');
        // Nothing waits for a call that rtpengine does not know any more.
        if (!(error instanceof MediaGone)) this.#arm(what, RETRY_MS, asked, then);
      });
    });
  }

  #wait(what: 'piece' | 'cue' | 'announcement', ms: number, asked: number, due: () => void): void {
    this.#timers.get(what)?.cancel();
    this.#timers.delete(what);
    if (asked !== this.#asked) return;
    const timer = this.#deps.clock.after(`${what} of ${this.#deps.name}`, ms, () => {
      this.#timers.delete(what);
      due();
    });
    this.#timers.set(what, timer);
  }

  #cancelTimers(): void {
    this.#timers.forEach((timer) => timer.cancel());
    this.#timers.clear();
  }
}

/** @returns undefined: it has no end. */
function lastsMs({ piece, loops }: Playing, fromMs: number): number | undefined {
  if (loops === true) return undefined;
  return loops === false ? piece.ms - fromMs : piece.ms * loops;
}
