/**
 * Goal: a call outlives its rtpengine: it waits, no longer than people would, and goes on with whatever the next one knows. Method: a
 * CallService over quiet phones, and an rtpengine that a test takes away and brings back.
 */
import t from 'tap';
import { CallService } from '#calls/call-service.js';
import { EventBus } from '#calls/event-bus.js';
import type { MediaPort, SignalingPort } from '#calls/ports.js';
import { NO_POLICY } from '#core/hold-policy.js';
import type { CallId, LegRole } from '#core/leg.js';
import { MediaFailed, MediaGone } from '#kit/errors.js';
import { createLogger } from '#kit/log.js';
import { FakeClock } from '../support/fake-clock.js';
import { CALL_OF_101, ONE_PHONE } from '../support/quiet-calls.js';
import { sdpOf } from '../support/stored-call.js';

type How = 'up' | 'away' | 'empty';

class House {
  readonly clock = new FakeClock();
  readonly said: string[] = [];
  readonly asked: string[] = [];
  how: How = 'up';
  /** What gets no answer before `failsLate`. */
  slow = '';
  readonly #late: ((error: Error) => void)[] = [];
  readonly #known = new Set<string>();
  readonly service: CallService;

  constructor() {
    const log = createLogger('silent');
    const speak = (name: string) => (leg: { role: LegRole }) => void this.said.push(`${name} ${leg.role}`);
    const signaling = new Proxy({} as SignalingPort, {
      get: (_port, name) => (name === 'stored' ? () => undefined : speak(String(name))),
    });
    const media = new Proxy({} as MediaPort, { get: (_port, name) => (id: string) => this.#media(String(name), id) });
    this.service = new CallService({
      ...{ signaling, media, bindings: ONE_PHONE, log, clock: this.clock },
      bus: new EventBus(this.clock, log, 100),
      ringSeconds: 120,
      maxCalls: 100,
      house: { policy: NO_POLICY },
    });
  }

  #media(name: string, id: string): Promise<unknown> {
    if (name === 'shun') return Promise.resolve();
    this.asked.push(name);
    if (this.how === 'away') return Promise.reject(new MediaFailed('rtpengine is not running'));
    if (name === this.slow) return new Promise((_resolve, reject) => this.#late.push(reject));
    if (name === 'knows') return Promise.resolve(this.#known.has(id));
    if (name === 'offer') this.#known.add(id);
    if (!this.#known.has(id)) return Promise.reject(new MediaGone(id));
    return Promise.resolve(sdpOf(31_000 + this.asked.length));
  }

  /** What was asked for and has no answer has one now. */
  failsLate(): void {
    this.slow = '';
    for (const reject of this.#late.splice(0)) reject(new MediaFailed('no answer in time'));
  }

  /** It has forgotten everything. */
  forgets(): void {
    this.#known.clear();
  }

  async settles(): Promise<void> {
    for (let turn = 0; turn < 8; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  async rings(): Promise<CallId> {
    const id = this.service.incoming(CALL_OF_101);
    await this.settles();
    return id;
  }

  async talks(): Promise<CallId> {
    const id = await this.rings();
    this.service.signal({ callId: id, role: 'callee' }, { kind: 'answered', sdp: sdpOf(20_002) });
    await this.settles();
    this.service.signal({ callId: id, role: 'caller' }, { kind: 'acked' });
    await this.settles();
    this.said.length = 0;
    this.asked.length = 0;
    return id;
  }

  async answers(id: CallId): Promise<void> {
    for (const role of ['caller', 'callee'] as const)
      this.service.signal(
        { callId: id, role },
        { kind: 'reinvite-answered', status: 200, sdp: sdpOf(20_000 + (role === 'callee' ? 2 : 0)) },
      );
    await this.settles();
  }

  stateOf(id: CallId): string | undefined {
    return this.service.view(id)?.state;
  }

  async goes(): Promise<void> {
    this.how = 'away';
    this.service.mediaReturn.lost();
    await this.settles();
  }

  async comes(): Promise<void> {
    this.how = 'up';
    await this.service.mediaReturn.back();
    await this.settles();
  }
}

t.test('rtpengine comes back empty: both phones are told the new ports, and are heard when both know', async (t) => {
  const house = new House();
  const id = await house.talks();
  house.forgets();
  await house.goes();
  t.same(house.said, [], 'nobody is told anything before it is back');
  await house.comes();
  t.same(house.asked, ['knows', 'offer', 'answer', 'gate']);
  t.same(house.said, ['reinvite caller', 'reinvite callee']);
  await house.answers(id);
  t.equal(house.asked.at(-1), 'ungate');
  t.equal(house.stateOf(id), 'in-call');
});

t.test('rtpengine comes back and knows the call: it is cut, and opened, and no phone hears of it', async (t) => {
  const house = new House();
  await house.talks();
  await house.goes();
  await house.comes();
  t.same(house.asked, ['knows', 'knows', 'gate', 'stop', 'stop', 'unmute', 'unmute', 'ungate']);
  t.same(house.said, []);
});

t.test('what is asked for while it is away is done when it is back', async (t) => {
  const house = new House();
  const id = await house.talks();
  house.forgets();
  await house.goes();
  house.service.dispatch(id, { kind: 'hold.requested', holder: 'controller' });
  await house.settles();
  t.equal(house.stateOf(id), 'held', 'it does not end because a gate could not be closed');
  await house.comes();
  t.ok(house.asked.indexOf('gate', house.asked.indexOf('answer')) > 0, house.asked.join());
  t.equal(house.asked.filter((one) => one === 'play').length >= 2, true);
  t.notOk(house.asked.includes('ungate'));
});

t.test('a call that rtpengine has given up begins anew with other ports, once for all that is said of it', async (t) => {
  const house = new House();
  const id = await house.talks();
  house.forgets(); // it is deleted there
  for (const _ of [1, 2]) void house.service.mediaReturn.deaf(id);
  await house.settles();
  t.same(house.asked, ['delete', 'knows', 'offer', 'answer', 'gate']);
  t.same(house.said, ['reinvite caller', 'reinvite callee']);
  await house.answers(id);
  t.equal(house.asked.at(-1), 'ungate');
  void house.service.mediaReturn.deaf(id);
  void house.service.mediaReturn.deaf('nobody' as CallId);
  await house.settles();
  t.equal(house.asked.at(-1), 'ungate', 'what comes late is of the ports before');
  t.equal(house.stateOf(id), 'in-call');
});

t.test('ten seconds without it are the end of the call', async (t) => {
  const house = new House();
  const id = await house.talks();
  await house.goes();
  house.clock.advance(9999);
  await house.settles();
  t.equal(house.stateOf(id), 'in-call');
  house.clock.advance(1);
  await house.settles();
  t.match(house.service.view(id), { state: 'ended', end: { cause: 'media-lost' } });
  await house.comes();
  t.notOk(house.asked.includes('offer'), 'and it is not brought back');
});

t.test('a call that rings ends at once', async (t) => {
  const house = new House();
  const id = await house.rings();
  await house.goes();
  t.equal(house.stateOf(id), 'ended');
});

t.test('one call that rtpengine has forgotten is anchored again; one that it forgets again and again ends', async (t) => {
  const house = new House();
  const id = await house.talks();
  house.forgets();
  house.service.dispatch(id, { kind: 'hold.requested', holder: 'controller' });
  await house.settles();
  t.equal(house.stateOf(id), 'held');
  t.ok(house.asked.includes('offer'));
  await house.answers(id);
  house.forgets();
  house.service.dispatch(id, { kind: 'resume.requested', holder: 'controller' });
  await house.settles();
  await house.answers(id);
  t.equal(house.stateOf(id), 'ended');
});

t.test('a phone whose re-INVITE could not be answered is refused, and can ask again', async (t) => {
  const house = new House();
  const id = await house.talks();
  house.forgets();
  const caller = { callId: id, role: 'caller' } as const;
  house.service.signal(caller, { kind: 'reinvite', sdp: sdpOf(20_100, 'sendonly') });
  await house.settles();
  t.ok(house.said.includes('refuseReinvite caller') || house.said.includes('answerReinvite caller'), house.said.join());
  t.not(house.stateOf(id), 'ended');
});

t.test('it does not answer, and nobody has noticed: it is asked again before the call is given up', async (t) => {
  const house = new House();
  const id = await house.talks();
  house.how = 'away';
  house.service.dispatch(id, { kind: 'hold.requested', holder: 'controller' });
  await house.settles();
  house.how = 'up';
  house.clock.advance(500);
  await house.settles();
  t.equal(house.stateOf(id), 'held');
  t.ok(house.asked.includes('play'), house.asked.join());
});

t.test('answered when rtpengine has forgotten what rang: the caller is told so, and does not ring for ever', async (t) => {
  const house = new House();
  const id = await house.rings();
  house.forgets();
  house.service.signal({ callId: id, role: 'callee' }, { kind: 'answered', sdp: sdpOf(20_002) });
  await house.settles();
  t.match(house.service.view(id), { state: 'ended', end: { cause: 'media-lost' } });
  t.ok(house.said.includes('bye caller'), house.said.join());
  t.ok(house.said.includes('bye callee'), house.said.join());
});

t.test('music that fails late, in the old life of rtpengine, says nothing of the music that plays now', async (t) => {
  const house = new House();
  const id = await house.talks();
  house.slow = 'play';
  house.service.dispatch(id, { kind: 'hold.requested', holder: 'controller' });
  await house.settles();
  await house.answers(id);
  house.forgets();
  await house.goes();
  await house.comes();
  house.failsLate();
  await house.settles();
  await house.answers(id);
  t.match(house.service.view(id), { hold: { caller: { sound: 'music' }, callee: { sound: 'music' } } });
  house.asked.length = 0;
  house.service.dispatch(id, { kind: 'resume.requested', holder: 'controller' });
  await house.settles();
  t.equal(house.asked.filter((one) => one === 'stop').length, 2, house.asked.join());
});

t.test('a re-offer that rtpengine did not take never counted: the same one once more is told to it', async (t) => {
  const house = new House();
  const id = await house.talks();
  const caller = { callId: id, role: 'caller' } as const;
  house.how = 'away';
  house.service.signal(caller, { kind: 'reinvite', sdp: sdpOf(20_100) });
  await house.settles();
  t.ok(house.said.includes('refuseReinvite caller'), house.said.join());
  house.how = 'up';
  house.asked.length = 0;
  house.service.signal(caller, { kind: 'reinvite', sdp: sdpOf(20_100) });
  await house.settles();
  t.ok(house.asked.includes('offer'), house.asked.join());
  t.ok(house.said.includes('answerReinvite caller'), house.said.join());
});

t.test('a phone that offers anew while rtpengine is on its way back makes no second call of the same name', async (t) => {
  const house = new House();
  const id = await house.talks();
  house.forgets();
  await house.goes();
  house.how = 'up';
  house.service.signal({ callId: id, role: 'caller' }, { kind: 'reinvite', sdp: sdpOf(20_100) });
  await house.settles();
  t.notOk(house.asked.includes('offer'), house.asked.join());
  t.ok(house.said.includes('refuseReinvite caller'), house.said.join());
  await house.comes();
  t.ok(house.asked.includes('offer'), 'it is anchored again');
  t.same(house.said.slice(-2), ['reinvite caller', 'reinvite callee']);
});
