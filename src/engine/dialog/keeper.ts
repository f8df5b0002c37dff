/**
 * keeper: what the engine keeps of dialogs and of INVITEs that ring, so that another life of it can go on with them. A port: types
 * only; who fills it is plugged in by name (KeeperPlug in options.ts). What is kept is plain data, without sockets.
 */
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import type { HeaderField } from '#sip/message.js';
import type { Endpoint, Protocol } from '../transport/flow.js';
import type { DialogFacts } from './dialog.js';

/** The two ends of a flow. A datagram can be sent between them again; a connection between them is gone. */
export type KeptFlow = Readonly<{ protocol: Protocol; local: Endpoint; remote: Endpoint }>;

/** A dialog that is up. One that rings is no dialog to go on with. */
export type KeptDialog = Readonly<Omit<DialogFacts, 'flow'> & { flow: KeptFlow }>;

/** An INVITE of ours without a final answer: enough to cancel it, and to acknowledge and end what comes of it. */
export type KeptInvite = Readonly<{
  uri: string;
  callId: string;
  from: string;
  fromTag: string;
  to: string;
  cseq: number;
  contact: string | undefined;
  routes: readonly string[];
  /** RFC 3261 §13.2.2.4: the ACK carries them too. */
  credentials: readonly HeaderField[];
  /** Its top Via: its branch is what CANCEL and answers are known by (RFC 3261 §9.1, §17.1.3). */
  via: string;
  flow: KeptFlow;
}>;

/** Never waits, never throws. */
export interface Keeper<Kept> {
  /** What the last life has left. To be read once, before anything changes. */
  left(): readonly Kept[];
  /** @param what asked later, once for many changes; undefined: there is nothing to keep of it. */
  changed(name: string, what: () => Kept | undefined): void;
  gone(name: string): void;
}

export type DialogKeeper = Keeper<KeptDialog>;

export type EngineKeeper = Readonly<{
  dialogs: DialogKeeper;
  ringing: Keeper<KeptInvite>;
  /** Once nothing changes any more: what changed last is written. */
  close: () => Promise<void>;
}>;

/** What a module that is plugged in must have. */
export type KeeperModule = Readonly<{
  openKeeper: (
    plug: Readonly<{ folder: string; limits?: Readonly<Record<string, number>> }>,
    clock: Clock,
    log: Logger,
  ) => Promise<EngineKeeper>;
}>;
