/**
 * fan-house: builds the music fan and keeps its thread: starts it, starts it again some time after it has died, and never where ports of
 * rtpengine's cannot be borrowed.
 */
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import type { MusicLibrary } from '../music-library.js';
import type { NgCommands } from '../ng-commands.js';
import type { Player } from '../player.js';
import { Entrance } from './entrance.js';
import { MusicFan, type MusicFanDeps } from './music-fan.js';
import { SaidAndTold } from './said.js';
import { Streams } from './streams.js';
import { FanThread, type FanThreadOptions } from './thread.js';

export type FanHouseDeps = Readonly<{
  ng: Pick<NgCommands, 'query' | 'offer' | 'answer' | 'blockMedia' | 'blockDtmf' | 'delete'>;
  player: Pick<Player, 'play' | 'ended' | 'hears'>;
  library: Pick<MusicLibrary, 'musicOf'>;
  playAlone: MusicFanDeps['playAlone'];
  hush: MusicFanDeps['hush'];
  clock: Clock;
  log: Logger;
  newId: () => string;
  /** Of rtpengine's ports. */
  address: string;
  settings: Readonly<{
    from: number;
    seats: number;
    packetMs: number;
    longFrom: number;
    classes: Readonly<Record<string, Readonly<{ fanFrom?: number }>>>;
  }>;
  /** After so long rtpengine deletes a call that receives nothing. */
  timeoutSeconds: number;
  newThread?: (options: FanThreadOptions) => Pick<FanThread, 'ask' | 'ready' | 'started' | 'stop'>;
}>;

/** So long after it has died the thread is started again. */
const AGAIN_MS = 10_000;
const RENEW_AT_MOST_MS = 3_600_000;

export class FanHouse {
  readonly fan: MusicFan;
  readonly said: SaidAndTold;
  readonly #deps: FanHouseDeps;
  #thread: Pick<FanThread, 'ask' | 'ready' | 'started' | 'stop'> | undefined;
  #stopped = false;

  constructor(deps: FanHouseDeps) {
    this.#deps = deps;
    const { settings, timeoutSeconds, ...rest } = deps;
    this.said = new SaidAndTold(settings.packetMs);
    const thread = (): Pick<FanThread, 'ask'> => this.#ready ?? NOT_THERE;
    const renewMs = Math.min(RENEW_AT_MOST_MS, timeoutSeconds * 500);
    this.fan = new MusicFan({
      ...rest,
      said: this.said,
      streams: new Streams({ ...rest, thread, renewMs }),
      thread: () => this.#ready,
      entrance: new Entrance({
        ...settings,
        from: (music) => settings.classes[music]?.fanFrom ?? settings.from,
        clock: deps.clock,
      }),
      seatLimit: settings.seats,
      abandon: () => void this.#thread?.stop().then(() => this.#gone('it does not do what it is told')),
    });
    this.#start();
  }

  /** Rejects when music cannot be given out on this machine. */
  get started(): Promise<void> {
    return this.#thread?.started ?? Promise.reject(new Error('the music fan is stopped'));
  }

  /** rtpengine is gone. */
  clear(): void {
    this.fan.clear();
    this.said.clear();
  }

  /** Stopping twice is stopping once. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.clear();
    await this.#thread?.stop();
  }

  get #ready(): Pick<FanThread, 'ask'> | undefined {
    return this.#thread?.ready === true ? this.#thread : undefined;
  }

  #start(): void {
    const { clock, log, address, newThread = (options) => new FanThread(options) } = this.#deps;
    const thread = newThread({ clock, log, address, heard: (news) => this.fan.heard(news), gone: (why) => this.#gone(why) });
    this.#thread = thread;
    thread.started.catch((error: unknown) =>
      log.info({ err: error }, 'music is played to each listener alone, however many there are'),
    );
  }

  #gone(why: string): void {
    if (this.#stopped || this.#thread === undefined) return;
    this.#thread = undefined;
    this.fan.threadGone(why);
    this.#deps.clock.after('the music fan starts again', AGAIN_MS, () => {
      if (!this.#stopped && this.#thread === undefined) this.#start();
    });
  }
}

const NOT_THERE: Pick<FanThread, 'ask'> = { ask: () => Promise.reject(new Error('the music fan is not there')) };
