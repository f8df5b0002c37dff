/**
 * read-models: what HTTP may read of the other rooms, beside calls. The rooms themselves are plugged in by main.
 */
export type RegistrationView = Readonly<{
  aor: string;
  contact: string;
  transport: string;
  source: string;
  userAgent?: string | undefined;
  expiresInSec: number;
  reachable: boolean;
}>;

export interface RegistrationsPort {
  list(): readonly RegistrationView[];
}

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
