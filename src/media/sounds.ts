/**
 * sounds: what is played right now for music and for ringback: the file of the library, or the chime where the file turned
 * out not to be heard. Keeps what /health says about it.
 */
import type { Logger } from '#kit/log.js';
import type { MusicLibrary } from './music-library.js';
import type { Sound } from './ng-commands.js';

export type SoundName = 'music' | 'ringback';

export class Sounds {
  readonly #library: MusicLibrary;
  readonly #log: Logger;
  /** Found silent at start: rtpengine says `ok` and nothing is heard, so it is not tried again. */
  readonly #silent = new Map<SoundName, string>();
  /** Refused when last tried: a file may come back. */
  readonly #refused = new Map<SoundName, string>();

  constructor(library: MusicLibrary, log: Logger) {
    this.#library = library;
    this.#log = log;
  }

  of(name: SoundName): Sound {
    return this.#silent.has(name) ? this.standIn : { file: this.#library[name] };
  }

  get standIn(): Sound {
    return { blob: this.#library.standIn };
  }

  silent(name: SoundName, why: string): void {
    this.#silent.set(name, why);
  }

  refused(name: SoundName, why: string): void {
    if (!this.#refused.has(name)) this.#log.error({ file: this.#library[name], why }, 'a tone is played instead');
    this.#refused.set(name, why);
  }

  played(name: SoundName): void {
    this.#refused.delete(name);
  }

  get source(): MusicLibrary['source'] {
    return this.#silent.has('music') || this.#refused.has('music') ? 'generated-tone' : this.#library.source;
  }

  get problems(): readonly string[] {
    const instead = [...this.#silent, ...this.#refused].map(
      ([name, why]) => `a tone is played instead of ${this.#library[name]}: ${why}`,
    );
    return [...this.#library.problems, ...instead];
  }
}
