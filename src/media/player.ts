/**
 * player: a listener for each party that hears something, as long as its call lasts; and what they hear, by name.
 */
import type { Announcement, Interjection, LegId, PlayedSound, Prompt } from '#calls/ports.js';
import type { Clock } from '#kit/clock.js';
import { assertNever } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import { Listener } from './listener.js';
import type { MusicLibrary } from './music-library.js';
import { NgRefused } from './ng-client.js';
import type { NgCommands } from './ng-commands.js';
import type { Piece } from './piece.js';
import type { Playbacks } from './playbacks.js';
import type { Random } from './playlist.js';
import type { Sounds } from './sounds.js';

type CallId = LegId['callId'];
type LegRole = LegId['role'];

export type PlayerDeps = Readonly<{
  ng: NgCommands;
  sounds: Sounds;
  library: Pick<MusicLibrary, 'musicOf' | 'ringback' | 'beep'>;
  prompts: Readonly<{ get: (prompt: Prompt) => Promise<Piece> }>;
  playbacks: Playbacks;
  clock: Clock;
  random: Random;
  log: Logger;
}>;

/** Far more than calls can be up: what is above it was forgotten by its owner. */
const CALL_LIMIT = 100_000;

export class Player {
  readonly #deps: PlayerDeps;
  readonly #calls = new Map<CallId, Partial<Record<LegRole, Listener>>>();

  constructor(deps: PlayerDeps) {
    this.#deps = deps;
  }

  play(callId: CallId, role: LegRole, sound: PlayedSound): Promise<void> {
    return this.#listener(callId, role).play(sound);
  }

  /** Somebody who hears nothing is stopped already. */
  stop(callId: CallId, role: LegRole): Promise<void> {
    return this.#calls.get(callId)?.[role]?.stop() ?? this.#silence(callId, role);
  }

  /** @returns how long it lasts, in milliseconds. @throws MediaFailed when the words cannot be spoken; nothing is interrupted then. */
  async interject(callId: CallId, role: LegRole, what: Interjection): Promise<number> {
    const piece = await this.#pieceOf(what);
    await this.#listener(callId, role).interject(piece);
    return piece.ms;
  }

  front(callId: CallId, role: LegRole, piece: Piece, times: number): Promise<void> {
    return this.#listener(callId, role).front({ piece, fromMs: 0, loops: times });
  }

  endFront(callId: CallId, role: LegRole): Promise<void> {
    return this.#calls.get(callId)?.[role]?.endFront() ?? Promise.resolve();
  }

  hears(callId: CallId, role: LegRole): Listener['hears'] {
    return this.#calls.get(callId)?.[role]?.hears ?? 'nothing';
  }

  /** The call is over. */
  ended(callId: CallId): void {
    const { caller, callee } = this.#calls.get(callId) ?? {};
    this.#calls.delete(callId);
    caller?.end();
    callee?.end();
  }

  /** rtpengine is gone, and what it played with it. */
  clear(): void {
    for (const callId of [...this.#calls.keys()]) this.ended(callId);
  }

  get size(): number {
    return this.#calls.size;
  }

  #listener(callId: CallId, role: LegRole): Listener {
    const call = this.#calls.get(callId) ?? {};
    const listener = call[role] ?? this.#newListener(callId, role);
    call[role] = listener;
    this.#calls.set(callId, call);
    if (this.#calls.size > CALL_LIMIT) this.#endOldest();
    return listener;
  }

  #endOldest(): void {
    const [oldest] = this.#calls.keys();
    if (oldest !== undefined) this.ended(oldest);
  }

  #newListener(callId: CallId, role: LegRole): Listener {
    const { sounds, library, prompts, playbacks, random, clock, log } = this.#deps;
    return new Listener({
      name: `${role} of ${callId}`,
      play: (playing) => sounds.play(callId, role, playing),
      silence: () => this.#silence(callId, role),
      turned: (lastsMs) => playbacks.turned(callId, role, lastsMs),
      musicOf: (name) => library.musicOf(name),
      ringback: library.ringback,
      prompt: ({ prompt }: Announcement) => prompts.get(prompt),
      random,
      clock,
      log,
    });
  }

  async #pieceOf(what: Interjection): Promise<Piece> {
    switch (what.kind) {
      case 'beep':
        return this.#deps.library.beep;
      case 'prompt':
        return this.#deps.prompts.get(what.prompt);
      default:
        return assertNever(what);
    }
  }

  async #silence(callId: CallId, role: LegRole): Promise<void> {
    try {
      await this.#deps.ng.stopMedia(callId, role);
    } catch (error) {
      // Somebody who hears nothing, or has not even spoken yet, has been stopped already.
      if (!(error instanceof NgRefused && /not currently playing|no such tag/i.test(error.reason))) throw error;
    }
  }
}
