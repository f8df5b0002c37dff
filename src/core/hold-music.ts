/**
 * hold-music: what a held party hears, and who decides it. A class is a name here; files and players live in media/.
 */
import type { LegRole } from './leg.js';

/** A prompt of the configuration by its name, or a text that is spoken. */
export type Prompt = Readonly<{ name: string }> | Readonly<{ text: string }>;

/** A prompt between the music, every so many seconds. */
export type Announcement = Readonly<{ prompt: Prompt; everySeconds: number }>;

/** `music`: the class. */
export type HoldMusic = Readonly<{ music: string; announcement?: Announcement | undefined }>;

/** What one hold asks for: music of its own choice, silence (null), or whatever is due (undefined). */
export type MusicWish = HoldMusic | null | undefined;

/** Where a wish says nothing, in this order: the holder's account, the call, the trunk of whom is held, the house. */
export type MusicHabits = Readonly<{
  call?: string | undefined;
  /** What those hear whom this party holds. */
  given: Readonly<Partial<Record<LegRole, string>>>;
  /** What this party hears when nobody has chosen anything: its trunk's music. */
  heard: Readonly<Partial<Record<LegRole, string>>>;
}>;

export const NO_HABITS: MusicHabits = { given: {}, heard: {} };
const HOUSE_MUSIC = 'default';

/** @param holder who holds; undefined: a program. */
export function dueMusic(habits: MusicHabits, holder: LegRole | undefined, held: LegRole): string {
  const given = holder === undefined ? undefined : habits.given[holder];
  return given ?? habits.call ?? habits.heard[held] ?? HOUSE_MUSIC;
}

export const sameMusic = (a: HoldMusic | null | undefined, b: HoldMusic | null | undefined): boolean =>
  a === b || JSON.stringify(a) === JSON.stringify(b);
