/**
 * sound-maker: what a program wants heard, as a piece that can be played: a prompt of music.yaml, spoken words, a file of
 * sip-config/sounds, or a beep. What it makes is kept in the cache; who hears it is not its business.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SoundWish } from '#calls/ports.js';
import type { Config } from '#kit/config.js';
import { BadRequest } from '#kit/errors.js';
import type { Piece } from './piece.js';
import type { Prompts } from './prompts.js';
import { VoiceUnknown } from './speak.js';

export type SoundMakerDeps = Readonly<{
  config: Pick<Config, 'folder'>;
  prompts: Pick<Prompts, 'has' | 'get' | 'speak' | 'ofSound'>;
  beep: Piece;
}>;

/** A name and no path: no slash of either kind, no leading dot, nothing that a terminal or a header would stumble over. */
const FILE_NAME = /^[\p{L}\p{N}_][\p{L}\p{N} ._()+-]{0,127}$/u;
/** As espeak-ng writes them: en, en-gb, pt-br; and variants: f3, whisper, or whole names: mb-de1. */
const VOICE = /^[A-Za-z][A-Za-z0-9_-]{0,31}(\+[A-Za-z0-9_-]{1,31})?$/;
const LONGEST_TEXT = 2000;

export class SoundMaker {
  readonly #deps: SoundMakerDeps;

  constructor(deps: SoundMakerDeps) {
    this.#deps = deps;
  }

  /** Whether music.yaml has it. */
  hasPrompt(name: string): boolean {
    return this.#deps.prompts.has(name);
  }

  /** @throws BadRequest: there is no such thing, or it is not in form; MediaFailed: it cannot be made. */
  async make(wish: SoundWish): Promise<Piece> {
    const { prompts, beep } = this.#deps;
    if ('beep' in wish) return beep;
    if ('file' in wish) return this.#file(wish.file);
    if ('prompt' in wish) {
      if (!prompts.has(wish.prompt)) throw new BadRequest('prompt', `prompt: music.yaml has no prompt ${shown(wish.prompt)}`);
      return prompts.get({ name: wish.prompt });
    }
    const { text, language, voice } = wish;
    if (text.trim() === '' || text.length > LONGEST_TEXT)
      throw new BadRequest(
        'text',
        `text: found ${text.trim() === '' ? 'no word' : `${text.length} characters`}, expected 1 to ${LONGEST_TEXT} characters`,
      );
    if (language !== undefined && !VOICE.test(language)) throw new BadRequest('language', notAName('language', language));
    if (voice !== undefined && !VOICE.test(voice)) throw new BadRequest('voice', notAName('voice', voice));
    return prompts.speak(text, language, voice).catch((error: unknown) => {
      if (!(error instanceof VoiceUnknown)) throw error;
      const field = language === undefined ? 'voice' : 'language';
      throw new BadRequest(field, `${field}: ${error.message}`);
    });
  }

  async #file(name: string): Promise<Piece> {
    if (!FILE_NAME.test(name) || name.includes('..'))
      throw new BadRequest(
        'file',
        `file: found ${shown(name)}, expected the name of a file in sip-config/sounds, without a path`,
      );
    const path = join(this.#deps.config.folder, 'sounds', name);
    const isFile = await stat(path).then(
      (facts) => facts.isFile(),
      () => false,
    );
    if (!isFile) throw new BadRequest('file', `file: there is no ${name} in sip-config/sounds`);
    return this.#deps.prompts.ofSound(name, join('sounds', name));
  }
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 100));
const notAName = (field: string, found: string): string =>
  `${field}: found ${shown(found)}, expected a name as espeak-ng --voices has it`;
