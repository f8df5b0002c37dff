/**
 * Goal: what a conference is asked for and cannot do leaves nothing behind: nobody waits, nobody is counted. Method: real calls between
 * phones that do as they are told and a mixer that may be full.
 */
import t from 'tap';
import { CallService } from '#calls/call-service.js';
import { ConferenceCommands, type ConferenceCommand } from '#calls/conference-commands.js';
import { ConferenceService } from '#calls/conference-service.js';
import type { Conference } from '#calls/conference.js';
import { DialogMoves } from '#calls/dialog-moves.js';
import { EventBus } from '#calls/event-bus.js';
import type { MixerPort } from '#calls/mixer-port.js';
import type { BindingsPort, DialOptions, LegId, MediaPort, SignalingPort, TollPort } from '#calls/ports.js';
import { VirtualPhones } from '#calls/virtual-phones.js';
import type { HoldfastEvent } from '#core/events.js';
import { NO_POLICY } from '#core/hold-policy.js';
import type { CallId, LegRole } from '#core/leg.js';
import { Busy, DialForbidden } from '#kit/errors.js';
import { createLogger } from '#kit/log.js';
import { FakeClock } from '../support/fake-clock.js';
import { CALL_OF_101, ONE_PHONE } from '../support/quiet-calls.js';
import { sdpOf } from '../support/stored-call.js';

const CONFERENCE = 'conference';
/** Over a trunk, and the rules forbid it. */
const FORBIDDEN = '9555';

class Rooms {
  readonly commands: ConferenceCommands;
  isFull = false;
  readonly events: HoldfastEvent[] = [];
  /** What the mixer was told of holds. */
  readonly holdsTold: string[] = [];
  readonly #conferences: ConferenceService;
  readonly #calls: CallService;

