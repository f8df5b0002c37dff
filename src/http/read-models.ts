/**
 * read-models: what http may see of the rooms beside it. Types only; main plugs the owners in.
 */
import type { MediaHealth } from '#calls/ports.js';
import type { StoreHealth } from '#kit/store-health.js';
import type { RegistrationView } from '#registrar/registrar.js';

export type { RegistrationView };

export interface RegistrationsPort {
  list(): readonly RegistrationView[];
}

/** `engine`: the store of the SIP engine, which is one of its own; absent where the engine is in a process of its own. */
export type StoreView = StoreHealth & Readonly<{ engine?: StoreHealth | undefined }>;

/** What the media room and the store say of themselves. `draining`: no new call is taken, and those that are up go on. */
export type HealthView = MediaHealth & Readonly<{ store?: StoreView | undefined; draining?: true | undefined }>;

export type MusicClassView = Readonly<{
  name: string;
  order: 'in-order' | 'shuffled';
  /** `seconds` of what can be played; `problem` of what cannot, or not whole. */
  files: readonly Readonly<{ name: string; seconds?: number; problem?: string }>[];
  problems: readonly string[];
}>;

export type MusicBroughtView = Readonly<{ class: string; name: string; seconds: number; replaced: boolean }>;

/** The classes of music, for looking, bringing and taking away. Refusals are AppErrors. */
export interface MusicPort {
  list(): readonly MusicClassView[];
  /** Classes that somebody asked for lately and that have nothing to play: `default` was heard. */
  missing(): readonly string[];
  bring(musicClass: string, name: string | undefined, body: AsyncIterable<Uint8Array>): Promise<MusicBroughtView>;
  takeAway(musicClass: string, name: string): Promise<void>;
}

export type RecordingView = Readonly<{
  id: string;
  callId: string;
  parties: Readonly<{ caller: string; callee: string }>;
  startedAt: string;
  state: 'recording' | 'completed';
  /** Of the file that there is. */
  format: 'wav' | 'mp3';
  seconds: number;
  bytes: number;
  problem?: string | undefined;
}>;

/** Recordings of calls, newest first. Refusals are AppErrors. */
export interface RecordingsPort {
  list(skip: number, limit: number): Readonly<{ total: number; recordings: readonly RecordingView[] }>;
  get(id: string): RecordingView;
  /** Where the sound of one lies that is completed. */
  fileOf(id: string): Readonly<{ path: string; facts: RecordingView }>;
  remove(id: string): Promise<void>;
}

export type GaugesView = Readonly<{
  calls: number;
  registrations: number;
  rtpengineUp: boolean;
  /** Final answers to our re-INVITEs since the start, by SIP status. */
  reinvites: ReadonlyMap<number, number>;
}>;
