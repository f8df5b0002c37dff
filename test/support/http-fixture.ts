/**
 * http-fixture: the HTTP side with fakes behind it, asked by inject, or opened on a free port.
 */
import { Writable } from 'node:stream';
import type { Test } from 'tap';
import { EventBus } from '#calls/event-bus.js';
import type { VirtualNumber } from '#calls/virtual-numbers.js';
import { buildApp, type HttpApp, type HttpDeps } from '#http/app.js';
import { LOGIN_LIMITS } from '#http/login-guard.js';
import { startHttp, type RunningHttp } from '#http/server.js';
import type { HealthView, MusicPort, RecordingsPort, RegistrationView } from '#http/read-models.js';
import type { AgentsConfig, Config, OzekiConfig, PhlosConfig, WebhooksConfig } from '#kit/config.js';
import { MediaFailed, MusicNotFound, RecordingNotFound } from '#kit/errors.js';
import { createLogger } from '#kit/log.js';
import type { StoreHealth } from '#kit/store-health.js';
import { FakeCalls } from './fake-calls.js';
import { FakeClock } from './fake-clock.js';
import { keepLog } from './kept-logs.js';

export const BASIC = { authorization: `Basic ${Buffer.from('HTTP_User_1:qwe123').toString('base64')}` };
export const BEARER = { authorization: 'Bearer demo-token' };

export const REGISTRATION: RegistrationView = {
  aor: '101',
  contact: 'sip:101@127.0.0.1:5070',
  transport: 'udp',
  source: '127.0.0.1:5070',
  userAgent: 'baresip',
  expiresInSec: 300,
  reachable: true,
};

export type Fixture = Readonly<{
  deps: HttpDeps;
  calls: FakeCalls;
  bus: EventBus;
  clock: FakeClock;
  /** Everything that was logged so far. */
  logged: () => string;
  health: { now: HealthView; engineStore?: StoreHealth | undefined };
  reinvites: Map<number, number>;
  /** Numbers that are programs. */
  programs: Map<string, VirtualNumber>;
}>;

/** Webhooks as webhooks.yaml has them when it says nothing, on loopback. */
export const NO_WEBHOOKS: WebhooksConfig = {
  allowPrivateAddresses: true,
  limits: {
    queue: 1000,
    parallel: 8,
    attempts: 10,
    timeoutSeconds: 10,
    firstRetrySeconds: 1,
    maxRetrySeconds: 300,
    responseBytes: 65_536,
  },
  deadLetters: 1000,
  webhooks: [],
};

/** PHLOs as the shipped phlos.yaml has them. */
export const DEMO_PHLOS: PhlosConfig = {
  enabled: true,
  holdSense: 'holder',
  accounts: [{ authId: 'demo', authToken: 'demo-token' }],
  phlos: [{ id: 'demo-phlo', name: 'Demo', createdOn: '2018-11-14 04:41:31.827796+00:00', nodes: [{ id: 'demo-node' }] }],
};

/** ozeki.yaml when it says nothing, on loopback. */
export const OZEKI: OzekiConfig = {
  enabled: true,
  urls: { routingInterception: '', callChanged: '', incomingCall: '', recordCompleted: '' },
  allowPrivateAddresses: true,
  publicUrl: '',
  apiExtensions: [],
  limits: {
    scripts: 200,
    steps: 1000,
    jumps: 50,
    scriptBytes: 65_536,
    answerSeconds: 10,
    routingSeconds: 2,
    requests: 100,
    waiting: 1000,
    redirects: 3,
  },
};

/** Agents as agents.yaml has them when it says nothing. */
export const NO_AGENTS: AgentsConfig = {
  enabled: true,
  connectHold: 'auto',
  authMode: 1,
  waitSeconds: 10,
  pollSeconds: 120,
  graceSeconds: 43_200,
  agents: [],
};

