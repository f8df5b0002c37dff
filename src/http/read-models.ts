/**
 * read-models: what http may see of the rooms beside it. Types only; main plugs the owners in.
 */

export type RegistrationView = Readonly<{
  aor: string;
  contact: string;
  transport: string;
  /** Address and port the phone registered from. */
  source: string;
  userAgent?: string | undefined;
  expiresInSec: number;
  /** False when the phone no longer answers our OPTIONS. */
  reachable: boolean;
}>;

export interface RegistrationsPort {
  list(): readonly RegistrationView[];
}

/** What the media room says of itself. */
export type HealthView = Readonly<{
  rtpengine: 'up' | 'restarting' | 'down';
  version?: string | undefined;
  music: 'files' | 'generated-tone';
  problems: readonly string[];
}>;

export type GaugesView = Readonly<{
  calls: number;
  registrations: number;
  rtpengineUp: boolean;
  /** Final answers to our re-INVITEs since the start, by SIP status. */
  reinvites: ReadonlyMap<number, number>;
}>;
