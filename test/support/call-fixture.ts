/**
 * call-fixture: a call as a value, taken through a story one input at a time, and what it asked for in short words.
 * No phones and no clock live here: a test says every word itself. Phones with a will of their own are in model-phone.ts.
 */
import { step, type Call, type Confirmed } from '#core/call.js';
import { isSettled } from '#core/hold-view.js';
import { answerTo, type Direction } from '#core/direction.js';
import type { Effect } from '#core/effects.js';
import type { CallEvent, HoldReason } from '#core/events.js';
import type { Input } from '#core/inputs.js';
import { LEG_ROLES, localDirection, type CallId, type LegRole } from '#core/leg.js';
import { newCall } from '#core/setup.js';
import { assertNever } from '#kit/errors.js';

export type Holder = 'controller' | LegRole;

/** The call so far, and everything it asked for. */
export class CallStory {
  call: Call;
  readonly effects: Effect[] = [];
  #nowMs = 1000;

  constructor(origin: 'phone' | 'api', already?: Call) {
    this.call = already ?? newCall({ id: 'call-1' as CallId, origin, caller: '101', callee: '102', createdMs: 0 });
  }

  /** One input; @returns what it led to, in short words. */
  on(input: Input): string[] {
    this.#nowMs += 1000;
    const [call, effects] = step(this.call, input, this.#nowMs);
    this.call = call;
    this.effects.push(...effects);
    return effects.filter((effect) => !isOfUntold(effect)).map(brief);
  }

  hold(holder: Holder, music = true): string[] {
    return this.on({ kind: 'hold.requested', holder, music: music ? undefined : null });
  }

  resume(holder: Holder): string[] {
    return this.on({ kind: 'resume.requested', holder });
  }

  /** The phone's re-INVITE; without a direction it asks us to offer. */
  offers(leg: LegRole, direction?: Direction): string[] {
    return this.on({ kind: 'reinvite.received', leg, direction });
  }

  /** The phone's ACK to our 200; with a direction it carries the answer. */
  acks(leg: LegRole, direction?: Direction): string[] {
    return this.on({ kind: 'reinvite.acked', leg, direction });
  }

  answers(leg: LegRole, direction?: Direction): string[] {
    return this.on({ kind: 'reinvite.answered', leg, status: 200, direction });
  }

  refuses(leg: LegRole, status: number): string[] {
    return this.on({ kind: 'reinvite.refused', leg, status, reason: `reason ${status}` });
  }

  glareEnds(leg: LegRole): string[] {
    return this.on({ kind: 'timer.fired', timer: `glare-${leg}` });
  }

  /**
   * Both phones acknowledge and answer whatever is open, until nothing is: each answers what the offer leaves of its own wish,
   * or what `mayLie` says.
   * @returns what that led to.
   */
  cooperate(
    wishes: Readonly<Record<LegRole, Direction>> = { caller: 'sendrecv', callee: 'sendrecv' },
    mayLie?: (offered: Direction) => Direction,
  ): string[] {
    const seen: string[] = [];
    const answer = (leg: LegRole, offered: Direction): Direction => mayLie?.(offered) ?? answerTo(offered, wishes[leg]);
    for (let round = 0; round < 8; round += 1) {
      for (const leg of LEG_ROLES) {
        const open = this.confirmed[leg].offerAnswer;
        if (open.kind === 'have-remote-offer') seen.push(...this.acks(leg));
        if (open.kind === 'awaiting-answer-in-ack') seen.push(...this.acks(leg, answer(leg, open.offered)));
        if (open.kind === 'have-local-offer') seen.push(...this.answers(leg, answer(leg, open.offered)));
      }
    }
    return seen;
  }

  get confirmed(): Confirmed {
    if (this.call.kind !== 'confirmed') throw new Error(`the call is ${this.call.kind}`);
    return this.call;
  }

  get settled(): boolean {
    return isSettled(this.confirmed);
  }

  get reasons(): HoldReason[] {
    return [...this.confirmed.hold.keys()].sort();
  }

  /** What is negotiated on both legs, our side: "caller / callee", as the tables of the design write it. */
  get local(): string {
    return `${localDirection(this.confirmed.caller.media)} / ${localDirection(this.confirmed.callee.media)}`;
  }

  get sounds(): string {
    return `${this.confirmed.caller.media.sound} / ${this.confirmed.callee.media.sound}`;
  }

  events(kind?: CallEvent['kind']): CallEvent[] {
    const all = this.effects.flatMap((effect) => (effect.kind === 'publish' ? [effect.event] : []));
    return kind === undefined ? all : all.filter((event) => event.kind === kind);
  }

  /** The same call, to be taken another way. */
  fork(): CallStory {
    return new CallStory('phone', this.call);
  }
}

/** That a phone keeps us waiting is watched at every hold; a test of its own is about that (hold.test.ts). */
const isOfUntold = (effect: Effect): boolean =>
  (effect.kind === 'start-timer' || effect.kind === 'stop-timer') && effect.timer === 'untold';

/** A call between two phones that hear each other, both handshakes complete. */
export function talking(): CallStory {
  const story = ringing();
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  story.on({ kind: 'leg.acked', leg: 'caller' });
  return forgetful(story);
}

/** A phone's call whose callee has been dialled. */
export function ringing(offered: Direction | undefined = 'sendrecv'): CallStory {
  const story = new CallStory('phone');
  story.on({ kind: 'invite.received', offered, callee: 'reachable' });
  return story;
}

/** A phone's call whose INVITE carried no offer. */
export function ringingLate(): CallStory {
  const story = new CallStory('phone');
  story.on({ kind: 'invite.received', callee: 'reachable' });
  return story;
}

/** An API call whose caller has answered; the callee is being dialled. */
export function ringingApi(direction: Direction = 'sendrecv'): CallStory {
  const story = new CallStory('api');
  story.on({ kind: 'setup.requested' });
  story.on({ kind: 'leg.answered', leg: 'caller', direction });
  return story;
}

export function talkingApi(): CallStory {
  const story = ringingApi();
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  return forgetful(story);
}

/** The set-up is told elsewhere. */
function forgetful(story: CallStory): CallStory {
  story.effects.length = 0;
  return story;
}

/** An effect as one would say it; what a test does not ask about is left out. */
export function brief(effect: Effect): string {
  switch (effect.kind) {
    case 'dial':
      return `dial ${effect.leg} ${effect.offer}`;
    case 'progress':
      return `progress ${effect.leg} ${effect.status}${effect.earlyMedia ? ' early-media' : ''}`;
    case 'accept':
      return `accept ${effect.direction}`;
    case 'ack':
      return `ack ${effect.leg}${effect.answer ? ' with answer' : ''}`;
    case 'refuse':
    case 'refuse-reinvite':
      return `${effect.kind} ${effect.leg} ${effect.status}`;
    case 'cancel':
    case 'send-bye':
      return `${effect.kind} ${effect.leg} ${effect.cause}`;
    case 'send-reinvite':
      return `send-reinvite ${effect.leg} ${effect.direction}`;
    case 'answer-reinvite':
      return `answer-reinvite ${effect.leg} ${effect.direction}${effect.ourOffer ? ' as our offer' : ''}`;
    case 'apply-answer':
    case 'apply-reanswer':
    case 'mute':
    case 'unmute':
    case 'stop-sound':
    case 'remind':
    case 'play-over':
    case 'end-play':
    case 'send-refresh':
    case 'remember-refusal':
    case 'take-over':
    case 'start-glare-timer':
      return `${effect.kind} ${effect.leg}`;
    case 'ask-transfer':
      return `ask-transfer ${effect.leaving} ${effect.to}`;
    case 'play':
      return `play ${effect.leg} ${effect.sound}`;
    case 'gate':
    case 'ungate':
    case 'bridge-early':
    case 'delete-media':
    case 'anchor-again':
      return effect.kind;
    case 'start-timer':
    case 'stop-timer':
      return `${effect.kind} ${effect.timer}`;
    case 'publish':
      return `publish ${effect.event.kind}`;
    default:
      return assertNever(effect);
  }
}
