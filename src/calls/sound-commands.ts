/**
 * sound-commands: what a program may do with the sound of a call that is up: mute a party, play and speak to it, press keys.
 */
import { hears, LEG_ROLES, type CallId, type LegRole, type Play } from '#core/leg.js';
import { canHear } from '#core/play.js';
import { assertNever, BadRequest, MediaFailed, WrongMoment } from '#kit/errors.js';
import type { Clock } from '#kit/clock.js';
import { newPlayId } from '#kit/ids.js';
import type { CallService } from './call-service.js';
import { stateOf } from './call-view.js';
import type { Outcome } from './commands.js';
import { KeyPresser } from './key-presser.js';
import type { LiveCall } from './live-call.js';
import type { MediaPort } from './ports.js';
import { confirmedCall, liveCall, type FindCall } from './preconditions.js';

/** Who hears it. */
export type Listener = LegRole | 'all';

/**
 * What is heard: a prompt of music.yaml by its name, words that are spoken, a file of sip-config/sounds by its name (no path), or a beep.
 */
export type SoundWish =
  | Readonly<{ prompt: string }>
  | Readonly<{ text: string; language?: string | undefined; voice?: string | undefined }>
  | Readonly<{ file: string }>
  | Readonly<{ beep: true }>;

export type SoundCommand =
  /** A party that is muted is not heard by the other, and still hears it. */
  | Readonly<{ kind: 'call.mute'; callId: CallId; party: LegRole; muted: boolean }>
  /**
   * While it plays its listener hears nothing else. Answered `play.started` as soon as it is heard; its end is the event
   * `play.ended`. A second one to the same listener ends the first.
   */
  | Readonly<{
      kind: 'call.play';
      callId: CallId;
      to: Listener;
      what: SoundWish;
      /** So many times; once unless said. */
      times?: number | undefined;
      /** It ends by then, played to its end or not. */
      maxSec?: number | undefined;
      hangUpAfter?: true | undefined;
      /** Its name, where one play goes to the parties of several calls; `play.ended` comes of each. */
      playId?: string | undefined;
    }>
  /** Ends what plays to this listener; nothing playing is no error. */
  | Readonly<{ kind: 'call.quiet'; callId: CallId; to: Listener }>
  /** 0-9 * # A-D, and `,` or `w` for half a second of nothing, heard by `to` as keys of its peer (RFC 4733, or tones where it has not negotiated them). */
  | Readonly<{ kind: 'call.keys'; callId: CallId; to: Listener; keys: string }>;

export type SoundOutcome = Readonly<{
  kind: 'play.started';
  callId: CallId;
  playId: string;
  /** How long all of it lasts, in milliseconds. */
  ms: number;
}>;

/** A whole day of anything is not a message any more. */
const LONGEST_SEC = 86_400;
const MOST_TIMES = 1000;
const KEYS = /^[0-9*#A-Da-d,wW]{1,100}$/;

type Asked<K extends SoundCommand['kind']> = Extract<SoundCommand, { kind: K }>;

export type SoundCommandsDeps = Readonly<{
  calls: Pick<CallService, 'live' | 'dispatch' | 'keys'>;
  media: Pick<MediaPort, 'makeSound' | 'pressKey'>;
  clock: Clock;
}>;

export class SoundCommands {
  readonly #deps: SoundCommandsDeps;
  readonly #keys: KeyPresser;
  readonly #find: FindCall = (id) => this.#deps.calls.live(id);

  constructor(deps: SoundCommandsDeps) {
    this.#deps = deps;
    this.#keys = new KeyPresser({ media: deps.media, heard: deps.calls.keys, clock: deps.clock });
  }

  /** @throws CallNotFound, WrongMoment, BadRequest, MediaFailed */
  async execute(command: SoundCommand): Promise<Outcome> {
    switch (command.kind) {
      case 'call.mute':
        return this.#mute(command);
      case 'call.play':
        return this.#play(command);
      case 'call.quiet':
        return this.#quiet(command);
      case 'call.keys':
        return this.#press(command);
      default:
        return assertNever(command);
    }
  }

  #mute({ callId, party, muted }: Asked<'call.mute'>): Outcome {
    const { call } = confirmedCall(this.#find, callId, 'a party can be muted once the call is answered');
    if (call[party].dialog !== 'confirmed') throw new WrongMoment(`the ${party} has left`, stateOf(call));
    this.#deps.calls.dispatch(callId, { kind: 'mute.requested', leg: party, muted });
    return { kind: 'call.done', callId };
  }

  async #play(command: Asked<'call.play'>): Promise<Outcome> {
    const { callId, to, times = 1, maxSec, hangUpAfter, playId = newPlayId() } = command;
    if (!isWhole(times, 1, MOST_TIMES)) throw new BadRequest('times', `times: expected a whole number from 1 to ${MOST_TIMES}`);
    if (maxSec !== undefined && !isWhole(maxSec, 1, LONGEST_SEC))
      throw new BadRequest('maxSec', `maxSec: expected a whole number from 1 to ${LONGEST_SEC}`);
    this.#listeners(callId, to); // before anything is made for it
    const sound = await this.#deps.media.makeSound(command.what);
    const { live, legs } = this.#listeners(callId, to); // words take a while to be made, and much may have happened
    const ms = Math.min(sound.ms * times, (maxSec ?? LONGEST_SEC) * 1000);
    const play: Play = { id: playId, sound, times, ms, ...(hangUpAfter === true ? { hangUpAfter } : {}) };
    this.#deps.calls.dispatch(callId, { kind: 'play.requested', legs, play });
    await live.lane; // what was asked for before, and then this
    const { call } = live;
    if (call.kind === 'confirmed' && !legs.some((role) => call[role].playing?.id === play.id))
      throw new MediaFailed('the media server would not play it');
    return { kind: 'play.started', callId, playId, ms };
  }

  #quiet({ callId, to }: Asked<'call.quiet'>): Outcome {
    liveCall(this.#find, callId);
    this.#deps.calls.dispatch(callId, { kind: 'quiet.requested', legs: rolesOf(to) });
    return { kind: 'call.done', callId };
  }

  async #press({ callId, to, keys }: Asked<'call.keys'>): Promise<Outcome> {
    if (!KEYS.test(keys)) throw new BadRequest('keys', 'keys: expected 1 to 100 of 0-9 * # A-D, and , or w for a pause');
    const live = confirmedCall(this.#find, callId, 'keys can be pressed once the call is answered');
    await Promise.all(rolesOf(to).map((role) => this.#keys.press(live, role, keys)));
    return { kind: 'call.done', callId };
  }

  /** @throws WrongMoment when none of them can hear anything now. */
  #listeners(callId: CallId, to: Listener): Readonly<{ live: LiveCall; legs: readonly LegRole[] }> {
    const live = confirmedCall(this.#find, callId, 'something can be played once the call is answered');
    const legs = rolesOf(to).filter((role) => canHear(live.call[role]) && hears(live.call[role].media));
    if (legs.length > 0) return { live, legs };
    throw new WrongMoment(`the phone of ${to === 'all' ? 'neither party' : `the ${to}`} is listening now`, stateOf(live.call));
  }
}

const rolesOf = (to: Listener): readonly LegRole[] => (to === 'all' ? LEG_ROLES : [to]);

const isWhole = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;
