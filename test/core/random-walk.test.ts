/**
 * Goal: whatever phones, programs and networks do in whatever order, a call keeps its promises and ends in order. Method: thousands
 * of seeded walks through step() with two phones that answer well, badly, late or never; the promises are checked at each step.
 */
import t from 'tap';
import { step, type Call } from '#core/call.js';
import { DIRECTIONS, mirror } from '#core/direction.js';
import type { Effect } from '#core/effects.js';
import { isHeld } from '#core/hold.js';
import { isSettled } from '#core/hold-view.js';
import type { Input } from '#core/inputs.js';
import { LEG_ROLES, type CallId, type LegRole } from '#core/leg.js';
import { newCall } from '#core/setup.js';

const WALKS = 3000;
const STEPS = 40;

/** A small generator of our own, so that a failing seed can be run again (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Walk {
  call: Call;
  /** Our re-INVITEs that wait for an answer, and the phones' that wait for their ACK. */
  readonly open = new Set<LegRole>();
  readonly unacked = new Set<LegRole>();
  readonly faults: string[] = [];
  readonly ended = new Map<LegRole, number>();
  endings = 0;
  #firstAck = false;
  gated = false;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
    const api = random() < 0.5;
    this.call = newCall({ id: 'c' as CallId, origin: api ? 'api' : 'phone', caller: '101', callee: '102', createdMs: 0 });
    this.give(
      api ? { kind: 'setup.requested' } : { kind: 'invite.received', offered: this.pick(DIRECTIONS), callee: 'reachable' },
    );
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }

  give(input: Input): void {
    const before = this.call;
    const [after, effects] = step(before, input, 1);
    this.call = after;
    if (before.kind === 'terminated' && effects.length > 0) this.faults.push(`effects after the end: ${input.kind}`);
    for (const effect of effects) this.#watch(effect, before);
    this.#judge(input);
  }

  #watch(effect: Effect, before: Call): void {
    if (effect.kind === 'gate') this.gated = true;
    if (effect.kind === 'ungate') this.gated = false;
    if (effect.kind === 'send-reinvite') {
      if (this.open.has(effect.leg)) this.faults.push('two offers of ours at once');
      if (this.unacked.has(effect.leg)) this.faults.push('an offer before the ACK');
      this.open.add(effect.leg);
    }
    if (effect.kind === 'answer-reinvite') this.unacked.add(effect.leg);
    if (
      effect.kind === 'play' &&
      effect.sound === 'music' &&
      this.call.kind === 'confirmed' &&
      !isHeld(this.call.hold, effect.leg)
    ) {
      this.faults.push('music to somebody who is not held');
    }
    if (effect.kind === 'refuse' || effect.kind === 'cancel' || effect.kind === 'send-bye') {
      this.ended.set(effect.leg, (this.ended.get(effect.leg) ?? 0) + 1);
      if (before.kind === 'terminated') this.faults.push('a leg ended after the end');
    }
    if (effect.kind === 'publish' && effect.event.kind === 'call.ended') this.endings++;
  }

  #judge(input: Input): void {
    const { call } = this;
    if (call.kind === 'confirmed' && call.hold.size > 0 && !this.gated) this.faults.push(`held and not cut after ${input.kind}`);
    if (call.kind === 'terminated' && this.endings !== 1) this.faults.push(`ended ${this.endings} times`);
    for (const [leg, times] of this.ended) if (times > 1) this.faults.push(`${leg} ended ${times} times`);
  }

  /** Something a phone, a program or the network might do now. */
  any(): Input {
    const leg = this.pick(LEG_ROLES);
    const direction = this.pick(DIRECTIONS);
    const { call } = this;
    if (call.kind === 'trying') {
      return this.pick<Input>([
        { kind: 'leg.progressed', leg: 'caller', status: 180, earlyMedia: false },
        { kind: 'leg.answered', leg: 'caller', direction: 'sendrecv' },
        { kind: 'leg.answered', leg: 'caller', direction: 'sendrecv' },
        { kind: 'leg.refused', leg: 'caller', status: 486, reason: 'Busy Here' },
        { kind: 'hangup.requested' },
      ]);
    }
    if (call.kind === 'ringing') {
      return this.pick<Input>([
        { kind: 'leg.progressed', leg: 'callee', status: 183, earlyMedia: true },
        { kind: 'leg.answered', leg: 'callee', direction },
        { kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' },
        { kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' },
        call.origin === 'phone' ? { kind: 'cancel.received' } : { kind: 'bye.received', leg: 'caller' },
        { kind: 'timer.fired', timer: 'ring' },
        { kind: 'leg.refused', leg: 'callee', status: 603, reason: 'Decline' },
      ]);
    }
    const holder = this.pick(['controller', 'caller', 'callee'] as const);
    // Functions, because some of them note that they happened.
    const choices: (() => Input)[] = [
      () => ({ kind: 'hold.requested', holder, music: this.#random() < 0.8 ? undefined : null }),
      () => ({ kind: 'resume.requested', holder }),
      () => this.#acknowledge(),
      () => this.#reinvite(leg, direction),
      () => this.#reinvite(leg, direction),
      () => this.#answer(leg),
      () => this.#answer(leg),
      () => this.#answer(leg),
      () => this.#ack(leg),
      () => this.#ack(leg),
      () => ({ kind: 'timer.fired', timer: `glare-${leg}` }),
      () => ({ kind: 'media.changed', leg, peerStale: this.#random() < 0.5 }),
      () => ({ kind: 'sound.failed', leg }),
      () => (this.#random() < 0.15 ? this.#end(leg) : this.#answer(leg)),
    ];
    return this.pick(choices)();
  }

  #reinvite(leg: LegRole, direction: (typeof DIRECTIONS)[number]): Input {
    return this.#random() < 0.2 ? { kind: 'reinvite.received', leg } : { kind: 'reinvite.received', leg, direction };
  }

  #answer(leg: LegRole): Input {
    if (!this.open.has(leg) || this.call.kind !== 'confirmed') return { kind: 'timer.fired', timer: `glare-${leg}` };
    this.open.delete(leg);
    const state = this.call[leg].offerAnswer;
    const offered = state.kind === 'have-local-offer' ? state.offered : 'sendrecv';
    const luck = this.#random();
    if (luck < 0.15) return { kind: 'reinvite.refused', leg, status: 491, reason: 'Request Pending' };
    if (luck < 0.3) return { kind: 'reinvite.refused', leg, status: this.pick([488, 500, 603]), reason: 'no' };
    if (luck < 0.32) return { kind: 'reinvite.refused', leg, status: this.pick([408, 481]), reason: 'gone' };
    const direction = luck < 0.5 ? this.pick(DIRECTIONS) : mirror(offered); // some phones answer what they should not
    return { kind: 'reinvite.answered', leg, status: 200, direction };
  }

  /** The ACK to our first 200 comes once; a repeated one does not get past the SIP engine. */
  #acknowledge(): Input {
    const quiet: Input = { kind: 'timer.fired', timer: 'ring' };
    if (this.#firstAck || this.call.kind !== 'confirmed' || this.call.origin === 'api') return quiet;
    this.#firstAck = true;
    return { kind: 'leg.acked', leg: 'caller', direction: 'sendrecv' };
  }

  #ack(leg: LegRole): Input {
    if (!this.unacked.delete(leg)) return this.#acknowledge();
    return this.#random() < 0.1
      ? { kind: 'reinvite.answer-failed', leg }
      : { kind: 'reinvite.acked', leg, direction: this.pick(DIRECTIONS) };
  }

  #end(leg: LegRole): Input {
    return this.pick<Input>([
      { kind: 'bye.received', leg },
      { kind: 'leg.lost', leg, why: 'test' },
      { kind: 'hangup.requested' },
      { kind: 'media.lost' },
    ]);
  }

  /** Everybody behaves from now on: the call must come to rest. */
  calmDown(): void {
    for (let round = 0; round < 60 && this.call.kind === 'confirmed'; round++) {
      for (const role of LEG_ROLES) {
        if (this.unacked.delete(role)) this.give({ kind: 'reinvite.acked', leg: role });
        this.give(this.#acknowledge());
        this.give({ kind: 'timer.fired', timer: `glare-${role}` });
        const state = this.call.kind === 'confirmed' ? this.call[role].offerAnswer : undefined;
        if (!this.open.delete(role) || state?.kind !== 'have-local-offer') continue;
        this.give({ kind: 'reinvite.answered', leg: role, status: 200, direction: mirror(state.offered) });
      }
    }
    if (this.call.kind === 'confirmed' && !isSettled(this.call)) this.faults.push('it does not come to rest');
  }
}

t.test(`${WALKS} seeded walks keep every promise and come to rest`, async (t) => {
  const faults: string[] = [];
  const seen = { confirmed: 0, terminated: 0 };
  for (let seed = 1; seed <= WALKS; seed++) {
    const walk = new Walk(seeded(seed));
    for (let at = 0; at < STEPS && walk.call.kind !== 'terminated'; at++) walk.give(walk.any());
    if (walk.call.kind === 'confirmed') seen.confirmed++;
    else seen.terminated++;
    walk.calmDown();
    walk.give({ kind: 'hangup.requested' });
    if (walk.endings !== 1) walk.faults.push(`${walk.endings} endings`);
    faults.push(...walk.faults.map((fault) => `seed ${seed}: ${fault}`));
  }
  t.same(faults.slice(0, 5), []);
  t.ok(seen.confirmed > 500 && seen.terminated > 500, `${seen.confirmed} walks ended in a call, ${seen.terminated} without one`);
});
