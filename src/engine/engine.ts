/**
 * engine: the embedded SIP engine: transports → transactions → user agent → link to the applications. Started and stopped here;
 * what a message means is decided in the rooms below.
 */
import { randomBytes } from 'node:crypto';
import { createLogger } from '#kit/log.js';
import type { StoreHealth } from '#kit/store-health.js';
import type { EngineKeeper } from './dialog/keeper.js';
import type { Doorway } from './doorway.js';
import { openKeeper } from './keeper-plug.js';
import { LinkServer } from './link/link-server.js';
import { LinkSession } from './link/link-session.js';
import { MonotonicClock } from '#kit/monotonic-clock.js';
import type { EngineOptions, EngineParts } from './options.js';
import { securePorts, type SecurePorts } from './secure-ports.js';
import { hostPort } from './transport/flow.js';
import type { Listening } from './transport/transports.js';
import type { Core } from './ua/core.js';
import { Restored } from './ua/restored.js';
import { buildCore, linkUserOf } from './wiring.js';

/** drachtio-srf pings servers that call themselves v0.8.2 or newer; the rest says who this is. */
export const ENGINE_VERSION = 'v0.9.10-holdfast-0.1.0';

export type EngineHandle = Readonly<{
  adminPort: number;
  secret: string;
  listening: readonly Listening[];
  /** Who is kept out, to be changed while it runs. */
  door: Pick<Doorway, 'ban' | 'lift' | 'welcome' | 'configure'>;
  /** Its files may have changed (SIGHUP, POST /reload); without this it is found out within ten seconds. */
  lookAtCertificate: () => void;
  /** Dialogs of the last life that are up again, by the name they had (drachtio's stackDialogId); nobody owns them yet. */
  restored: readonly string[];
  /** Those of `restored` that no application knows get a BYE; asked for by whoever has read what it has kept of its calls. */
  endOrphans: (known: readonly string[]) => void;
  stop: () => Promise<void>;
}>;

/** Sizes of what is alive, for tests and the curious: all of them come back to zero when nothing is under way. */
export type EngineCounts = Readonly<{
  transactions: number;
  dialogs: number;
  incoming: number;
  outgoing: number;
  apps: number;
  routes: number;
  flows: number;
}>;

export type RunningEngine = EngineHandle & Readonly<{ counts: () => EngineCounts; stored: () => StoreHealth | undefined }>;

/** Without news of what was read: longer than any pause of a healthy application, shorter than a peer's first repetition. */
const FENCE_MS = 100;

/** @throws EngineStartError when an address or port cannot be had. */
export async function startEngine(options: EngineOptions, parts: EngineParts = {}): Promise<RunningEngine> {
  const clock = parts.clock ?? new MonotonicClock();
  const log = parts.log ?? createLogger(options.logLevel ?? 'silent');
  const keeper = parts.keeper ?? (await openKeeper(options.keep, clock, log));
  const { core, doorway, stopWatching } = buildCore(options, {
    ...parts,
    clock,
    log,
    ...(keeper === undefined ? {} : { keeper }),
  });
  // Before anybody can send to us: the first BYE must find its dialog.
  const restored = keeper === undefined ? undefined : new Restored(core, keeper);
  const secret = options.secret ?? randomBytes(24).toString('hex');
  const user = linkUserOf(core);
  const facts = {
    secret,
    clock,
    log,
    askFence: parts.askFence ?? ((passed: () => void) => void clock.after('link fence', FENCE_MS, passed)),
    nextId: core.nextId,
    welcome: () => welcome(core.transports.listening),
  };
  let secure: SecurePorts | undefined;
  try {
    const { tls, ...plain } = options;
    secure = tls === undefined ? undefined : securePorts(tls, core);
    await restored?.ready();
    await core.transports.open({ ...plain, ...(secure === undefined ? {} : { tls: secure.listen }) });
    restored?.begin();
    const link = await LinkServer.open(options.adminAddress ?? '127.0.0.1', options.adminPort ?? 0, (socket) => {
      new LinkSession(socket, facts, user);
    });
    return {
      adminPort: link.port,
      secret,
      listening: core.transports.listening,
      door: doorway,
      counts: () => countsOf(core),
      stored: () => keeper?.health(),
      lookAtCertificate: () => secure?.look(),
      restored: restored?.ids ?? [],
      endOrphans: (known) => restored?.endOthers(known),
      stop: () => {
        stopWatching();
        secure?.close();
        return stop(core, link, keeper);
      },
    };
  } catch (error) {
    stopWatching();
    secure?.close();
    core.transports.close();
    await keeper?.close();
    throw error;
  }
}

function welcome(listening: readonly Listening[]): readonly [string, string, string] {
  const hostports = listening.map((one) => `${one.protocol}/${hostPort(one)}`).join(',');
  return [hostports, ENGINE_VERSION, hostports];
}

function countsOf(core: Core): EngineCounts {
  return {
    transactions: core.transactions.size,
    dialogs: core.dialogs.size,
    incoming: core.incoming.size,
    outgoing: core.outgoing.size,
    apps: core.roster.size,
    routes: core.roster.routedMethods().length,
    flows: core.flows.size,
  };
}

/** What is still to be written is written; nobody is told anything new. */
function stop(core: Core, link: LinkServer, keeper: EngineKeeper | undefined): Promise<void> {
  core.roster.closeAll('the engine stops');
  link.close();
  core.transactions.close();
  core.dialogs.clear();
  core.wheel.stop();
  core.transports.close();
  return keeper?.close() ?? Promise.resolve();
}
