/**
 * main: builds every room once, plugs ports into adapters, and closes them in reverse order. Decides nothing else.
 */
import { fileURLToPath } from 'node:url';
import { CallService } from '#calls/call-service.js';
import { EventBus } from '#calls/event-bus.js';
import { Liveness } from '#calls/liveness.js';
import type { CallSignals } from '#calls/ports.js';
import { VirtualNumbers } from '#calls/virtual-numbers.js';
import { VirtualPhones } from '#calls/virtual-phones.js';
import { readPolicy } from '#calls/written-policy.js';
import { mergePolicies } from '#core/hold-policy.js';
import { prepareHttp } from '#http/server.js';
import { RealClock, type Clock } from '#kit/clock.js';
import type { Config } from '#kit/config.js';
import { ConfigSource, type ConfigReader } from '#kit/config-source.js';
import { AppError } from '#kit/errors.js';
import { collectWithoutHelpers } from '#kit/few-cores.js';
import { createLogger, type Logger } from '#kit/log.js';
import { noLongerThan } from '#kit/no-longer-than.js';
import { outliveRejections } from '#kit/rejections.js';
import { QuietCollector } from '#kit/quiet-collector.js';
import { startMedia, type Media } from '#media/media.js';
import { DialogSubscriptions } from '#signaling/dialog-events/subscriptions.js';
import { installRoutes, type RouteDeps } from '#signaling/routes.js';
import { Signaling } from '#signaling/signaling.js';
import { connectSrf, hushLibrary, newSrf } from '#signaling/srf.js';
import { bothStarted, Closers } from './closers.js';
import { openStore } from './keeping.js';
import { buildCommands } from './command-rooms.js';
import { buildConnections } from './connections.js';
import { buildGuards } from './guards.js';
import { buildPhones } from './phones.js';
import { openRecords } from './records.js';
import { Reload } from './reload.js';
import { restoreCalls } from './restoring.js';
import { engineFor, type Fatal } from './sip-engine.js';
import { listenToSignals, type Signalled } from './signals.js';
import { httpTls } from './tls.js';
import { readyFacts, welcome, type Served } from './welcome.js';

export type RunningHoldfast = Served & Signalled;

export type { Fatal } from './sip-engine.js';

const CONNECT_MS = 10_000;
/** Ctrl-C ends within two seconds: calls get this long to hear BYE, the rest goes to closing. */
const POLITE_MS = 1200;

/** @throws AppError (ConfigError and others) with one clear line when something cannot start; what was started is stopped again. */
export async function startHoldfast(
  config: Config,
  log: Logger,
  fatal: Fatal,
  clock: Clock = new RealClock(),
  source: ConfigReader = { read: () => config, inForce: () => undefined },
): Promise<RunningHoldfast> {
  const closers = new Closers();
  try {
    return await build(config, log, clock, closers, fatal, source);
  } catch (error) {
    await closers.closeAll(log);
    throw error;
  }
}

