/**
 * engine-fixture: an engine on free ports with a real drachtio-srf connected to it, and what the application sees as promises.
 */
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { ENGINE_VERSION, startEngine, type EngineHandle, type RunningEngine } from '#engine/engine.js';
import type { EngineOptions, EngineParts } from '#engine/options.js';

const SECRET = 'a secret of the test';

export interface AppMessage {
  readonly body?: string;
  get(name: string): string;
  has(name: string): boolean;
}

export interface AppRequest extends AppMessage {
  /** To the engine. */
  socket?: Socket;
  readonly method: string;
  readonly uri: string;
  readonly protocol: string;
  readonly source: string;
  readonly source_address: string;
  readonly source_port: number;
  readonly receivedOn?: string;
  readonly stackDialogId?: string;
  readonly stackTxnId?: string;
  on(event: 'response', listener: (response: AppResponse, ack: (options?: object) => void) => void): this;
  on(event: 'cancel', listener: (cancel: AppMessage) => void): this;
  cancel(options: object, callback: (error: Error | null, request?: AppRequest) => void): void;
}

export interface AppResponse extends AppMessage {
  readonly status: number;
  readonly reason: string;
  readonly stackDialogId?: string;
  readonly stackTxnId?: string;
  readonly source: string;
  send(
    status: number,
    options?: object,
    callback?: (error: unknown, sent?: AppMessage) => void,
    acked?: (ack: AppRequest) => void,
  ): void;
}

export interface Srf {
  use(method: string, handler: (request: AppRequest, response: AppResponse) => void): void;
  request(options: object, callback: (error: Error | null, request: AppRequest) => void): void;
  connect(options: object): void;
  disconnect(): void;
  on(event: string, listener: (...args: never[]) => void): void;
  createB2BUA(request: AppRequest, response: AppResponse, uri: string, options: object): Promise<{ uas: Dialog; uac: Dialog }>;
  createUAS(request: AppRequest, response: AppResponse, options: object): Promise<Dialog>;
  createUAC(uri: string, options: object, callbacks?: object): Promise<Dialog>;
}

export interface Dialog {
  readonly id: string;
  readonly local: { sdp: string };
  on(event: 'destroy', listener: (request: AppRequest, reason: string) => void): this;
  on(event: 'modify', listener: (request: AppRequest, response: AppResponse) => void): this;
  on(event: 'ack', listener: (request: AppRequest) => void): this;
  destroy(): Promise<unknown>;
  modify(sdp: string): Promise<string>;
}

export const newSrf = (): Srf => new (createRequire(import.meta.url)('drachtio-srf') as new () => Srf)();

type Test = { teardown(fn: () => unknown): unknown };

export async function engineForTest(
  t: Test,
  options: Partial<EngineOptions> = {},
  parts: EngineParts = {},
): Promise<RunningEngine> {
  const engine = await startEngine({ addresses: ['127.0.0.1'], sipPort: 0, wsPort: 0, secret: SECRET, ...options }, parts);
  t.teardown(() => engine.stop());
  return engine;
}

/** Requests an application received, by the order of their coming, each with what answers it. */
export type Arrival = Readonly<{ request: AppRequest; response: AppResponse }>;

export class TestApp {
  readonly srf: Srf;
  readonly arrivals: Arrival[] = [];
  #waiting: { method: string; resolve: (arrival: Arrival) => void }[] = [];

  constructor(srf: Srf, methods: readonly string[]) {
    this.srf = srf;
    for (const method of methods) srf.use(method, (request, response) => this.#arrived({ request, response }));
  }

  /** The first request of this method not taken yet. */
  gets(method: string): Promise<Arrival> {
    const index = this.arrivals.findIndex(({ request }) => request.method === method);
    const [found] = index < 0 ? [] : this.arrivals.splice(index, 1);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the application did not get ${method}`)), 5000);
      this.#waiting.push({
        method,
        resolve: (arrival) => {
          clearTimeout(timer);
          resolve(arrival);
        },
      });
    });
  }

  #arrived(arrival: Arrival): void {
    const index = this.#waiting.findIndex(({ method }) => method === arrival.request.method);
    const [waiting] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (waiting === undefined) this.arrivals.push(arrival);
    else waiting.resolve(arrival);
  }
}

const ALL = ['invite', 'register', 'options', 'bye', 'ack', 'info', 'message', 'notify', 'subscribe', 'update', 'prack', 'refer'];

/** A connected application that hears of every method. */
export async function appForTest(
  t: Test,
  engine: Pick<EngineHandle, 'adminPort' | 'secret'>,
  methods: readonly string[] = ALL,
): Promise<TestApp> {
  const srf = newSrf();
  const app = new TestApp(srf, methods);
  await connected(t, srf, engine);
  return app;
}

export async function connected(t: Test, srf: Srf, engine: Pick<EngineHandle, 'adminPort' | 'secret'>): Promise<void> {
  const ready = new Promise<string>((resolve, reject) => {
    srf.on('connect', (error: Error | null, _hostports: string, version: string) => (error ? reject(error) : resolve(version)));
  });
  srf.on('error', () => undefined);
  srf.connect({ host: '127.0.0.1', port: engine.adminPort, secret: engine.secret });
  const version = await ready;
  if (version !== ENGINE_VERSION) throw new Error(`the engine calls itself ${version}`);
  t.teardown(() => disconnected(srf));
  await routesRead(srf);
}

/** drachtio-srf does not wait for the replies to its routes; a request behind them that must be refused is refused after them. */
const routesRead = (srf: Srf): Promise<void> =>
  new Promise((resolve) => srf.request({ method: 'OPTIONS', uri: 'sip:nobody@127.0.0.1;transport=tls' }, () => resolve()));

/** A request out of the application; resolves with the request as sent, whose responses are collected. */
export function outgoing(app: TestApp, options: object): Promise<Outgoing> {
  return new Promise((resolve, reject) => {
    app.srf.request(options, (error, request) => {
      if (error) reject(error);
      else resolve(new Outgoing(request));
    });
  });
}

export class Outgoing {
  readonly request: AppRequest;
  readonly #responses: { response: AppResponse; ack: (options?: object) => void }[] = [];
  #waiting: ((taken: { response: AppResponse; ack: (options?: object) => void }) => void)[] = [];

  constructor(request: AppRequest) {
    this.request = request;
    request.on('response', (response, ack) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#responses.push({ response, ack });
      else waiting({ response, ack });
    });
  }

  next(): Promise<{ response: AppResponse; ack: (options?: object) => void }> {
    const next = this.#responses.shift();
    if (next !== undefined) return Promise.resolve(next);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no response came')), 5000);
      this.#waiting.push((taken) => {
        clearTimeout(timer);
        resolve(taken);
      });
    });
  }
}

export const closed = (emitter: NodeJS.EventEmitter): Promise<unknown> => once(emitter, 'close');

/** drachtio-srf throws when it is asked to disconnect a second time. */
export function disconnected(srf: Srf): void {
  try {
    srf.disconnect();
  } catch {
    return;
  }
}
