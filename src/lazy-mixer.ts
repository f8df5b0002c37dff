/**
 * lazy-mixer: the mixer's thread, started when the first conference asks for it, and again when it has died. A part of main.
 */
import type { MixerPort } from '#calls/mixer-port.js';
import { startConferenceThread, type ConferenceThread } from '#conference/thread.js';
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';

/** `address`: where members' RTP ports are opened; rtpengine sends there from the same one. */
export type LazyMixerOptions = Readonly<{ address: string | undefined; clock: Clock; log: Logger }>;

export class LazyMixer {
  readonly #options: LazyMixerOptions;
  #thread: Promise<ConferenceThread> | undefined;
  #lost: (() => void) | undefined;
  #stopped = false;

  constructor(options: LazyMixerOptions) {
    this.#options = options;
  }

  onLost(listener: () => void): void {
    this.#lost = listener;
  }

  /** @throws AppError: it cannot start. */
  get(): Promise<MixerPort> {
    this.#thread ??= this.#start();
    return this.#thread;
  }

  /** Twice is once. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const thread = await this.#thread?.catch(() => undefined);
    await thread?.stop();
  }

  async #start(): Promise<ConferenceThread> {
    const { address = '127.0.0.1', clock, log } = this.#options;
    try {
      const thread = await startConferenceThread({ address, clock, log });
      thread.onExit((why) => {
        this.#thread = undefined;
        if (this.#stopped) return;
        log.error({ why }, 'the mixer is gone, and its conferences with it');
        this.#lost?.();
      });
      return thread;
    } catch (error) {
      this.#thread = undefined; // the next one who asks may be luckier
      throw error;
    }
  }
}
