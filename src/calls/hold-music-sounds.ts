/**
 * hold-music-sounds: music classes as sounds of the mixer, each loaded once.
 */
import type { MixerPort } from './mixer-port.js';

const DEFAULT = 'default';

export class HoldMusicSounds {
  readonly #samplesOf: (music: string) => Promise<Int16Array>;
  /** By mixer, because another one has none of them; by class, and the mixer limits how many. */
  readonly #loaded = new WeakMap<MixerPort, Map<string, Promise<string>>>();

  /** @param samplesOf what a class sounds like: 8 kHz, 16 bit; that of an unknown one is the house's. */
  constructor(samplesOf: (music: string) => Promise<Int16Array>) {
    this.#samplesOf = samplesOf;
  }

  /** @returns the name of the sound. @throws Busy: the mixer has as many as it takes. */
  name(mixer: MixerPort, music: string = DEFAULT): Promise<string> {
    const known = this.#loaded.get(mixer) ?? new Map<string, Promise<string>>();
    this.#loaded.set(mixer, known);
    const loading =
      known.get(music) ??
      this.#load(mixer, music).catch((error: unknown) => {
        known.delete(music); // another try may find room
        throw error;
      });
    known.set(music, loading);
    return loading;
  }

  async #load(mixer: MixerPort, music: string): Promise<string> {
    const name = `music ${music}`;
    await mixer.load(name, await this.#samplesOf(music));
    return name;
  }
}
