/**
 * command-service: carries out what dialects ask, and says what really happened. Knows no dialect and no SIP.
 */
import type { Input } from '#core/inputs.js';
import { LEG_ROLES, type CallId, type LegRole } from '#core/leg.js';
import { phoneReason } from '#core/hold.js';
import { holdView } from '#core/hold-view.js';
import type { Clock } from '#kit/clock.js';
import { assertNever, BadRequest, CallNotFound, WrongMoment } from '#kit/errors.js';
import type { BulkCommands } from './bulk-commands.js';
import type { CallService } from './call-service.js';
import { stateOf, viewOf } from './call-view.js';
import type { Command, CommandPort, HoldProof, LegProof, Outcome } from './commands.js';
import type { ConferenceCommands } from './conference-commands.js';
import type { DialogMoves } from './dialog-moves.js';
import type { HistoryCommands } from './history-commands.js';
import { HoldWatch } from './hold-watch.js';
import { IdempotencyKeys } from './idempotency-keys.js';
import type { DialFacts, LiveCall } from './live-call.js';
import type { Parking } from './parking.js';
import { confirmedCall, liveCall, mustBeReachable, mustHavePrompt, mustLeadOn, type FindCall } from './preconditions.js';
import type { BindingsPort, MediaPort, SignalingPort } from './ports.js';
import type { ReachCommands } from './reach-commands.js';
import type { RecordCommands } from './record-commands.js';
import type { SoundCommands } from './sound-commands.js';
import type { TransferService } from './transfer-service.js';

type Asked<K extends Command['kind']> = Extract<Command, { kind: K }>;

/** A hold answers by then even when a phone does not; `settled: false` says so. Longer than the longest glare wait of RFC 3261 §14.1. */
const HOLD_ANSWER_MS = 5000;
/**
 * The first music packet leaves within 20 ms (rtpengine-facts 2), and where three make one (media/fan/joiner.ts) within 60; a proof waits so long
 * for it to be counted.
 */
const COUNT_TRIES = 10;
const COUNT_PAUSE_MS = 10;
const FIRST_MAX_FORWARDS = 70; // RFC 3261 §8.1.1.6

type Followed = Readonly<{ watch: HoldWatch; settled: boolean }>;

/** Commands that have a room of their own. */
export type CommandRooms = Readonly<{
  bulk: BulkCommands;
  sound: SoundCommands;
  records: RecordCommands;
  history: HistoryCommands;
  reach: ReachCommands;
  conferences: ConferenceCommands;
}>;

export type CommandServiceDeps = Readonly<{
  rooms: CommandRooms;
  calls: CallService;
  transfers: TransferService;
  moves: DialogMoves;
  signaling: Pick<SignalingPort, 'notifyKey'>;
  parking: Parking;
  bindings: BindingsPort;
  media: MediaPort;
  clock: Clock;
}>;

export class CommandService implements CommandPort {
  readonly #rooms: CommandRooms;
  readonly #transfers: TransferService;
  readonly #moves: DialogMoves;
  readonly #signaling: Pick<SignalingPort, 'notifyKey'>;
  readonly #parking: Parking;
  readonly #calls: CallService;
  readonly #bindings: BindingsPort;
  readonly #media: MediaPort;
  readonly #clock: Clock;
  readonly #find: FindCall = (id) => this.#calls.live(id);
  readonly #keys: IdempotencyKeys;

  constructor(deps: CommandServiceDeps) {
    this.#rooms = deps.rooms;
    this.#transfers = deps.transfers;
    this.#moves = deps.moves;
    this.#signaling = deps.signaling;
    this.#parking = deps.parking;
    this.#calls = deps.calls;
    this.#bindings = deps.bindings;
    this.#media = deps.media;
    this.#clock = deps.clock;
    this.#keys = new IdempotencyKeys(deps.clock);
  }

