/**
 * mixer-port: what conferences need of a mixer, as types only. conference/ fills it.
 */

/** Whom a listener hears. `except` counts for members who join later too; `only` leaves them out. */
export type HearingRow = 'everyone' | Readonly<{ only: readonly string[] }> | Readonly<{ except: readonly string[] }>;

export type RtpPlace = Readonly<{ address: string; port: number }>;

/** G.711 µ-law and RTP on loopback, one port per member. All of it may be refused with an AppError. */
export interface MixerPort {
  /** Keeps a sound (8 kHz, 16 bit) under a name. */
  load(name: string, samples: Int16Array): Promise<void>;
  create(conference: string): Promise<void>;
  end(conference: string): Promise<void>;
  /** Joining again only says where the member is now. @returns where its RTP is to be sent. */
  join(conference: string, member: string, options: Readonly<{ rtpFrom?: RtpPlace; holdMusic?: string }>): Promise<RtpPlace>;
  leave(conference: string, member: string): Promise<void>;
  /** The member is no longer heard and hears nothing. */
  hold(conference: string, member: string, options: Readonly<{ othersHear: 'conference' | 'music' | 'silence' }>): Promise<void>;
  resume(conference: string, member: string): Promise<void>;
  /** Rows by listener; a listener that is not named keeps its row. */
  hear(conference: string, rows: Readonly<Record<string, HearingRow>>): Promise<void>;
}
