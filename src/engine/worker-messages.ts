/**
 * worker-messages: what the two threads say to each other.
 */
import type { StoreHealth } from '#kit/store-health.js';
import type { DoorOptions } from './doorway.js';
import type { Listening } from './transport/transports.js';
import type { TurnedAwayCounts } from './turned-away.js';

export type ToWorker = Readonly<
  | { kind: 'stop' }
  | { kind: 'fence' }
  | { kind: 'work'; id: number }
  | { kind: 'look-at-certificate' }
  /** This address has failed too often where passwords are judged. */
  | { kind: 'ban'; source: string; seconds: number }
  | { kind: 'lift'; source: string }
  /** A password was proved from there. */
  | { kind: 'welcome'; source: string; port: number }
  /** Restored dialogs that are none of these are ended. */
  | { kind: 'end-orphans'; known: readonly string[] }
  | { kind: 'door'; options: DoorOptions | undefined }
  /** Asks how the store is; answered by `stored` with the same id. */
  | { kind: 'how-stored'; id: number }
>;

export type FromWorker = Readonly<
  | { kind: 'started'; adminPort: number; secret: string; listening: readonly Listening[]; restored: readonly string[] }
  | { kind: 'failed'; why: string }
  /** Asks to be answered when everything written to the application so far has been read. */
  | { kind: 'fence' }
  /** Asks to be answered, with this id, when what the application has to ask for calls now has had its turn. */
  | { kind: 'work'; id: number }
  | { kind: 'turned-away'; counts: TurnedAwayCounts }
  | { kind: 'stored'; id: number; health: StoreHealth | undefined }
  | { kind: 'log'; line: string }
>;
