/**
 * engine: the embedded SIP engine: transports → transactions → user agent → link to the applications. Started and stopped here;
 * what a message means is decided in the rooms below.
 */
import { randomBytes } from 'node:crypto';
import { word } from '#kit/ids.js';
import { createLogger } from '#kit/log.js';
import { Admission } from './admission.js';
import { DialogTable } from './dialog/dialog-table.js';
import { readAppMessage } from './link/app-message.js';
import { LinkServer } from './link/link-server.js';
import { LinkSession, type LinkUser } from './link/link-session.js';
import { Roster } from './link/roster.js';
import { MonotonicClock } from './monotonic-clock.js';
import { ENGINE_LIMITS, type EngineOptions, type EngineParts } from './options.js';
import { TimerWheel } from './timer-wheel.js';
import { TransactionLayer } from './transaction/transaction-layer.js';
import { hostPort, type FlowUser } from './transport/flow.js';
import { RegisteredFlows } from './transport/registered-flows.js';
import { Transports, type Listening } from './transport/transports.js';
import { answerFor } from './ua/app-answers.js';
import { appIsGone } from './ua/app-loss.js';
import { requestFor } from './ua/app-requests.js';
import type { Core } from './ua/core.js';
import { Uas } from './ua/uas.js';

/** drachtio-srf pings servers that call themselves v0.8.2 or newer; the rest says who this is. */
export const ENGINE_VERSION = 'v0.9.10-holdfast-0.1.0';

export type EngineHandle = Readonly<{
  adminPort: number;
  secret: string;
  listening: readonly Listening[];
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

export type RunningEngine = EngineHandle & Readonly<{ counts: () => EngineCounts }>;

/** Without news of what was read: longer than any pause of a healthy application, shorter than a peer's first repetition. */
const FENCE_MS = 100;

/** @throws EngineStartError when an address or port cannot be had. */
export async function startEngine(options: EngineOptions, parts: EngineParts = {}): Promise<RunningEngine> {
  const core = buildCore(options, parts);
  const secret = options.secret ?? randomBytes(24).toString('hex');
  const user = linkUser(core);
  const clock = core.clock;
  const facts = {
    secret,
    clock,
    log: core.log,
    askFence: parts.askFence ?? ((passed: () => void) => void clock.after('link fence', FENCE_MS, passed)),
    nextId: core.nextId,
    welcome: () => welcome(core.transports.listening),
  };
  try {
    await core.transports.open(options);
    const link = await LinkServer.open(options.adminAddress ?? '127.0.0.1', options.adminPort ?? 0, (socket) => {
      new LinkSession(socket, facts, user);
    });
    return {
      adminPort: link.port,
      secret,
      listening: core.transports.listening,
      counts: () => countsOf(core),
      stop: () => stop(core, link),
    };
  } catch (error) {
    core.transports.close();
    throw error;
  }
}

function buildCore(options: EngineOptions, parts: EngineParts): Core {
  const clock = parts.clock ?? new MonotonicClock();
  const log = parts.log ?? createLogger(options.logLevel ?? 'silent');
  const limits = { ...ENGINE_LIMITS, ...options.limits };
  const admission = new Admission(limits.lateMs);
  const wheel = new TimerWheel(clock, (lateMs) => admission.loopWasLate(lateMs));
  const uas = new Uas(admission);
  const nextId = idSource();
  const transactions = new TransactionLayer(wheel, log, limits.serverTransactions, nextId, uas);
  const flows = new RegisteredFlows();
  const flowUser: FlowUser = {
    message: (text, flow) => transactions.message(text, flow),
    closed: (flow) => {
      flows.closed(flow);
      transactions.closed(flow);
    },
  };
  const core: Core = {
    clock,
    log,
    limits,
    wheel,
    transports: new Transports(flowUser, limits.connections, (text) => log.warn(text)),
    flows,
    transactions,
    dialogs: new DialogTable(limits.dialogs),
    roster: new Roster(),
    incoming: new Map(),
    outgoing: new Map(),
    nextId,
    nextCSeq: cseqSource(clock.now()),
  };
  uas.begin(core);
  return core;
}

function linkUser(core: Core): LinkUser {
  return {
    authenticated: (session) => core.roster.add(session),
    route: (session, method) => core.roster.route(session, method),
    removeRoute: (session, method) => core.roster.removeRoute(session, method),
    sip: (session, command) => {
      const message = readAppMessage(command.text);
      if (message.kind === 'bad') session.nok(command.id, message.why);
      else if (message.kind === 'response') answerFor(core, session, command, message);
      else requestFor(core, session, command, message);
    },
    proxy: (session, command) => session.nok(command.id, 'proxying is not supported'),
    closed: (session) => {
      core.roster.remove(session);
      appIsGone(core, session);
    },
  };
}

/** Unique in this engine and not to be guessed from another one's. */
function idSource(): () => string {
  const prefix = word(12);
  let count = 0;
  return () => `${prefix}-${(count++).toString(36)}`;
}

/** RFC 3261 §8.1.1.5: from the clock, so that a restart does not begin below what peers have seen. */
function cseqSource(nowMs: number): () => number {
  let last = Math.floor(nowMs / 1000) % 2 ** 30;
  return () => ++last;
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
function stop(core: Core, link: LinkServer): Promise<void> {
  core.roster.closeAll('the engine stops');
  link.close();
  core.transactions.close();
  core.dialogs.clear();
  core.wheel.stop();
  core.transports.close();
  return Promise.resolve();
}
