/**
 * signaling-house: the signaling room with a real drachtio-srf and a real engine, and calls that a test plays itself: it hears every
 * signal and says every word. For what happens on the wire of one leg.
 */
import type { Test } from 'tap';
import type { CallSignals, DialTarget, IncomingCall, LegId, LegSignal } from '#calls/ports.js';
import type { CallId, LegRole } from '#core/leg.js';
import type { Clock } from '#kit/clock.js';
import { RealClock } from '#kit/clock.js';
import { createLogger } from '#kit/log.js';
import { installRoutes } from '#signaling/routes.js';
import type { SessionPolicy } from '#signaling/session-timer.js';
import { Signaling } from '#signaling/signaling.js';
import { newSrf, type Srf } from '#signaling/srf.js';
import { connected, engineForTest, type Srf as AnySrf } from './engine-fixture.js';
import { portOf } from './raw-phone.js';
import { readMessage, SipPhone, type CallLeg, type Message } from './sip-phone.js';

export const CALLER: LegId = { callId: 'call-1' as CallId, role: 'caller' };
export const CALLEE: LegId = { callId: 'call-1' as CallId, role: 'callee' };
export const SESSION: SessionPolicy = { sessionSeconds: 1800, minSessionSeconds: 90 };

/** What a phone says of its media; `version` as every further SDP of it. */
export const sdp = (direction = 'sendrecv', version = 1, port = 4000): string =>
  `v=0\r\no=phone 7 ${version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\na=${direction}\r\n`;

type Heard = Readonly<{ role: LegRole; signal: LegSignal }>;
type Waiter = Readonly<{ kind: string; role: LegRole; resolve: (signal: LegSignal) => void }>;

const REAL: Clock = new RealClock();
const PATIENCE_MS = 5000;

export class SignalingHouse implements CallSignals {
  readonly signaling: Signaling;
  readonly srf: Srf;
  /** Everything reported, oldest first. */
  readonly heard: Heard[] = [];
  readonly invited: IncomingCall[] = [];
  readonly port: number;
  #unread: Heard[] = [];
  #waiting: Waiter[] = [];

  private constructor(srf: Srf, port: number, session: SessionPolicy, clock: Clock) {
    const log = createLogger('silent');
    this.port = port;
    this.srf = srf;
    this.signaling = new Signaling({ srf, calls: this, clock, session, log });
    installRoutes({
      srf,
      signaling: this.signaling,
      calls: this,
      bindings: {
        find: () => ({ kind: 'unknown' }),
        traits: () => ({ kind: 'stranger', holdMode: 'auto', refusedMusic: false }),
        holdRefused: () => undefined,
      },
      authenticate: () => ({ kind: 'trunk', name: 'test', asker: 'inside' }),
      register: (_request, response) => response.send(404),
      session,
      log,
    });
  }

  static async start(t: Test, { session = SESSION, clock = REAL } = {}): Promise<SignalingHouse> {
    const engine = await engineForTest(t);
    const srf = newSrf();
    const house = new SignalingHouse(srf, portOf(engine, 'udp'), session, clock);
    await connected(t, srf as unknown as AnySrf, engine);
    return house;
  }

  async phone(t: Test, number: string): Promise<SipPhone> {
    const phone = await SipPhone.open({ number, server: this.port });
    t.teardown(() => phone.close());
    return phone;
  }

  incoming(call: IncomingCall): CallId {
    this.invited.push(call);
    setImmediate(() => this.signal(CALLER, { kind: 'progressed', status: 100 })); // the test's word that the leg is there
    return CALLER.callId;
  }

  signal({ role }: LegId, signal: LegSignal): void {
    const heard = { role, signal };
    this.heard.push(heard);
    const index = this.#waiting.findIndex((one) => one.kind === signal.kind && one.role === role);
    const [waiter] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (waiter === undefined) this.#unread.push(heard);
    else waiter.resolve(signal);
  }

  mayRelay(): boolean {
    return true;
  }

  /** The first signal of this kind that was not taken yet. */
  hears<K extends LegSignal['kind']>(kind: K, role: LegRole): Promise<Extract<LegSignal, { kind: K }>> {
    const found = this.#unread.find((one) => one.signal.kind === kind && one.role === role);
    this.#unread = this.#unread.filter((one) => one !== found);
    if (found !== undefined) return Promise.resolve(found.signal as Extract<LegSignal, { kind: K }>);
    return new Promise((resolve, reject) => {
      const slow = setTimeout(() => {
        const seen = this.heard.map((one) => `${one.role} ${one.signal.kind}`).join(', ');
        reject(new Error(`${role} ${kind} was not reported; reported: ${seen}`));
      }, PATIENCE_MS);
      const taken = (signal: LegSignal): void => {
        clearTimeout(slow);
        resolve(signal as Extract<LegSignal, { kind: K }>);
      };
      this.#waiting.push({ kind, role, resolve: taken });
    });
  }

  /** The kinds reported of a leg, in their order, without the word of `incoming`. */
  kinds(role: LegRole): string[] {
    return this.heard.filter((one) => one.role === role).map((one) => one.signal.kind);
  }

  /** A phone's INVITE, up to the moment the calls know of it. @returns the leg as the phone will know it. */
  async rings(phone: SipPhone, more: Readonly<Record<string, string>> = {}, offer = sdp()): Promise<CallLeg> {
    const uri = `sip:102@127.0.0.1:${this.port}`;
    const sent = readMessage(phone.request('INVITE', uri, { Allow: 'INVITE, ACK, BYE, UPDATE', ...more }, offer));
    await this.hears('progressed', 'caller');
    const localTag = /;tag=([^;>\s]+)/.exec(sent.headers.get('from') ?? '')?.[1] ?? '';
    return { callId: sent.headers.get('call-id') ?? '', localTag, remote: `<${uri}>`, localUri: phone.uri, target: uri, cseq: 1 };
  }

  /** A call from a phone, answered and acknowledged. */
  async answers(phone: SipPhone, more: Readonly<Record<string, string>> = {}): Promise<Readonly<{ leg: CallLeg; ok: Message }>> {
    const leg = await this.rings(phone, more);
    this.signaling.accept(CALLER, sdp());
    const ok = await phone.receives('200', (one) => / INVITE$/.test(one.headers.get('cseq') ?? ''));
    phone.ack(leg, ok);
    await this.hears('acked', 'caller');
    return { leg, ok };
  }

  dial(phone: SipPhone, more: Partial<DialTarget> = {}, offer = sdp()): void {
    const uri = `sip:${phone.number}@127.0.0.1:${phone.port}`;
    this.signaling.dial({
      leg: CALLEE,
      targets: [{ uri, ...more }],
      offer: offer === '' ? undefined : offer,
      fromUser: '101',
      toUser: phone.number,
      autoAnswer: false,
      maxForwards: 70,
    });
  }

  /** A call to a phone, which answers. */
  async calls(
    phone: SipPhone,
    more: Readonly<Record<string, string>> = {},
    target: Partial<DialTarget> = {},
  ): Promise<Readonly<{ leg: CallLeg; invite: Message }>> {
    this.dial(phone, target);
    const invite = await phone.receives('INVITE');
    phone.respond(invite, 200, sdp(), { Allow: 'INVITE, ACK, BYE, UPDATE', ...more });
    await this.hears('answered', 'callee');
    this.signaling.ack(CALLEE);
    await phone.receives('ACK');
    return { leg: phone.legOf(invite), invite };
  }
}
