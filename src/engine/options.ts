/**
 * options: what the engine can be told, and the limits it keeps by itself.
 */
import type { CertificateFiles } from '#kit/certificates.js';
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import type { EngineKeeper } from './dialog/keeper.js';
import type { DoorOptions } from './doorway.js';
import type { AskFence } from './link/fence.js';
import type { TurnedAwayCounts } from './turned-away.js';
import { CONNECTION_LIMITS, type ConnectionLimits } from './transport/connections.js';

export type EngineLimits = Readonly<{
  /** Transactions of peers at once, finished ones that still absorb repetitions included. More get 503 with Retry-After. */
  serverTransactions: number;
  /** Of one message; longer requests get 513, longer responses count as lost. */
  messageBytes: number;
  dialogs: number;
  /** Requests that wait for an application to answer. */
  unanswered: number;
  /** An application that never answers an INVITE: the caller gets 408 (RFC 3261 §21.4.9). Each provisional response begins it anew. */
  inviteAnswerMs: number;
  /** A re-INVITE: 500 with Retry-After, before the peer's own patience ends; 408 would end the call (RFC 3261 §12.2.1.2). */
  reinviteAnswerMs: number;
  /** Anything else: 504 before the peer's timer F (RFC 4320 §4.2 forbids 408). */
  requestAnswerMs: number;
  /** Dialogs whose application is gone and has no heir are ended after this. */
  orphanMs: number;
  /** A request in a dialog whose application is not there waits so long for one, before it is refused. */
  heirMs: number;
  /** Behind by more than this, nothing new is taken (503) until it has been caught up with: admission.ts. */
  lateMs: number;
  connections: ConnectionLimits;
}>;

export const ENGINE_LIMITS: EngineLimits = {
  serverTransactions: 400_000,
  messageBytes: 524_288,
  dialogs: 100_000,
  unanswered: 50_000,
  inviteAnswerMs: 180_000,
  reinviteAnswerMs: 30_000,
  requestAnswerMs: 30_000,
  orphanMs: 300_000,
  heirMs: 8_000,
  lateMs: 400,
  connections: CONNECTION_LIMITS,
};

export type EngineTls = Readonly<{
  /** Looked at every ten seconds; a new certificate is used for the next connection. */
  files: CertificateFiles;
  /** 0 takes a free one. */
  port: number;
  wssPort: number;
  /** Peers we connect to must prove their name (RFC 5922): true when not given. */
  verifyPeers?: boolean;
  /** Only who shows a certificate of an authority in `files.trust` may connect: false when not given. */
  requireClientCertificate?: boolean;
}>;

/** Where dialogs are kept, so that they outlive kill -9. The engine knows the port (dialog/keeper.ts) and not who fills it. */
export type KeeperPlug = Readonly<{
  /** URL of a module with `openKeeper` (KeeperModule). */
  module: string;
  folder: string;
  /** What the one who fills the port understands. */
  limits?: Readonly<Record<string, number>>;
}>;

export type EngineOptions = Readonly<{
  /** Where phones reach us, IPv4 and IPv6. */
  addresses: readonly string[];
  /** UDP and TCP; 0 takes one that is free for both. */
  sipPort: number;
  /** SIP over WebSocket (RFC 7118); 0 takes a free one. */
  wsPort: number;
  /** Pages that may come over WebSocket, as browsers write them in Origin: `https://phone.example.com`; every one when not given. */
  wsOrigins?: readonly string[];
  /** SIP over TLS and over secure WebSocket; none when not given. */
  tls?: EngineTls;
  /** Where drachtio-srf connects; 127.0.0.1 when not given. */
  adminAddress?: string;
  /** 0, and no value, take a free one. */
  adminPort?: number;
  /** A random one when not given: only who is told it can connect. */
  secret?: string;
  logLevel?: string;
  limits?: Partial<EngineLimits>;
  /** Who is kept out before anything is kept of a request; absent: nobody. */
  door?: DoorOptions;
  /** Absent: dialogs end with the engine, and nothing is paid for keeping them. */
  keep?: KeeperPlug;
}>;

/** For tests and for the thread: what is not plain data. */
export type EngineParts = Readonly<{
  log?: Logger;
  clock?: Clock;
  /** How to find out what an application has read; without it a short wait must do. */
  askFence?: AskFence;
  /** Answered when what the application has to ask for calls now has had its turn. */
  askWork?: AskFence;
  /** Refuse new calls when this thread, or the application's, has more to do than it can: a thread that does nothing else. */
  watchLoad?: boolean;
  /** Hears how many requests were turned away, and why. */
  turnedAway?: (counts: TurnedAwayCounts) => void;
  /** Already open; the engine closes it. */
  keeper?: EngineKeeper;
}>;
