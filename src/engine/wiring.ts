/**
 * wiring: builds the rooms of an engine once and plugs them into each other. Opens nothing and decides nothing.
 */
import { word } from '#kit/ids.js';
import { createLogger } from '#kit/log.js';
import { QuietCollector } from '#kit/quiet-collector.js';
import { Admission } from './admission.js';
import { Doorway } from './doorway.js';
import { DialogTable } from './dialog/dialog-table.js';
import { readAppMessage } from './link/app-message.js';
import type { LinkUser } from './link/link-session.js';
import { Roster } from './link/roster.js';
import { LoadWatch } from './load-watch.js';
import { MonotonicClock } from '#kit/monotonic-clock.js';
import { ENGINE_LIMITS, type EngineOptions, type EngineParts } from './options.js';
import { TimerWheel } from './timer-wheel.js';
import { TurnedAway } from './turned-away.js';
import { TransactionLayer } from './transaction/transaction-layer.js';
import { Connections } from './transport/connections.js';
import type { FlowUser } from './transport/flow.js';
import { RegisteredFlows } from './transport/registered-flows.js';
import { Transports } from './transport/transports.js';
import { answerFor } from './ua/app-answers.js';
import { appIsGone } from './ua/app-loss.js';
import { requestFor } from './ua/app-requests.js';
import { AwaitedHeirs } from './ua/awaited-heirs.js';
import { UnheardInvites } from './ua/unheard-invites.js';
import { connectionClosed } from './ua/caller-gone.js';
import type { Core } from './ua/core.js';
import { Uas } from './ua/uas.js';

export type Wired = Readonly<{ core: Core; doorway: Doorway; stopWatching: () => void }>;

export function buildCore(options: EngineOptions, parts: EngineParts): Wired {
  const clock = parts.clock ?? new MonotonicClock();
  const log = parts.log ?? createLogger(options.logLevel ?? 'silent');
  const limits = { ...ENGINE_LIMITS, ...options.limits };
  const admission = new Admission(limits.lateMs);
  const wheel = new TimerWheel(clock, (lateMs) => admission.wasLate('loop', lateMs));
  const turnedAway = new TurnedAway(clock, parts.turnedAway);
  const doorway = new Doorway(options.door, clock, log, turnedAway);
  const uas = new Uas(admission, doorway, turnedAway);
  const nextId = idSource();
  const transactions = new TransactionLayer(wheel, log, limits, nextId, uas);
  const flows = new RegisteredFlows();
  const flowUser: FlowUser = {
    message: (text, flow) => {
      if (doorway.shuts(flow.remote.address, text.startsWith('SIP/2.0 '))) return;
      try {
        transactions.message(text, flow);
      } catch (error) {
        // A fault of ours that one message met must not end all other calls.
        log.error({ err: error, from: flow.remote.address, head: text.slice(0, text.indexOf('\r\n')) }, 'a message met a fault');
      }
    },
    closed: (flow) => {
      flows.closed(flow);
      transactions.closed(flow);
      connectionClosed(core, flow);
    },
  };
  const core: Core = {
    clock,
    log,
    limits,
    wheel,
    transports: new Transports(
      flowUser,
      new Connections(limits.connections, (from, standing, most) => doorway.letsConnect(from, standing, most)),
      (text) => log.warn(text),
    ),
    flows,
    transactions,
    dialogs: new DialogTable(limits.dialogs, parts.keeper?.dialogs),
    keeper: parts.keeper,
    heirs: new AwaitedHeirs(wheel, limits),
    unheard: new UnheardInvites(),
    roster: new Roster(),
    incoming: new Map(),
    open: new Set(),
    outgoing: new Map(),
    nextId,
    nextCSeq: cseqSource(clock.now()),
  };
  uas.begin(core);
  const isServed = (): boolean => core.roster.size > 0;
  const askSockets = (read: () => void): void => core.transports.afterBacklog(read);
  const load = { admission, clock, log, askApp: parts.askFence, askWork: parts.askWork, askSockets, isServed };
  const watch = parts.watchLoad === true ? new LoadWatch(load) : undefined;
  const count = (): number => core.transactions.size + core.dialogs.size;
  const collector = parts.watchLoad === true ? new QuietCollector({ clock, count }) : undefined;
  const stopWatching = (): void => {
    watch?.stop();
    collector?.close();
  };
  return { core, doorway, stopWatching };
}

/** What the applications ask for. */
export function linkUserOf(core: Core): LinkUser {
  return {
    authenticated: (session) => {
      core.roster.add(session);
      core.heirs.come();
    },
    route: (session, method) => core.roster.route(session, method),
    removeRoute: (session, method) => core.roster.removeRoute(session, method),
    sip: (session, command) => {
      try {
        const message = readAppMessage(command.text);
        if (message.kind === 'bad') session.nok(command.id, message.why);
        else if (message.kind === 'response') answerFor(core, session, command, message);
        else requestFor(core, session, command, message);
      } catch (error) {
        core.log.error({ err: error }, 'a command met a fault');
        session.nok(command.id, 'internal error');
      }
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
