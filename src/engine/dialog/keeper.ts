/**
 * keeper: what the engine keeps of dialogs and of INVITEs that ring, so that another life of it can go on with them. A port: who fills
 * it is plugged in by name (KeeperPlug in options.ts). What is kept is plain data, without sockets.
 */
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import type { StoreHealth } from '#kit/store-health.js';
import type { Endpoint, Flow, Protocol } from '../transport/flow.js';
import type { DialogFacts, SentRequest } from './dialog.js';

/** The two ends of a flow. A datagram can be sent between them again; a connection between them is gone. */
export type KeptFlow = Readonly<{ protocol: Protocol; local: Endpoint; remote: Endpoint }>;

/** A dialog that is up. One that rings is no dialog to go on with. */
export type KeptDialog = Readonly<Omit<DialogFacts, 'flow'> & { flow: KeptFlow }>;

export const keptFlow = ({ protocol, local, remote }: Flow): KeptFlow => ({ protocol, local, remote });

export const keptDialog = (facts: DialogFacts): KeptDialog => ({ ...facts, flow: keptFlow(facts.flow) });

/** An INVITE of ours without a final answer: enough to cancel it, and to acknowledge and end what comes of it. */
export type KeptInvite = Readonly<{
  kind: 'ours';
  /** Credentials are not among this. */
  sent: SentRequest & Readonly<{ to: string; routes: readonly string[] }>;
  /** Its top Via: its branch is what CANCEL and answers are known by (RFC 3261 §9.1, §17.1.3). */
  via: string;
  flow: KeptFlow;
  /** Of the phones that have rung. */
  early: readonly KeptDialog[];
}>;

/** An INVITE of a peer that rings here: enough to refuse it. */
export type KeptCaller = Readonly<{
  kind: 'theirs';
  /** Of its server transaction (RFC 3261 §17.2.3). */
  key: string;
  callId: string;
  fromTag: string;
  refusal: string;
  flow: KeptFlow;
}>;

export type KeptRinging = KeptInvite | KeptCaller;

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
  ringing: Keeper<KeptRinging>;
  /** @returns once all that was said before is kept, or cannot be. */
  written: () => Promise<unknown>;
  health: () => StoreHealth;
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
