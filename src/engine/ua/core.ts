/**
 * core: what the rooms of the user agent share: the tables, the clock and the applications. Nothing is decided here.
 */
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import type { DialogTable } from '../dialog/dialog-table.js';
import type { EngineKeeper } from '../dialog/keeper.js';
import type { Roster } from '../link/roster.js';
import type { EngineLimits } from '../options.js';
import type { TimerWheel } from '../timer-wheel.js';
import type { TransactionLayer } from '../transaction/transaction-layer.js';
import type { RegisteredFlows } from '../transport/registered-flows.js';
import type { Transports } from '../transport/transports.js';
import type { AwaitedHeirs } from './awaited-heirs.js';
import type { UnheardInvites } from './unheard-invites.js';
import type { IncomingRequest } from './incoming-request.js';
import type { OutgoingRequest } from './outgoing-request.js';

export type Core = Readonly<{
  clock: Clock;
  log: Logger;
  limits: EngineLimits;
  wheel: TimerWheel;
  transports: Transports;
  flows: RegisteredFlows;
  transactions: TransactionLayer;
  dialogs: DialogTable;
  /** Absent: nothing outlives the engine. */
  keeper: EngineKeeper | undefined;
  /** INVITEs whose connection closed while they rang. */
  unheard: UnheardInvites;
  /** Requests in dialogs whose application is not there, until one is. */
  heirs: AwaitedHeirs;
  roster: Roster;
  /** Requests of peers that the application has not answered, by the id it knows them by. */
  incoming: Map<string, IncomingRequest>;
  /** Call-IDs of the INVITEs among them that begin a call. */
  open: Set<string>;
  /** Requests of the application that have no final response, by the id it knows them by. */
  outgoing: Map<string, OutgoingRequest>;
  /** A fresh transaction id. */
  nextId: () => string;
  /** A CSeq for a request that starts something: later ones are higher, also after a restart (RFC 3261 §8.1.1.5). */
  nextCSeq: () => number;
}>;