/** The house that seed 001 prints. */
export const VOIPNOW: Config['accounts']['voipnow'] = {
  enabled: true,
  organization: '0003',
  owner: '3',
  ownerName: 'Default Organization',
  publicUrl: 'https://x.x.x.x',
  actionStatus: 202,
  tokenSeconds: 7200,
  clients: [
    { client: 'demo', secret: 'demo', user: '12' },
    { client: 'narrow', secret: 'narrow-secret', user: '13', extensions: ['210'] },
  ],
};

const noRecording = (id: string): never => {
  throw new RecordingNotFound(id);
};
export const NO_RECORDINGS: RecordingsPort = {
  list: () => ({ total: 0, recordings: [] }),
  get: noRecording,
  fileOf: noRecording,
  remove: (id) => Promise.reject(new RecordingNotFound(id)),
};

export const NO_MUSIC: MusicPort = {
  list: () => [],
  missing: () => [],
  bring: () => Promise.reject(new MediaFailed('nothing is kept here')),
  takeAway: (musicClass, name) => Promise.reject(new MusicNotFound(musicClass, name)),
};

export function fixture(
  calls = new FakeCalls(),
  addresses: readonly string[] = ['127.0.0.1'],
  port = 0,
  ozeki: OzekiConfig = OZEKI,
): Fixture {
  let text = '';
  const keep = keepLog(() => ['qwe123', 'demo-token', 'demo-024', 'demo-210', 'demo-211']);
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      keep(chunk.toString());
      done();
    },
  });
  const log = createLogger('trace', sink);
  const clock = new FakeClock();
  const bus = new EventBus(clock, log);
  const health: Fixture['health'] = { now: { rtpengine: 'up', version: '10.5', music: 'files', problems: [] } };
  const reinvites = new Map<number, number>();
  const programs = new Map<string, VirtualNumber>();
  const deps: HttpDeps = {
    config: {
      addresses,
      http: { port, bodyBytes: 65_536 },
      accounts: {
        phones: ['024', '210', '211'].map((number) => ({
          number,
          name: number === '210' ? 'John Doe' : `Extension ${number}`,
          password: `demo-${number}`,
        })),
        http: [{ user: 'HTTP_User_1', password: 'qwe123' }],
        tokens: [{ name: 'demo', token: 'demo-token' }],
        voipnow: VOIPNOW,
      },
      webhooks: NO_WEBHOOKS,
      plivo: DEMO_PHLOS,
      ozeki,
      agents: NO_AGENTS,
    },
    commands: calls,
    bus,
    registrations: { list: () => [REGISTRATION] },
    music: NO_MUSIC,
    numbers: { add: (number, virtual) => void programs.set(number, virtual), remove: (number) => void programs.delete(number) },
    recordings: NO_RECORDINGS,
    health: () => health.now,
    engineStore: () => Promise.resolve(health.engineStore),
    gauges: () => ({ calls: calls.calls.size, registrations: 1, rtpengineUp: health.now.rtpengine === 'up', reinvites }),
    clock,
    log,
    loginLimits: { ...LOGIN_LIMITS, firstMs: 0 }, // wrong credentials cost nothing where they are not what is looked at
  };
  return { deps, calls, bus, clock, logged: () => text, health, reinvites, programs };
}

/** Asked by inject; closed when the test ends. */
export async function appFixture(t: Test, calls?: FakeCalls, ozeki?: OzekiConfig): Promise<Fixture & HttpApp> {
  const parts = fixture(calls, undefined, undefined, ozeki);
  const http = await buildApp(parts.deps);
  t.teardown(() => http.stop());
  return { ...parts, ...http };
}

/** On a real socket; closed when the test ends. */
export async function serverFixture(t: Test, calls?: FakeCalls): Promise<Fixture & { http: RunningHttp; url: string }> {
  const parts = fixture(calls);
  const http = await startHttp(parts.deps);
  t.teardown(() => {
    const stopped = http.stop();
    parts.clock.advance(10_000); // requests under way are not waited for
    return stopped;
  });
  return { ...parts, http, url: http.urls[0] ?? '' };
}