async function build(
  config: Config,
  log: Logger,
  clock: Clock,
  closers: Closers,
  fatal: Fatal,
  source: ConfigReader,
): Promise<RunningHoldfast> {
  const kept = await openStore(config, clock, log.child({ room: 'store' }));
  const bus = new EventBus(clock, log, config.events.history, kept.numbers);
  closers.add('store', () => kept.close());
  const guards = buildGuards(config, clock, log.child({ room: 'guard' }));
  // A process and a thread that know nothing of each other: they start at the same time.
  const [media, drachtio] = await bothStarted(
    mediaFor(config, clock, log, closers),
    engineFor(config, log, closers, fatal, guards),
  );
  drachtio.worksBehind((gone) => media.afterBacklog(gone));
  const srf = newSrf();
  const phones = buildPhones({
    watch: guards.watch,
    config,
    clock,
    srf,
    log: log.child({ room: 'registrar' }),
    publish: (event) => bus.publish(event),
    granted: (request) => signaling.keys.learn(request),
    keeper: kept.bindings,
  });

  // Signaling and calls need each other; this is the knot where they are tied.
  const signals: CallSignals = {
    incoming: (call) => calls.incoming(call),
    signal: (leg, signal) => calls.signal(leg, signal),
    mayRelay: (leg, what) => calls.mayRelay(leg, what),
    changed: (leg) => calls.changed(leg),
  };
  const session = config.sip;
  const signaling = new Signaling({ srf, calls: signals, clock, session, log: log.child({ room: 'signaling' }) });
  const numbers = new VirtualNumbers(phones.bindings);
  const parties: VirtualPhones = new VirtualPhones({
    signaling,
    numbers,
    calls: { incoming: (call, joined) => calls.incoming(call, joined), signal: (leg, signal) => calls.signal(leg, signal) },
    log: log.child({ room: 'programs' }),
  });
  const calls: CallService = new CallService({
    signaling: parties,
    media: media.port,
    bindings: numbers,
    bus,
    clock,
    log: log.child({ room: 'calls' }),
    ringSeconds: config.sip.ringSeconds,
    maxCalls: config.sip.maxCalls,
    toll: guards.toll,
    endedKept: config.limits.endedCalls,
    house: { policy: mergePolicies(readPolicy(config.hold)) },
    store: kept.calls,
  });
  const connected = buildConnections({
    calls,
    srf,
    bindings: numbers,
    signaling: parties,
    media: media.port,
    bus,
    clock,
    log,
    park: config.park,
    slots: kept.slots,
  });
  closers.add('connections', () => connected.close());
  const liveness = new Liveness({
    find: (id) => calls.live(id),
    signaling: parties,
    media: media.port,
    bus,
    clock,
    everySec: config.sip.livenessSeconds,
  });
  closers.add('liveness', () => liveness.close());
  media.onLost(() => calls.mediaReturn.lost());
  media.onBack(() => void calls.mediaReturn.back());
  media.onDeaf((callId) => void calls.mediaReturn.deaf(callId));
  media.onKey((leg, key, ms) => calls.keys.heard(leg, { key, ms, by: 'rtp' }));
  const authenticate: RouteDeps['authenticate'] = (request, response) => phones.authenticator.identify(request, response);
  const watchers = new DialogSubscriptions({
    srf,
    bus,
    bindings: phones.bindings,
    authenticate,
    isPrivate: (id) => calls.live(id)?.dialFacts.privacy === true,
    clock,
    log: log.child({ room: 'signaling' }),
    limits: { all: config.limits.subscriptions, each: config.limits.subscriptionsPerAccount },
  });
  installRoutes({
    srf,
    signaling,
    calls: signals,
    bindings: phones.bindings,
    authenticate,
    subscribe: (request, response) => watchers.onSubscribe(request, response),
    register: phones.onRegister,
    toll: guards.toll,
    session,
    screen: guards.screen,
    log: log.child({ room: 'signaling' }),
  });
  let sipIsUp = false;
  closers.add('drachtio connection', () => {
    if (sipIsUp) srf.disconnect(); // drachtio-srf throws where there is none
  });
  closers.add('dialog subscriptions', () => watchers.close());
  closers.add('phones', () => phones.stop());

  const records = await openRecords({ config, media, calls, bus, clock, log, keeper: kept.history });
  closers.add('records', () => records.close());
  const commands = buildCommands({ config, calls, parties, numbers, connected, media, records, bus, clock, closers, log });
  const restoring = { room: media, drachtio, left: kept.left, written: kept.written };
  const restore = await restoreCalls({ ...restoring, calls, signaling: parties, bindings: numbers, bus, clock, log });
  let draining = false;
  const http = await prepareHttp({
    config,
    rate: guards.rate,
    limits: config.limits,
    reload: () => reload.run(),
    guards: guards.book,
    realm: config.sip.realm,
    tls: await httpTls(config),
    commands,
    bus,
    registrations: phones.registrar,
    music: media.music,
    numbers,
    recordings: records.recordings,
    health: () => ({ ...media.health(), store: kept.health?.(), ...(draining ? { draining } : {}) }),
    engineStore: drachtio.stored,
    kept: kept.http,
    gauges: () => ({
      calls: calls.size,
      registrations: phones.registrar.list().length,
      rtpengineUp: media.health().rtpengine === 'up',
      reinvites: calls.reinvites,
    }),
    clock,
    log: log.child({ room: 'http' }),
  });
  calls.interceptBy(http.intercept);
  closers.add('http', () => http.stop());
  const collector = new QuietCollector({ clock, count: () => calls.size });
  closers.add('collector', () => collector.close());
  closers.add('calls', () => noLongerThan(POLITE_MS, 'polite end', clock, calls.close()));
  // After all of that, because building takes the loop a while, and phones that come meanwhile would be told that we are overloaded.
  hushLibrary(log);
  const sip = await connectSrf(srf, drachtio, CONNECT_MS, log, () => calls.sipReturn.back());
  sipIsUp = true;
  const awake = restore();
  connected.parking.freeAllBut((id) => calls.live(id) !== undefined);
  phones.begin();
  // Last: whoever asks finds the calls of the last life awake, and SIP that can be spoken.
  await awake;
  const doors = await http.open();
  const certificates = [drachtio.lookAtCertificate, doors.lookAtCertificate];
  const reload = new Reload(config, source, [phones.reloadable, guards.reloadable, http.reloadable], log, certificates);
  return {
    config,
    sip,
    httpPort: doors.port,
    stop: () => closers.closeAll(log),
    drain: () => {
      draining = true;
      return noLongerThan(config.limits.drainSeconds * 1000, 'drain', clock, calls.drain());
    },
    reload: () => reload.tryRun(),
  };
}

async function mediaFor(config: Config, clock: Clock, log: Logger, closers: Closers): Promise<Media> {
  const media = await startMedia(config, clock, log.child({ room: 'media' }));
  closers.add('media', () => media.stop());
  return media;
}

export async function main(): Promise<void> {
  // drachtio-srf reads process.env for every header it looks up; a plain object is many times faster than the real one.
  process.env = { ...process.env };
  collectWithoutHelpers();
  const defaultFolder = fileURLToPath(new URL('../sip-config', import.meta.url));
  try {
    const source = new ConfigSource(process.env, defaultFolder);
    const config = source.read();
    source.inForce();
    const log = createLogger(config.log);
    outliveRejections(log);
    let end: (why: string, code: number) => void = (_why, code) => process.exit(code);
    const fatal: Fatal = (why) => {
      log.fatal({ why }, 'cannot go on');
      end(why, 1);
    };
    const running = await startHoldfast(config, log, fatal, new RealClock(), source);
    end = listenToSignals(running, log);
    process.stdout.write(welcome(running));
    if (process.env['HOLDFAST_PRINT_READY'] === '1') process.stdout.write(`${JSON.stringify(readyFacts(running))}\n`);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    process.stderr.write(`holdfast: ${error.message}\n`);
    process.exitCode = 1;
    process.exit();
  }
}
