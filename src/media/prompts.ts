/**
 * prompts: words for a listener, by the name they have in music.yaml or as text that is spoken. Each is made once and kept in the cache;
 * what was not used for longest makes room.
 */
import { existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Prompt } from '#calls/ports.js';
import type { Clock } from '#kit/clock.js';
import type { Config } from '#kit/config.js';
import { ConfigError, MediaFailed } from '#kit/errors.js';
import { keyOf, type Made, type MusicCache } from './music-cache.js';
import type { Piece } from './piece.js';
import { speak } from './speak.js';

export type PromptsDeps = Readonly<{
  config: Pick<Config, 'folder' | 'music'>;
  cache: MusicCache;
  clock: Clock;
  /** Gives undefined when it is not installed. */
  findEspeak: () => string | undefined;
}>;

/** So many are made at once; each is two programs. */
const MAKING_LIMIT = 20;
const LONGEST_TEXT = 500;
/** Of a program's: it is said once. */
const LONGEST_SPEECH = 2000;
const LONGEST_SECONDS = 300;

type Words = Readonly<{ text: string; voice: string }>;

export class Prompts {
  readonly #deps: PromptsDeps;
  /** Spoken texts by key, the one used last at the end. */
  readonly #spoken = new Map<string, Piece>();
  readonly #making = new Map<string, Promise<Piece>>();

  /** @throws ConfigError when a prompt is neither a text nor a file, or a class announces one that is not there. */
  constructor(deps: PromptsDeps) {
    this.#deps = deps;
    for (const [name, { text, file, voice, language }] of Object.entries(deps.config.music.prompts)) {
      if ((text === undefined) === (file === undefined))
        throw new ConfigError(`music.yaml: prompts.${name}: expected either text or file`);
      if (file !== undefined && (voice ?? language) !== undefined)
        throw new ConfigError(`music.yaml: prompts.${name}: a file has no voice and no language`);
    }
    for (const [name, { announcement }] of Object.entries(deps.config.music.classes)) {
      const wanted = announcement?.prompt;
      if (wanted !== undefined && !Object.hasOwn(deps.config.music.prompts, wanted))
        throw new ConfigError(`music.yaml: classes.${name}.announcement.prompt: found ${wanted}, which is not in prompts`);
    }
  }

  /** Looked at anew each time: a file may come, or go. */
  get problems(): readonly string[] {
    const { config } = this.#deps;
    return Object.entries(config.music.prompts).flatMap(([name, { file }]) =>
      file === undefined || existsSync(resolve(config.folder, file)) ? [] : [notThere(`prompt ${name}`, file)],
    );
  }

  /** Whether music.yaml has it. */
  has(name: string): boolean {
    return Object.hasOwn(this.#deps.config.music.prompts, name);
  }

  /** A text of a program's. @throws MediaFailed */
  speak(text: string, language: string | undefined, voice: string | undefined): Promise<Piece> {
    const spoken = language ?? this.#deps.config.music.language;
    return this.#say({ text, voice: voice === undefined ? spoken : voiceOf(voice, language) }, LONGEST_SPEECH);
  }

  /** A file of sounds; the same name may be another file later. @throws MediaFailed */
  ofSound(name: string, file: string): Promise<Piece> {
    return this.#fromFile(`sound ${name}`, file, this.#deps.config.music.limits.maxSeconds);
  }

  /** @throws MediaFailed */
  get(prompt: Prompt): Promise<Piece> {
    const { music } = this.#deps.config;
    if ('text' in prompt) return this.#say({ text: prompt.text, voice: music.language });
    const written = Object.hasOwn(music.prompts, prompt.name) ? music.prompts[prompt.name] : undefined;
    if (written === undefined) return Promise.reject(new MediaFailed(`there is no prompt ${prompt.name} in music.yaml`));
    const { text, file, voice, language = music.language } = written;
    if (file !== undefined) return this.#fromFile(`prompt ${prompt.name}`, file);
    return this.#say({ text: text ?? '', voice: voice === undefined ? language : voiceOf(voice, written.language) });
  }

  async #say({ text, voice }: Words, longest = LONGEST_TEXT): Promise<Piece> {
    if (text.trim() === '' || text.length > longest) {
      throw new MediaFailed(`a prompt has 1 to ${longest} characters; this one has ${text.length}`);
    }
    const key = keyOf(voice, text);
    const known = await this.#deps.cache.found('prompt', key, 'prompt');
    const piece = known ?? (await this.#once(key, () => this.#spokenAnew(key, { text, voice })));
    this.#spoken.delete(key);
    this.#spoken.set(key, piece);
    await this.#makeRoom();
    return piece;
  }

  async #spokenAnew(key: string, { text, voice }: Words): Promise<Piece> {
    const { cache, findEspeak, clock } = this.#deps;
    const wav = join(cache.folder, `prompt-${key}.wav.part`);
    try {
      await speak({ espeak: findEspeak(), text, voice, output: wav, clock });
      return pieceOf(await cache.ofSource('prompt', key, wav, 'prompt', LONGEST_SECONDS), 'the prompt');
    } finally {
      await rm(wav, { force: true });
    }
  }

  /** Looked at each time: it may be another file by now. */
  async #fromFile(name: string, written: string, maxSeconds = LONGEST_SECONDS): Promise<Piece> {
    const file = resolve(this.#deps.config.folder, written);
    const facts = await stat(file).catch(() => undefined);
    if (facts === undefined) throw new MediaFailed(notThere(name, written));
    const key = keyOf('file', file, String(facts.size), String(facts.mtimeMs));
    return this.#once(key, async () => pieceOf(await this.#deps.cache.ofSource('prompt', key, file, name, maxSeconds), name));
  }

  /** Those who ask for the same words at the same time wait for one making. */
  #once(key: string, make: () => Promise<Piece>): Promise<Piece> {
    const making = this.#making.get(key);
    if (making !== undefined) return making;
    if (this.#making.size >= MAKING_LIMIT) return Promise.reject(new MediaFailed('too many prompts are being made at once'));
    const made = make().finally(() => this.#making.delete(key));
    this.#making.set(key, made);
    return made;
  }

  async #makeRoom(): Promise<void> {
    while (this.#spoken.size > this.#deps.config.music.limits.maxPrompts) {
      const [oldest] = this.#spoken;
      if (oldest === undefined) return;
      this.#spoken.delete(oldest[0]);
      await rm(oldest[1].file, { force: true });
    }
  }
}

/** As the configuration names it: where that is on this machine is nothing for who plays it. */
const notThere = (name: string, written: string): string => `the file of ${name} is not there: ${written}`;

/** espeak-ng writes a variant of a language so: en+f3. */
const voiceOf = (voice: string, language: string | undefined): string =>
  language === undefined ? voice : `${language}+${voice}`;

function pieceOf(made: Made, what: string): Piece {
  if ('problem' in made) throw new MediaFailed(`${what} cannot be played: ${made.problem}`);
  return made.piece;
}