  constructor(maxCalls = 100) {
    const [clock, log] = [new FakeClock(), createLogger('silent')];
    const bus = new EventBus(clock, log, 100);
    bus.subscribe(({ event }) => this.events.push(event));
    const soon = (signal: () => void): void => void setImmediate(signal);
    const signaling = deaf<SignalingPort>({
      dial: ({ leg }: DialOptions) => soon(() => this.#calls.signal(leg, { kind: 'answered', sdp: sdpOf(20_000) })),
      reinvite: (leg: LegId) =>
        soon(() => this.#calls.signal(leg, { kind: 'reinvite-answered', status: 200, sdp: sdpOf(20_000, 'recvonly') })),
    });
    const made = (): Promise<string> => Promise.resolve(sdpOf(31_000));
    const media = deaf<MediaPort>({ offer: made, answer: made }, Promise.resolve());
    const signals: Pick<CallService, 'incoming' | 'signal'> = {
      incoming: (call, joined) => this.#calls.incoming(call, joined),
      signal: (leg, signal) => this.#calls.signal(leg, signal),
    };
    const parties = new VirtualPhones({ signaling, numbers: { of: () => undefined }, calls: signals, log });
    const bindings: BindingsPort = {
      ...ONE_PHONE,
      traits: (number) => ({
        ...ONE_PHONE.traits(number),
        ...(number === CONFERENCE ? { isProgram: true as const } : {}),
        ...(number === FORBIDDEN ? { kind: 'trunk' as const } : {}),
      }),
    };
    const toll = deaf<TollPort>({
      admit: ({ outside: [number] }: { outside: readonly string[] }) => {
        if (number !== undefined) throw new DialForbidden(number);
      },
    });
    const house = { policy: NO_POLICY };
    this.#calls = new CallService({
      signaling: parties,
      media,
      bindings,
      bus,
      clock,
      log,
      ringSeconds: 120,
      maxCalls,
      toll,
      house,
    });
    const mixer = deaf<MixerPort>(
      {
        join: () =>
          this.isFull
            ? Promise.reject(new Busy('the conference is full', 5))
            : Promise.resolve({ address: '127.0.0.1', port: 4000 }),
        hold: (_id: string, member: string, { othersHear }: { othersHear: string }) =>
          Promise.resolve(void this.holdsTold.push(`${member} ${othersHear}`)),
      },
      Promise.resolve(),
    );
    this.#conferences = new ConferenceService({
      calls: this.#calls,
      parties,
      moves: new DialogMoves({ calls: this.#calls, signaling: parties, parking: {} as never, announcer: {} as never }),
      bindings,
      mixer: () => Promise.resolve(mixer),
      sounds: { name: () => Promise.resolve('music default') } as never,
      bus,
      clock,
      log,
    });
    this.commands = new ConferenceCommands(this.#conferences, bindings, (id) => this.#calls.live(id));
  }

  /** These three talk. */
  async talk(numbers: readonly string[]): Promise<Conference> {
    await this.commands.execute({ kind: 'conference.create', calls: [], numbers });
    await this.settles();
    const [conference] = this.#conferences.list();
    if (conference === undefined) throw new Error('there is none');
    return conference;
  }

  /** These two talk, in a call of two. */
  async callUp(caller: string, callee: string): Promise<CallId> {
    const id = this.#calls.incoming({ ...CALL_OF_101, fromUser: caller, toUser: callee });
    await this.settles();
    this.#calls.signal({ callId: id, role: 'caller' }, { kind: 'acked' });
    await this.settles();
    return id;
  }

  /** @returns what it came to, in words. */
  async asks(command: ConferenceCommand): Promise<string> {
    const came = await this.commands.execute(command).then(
      () => 'ok',
      (error: Error) => error.message,
    );
    await this.settles();
    return came;
  }

  list(): readonly Conference[] {
    return this.#conferences.list();
  }

  /** Every call that is up, as its parties. */
  up(): string[] {
    return this.#calls.list().map(({ parties }) => `${parties.caller} ${parties.callee}`);
  }

  programHolds(callId: CallId): Promise<void> {
    this.#calls.dispatch(callId, { kind: 'hold.requested', holder: 'controller' });
    return this.settles();
  }

  async phoneHolds(callId: CallId, role: LegRole): Promise<void> {
    this.#calls.signal({ callId, role }, { kind: 'reinvite', sdp: sdpOf(20_000, 'sendonly') });
    await this.settles();
    this.#calls.signal({ callId, role }, { kind: 'reinvite-acked' });
    await this.settles();
  }

  async settles(): Promise<void> {
    for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Who holds the calls of its members. */
  holdsIn(conference: Conference): string[] {
    return conference.members.flatMap(({ callId }) => {
      const call = this.#calls.live(callId)?.call;
      return call?.kind === 'confirmed' ? [...call.hold.keys()] : [];
    });
  }
}

/** What it is not given it takes, and says the same to all of it; it is no promise. */
const deaf = <Port extends object>(words: object, answer?: unknown): Port =>
  new Proxy(words, {
    get: (known, name) => (name === 'then' ? undefined : ((Reflect.get(known, name) as unknown) ?? (() => answer))),
  }) as Port;

t.test('a consultation of somebody who is in the conference already has nobody wait', async (t) => {
  const rooms = new Rooms();
  const conference = await rooms.talk(['101', '102', '103']);
  t.equal(conference.members.filter(({ state }) => state === 'in').length, 3);
  const [first] = conference.members;
  const asked = { kind: 'call.consult', callId: first?.callId as never, holder: 'callee', to: { number: '102' } } as const;
  await t.rejects(rooms.commands.execute(asked), { message: /in this conference already/ });
  await rooms.settles();
  t.same(rooms.holdsIn(conference), []);
  t.equal(conference.consultation, undefined);
});

t.test('a consultation whose party finds no room lets those in who were told to wait', async (t) => {
  const rooms = new Rooms();
  const conference = await rooms.talk(['101', '102', '103']);
  rooms.isFull = true;
  const [first] = conference.members;
  const asked = { kind: 'call.consult', callId: first?.callId as never, holder: 'callee', to: { number: '104' } } as const;
  await t.rejects(rooms.commands.execute(asked), { message: /full/ });
  await rooms.settles();
  t.same(rooms.holdsIn(conference), []);
});

t.test('who finds no room in the mixer is no member, and may be asked for again', async (t) => {
  const rooms = new Rooms();
  const conference = await rooms.talk(['101', '102']);
  const add = { kind: 'conference.add', conferenceId: conference.facts.id, member: { number: '103' } } as const;
  rooms.isFull = true;
  await t.rejects(rooms.commands.execute(add), { message: /full/ });
  t.same(
    conference.members.map(({ number }) => number),
    ['101', '102'],
  );
  rooms.isFull = false;
  await rooms.commands.execute(add);
  await rooms.settles();
  t.equal(conference.members.length, 3);
});

const join = (callId: CallId, number: string): ConferenceCommand => ({
  ...{ kind: 'call.join', callId, as: 'member', party: 'callee', to: { number } },
});

t.test('a join that may not be, or finds no room, leaves the call of two what it was', async (t) => {
  const rooms = new Rooms();
  const callId = await rooms.callUp('101', '102');
  const said = rooms.events.length;
  t.match(await rooms.asks(join(callId, FORBIDDEN)), /9555/);
  rooms.isFull = true;
  t.match(await rooms.asks(join(callId, '103')), /full/);
  t.match(await rooms.asks({ ...join(callId, '103'), kind: 'call.consult', holder: 'caller' } as ConferenceCommand), /full/);
  t.same([rooms.list(), rooms.up()], [[], ['101 102']]);
  t.same(rooms.events.slice(said), [], 'nobody hears of what never was');
});

t.test('a conference that is refused has nobody ring for it, and no call has become one', async (t) => {
  for (const calls of ['none', 'one']) {
    const rooms = new Rooms();
    const callIds = calls === 'none' ? [] : [await rooms.callUp('101', '102')];
    const before = rooms.up();
    const came = await rooms.asks({ kind: 'conference.create', calls: callIds, numbers: ['103', '104', FORBIDDEN] });
    t.match(came, /9555/);
    t.same([rooms.list(), rooms.up()], [[], before], `${calls} of two`);
  }
});

t.test(
  'a call that its own phone holds is refused before anybody is rung, or has moved; who comes by another call may hold it',
  async (t) => {
    const rooms = new Rooms();
    const held = await rooms.callUp('101', '102');
    await rooms.phoneHolds(held, 'caller');
    const other = await rooms.callUp('103', '104');
    const said = rooms.events.length;
    for (const [calls, numbers] of [
      [[held], ['105']],
      [[other, held], []],
    ] as const)
      t.match(await rooms.asks({ kind: 'conference.create', calls, numbers }), /phone of 101 holds this call/);
    t.same([rooms.list(), rooms.up(), rooms.events.slice(said)], [[], ['101 102', '103 104'], []]);
    const second = await rooms.callUp('101', '105');
    t.equal(await rooms.asks({ kind: 'conference.create', calls: [held, second], numbers: [] }), 'ok');
    t.same(
      rooms
        .list()[0]
        ?.members.map(({ number }) => number)
        .sort(),
      ['101', '102', '105'],
    );
  },
);

t.test('a call that becomes a conference needs no more room than the one who comes', async (t) => {
  const rooms = new Rooms(2);
  const callId = await rooms.callUp('101', '102');
  t.equal(await rooms.asks(join(callId, '103')), 'ok');
  t.equal(rooms.list()[0]?.members.length, 3);
  const full = new Rooms(1);
  t.match(await full.asks(join(await full.callUp('101', '102'), '103')), /limit of 1 calls/);
  t.same(full.up(), ['101 102']);
});

t.test('a conference that ends while a call comes over leaves the call what it was', async (t) => {
  const rooms = new Rooms();
  const callId = await rooms.callUp('101', '102');
  const conference = await rooms.talk(['103', '104']);
  const conferenceId = conference.facts.id;
  const [added] = await Promise.all([
    rooms.asks({ kind: 'conference.add', conferenceId, member: { callId } }),
    rooms.asks({ kind: 'conference.end', conferenceId }),
  ]);
  t.not(added, 'ok');
  t.same([rooms.list(), rooms.up()], [[], ['101 102']]);
});

t.test('the same number asked for twice at once is one member', async (t) => {
  const rooms = new Rooms();
  const conference = await rooms.talk(['101', '102']);
  const add = { kind: 'conference.add', conferenceId: conference.facts.id, member: { number: '103' } } as const;
  t.same(
    (await Promise.all([rooms.asks(add), rooms.asks(add)])).filter((came) => came === 'ok'),
    ['ok'],
  );
  t.equal(conference.members.length, 3);
});

t.test('two consultations at once are one, and nobody is left ringing of the other', async (t) => {
  const rooms = new Rooms();
  const conference = await rooms.talk(['101', '102', '103']);
  const consult = (number: string): ConferenceCommand => {
    const [first] = conference.members;
    return { kind: 'call.consult', callId: first?.callId as CallId, holder: 'callee', to: { number } };
  };
  const came = await Promise.all([rooms.asks(consult('104')), rooms.asks(consult('105'))]);
  t.same(
    came.filter((one) => one === 'ok'),
    ['ok'],
    came.join(),
  );
  t.same(
    conference.members.map(({ number }) => number),
    ['101', '102', '103', conference.consultation?.target.number],
  );
});

t.test('who is held by a program waits through a consultation, and is held as before when it is over', async (t) => {
  const rooms = new Rooms();
  await rooms.commands.execute({ kind: 'conference.create', calls: [], numbers: ['101', '102', '103'], othersHear: 'music' });
  await rooms.settles();
  const [conference] = rooms.list();
  const [first, second] = conference?.members ?? [];
  if (first === undefined || second === undefined) return t.fail('there are three');
  await rooms.programHolds(second.callId);
  t.equal(rooms.holdsTold.at(-1), `${second.facts.id} music`);
  const asked = { callId: first.callId, holder: 'callee' } as const;
  t.equal(await rooms.asks({ kind: 'call.consult', ...asked, to: { number: '104' } }), 'ok');
  t.ok(rooms.holdsTold.includes(`${second.facts.id} conference`), 'those who talk about it hear each other');
  t.equal(await rooms.asks({ kind: 'consult.cancel', ...asked }), 'ok');
  t.equal(rooms.holdsTold.filter((one) => one.startsWith(second.facts.id)).at(-1), `${second.facts.id} music`);
});