  /** @throws AppError: CallNotFound, WrongMoment, NumberUnknown, NotRegistered, Busy. */
  async execute(command: Command): Promise<Outcome> {
    switch (command.kind) {
      case 'call.setup':
        return this.#setup(command);
      case 'call.hangup':
        liveCall(this.#find, command.callId);
        this.#calls.dispatch(command.callId, { kind: 'hangup.requested' });
        return { kind: 'call.hangup-started', callId: command.callId };
      case 'call.hold':
        mustHavePrompt(this.#media, command.music);
        mustLeadOn(this.#bindings, command.policy, this.#calls.live(command.callId), command.holder);
        return this.#change(command, {
          kind: 'hold.requested',
          holder: command.holder,
          music: command.music,
          policy: command.policy,
          deaf: command.deaf,
          by: command.by,
        });
      case 'call.resume':
        return this.#change(command, { kind: 'resume.requested', holder: command.holder, by: command.by });
      case 'call.transfer': {
        const newCallId = this.#transfers.transfer(command.callId, command.leaving, command.to);
        return { kind: 'transfer.started', callId: command.callId, newCallId };
      }
      case 'call.park':
        return {
          kind: 'call.parked',
          callId: command.callId,
          slot: this.#moves.park(command.callId, command.leaving, command.slot),
        };
      case 'park.list':
        return { kind: 'park.listed', parked: this.#parking.list() };
      case 'call.get': {
        const call = this.#calls.view(command.callId);
        if (call === undefined) throw new CallNotFound(command.callId);
        return { kind: 'call.found', call };
      }
      case 'call.list':
        return { kind: 'call.listed', calls: this.#calls.list() };
      case 'calls.hold':
        mustHavePrompt(this.#media, command.music);
        mustLeadOn(this.#bindings, command.policy);
        return this.#rooms.bulk.execute(command);
      case 'calls.resume':
        return this.#rooms.bulk.execute(command);
      case 'call.mute':
      case 'call.play':
      case 'call.quiet':
      case 'call.keys':
        return this.#rooms.sound.execute(command);
      case 'record.start':
      case 'record.stop':
        return this.#rooms.records.execute(command);
      case 'history.find':
        return this.#rooms.history.execute(command);
      case 'call.answer':
      case 'call.reject':
      case 'call.forward':
      case 'call.pickup':
      case 'call.retrieve':
      case 'message.send':
        return this.#rooms.reach.execute(command);
      case 'conference.create':
      case 'conference.get':
      case 'conference.list':
      case 'conference.end':
      case 'conference.add':
      case 'call.join':
      case 'call.consult':
      case 'consult.join':
      case 'consult.cancel':
        return this.#rooms.conferences.execute(command);
      default:
        return assertNever(command);
    }
  }

  #setup(command: Asked<'call.setup'>): Outcome {
    const key = command.idempotencyKey === undefined ? undefined : `${command.owner ?? ''} ${command.idempotencyKey}`;
    const before =
      key === undefined
        ? undefined
        : this.#calls.view(this.#keys.find(key, `${command.caller} ${command.callee}`) ?? ('' as CallId));
    if (before !== undefined) return { kind: 'call.accepted', call: before, repeated: true };
    if (command.caller === command.callee) throw new BadRequest('callee', 'a number cannot be connected with itself');
    mustBeReachable(this.#bindings, command.caller, 'inside');
    mustBeReachable(this.#bindings, command.callee, 'inside');
    const facts: DialFacts = {
      autoAnswer: command.autoAnswer === true,
      maxForwards: FIRST_MAX_FORWARDS,
      asker: 'inside',
      privacy: false,
    };
    const { caller, callee, music } = command;
    const id = this.#calls.create({ origin: 'api', caller, callee, dialFacts: facts, music });
    if (key !== undefined) this.#keys.keep(key, `${command.caller} ${command.callee}`, id);
    this.#calls.dispatch(id, { kind: 'setup.requested' });
    return { kind: 'call.accepted', call: viewOf(liveCall(this.#find, id).call), repeated: false };
  }

  async #change(command: Asked<'call.hold'> | Asked<'call.resume'>, input: Input): Promise<Outcome> {
    const confirmed = confirmedCall(this.#find, command.callId, 'a call can be held once it is answered');
    const before = confirmed.call.hold;
    const live: LiveCall = confirmed; // it may end while the phones are asked
    if (command.atOnce === true && command.byPhone !== true) {
      this.#calls.dispatch(live.call.id, input);
      return { kind: 'call.done', callId: live.call.id };
    }
    const { watch, settled } = command.byPhone === true ? await this.#askPhone(live, command) : await this.#follow(live, input);
    if (live.call.kind !== 'confirmed') throw new WrongMoment('the call ended meanwhile', stateOf(live.call));
    return { kind: 'hold.done', proof: await this.#prove(live, watch, settled, before !== live.call.hold, command.brief) };
  }

  /** The phone does what its key does, by a re-INVITE of its own, which is waited for. */
  #askPhone(live: LiveCall, { kind, holder }: Asked<'call.hold'> | Asked<'call.resume'>): Promise<Followed> {
    if (holder === 'controller')
      throw new BadRequest('holder', 'holder: only caller or callee have a phone whose key can be pressed');
    const hold = kind === 'call.hold';
    const leg = { callId: live.call.id, role: holder };
    if (!this.#signaling.notifyKey(leg, hold ? 'hold' : 'talk'))
      throw new WrongMoment(`the phone of the ${holder} cannot be asked to press its key`, stateOf(live.call));
    const pressed = (): boolean => live.call.kind !== 'confirmed' || live.call.hold.has(phoneReason(holder)) === hold;
    return this.#follow(live, undefined, pressed);
  }

  /** Sends the input, if it is our doing, and waits until both legs have had their say, or the deadline. */
  #follow(live: LiveCall, input: Input | undefined, until: () => boolean = () => true): Promise<Followed> {
    return new Promise((resolve) => {
      const end = (settled: boolean): void => {
        deadline.cancel();
        // What the plan asked for last (music, letting media through) is still on its way to rtpengine, and belongs to the proof.
        void live.lane.then(() => {
          live.watches.delete(watch);
          resolve({ watch, settled });
        });
      };
      const watch = new HoldWatch(() => {
        if (until()) end(true);
      });
      const deadline = this.#clock.after(`hold answer ${live.call.id}`, HOLD_ANSWER_MS, () => end(false));
      live.watches.add(watch);
      if (input !== undefined) this.#calls.dispatch(live.call.id, input);
    });
  }

  async #prove(live: LiveCall, watch: HoldWatch, settled: boolean, changed: boolean, brief = false): Promise<HoldProof> {
    const settledMs = watch.elapsedMs();
    const packets = brief ? { caller: 0, callee: 0 } : await this.#countMusic(live);
    const { call } = live;
    if (call.kind !== 'confirmed') throw new WrongMoment('the call ended meanwhile', stateOf(call));
    const view = holdView(call);
    const leg = (role: LegRole): LegProof => {
      const { status, reason, ms } = watch.leg(role);
      const { held, state, direction, sound, music } = view[role];
      const answered = status === undefined ? {} : { status };
      const why = reason === undefined ? {} : { reason };
      const what = music === undefined ? {} : { music };
      return { held, state, direction, sound, ...what, ...answered, ...why, musicPackets: packets[role], ms };
    };
    return {
      callId: call.id,
      changed,
      settled,
      reasons: view.reasons,
      ms: { gate: watch.gateMs, ungate: watch.ungateMs, settled: settled ? settledMs : undefined },
      caller: leg('caller'),
      callee: leg('callee'),
    };
  }

  /** A hold is proven by packets that have left, so a count of nought is asked for again a few times. */
  async #countMusic(live: LiveCall): Promise<Readonly<Record<LegRole, number>>> {
    const none = { caller: 0, callee: 0 };
    const plays = (role: LegRole): boolean => live.call.kind === 'confirmed' && live.call[role].media.sound === 'music';
    if (!LEG_ROLES.some(plays)) return none;
    for (let attempt = 1; ; attempt++) {
      const packets = await this.#media.musicPackets(live.call.id).catch(() => none);
      const counted = LEG_ROLES.every((role) => !plays(role) || packets[role] > 0);
      if (counted || attempt >= COUNT_TRIES)
        return { caller: plays('caller') ? packets.caller : 0, callee: plays('callee') ? packets.callee : 0 };
      await new Promise<void>((resolve) => this.#clock.after(`count music ${live.call.id}`, COUNT_PAUSE_MS, resolve));
    }
  }
}
