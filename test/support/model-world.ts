/**
 * model-world: two model phones, the programs that control the call, the media server and the clock around one call value.
 * It wanders where its choices lead, then lets everybody do their duty until nothing is left to do.
 */
import type { Effect } from '#core/effects.js';
import type { OnExpiry } from '#core/hold-policy.js';
import type { Input } from '#core/inputs.js';
import { LEG_ROLES, type LegRole, type Play } from '#core/leg.js';
import { CallLaws } from './call-laws.js';
import { CallStory, talking, type Holder } from './call-fixture.js';
import { ModelPhone, type Action, type Choose } from './model-phone.js';

export type Start = 'talking' | 'phone' | 'late offer' | 'api';

/** More would mean that somebody goes round in circles. */
const MOST_DUTIES = 400;
const HOLDERS: readonly Holder[] = ['controller', 'caller', 'callee'];
const EXPIRIES: readonly OnExpiry[] = [
  { kind: 'resume' },
  { kind: 'ring-holder' },
  { kind: 'hangup' },
  { kind: 'transfer', to: '110' },
];

export class ModelWorld {
  readonly laws: CallLaws;
  /** Every effect and input by name, and how often: so that a test can ask whether its walks came by. */
  readonly seen = new Map<string, number>();
  readonly #story: CallStory;
  readonly #phones: Record<LegRole, ModelPhone>;
  /** What the media server and the SIP engine have to say, oldest first. */
  readonly #house: Input[] = [];
  readonly #choices: readonly number[];
  #next = 0;
  #plays = 0;

