/**
 * Goal: what a conference is asked for and cannot do leaves nothing behind: nobody waits, nobody is counted. Method: real calls between
 * phones that do as they are told and a mixer that may be full.
 */
import t from 'tap';
import { CallService } from '#calls/call-service.js';
import { ConferenceCommands } from '#calls/conference-commands.js';
import { ConferenceService } from '#calls/conference-service.js';
import type { Conference } from '#calls/conference.js';
import { EventBus } from '#calls/event-bus.js';
import type { MixerPort } from '#calls/mixer-port.js';
import type { BindingsPort, DialOptions, LegId, MediaPort, SignalingPort } from '#calls/ports.js';
import { VirtualPhones } from '#calls/virtual-phones.js';
import { NO_POLICY } from '#core/hold-policy.js';
import { Busy } from '#kit/errors.js';
import { createLogger } from '#kit/log.js';
import { FakeClock } from '../support/fake-clock.js';
import { ONE_PHONE } from '../support/quiet-calls.js';
import { sdpOf } from '../support/stored-call.js';

const CONFERENCE = 'conference';

class Rooms {
  readonly commands: ConferenceCommands;
  isFull = false;
  readonly #conferences: ConferenceService;
  readonly #calls: CallService;

  constructor() {
    const [clock, log] = [new FakeClock(), createLogger('silent')];
    const bus = new EventBus(clock, log, 100);
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
      traits: (number) => ({ ...ONE_PHONE.traits(number), ...(number === CONFERENCE ? { isProgram: true as const } : {}) }),
    };
    const house = { policy: NO_POLICY };
    this.#calls = new CallService({
      signaling: parties,
      media,
      bindings,
      bus,
      clock,
      log,
      ringSeconds: 120,
      maxCalls: 100,
      house,
    });
    const mixer = deaf<MixerPort>(
      {
        join: () =>
          this.isFull
            ? Promise.reject(new Busy('the conference is full', 5))
            : Promise.resolve({ address: '127.0.0.1', port: 4000 }),
      },
      Promise.resolve(),
    );
    this.#conferences = new ConferenceService({
      calls: this.#calls,
      parties,
      moves: {} as never,
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
