/**
 * letter-keeper: what is kept of webhooks so that another life of the program sends what this one could not. Types only.
 */
import type { DeadLetter } from './dead-letters.js';
import type { HookWish } from './hook.js';
import type { Letter } from './letter-queue.js';

export type { DeadLetter, HookWish, Letter };

export type KeptLetter = Readonly<{ webhook: string; letter: Letter }>;

export type KeptPost = Readonly<{
  /** Webhooks that were added over the API, with their secrets: without them nobody could sign their letters. */
  hooks: readonly HookWish[];
  letters: readonly KeptLetter[];
  dead: readonly DeadLetter[];
  /** The highest number of a dead letter, whether it is still there or not. */
  lastDead: number;
}>;

/** Never waits, never throws. Undefined: it is gone. */
export interface LetterKeeper {
  /** What the last life has left. To be read once, before anything changes. */
  left(): KeptPost;
  letter(webhook: string, seq: number, letter: Letter | undefined): void;
  dead(id: number, letter: DeadLetter | undefined): void;
  hook(name: string, wish: HookWish | undefined): void;
}

/** A house that keeps nothing. */
export const FORGETFUL: LetterKeeper = {
  left: () => ({ hooks: [], letters: [], dead: [], lastDead: 0 }),
  letter: () => undefined,
  dead: () => undefined,
  hook: () => undefined,
};
