/**
 * call-laws: what must be true of a call at every step, whoever does what in whatever order. What is open on a leg it reads from
 * a record of its own (leg-record.ts), and never asks the core.
 */
import type { Call, Confirmed } from '#core/call.js';
import { answerTo, meet, mirror, type Direction } from '#core/direction.js';
import type { Effect } from '#core/effects.js';
import type { HoldView } from '#core/events.js';
import { freshOfferDirection, isHeld, phoneReason, wantedDirection } from '#core/hold.js';
import { holdView, isSettled, noHoldView } from '#core/hold-view.js';
import type { Input, TimerName } from '#core/inputs.js';
import { LEG_ROLES, otherLeg, type LegRole } from '#core/leg.js';
import { brief } from './call-fixture.js';
import { LegRecord } from './leg-record.js';

export class CallLaws {
  readonly faults: string[] = [];
  readonly timers = new Set<TimerName>();
  readonly #legs: Record<LegRole, LegRecord> = { caller: new LegRecord(), callee: new LegRecord() };
  #gated = false;
  readonly #muted: Record<LegRole, boolean> = { caller: false, callee: false };
  readonly #plays: Record<LegRole, string | undefined> = { caller: undefined, callee: undefined };
  #told: string | undefined;
  #endings = 0;
  #failedToSay: Partial<Record<LegRole, Direction | undefined>> = {};
  readonly #lastSaid: Partial<Record<LegRole, Direction>> = {};
  #story: string[] = [];

  /** `talking`: the set-up went by unwatched. */
  constructor(origin: 'phone' | 'api', talking: boolean) {
    const { caller, callee } = this.#legs;
    caller.alive = origin === 'phone' || talking;
    callee.alive = talking;
    caller.dialog = talking ? 'confirmed' : caller.alive ? 'early' : 'none';
    callee.dialog = talking ? 'confirmed' : 'none';
  }