  constructor(start: Start, choices: readonly number[]) {
    const inTalk = start === 'talking';
    this.#story = inTalk ? talking() : new CallStory(start === 'api' ? 'api' : 'phone');
    this.laws = new CallLaws(start === 'api' ? 'api' : 'phone', inTalk);
    this.#phones = {
      caller: new ModelPhone('caller', inTalk ? 'talks' : 'idle'),
      callee: new ModelPhone('callee', inTalk ? 'talks' : 'idle'),
    };
    this.#choices = choices;
    if (start === 'api') this.#says({ kind: 'setup.requested' });
    if (start === 'phone') this.#phones.caller.calls('sendrecv');
    if (start === 'late offer') this.#phones.caller.calls(undefined);
  }

  /** Wanders as long as there are choices, then drains. */
  run(): this {
    while (this.#next < this.#choices.length) {
      const actions = this.#actions();
      actions[this.#choose(actions.length)]?.act(this.#choose);
    }
    this.#drain();
    this.laws.rests(this.#story.call);
    return this;
  }

  /** Everybody lets go of what they hold: whatever has happened, the parties must hear each other again. */
  letGo(): this {
    for (const holder of HOLDERS) this.#says({ kind: 'resume.requested', holder });
    for (const leaving of LEG_ROLES) this.#says({ kind: 'transfer.failed', leaving });
    this.#drain();
    // A phone whose resume crosses a re-INVITE of ours is refused, and tries again (RFC 3261 §14.1).
    for (let round = 0; round < 4; round += 1) {
      for (const role of LEG_ROLES) if (this.#holds(role)) this.#phones[role].letsGo();
      this.#drain();
    }
    this.laws.rests(this.#story.call);
    const { call } = this.#story;
    if (call.kind === 'confirmed' && !this.#parkedOrLeft && (call.hold.size > 0 || call.gated))
      this.laws.breaks('whoever holds can let go');
    return this;
  }

  /** Who waits for a third party waits for it, and nobody here can let go. */
  get #parkedOrLeft(): boolean {
    const { call } = this.#story;
    if (call.kind !== 'confirmed') return false;
    const left = LEG_ROLES.some((role) => call[role].dialog === 'terminated');
    return left || call.hold.has('caller-park') || call.hold.has('callee-park');
  }

  #holds(role: LegRole): boolean {
    const { call } = this.#story;
    return call.kind === 'confirmed' && call.hold.has(`${role}-phone`);
  }

  get ended(): boolean {
    return this.#story.call.kind === 'terminated';
  }

  /** When the choices are used up everybody takes the well-behaved first one. */
  readonly #choose: Choose = (count) => (this.#choices[this.#next++] ?? 0) % count;

  #drain(): void {
    for (let turn = 0; turn < MOST_DUTIES; turn += 1) {
      const [duty] = this.#duties();
      if (duty === undefined) return;
      duty.act(this.#choose);
    }
    this.laws.breaks('a call comes to rest');
  }

  /** Mostly duties, often what a phone likes, seldom what a program likes, and once in a while an ending. */
  #actions(): readonly Action[] {
    const phones = Object.values(this.#phones);
    const group = this.#choose(200);
    if (group === 199) return [...phones.map((phone) => phone.hangsUp()), ...this.#endings()];
    if (group >= 170) return this.#wishes();
    if (group >= 140) return phones.flatMap((phone) => phone.whims());
    return this.#duties();
  }

  #duties(): Action[] {
    const duties: Action[] = [];
    if (this.#house.length > 0) duties.push({ name: 'the house speaks', act: () => this.#says(this.#house.shift()) });
    for (const phone of Object.values(this.#phones)) {
      if (phone.toServer.length > 0) duties.push({ name: 'a phone is heard', act: () => this.#says(phone.toServer.shift()) });
      duties.push(...phone.duties());
    }
    if (duties.length > 0) return duties;
    // Sessions and reminders never end by themselves, and a policy may end the call: those are wishes of the clock, not duties.
    const waits = [...this.laws.timers].filter((timer) => !/^(session|hold|play)-|^untold$/.test(timer));
    return waits.map((timer) => ({ name: timer, act: () => this.#says({ kind: 'timer.fired', timer }) }));
  }

  #wishes(): Action[] {
    const holds = HOLDERS.flatMap((holder) => [
      { kind: 'hold.requested', holder } as const,
      { kind: 'hold.requested', holder, music: null } as const,
      { kind: 'resume.requested', holder } as const,
    ]);
    const policies = HOLDERS.flatMap((holder) =>
      EXPIRIES.map(
        (onExpiry) =>
          ({ kind: 'hold.requested', holder, policy: { maxSeconds: 60, remindHolderEverySeconds: 9, onExpiry } }) as const,
      ),
    );
    const transfers = LEG_ROLES.flatMap((leaving) => [
      { kind: 'transfer.requested', leaving, park: false } as const,
      { kind: 'transfer.requested', leaving, park: true } as const,
      { kind: 'transfer.failed', leaving } as const,
      { kind: 'leg.dismissed', leg: leaving } as const,
    ]);
    const sounds = LEG_ROLES.flatMap((leg): Input[] => [
      { kind: 'mute.requested', leg, muted: true },
      { kind: 'mute.requested', leg, muted: false },
      { kind: 'play.requested', legs: [leg], play: this.#newPlay() },
      { kind: 'quiet.requested', legs: [leg] },
    ]);
    sounds.push({ kind: 'play.requested', legs: LEG_ROLES, play: this.#newPlay() });
    const timers = [...this.laws.timers]
      .filter((timer) => timer !== 'ring')
      .map((timer) => ({ kind: 'timer.fired', timer }) as const);
    return [...this.#elsewhere(), ...holds, ...holds, ...sounds, ...timers, ...timers, ...policies, ...transfers].map(
      (input) => ({
        name: input.kind,
        act: () => this.#says(input),
      }),
    );
  }

  /** While it rings: another phone is to ring instead. Once it has been answered nobody asks, and the answer is nothing. */
  #elsewhere(): Input[] {
    const { call } = this.#story;
    if (call.kind === 'confirmed') return [];
    const to = call.parties.callee === '103' ? '104' : '103';
    const input: Input = { kind: 'forward.requested', to, traits: call.traits, autoAnswer: false };
    return Array.from({ length: 20 }, () => input);
  }

  #newPlay(): Play {
    const hangUp = this.#choose(10) === 9 ? { hangUpAfter: true as const } : {};
    return { id: `play ${++this.#plays}`, sound: { name: 'words', file: 'words', ms: 900 }, times: 1, ms: 900, ...hangUp };
  }

  #endings(): Action[] {
    const lost = LEG_ROLES.flatMap((leg): Input[] => [
      { kind: 'leg.lost', leg, why: 'no ACK' },
      ...(this.#story.call.kind === 'confirmed' ? [{ kind: 'leg.moved', leg } as const] : []),
    ]);
    const inputs: Input[] = [
      { kind: 'hangup.requested' },
      { kind: 'reject.requested', status: 603, reason: 'Decline' },
      { kind: 'shutdown.requested' },
      { kind: 'media.lost' },
      ...lost,
    ];
    if (this.#story.call.kind === 'confirmed') inputs.push({ kind: 'legs.moved', conferenceId: 'room' });
    if (this.#story.call.origin === 'phone') inputs.push({ kind: 'cancel.received' });
    if (this.laws.timers.has('ring')) inputs.push({ kind: 'timer.fired', timer: 'ring' });
    return inputs.map((input) => ({ name: input.kind, act: () => this.#says(input) }));
  }

  #says(input: Input | undefined): void {
    if (input === undefined) return;
    const before = this.#story.call;
    const from = this.#story.effects.length;
    this.#story.on(input);
    const effects = this.#story.effects.slice(from);
    this.laws.watch(before, input, this.#story.call, effects);
    this.#count('status' in input ? `${input.kind} ${input.status}` : input.kind);
    // Of a phone that is cancelled nothing more is heard: signaling hangs up what it still says.
    if (input.kind === 'forward.requested' && this.#story.call !== before) this.#phones.callee = new ModelPhone('callee', 'idle');
    for (const effect of effects) if (input.kind !== 'forward.requested' || effect.kind !== 'cancel') this.#performs(effect);
  }

  #performs(effect: Effect): void {
    this.#count('status' in effect ? `${effect.kind} ${effect.status}` : effect.kind);
    if (effect.kind === 'publish') return this.#count(effect.event.kind);
    const role = effect.kind === 'accept' ? 'caller' : 'leg' in effect ? effect.leg : undefined;
    if (role === undefined) return;
    const answerFailed = effect.kind === 'answer-reinvite' && this.#choose(12) === 11;
    this.#phones[role].receives(effect, answerFailed);
    if (answerFailed) this.#house.push({ kind: 'reinvite.answer-failed', leg: role });
    if ((effect.kind === 'answer-reinvite' && !answerFailed) || effect.kind === 'apply-reanswer') {
      if (this.#choose(6) === 5) this.#house.push({ kind: 'media.changed', leg: role, peerStale: this.#choose(3) !== 2 });
    }
    if (effect.kind === 'play-over' && this.#choose(12) === 11)
      this.#house.push({ kind: 'play.failed', leg: role, playId: effect.play.id });
    if (effect.kind === 'play' && this.#choose(12) === 11) this.#house.push({ kind: 'sound.failed', leg: role });
  }

  #count(name: string): void {
    this.seen.set(name, (this.seen.get(name) ?? 0) + 1);
  }
}
