/**
 * next-life: a call value after a restart of the program or of the media server, two phones that answer, and what must be true of what
 * it says to them: who must not be heard is cut off first, and wish and facts meet in the end.
 */
import { step, type Call, type Confirmed } from '#core/call.js';
import { answerTo } from '#core/direction.js';
import type { Effect } from '#core/effects.js';
import { isHeld, musicFor, wantedDirection } from '#core/hold.js';
import { isSettled } from '#core/hold-view.js';
import type { Input } from '#core/inputs.js';
import { hears, LEG_ROLES, otherLeg, type LegRole } from '#core/leg.js';
import { brief } from './call-fixture.js';

export type How = Extract<Input, { kind: 'call.restored' | 'media.back' }>;

const NONE: ReadonlySet<LegRole> = new Set();

/** Everybody is back: the media server does what it is told, whatever it did before, and both phones answer. */
export class NextLife {
  readonly faults: string[] = [];
  readonly said: string[] = [];
  call: Call;
  /** What the media server does, as far as anybody can know: at first it may do anything. */
  #open = true;
  #anchored: boolean;
  readonly #silent = new Set<LegRole>();
  readonly #plays = new Map<LegRole, string>();
  /** The phone has been told the new ports. */
  readonly #told: Set<LegRole>;
  readonly #refuses: ReadonlySet<LegRole>;

  constructor(before: Call, how: How, refuses: ReadonlySet<LegRole> = NONE) {
    this.call = before;
    this.#refuses = refuses;
    this.#anchored = how.media === 'kept';
    this.#told = new Set(how.media === 'kept' ? LEG_ROLES : []);
    this.give(how);
  }

  give(input: Input): void {
    const [call, effects] = step(this.call, input, 9000);
    this.call = call;
    for (const effect of effects) this.#watch(effect, input);
    const held = call.kind === 'confirmed' && call.hold.size > 0;
    if (held && this.#open) this.faults.push(`held, and heard, after ${input.kind}`);
    this.said.push(...effects.map(brief));
  }

  #watch(effect: Effect, input: Input): void {
    const fault = (what: string): void => void this.faults.push(`${what} in answer to ${input.kind}`);
    switch (effect.kind) {
      case 'anchor-again':
        this.#anchored = true;
        return;
      case 'gate':
        if (!this.#anchored) fault('a gate in a call that the media server does not know');
        this.#open = false;
        return;
      case 'ungate':
        if (this.call.kind === 'confirmed' && LEG_ROLES.some((role) => !this.#told.has(role) && !this.#excused(role)))
          fault('opened before both phones knew');
        this.#open = true;
        return;
      case 'mute':
      case 'unmute':
        if (effect.kind === 'mute') this.#silent.add(effect.leg);
        else this.#silent.delete(effect.leg);
        return;
      case 'send-reinvite':
        if (this.#open && this.call.kind === 'confirmed' && this.call.hold.size > 0) fault('SIP of a hold before the gate');
        if (!this.#anchored) fault('SIP before the ports of now are known');
        this.#told.add(effect.leg);
        return;
      case 'play':
        this.#plays.set(effect.leg, effect.sound);
        return;
      case 'stop-sound':
        this.#plays.delete(effect.leg);
        return;
      default:
    }
  }

  #excused(role: LegRole): boolean {
    if (this.call.kind !== 'confirmed') return true;
    return this.call[role].dialog === 'terminated' || this.call[role].refused !== undefined;
  }

  /** Until nothing is left to say. */
  rests(): this {
    for (let round = 0; round < 40 && this.call.kind === 'confirmed'; round += 1) {
      for (const role of LEG_ROLES) this.#speaks(role);
    }
    if (this.call.kind === 'confirmed') this.#judge(this.call);
    return this;
  }

  #speaks(leg: LegRole): void {
    if (this.call.kind !== 'confirmed') return;
    const open = this.call[leg].offerAnswer;
    if (open.kind === 'have-remote-offer') {
      // Of its INVITE, or of a later one.
      this.give({ kind: 'leg.acked', leg });
      return this.give({ kind: 'reinvite.acked', leg });
    }
    if (open.kind === 'glare-wait') return this.give({ kind: 'timer.fired', timer: `glare-${leg}` });
    if (this.call[leg].refreshing === true) return this.give({ kind: 'refresh.answered', leg });
    if (open.kind === 'stable') return;
    const direction = answerTo(open.offered, 'sendrecv');
    if (open.kind === 'awaiting-answer-in-ack') return this.give({ kind: 'reinvite.acked', leg, direction });
    if (this.#refuses.has(leg)) return this.give({ kind: 'reinvite.refused', leg, status: 488, reason: 'no' });
    this.give({ kind: 'reinvite.answered', leg, status: 200, direction });
  }

  #judge(call: Confirmed): void {
    const must = (truth: boolean, law: string): void => void (truth || this.faults.push(law));
    must(isSettled(call), 'wish and facts meet');
    must(call.gated === !this.#open, 'the call knows whether it is cut');
    must(this.#open === (call.hold.size === 0), 'cut as long as somebody holds, and no longer');
    for (const role of LEG_ROLES) {
      const leg = call[role];
      if (leg.dialog === 'terminated') continue;
      must(!leg.media.stale || leg.refused !== undefined, `the ${role} knows the ports of now`);
      const wanted = wantedDirection(call.hold, role, call.traits.modes[role]);
      must(leg.media.advertised === wanted || leg.refused !== undefined, `the ${role} was told ${wanted}`);
      const music = isHeld(call.hold, role) && musicFor(call.hold, role, call.traits.music) !== null && hears(leg.media);
      if (leg.refused === undefined && leg.media.sound !== 'failed')
        must((this.#plays.get(role) === 'music') === music, `music to the ${role}: ${music}`);
      const heard = this.#open && !this.#silent.has(role);
      must(!heard || leg.silenced !== true, `the ${role} is muted, as a program wants it`);
      must(!heard || call[otherLeg(role)].playing === undefined, 'who is played to hears nobody else');
    }
  }
}