  watch(before: Call, input: Input, after: Call, effects: readonly Effect[]): void {
    this.#story.push(`${JSON.stringify(input)} -> ${effects.map(brief).join('; ') || '-'}`);
    if (before.kind === 'terminated') {
      this.#must(effects.length === 0 && after === before, 'nothing happens after the end');
      return;
    }
    if ('leg' in input) this.#legs[input.leg].heard(input);
    if (input.kind === 'legs.moved') for (const leg of Object.values(this.#legs)) leg.alive = false;
    if (input.kind === 'invite.received') this.#legs.caller.offered = input.offered ?? 'sendrecv';
    if (input.kind === 'cancel.received' && before.kind !== 'confirmed') this.#legs.caller.alive = false;
    if (input.kind === 'media.changed' && input.peerStale && before.kind === 'confirmed')
      this.#legs[otherLeg(input.leg)].owed = !this.#legs[otherLeg(input.leg)].hasLeft;
    if (input.kind === 'timer.fired') this.timers.delete(input.timer);
    if (input.kind === 'reinvite.received') this.#answersOnce(input.leg, effects);
    if (after.kind === 'terminated') return this.#ends(effects);
    this.#leaves(before, input, after, effects);
    const forwards = input.kind === 'forward.requested' && after !== before;
    if (forwards) this.#forwards(before, input.to, after, effects);
    for (const effect of effects) this.#does(after, effect, forwards);
    this.#stands(after);
    this.#tells(before, input, after, effects);
  }

  /** One phone stops ringing, another is dialled, and the caller is not spoken to. */
  #forwards(before: Call, to: string, after: Call, effects: readonly Effect[]): void {
    this.#must(before.kind === 'ringing' && after.kind === 'ringing', 'only what rings is forwarded, and it goes on ringing');
    this.#must(
      after.parties.callee === to && after.parties.caller === before.parties.caller,
      'the callee is who it was forwarded to',
    );
    const words = effects.filter((effect) => effect.kind === 'cancel' || effect.kind === 'dial').map(({ kind }) => kind);
    this.#must(words.join() === 'cancel,dial', 'the phone that rings is cancelled before the other is dialled');
    this.#must(
      effects.every((effect) => !('leg' in effect) || effect.leg === 'callee' || effect.kind === 'play'),
      'the caller hears nothing of it but ringback',
    );
    this.#legs.callee = new LegRecord();
    this.#legs.caller.owed ||= after.kind === 'ringing' && after.caller.media.stale;
  }

  /** A party that is on its way out may go without ending the call; nobody else. */
  #leaves(before: Call, input: Input, after: Call, effects: readonly Effect[]): void {
    if (before.kind !== 'confirmed' || after.kind !== 'confirmed') return;
    for (const role of LEG_ROLES) {
      if (after[role].dialog !== 'terminated' || before[role].dialog === 'terminated') continue;
      const may = before.hold.has(`${role}-transfer`) || before.hold.has(`${role}-park`);
      const itsOwn =
        ('leg' in input && input.leg === role) || (input.kind === 'timer.fired' && input.timer === `session-${role}`);
      this.#must(may && itsOwn, `the ${role} leaves because it was on its way out`);
      const byes = effects.filter((effect) => effect.kind === 'send-bye' && effect.leg === role).length;
      this.#must(byes === (input.kind === 'bye.received' ? 0 : 1), `the ${role} hears BYE when it has not said so itself`);
      this.#legs[role].left();
    }
  }

  /** When nothing more is on its way: the world agrees with the wish, or says where it does not. */
  rests(call: Call): void {
    if (call.kind === 'terminated') return;
    this.#must(call.kind === 'confirmed', `a call that rings does not rest: ${call.kind}`);
    if (call.kind !== 'confirmed') return;
    this.#must(isSettled(call), 'the call settles when everybody has spoken');
    this.#must(call.hold.size > 0 || !call.gated, 'nobody holds, so they hear each other');
    for (const role of LEG_ROLES) {
      const leg = this.#legs[role];
      this.#must(leg.ours === 'none' && leg.theirs === 'none', `no offer is left open on the ${role}`);
      const refused = call[role].refused !== undefined;
      this.#must(!leg.owed || refused, `the ${role} was offered the new codec`);
      if (call[role].dialog === 'terminated') continue;
      if (holdView(call)[role].state === 'agreed' && !refused)
        this.#must(this.#wasTold(call, role), `the ${role} was told what is wanted`);
    }
  }

  breaks(law: string): void {
    this.faults.push(`${law}; but not after:\n${this.#story.join('\n')}`);
  }

  #must(truth: boolean, law: string): void {
    if (!truth) this.breaks(law);
  }

  #wasTold(call: Confirmed, role: LegRole): boolean {
    const wanted = wantedDirection(call.hold, role);
    const { by, told, said } = this.#legs[role].last;
    if (by === 'them') return told === answerTo(said, wanted);
    if (told === wanted) return true;
    // It was offered room to lift its own hold, and did not take it: what is agreed is no more than what is wanted.
    const agreed = meet(told, mirror(said));
    // That may have been before a program held in its name too.
    const room = [call.hold, new Map([...call.hold].filter(([reason]) => reason !== `${role}-api`))];
    const roomy = room.some((ledger) => told === freshOfferDirection(ledger, role));
    return call.hold.has(phoneReason(role)) && roomy && meet(agreed, wanted) === agreed;
  }

  /** RFC 3261 §14.2: every re-INVITE gets one final answer, and the code says whose offer was in the way. */
  #answersOnce(role: LegRole, effects: readonly Effect[]): void {
    const leg = this.#legs[role];
    const answers = effects.filter((effect) => effect.kind === 'answer-reinvite' && effect.leg === role).length;
    const refusals = effects.flatMap((effect) =>
      effect.kind === 'refuse-reinvite' && effect.leg === role ? [effect.status] : [],
    );
    this.#must(answers + refusals.length === 1, `the ${role}'s re-INVITE is answered once`);
    if (refusals.length === 0) return;
    if (leg.hasLeft) return this.#must(refusals[0] === 481, 'who has left has no dialog any more');
    const oursIsOpen = (leg.ours !== 'none' && !leg.unacked) || (leg.theirs !== 'none' && leg.theirs.by === 'us');
    this.#must(refusals[0] === (oursIsOpen ? 491 : 500), '491 where our offer is open, 500 where theirs is');
    this.#must(
      oursIsOpen || leg.unacked || leg.theirs !== 'none' || leg.dialog !== 'confirmed',
      'nothing is refused without need',
    );
  }

  #does(call: Call, effect: Effect, forwards: boolean): void {
    const hold = call.kind === 'confirmed' ? call.hold : new Map();
    switch (effect.kind) {
      case 'dial':
        return this.#legs[effect.leg].dialled();
      case 'ack':
        return this.#acks(this.#legs[effect.leg], effect);
      case 'accept':
        return this.#accepts(this.#legs.caller, call, effect.direction);
      case 'gate':
        this.#must(!this.#gated && hold.size > 0, 'the gate is closed once, and for a hold');
        this.#gated = true;
        return;
      case 'ungate':
        this.#must(this.#gated && hold.size === 0, 'the gate opens only when nobody holds');
        this.#gated = false;
        return;
      case 'mute':
      case 'unmute':
        this.#must(this.#muted[effect.leg] === (effect.kind === 'unmute'), 'who is muted is not muted again, and the other way');
        this.#muted[effect.leg] = effect.kind === 'mute';
        return;
      case 'play-over': {
        const peer = otherLeg(effect.leg);
        this.#must(this.#gated || this.#muted[peer], 'the peer is cut off before anything plays: nobody hears two at once');
        this.#plays[effect.leg] = effect.play.id;
        return;
      }
      case 'end-play':
        this.#must(this.#plays[effect.leg] !== undefined, 'what does not play is not ended');
        this.#plays[effect.leg] = undefined;
        return;
      case 'send-reinvite':
        this.#must(hold.size === 0 || this.#gated, 'the parties are cut apart before any SIP of a hold is sent');
        return this.#offers(this.#legs[effect.leg], effect.direction);
      case 'answer-reinvite':
        return this.#answers(this.#legs[effect.leg], effect);
      case 'play':
        this.#must(effect.sound === 'ringback' || isHeld(hold, effect.leg), 'music only for a held party');
        this.#must(this.#legs[effect.leg].sound !== effect.sound, 'what plays is not started again');
        this.#legs[effect.leg].sound = effect.sound;
        return;
      case 'stop-sound':
        this.#must(this.#legs[effect.leg].sound !== 'none', 'what does not play is not stopped');
        this.#legs[effect.leg].sound = 'none';
        return;
      case 'start-glare-timer':
        this.timers.add(`glare-${effect.leg}`);
        return;
      case 'start-timer':
        this.timers.add(effect.timer);
        return;
      case 'stop-timer':
        this.timers.delete(effect.timer);
        return;
      case 'send-refresh':
        this.#must(
          this.#legs[effect.leg].ours === 'none' && this.#legs[effect.leg].theirs === 'none',
          'a refresh waits for its turn',
        );
        return;
      case 'send-bye':
        return this.#must(
          call.kind === 'confirmed' && call[effect.leg].dialog === 'terminated',
          'BYE to who leaves, and to nobody else',
        );
      case 'cancel':
        return this.#must(
          forwards && effect.leg === 'callee',
          'CANCEL in a call that goes on to the phone it leaves, and to nobody else',
        );
      case 'refuse':
      case 'delete-media':
        return this.#must(false, `${effect.kind} in a call that goes on`);
      default:
        return;
    }
  }

  #acks(leg: LegRecord, effect: Extract<Effect, { kind: 'ack' }>): void {
    this.#must(leg.unacked, 'a 2xx is acknowledged once');
    if (effect.answer) this.#mustBeLegal(leg.offered, effect.direction);
    leg.acks(effect);
  }

  #accepts(caller: LegRecord, call: Call, direction: Direction): void {
    const late = call.kind === 'confirmed' && call.caller.halfOpen === true;
    if (!late) this.#mustBeLegal(caller.lastOffered, direction);
    caller.accepts(direction, late);
  }

  #offers(leg: LegRecord, direction: Direction): void {
    this.#must(leg.dialog === 'confirmed', 'no offer without a dialog');
    this.#must(leg.ours === 'none', 'never two offers of ours on a leg');
    this.#must(leg.theirs === 'none', 'never an offer before the ACK');
    leg.offers(direction);
  }

  #answers(leg: LegRecord, effect: Extract<Effect, { kind: 'answer-reinvite' }>): void {
    this.#must(leg.ours === 'none' && leg.theirs === 'none', 'no answer while another offer is open');
    if (!effect.ourOffer) this.#mustBeLegal(leg.reoffered, effect.direction);
    leg.answers(effect);
  }

  #mustBeLegal(offered: Direction | undefined, answer: Direction): void {
    this.#must(answerTo(offered ?? 'sendrecv', answer) === answer, 'every answer is legal (RFC 3264 §6.1)');
  }

  #stands(call: Exclude<Call, { kind: 'terminated' }>): void {
    if (call.kind !== 'confirmed') return;
    this.#must(call.hold.size === 0 || this.#gated, 'never audio between the parties while anyone is held');
    this.#must(call.gated === this.#gated, 'the call knows whether it is cut');
    for (const role of LEG_ROLES) {
      const heard = !this.#gated && !this.#muted[role];
      this.#must(!heard || call[role].silenced !== true, 'whom a program has muted is not heard, whatever holds come and go');
      this.#must(!heard || this.#plays[otherLeg(role)] === undefined, 'who is played to hears nobody else');
      this.#must(call[role].playing?.id === this.#plays[role], `the call knows what the ${role} is played`);
      const timed = this.timers.has(`play-${role}`);
      this.#must(timed === (this.#plays[role] !== undefined), `what plays to the ${role} has an end`);
      const { sound } = this.#legs[role];
      this.#must(sound === 'none' || (sound === 'music' && isHeld(call.hold, role)), 'music plays only to held parties');
    }
  }

  /** hold.changed is told exactly when the call has come to rest in another way than was told before, or has kept somebody waiting for that. */
  #tells(before: Call, input: Input, call: Call, effects: readonly Effect[]): void {
    const events = effects.flatMap((effect) => (effect.kind === 'publish' ? [effect.event] : []));
    this.#must(!events.some((event) => event.kind === 'call.ended'), 'a call that goes on has not ended');
    if (call.kind !== 'confirmed') return;
    this.#told ??= lineOf(noHoldView());
    const changes = events.filter((event) => event.kind === 'hold.changed');
    const line = lineOf(holdView(call));
    const late = input.kind === 'timer.fired' && input.timer === 'untold';
    const news = (late || isSettled(call)) && line !== this.#told;
    this.#must(
      changes.length === (news ? 1 : 0),
      `hold.changed is told once when the view has changed: ${line} was ${this.#told}`,
    );
    if (news) this.#told = line;
    const waits = !isSettled(call) && call.hold.size > 0 && this.#told.split(' | ')[0] !== line.split(' | ')[0];
    this.#must(this.timers.has('untold') === waits, 'a wait for the word about a hold has an end, and no other');
    const refusals = events.filter((event) => event.kind === 'hold.failed').length;
    const glares = before.kind === 'confirmed' && 'leg' in input && call[input.leg].offerAnswer.kind === 'glare-wait';
    const again = input.kind === 'reinvite.refused' && this.#isAgain(input.leg, input.unreached);
    // RFC 4028: a refresh that is refused when the other side has refreshed meanwhile changes nothing for any hold.
    const refreshed = before.kind === 'confirmed' && 'leg' in input && isRefresh(before[input.leg].offerAnswer);
    const failed = input.kind === 'reinvite.refused' && !glares && !again && !refreshed && !this.#legs[input.leg].hasLeft;
    this.#must(refusals === (failed ? 1 : 0), 'hold.failed is told once for every refusal that is news');
    this.#noteTries(before, input, call, effects);
  }

  /** The same words found no way to this phone before, and nobody has wished for anything else meanwhile. */
  #isAgain = (role: LegRole, unreached: true | undefined): boolean =>
    unreached === true && this.#failedToSay[role] !== undefined && this.#failedToSay[role] === this.#lastSaid[role];

  #noteTries(before: Call, input: Input, call: Confirmed, effects: readonly Effect[]): void {
    // Who asks for the same once more, of a phone that has refused it, is told once more what became of it.
    const asked = input.kind === 'hold.requested' || input.kind === 'resume.requested';
    const refused = before.kind === 'confirmed' && LEG_ROLES.some((role) => before[role].refused !== undefined);
    if (before.kind === 'confirmed' && (before.hold !== call.hold || (asked && refused))) this.#failedToSay = {};
    if (input.kind === 'reinvite.answered') delete this.#failedToSay[input.leg];
    if (input.kind === 'reinvite.refused' && call[input.leg].offerAnswer.kind !== 'glare-wait')
      this.#failedToSay[input.leg] = input.unreached === true ? this.#lastSaid[input.leg] : undefined;
    const said = new Set<LegRole>();
    for (const effect of effects) {
      if (effect.kind !== 'send-reinvite') continue;
      said.add(effect.leg);
      this.#lastSaid[effect.leg] = effect.direction;
    }
    for (const role of LEG_ROLES) {
      const isOpen = call[role].offerAnswer.kind === 'have-local-offer';
      const inVain = input.kind === 'timer.fired' && input.timer === `again-${role}` && !said.has(role) && !isOpen;
      if (inVain || call[role].dialog === 'terminated') delete this.#failedToSay[role];
    }
  }

  #ends(effects: readonly Effect[]): void {
    this.#endings += 1;
    this.#must(this.#endings === 1, 'a call ends once');
    const count = (test: (effect: Effect) => boolean): number => effects.filter(test).length;
    this.#must(
      count((effect) => effect.kind === 'publish' && effect.event.kind === 'call.ended') === 1,
      'call.ended is told once',
    );
    const published = effects.flatMap((effect) => (effect.kind === 'publish' ? [effect.event] : []));
    const merges = published.some((event) => event.kind === 'call.ended' && event.cause === 'conference');
    // A call whose parties go on in a conference tells that its holds are over.
    const fits = ['call.ended', 'hold.expired', 'play.ended', ...(merges ? ['hold.changed'] : [])];
    const others = published.filter(({ kind }) => !fits.includes(kind)).length;
    this.#must(others === 0, 'and nothing else with it, but why');
    this.#must(count((effect) => effect.kind === 'delete-media') === 1, 'media is deleted once');
    for (const effect of effects) if (effect.kind === 'stop-timer') this.timers.delete(effect.timer);
    this.#must(this.timers.size === 0, 'every timer is stopped');
    for (const role of LEG_ROLES) {
      const leg = this.#legs[role];
      const words = effects.flatMap((effect) => (isLastWord(effect) && effect.leg === role ? [effect.kind] : []));
      this.#must(words.length === (leg.alive ? 1 : 0), `the ${role} gets one last word when it is there to hear it`);
      const fitting = leg.dialog === 'confirmed' ? ['send-bye'] : ['refuse', 'cancel'];
      this.#must(
        words.every((word) => fitting.includes(word)),
        `the word fits how far the ${role} had come`,
      );
      const acks = count((effect) => effect.kind === 'ack' && effect.leg === role);
      this.#must(acks === (leg.unacked ? 1 : 0), `the ${role}'s 2xx is acknowledged all the same`);
    }
  }
}

const isLastWord = (effect: Effect): effect is Extract<Effect, { kind: 'refuse' | 'cancel' | 'send-bye' }> =>
  effect.kind === 'refuse' || effect.kind === 'cancel' || effect.kind === 'send-bye';

/** What an event would say, as one line. */
const lineOf = ({ reasons, caller, callee }: HoldView): string =>
  [reasons.join('+'), ...[caller, callee].map((leg) => [leg.held, leg.state, leg.sound, leg.status].join(' '))].join(' | ');

const isRefresh = (open: Confirmed['caller']['offerAnswer']): boolean =>
  open.kind === 'have-local-offer' && open.session === true;
