/**
 * quiet-calls: a CallService whose phones and media server say only what a test has them say, and do whatever they are asked.
 */
import { CallService } from '#calls/call-service.js';
import { EventBus } from '#calls/event-bus.js';
import type { BindingsPort, IncomingCall, LegSignal, MediaPort, SignalingPort, TollPort } from '#calls/ports.js';
import type { CallStorePort } from '#calls/store-port.js';
import { NO_POLICY } from '#core/hold-policy.js';
import type { CallId, LegRole } from '#core/leg.js';
import type { Clock } from '#kit/clock.js';
import { createLogger } from '#kit/log.js';
import { buildConnections, type Connections } from '../../dist/connections.js';
import { FakeClock } from './fake-clock.js';
import { sdpOf } from './stored-call.js';

/** Whoever is called is at one place, and is a phone. */
export const ONE_PHONE: BindingsPort = {
  find: () => ({ kind: 'targets', targets: [{ uri: 'sip:102@192.0.2.2' }] }),
  traits: () => ({ kind: 'phone', holdMode: 'auto', refusedMusic: false }),
  holdRefused: () => undefined,
};

/** 101 calls 102. */
export const CALL_OF_101: IncomingCall = {
  fromUser: '101',
  toUser: '102',
  offer: sdpOf(20_000),
  maxForwards: 70,
  asker: 'inside',
  privacy: false,
};

/** Every method is there and does nothing but to be counted; an answer that is a function is asked each time. */
function obliging<Port extends object>(asked: string[], answers: Readonly<Record<string, unknown>>): Port {
  const get =
    (_port: object, name: string | symbol) =>
    (...args: unknown[]): unknown => {
      asked.push(String(name));
      const answer = answers[String(name)];
      return typeof answer === 'function' ? (answer as (...args: unknown[]) => unknown)(...args) : answer;
    };
  return new Proxy({}, { get }) as Port;
}

const made = Promise.resolve(sdpOf(31_000));
const MEDIA = { offer: made, answer: made, firstOffer: made, answerOfNobody: made };

type Answers = Readonly<Record<string, unknown>>;

/** `media`, `signaling`: what their methods answer instead. */
export type QuietMore = Readonly<{ media?: Answers; signaling?: Answers; toll?: TollPort }>;

export class QuietCalls {
  readonly asked: string[] = [];
  readonly clock: Clock;
  readonly service: CallService;
  readonly signaling: SignalingPort;
  readonly media: MediaPort;
  readonly bus: EventBus;

  constructor(store: CallStorePort | undefined, clock: Clock = new FakeClock(), more: QuietMore = {}) {
    this.clock = clock;
    const log = createLogger('silent');
    this.signaling = obliging<SignalingPort>(this.asked, more.signaling ?? {});
    this.media = obliging<MediaPort>(this.asked, { ...MEDIA, ...more.media });
    this.bus = new EventBus(clock, log, 100);
    this.service = new CallService({
      signaling: this.signaling,
      media: this.media,
      bindings: ONE_PHONE,
      bus: this.bus,
      clock,
      log,
      ringSeconds: 120,
      maxCalls: 100_000,
      house: { policy: NO_POLICY },
      store,
      toll: more.toll,
    });
  }

  /** What transfers and parks its calls. */
  connections(): Connections {
    return buildConnections({
      calls: this.service,
      srf: {} as never,
      bindings: ONE_PHONE,
      signaling: this.signaling,
      media: this.media,
      bus: this.bus,
      clock: this.clock,
      log: createLogger('silent'),
      park: { park: '*85', retrieve: '*86', slots: 10 },
    });
  }

  /** Whatever waits in the lanes has been done. */
  async settles(): Promise<void> {
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  async says(callId: CallId, role: LegRole, signal: LegSignal): Promise<void> {
    this.service.signal({ callId, role }, signal);
    await this.settles();
  }

  /** 101 calls 102. */
  async rings(): Promise<CallId> {
    const id = this.service.incoming(CALL_OF_101);
    await this.settles();
    await this.says(id, 'callee', { kind: 'progressed', status: 180 });
    return id;
  }

  /** The same without an offer in the INVITE (RFC 3261 §13.2.1): the answer comes with the ACK. */
  async ringsLate(): Promise<CallId> {
    const { offer: _offer, ...call } = CALL_OF_101;
    const id = this.service.incoming(call);
    await this.settles();
    return id;
  }

  async talks(): Promise<CallId> {
    const id = await this.rings();
    await this.says(id, 'callee', { kind: 'answered', sdp: sdpOf(20_002) });
    await this.says(id, 'caller', { kind: 'acked' });
    return id;
  }

  /** A program holds both, and both phones agree. */
  async holds(id: CallId): Promise<void> {
    const policy = { maxSeconds: 60, remindHolderEverySeconds: 0, onExpiry: { kind: 'resume' } } as const;
    this.service.dispatch(id, { kind: 'hold.requested', holder: 'controller', policy });
    await this.answers(id, 'recvonly');
  }

  async answers(id: CallId, direction: 'recvonly' | 'sendrecv'): Promise<void> {
    await this.settles();
    for (const [role, port] of [
      ['caller', 20_000],
      ['callee', 20_002],
    ] as const)
      await this.says(id, role, { kind: 'reinvite-answered', status: 200, sdp: sdpOf(port, direction) });
  }
}
