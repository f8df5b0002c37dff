/**
 * sip-engine: the SIP engine that main connects to: the embedded one with the limits of limits.yaml, or somebody else's. A part of main.
 */
import { join } from 'node:path';
import type { EngineLimits } from '#engine/options.js';
import { startEngineThread, type Backlog } from '#engine/thread.js';
import { CONNECTION_LIMITS } from '#engine/transport/connections.js';
import type { Config } from '#kit/config.js';
import type { Logger } from '#kit/log.js';
import type { StoreHealth } from '#kit/store-health.js';
import type { Closers } from './closers.js';
import { engineKeeping } from './engine-keeping.js';
import type { Guards } from './guards.js';
import { sipTls } from './tls.js';

/** Something without which nothing works has ended by itself; `why` is for the log. */
export type Fatal = (why: string) => void;

export type Drachtio = Readonly<{
  host: string;
  port: number;
  secret: string;
  /** Its files may have changed. */
  lookAtCertificate: () => void;
  /** Dialogs of the last life that are up again, by their stackDialogId. Undefined: an engine that is not ours does not say. */
  restored: readonly string[] | undefined;
  /** Ends those of them that are none of these. To be called once, when calls have been restored and srf is connected. */
  endOrphans: (known: readonly string[]) => void;
  /** Of new calls it lets in fewer while this is behind. An engine that is not ours does not ask. */
  worksBehind: (backlog: Backlog) => void;
  /** How its own store is. Absent: an engine that is not ours does not say. */
  stored?: () => Promise<StoreHealth | undefined>;
}>;

const NOT_OURS = { lookAtCertificate: () => undefined, endOrphans: () => undefined, worksBehind: () => undefined };

/** The embedded engine on its own thread, or the drachtio-server that the configuration names. */
export async function engineFor(config: Config, log: Logger, closers: Closers, fatal: Fatal, guards: Guards): Promise<Drachtio> {
  if (config.drachtio.host !== '') return { ...config.drachtio, restored: undefined, ...NOT_OURS };
  const tls = await sipTls(config);
  const engine = await startEngineThread(
    {
      addresses: config.addresses,
      sipPort: config.sip.port,
      wsPort: config.sip.wsPort,
      wsOrigins: config.sip.wsOrigins.map((origin) => origin.toLowerCase()),
      adminPort: config.engine.adminPort,
      door: guards.doorOf(config),
      limits: engineLimits(config.limits),
      ...(tls === undefined ? {} : { tls }),
      ...(config.store === 'memory' ? {} : { keep: engineKeeping(join(config.store, 'engine'), config.storeLimits) }),
    },
    log.child({ room: 'engine' }),
  );
  closers.add('engine', () => engine.stop());
  guards.plugInto(engine.door, engine.turnedAway);
  engine.onExit(fatal);
  return {
    host: '127.0.0.1',
    port: engine.adminPort,
    secret: engine.secret,
    lookAtCertificate: () => engine.lookAtCertificate(),
    restored: engine.restored,
    endOrphans: (known) => engine.endOrphans(known),
    worksBehind: (backlog) => engine.worksBehind(backlog),
    stored: () => engine.stored(),
  };
}

function engineLimits({ engine }: Config['limits']): Partial<EngineLimits> {
  return {
    serverTransactions: engine.transactions,
    messageBytes: engine.messageBytes,
    lateMs: engine.lateMs,
    dialogs: engine.dialogs,
    unanswered: engine.unanswered,
    connections: {
      ...CONNECTION_LIMITS,
      count: engine.connections,
      perAddress: engine.connectionsPerAddress,
      idleMs: engine.idleSeconds * 1000,
      unsentBytes: engine.unsentBytes,
    },
  };
}
