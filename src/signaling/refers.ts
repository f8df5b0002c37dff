/**
 * refers: the REFERs that phones have sent in their calls: each waits for a word of the calls, and is then told how it goes on. What a
 * transfer does to calls is not known here.
 */
import type { CallSignals, LegId } from '#calls/ports.js';
import type { Clock, Timer } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import type { Named } from './dialog-names.js';
import { readRefer, type ReferAsk } from './refer-to.js';
import { ReferSubscription, type Notify } from './refer-subscription.js';
import type { DialogName } from './replaces.js';
import { fieldOf } from './sip-words.js';
import type { SrfRequest, SrfResponse } from './srf.js';

/** What is needed of a leg. */
export type ReferLeg = Readonly<{ id: LegId; isOver: boolean; notify: Notify }>;

export type RefersDeps = Readonly<{
  calls: Pick<CallSignals, 'signal'>;
  clock: Clock;
  log: Logger;
  find: (name: DialogName) => Named<Readonly<{ id: LegId }>>;
}>;

type Waiting = Readonly<{ ask: ReferAsk; response: SrfResponse }>;
type OfLeg = { waiting: Waiting | undefined; subscriptions: ReferSubscription[]; taken: number; afterwards: (() => void)[] };

const MOST_AT_ONCE = 8;
/** A phone that answers at all answers a NOTIFY in this time; a BYE waits no longer for it. */
const LAST_WORD_MS = 1000;

export class Refers {
  readonly #deps: RefersDeps;
  /** One for each leg that has sent a REFER, until the leg is forgotten. */
  readonly #legs = new Map<ReferLeg, OfLeg>();

  constructor(deps: RefersDeps) {
    this.#deps = deps;
  }

  onRefer(leg: ReferLeg, request: SrfRequest, response: SrfResponse): void {
    const read = readRefer(request);
    if (read.kind === 'refused') return response.send(read.status, read.reason);
    const mine = this.#of(leg);
    if (mine.waiting !== undefined) return response.send(491);
    if (mine.subscriptions.length >= MOST_AT_ONCE) return response.send(503, { headers: { 'Retry-After': '5' } });
    const { to, saysWho, replaces, ours } = read.ask;
    const named = replaces === undefined ? undefined : this.#deps.find(replaces.dialog);
    // Nobody is connected with the call that it asks to leave.
    if (named?.kind === 'live' && named.leg === leg) return response.send(603, 'Replaces names this dialog');
    mine.waiting = { ask: read.ask, response };
    if (named !== undefined && named.kind !== 'live' && (ours || named.kind === 'ended')) return this.#failAtOnce(leg, mine);
    this.#deps.log.info({ ...leg.id, to, attended: named?.kind === 'live' }, 'REFER');
    const attended = named?.kind === 'live' ? { replaces: named.leg.id } : {};
    this.#deps.calls.signal(leg.id, { kind: 'refer', refer: { to, saysWho, ...attended } });
  }

  /**
   * A dialog with us that we do not have. To refuse the REFER with 481 would say that the REFER's own dialog is gone (RFC 5057 §5.1), so
   * it is taken, and the NOTIFY says what an INVITE with this Replaces would have got (RFC 3891 §3, RFC 5589 §7.3). Who wants no
   * NOTIFY has to be told at once. A dialog of another host may well be there, and somebody else has to know it.
   */
  #failAtOnce(leg: ReferLeg, mine: OfLeg): void {
    const quiet = mine.waiting?.ask.quiet === true;
    this.answer(leg, quiet ? 603 : 202);
    if (!quiet) this.progress(leg, 481, 'Call/Transaction Does Not Exist');
  }

  /** @returns false: no REFER waits for an answer. */
  answer(leg: ReferLeg, status: number): boolean {
    const mine = this.#legs.get(leg);
    const waiting = mine?.waiting;
    if (mine === undefined || waiting === undefined) return false;
    mine.waiting = undefined;
    const { ask, response } = waiting;
    const quiet = ask.quiet ? { 'Refer-Sub': 'false' } : {};
    // 408 and 481 would tell the phone that its call is gone (RFC 5057 §5.1).
    if (status >= 300) response.send(status === 408 || status === 481 ? 603 : status);
    else response.send(status, { headers: { Contact: '<sip:localhost>', ...quiet } });
    if (status < 300 && !ask.quiet) this.#subscribe(leg, mine, ask.cseq);
    return true;
  }

  /** RFC 3515 §2.4.6: the first of a dialog needs no id; later ones are told apart by the CSeq of their REFER. */
  #subscribe(leg: ReferLeg, mine: OfLeg, cseq: number): void {
    const event = mine.taken === 0 ? 'refer' : `refer;id=${cseq}`;
    mine.taken += 1;
    const notify: Notify = (headers, body, answered) => leg.notify(headers, body, answered);
    const subscription = new ReferSubscription(event, this.#deps.clock, notify, () => {
      mine.subscriptions = mine.subscriptions.filter((one) => one !== subscription);
      this.#lastWordSaid(mine);
    });
    mine.subscriptions.push(subscription);
    subscription.begin();
  }

  /** Of the youngest REFER that is still open. */
  progress(leg: ReferLeg, status: number, reason: string): void {
    this.#legs
      .get(leg)
      ?.subscriptions.findLast((one) => one.isOpen)
      ?.tell(status, reason);
  }

  /** RFC 6665 §4.2.1: a phone refreshes or ends what its REFER has subscribed it to. */
  onSubscribe(leg: ReferLeg, request: SrfRequest, response: SrfResponse): void {
    const event = (fieldOf(request, 'Event', 'o') ?? '').replace(/\s/g, '').toLowerCase();
    if (event.split(';', 1)[0] !== 'refer') return response.send(489, { headers: { 'Allow-Events': 'refer' } });
    const subscription = this.#legs.get(leg)?.subscriptions.find((one) => one.event === event && one.isOpen);
    if (subscription === undefined) return response.send(481);
    const ends = request.get('Expires')?.trim() === '0';
    response.send(200, { headers: { Expires: ends ? '0' : String(subscription.extend()) } });
    if (ends) subscription.stop();
    else subscription.repeat();
  }

  /** Runs it once the phone has heard the last word of its transfer: after a BYE there is no dialog to say it in. */
  afterLastWord(leg: ReferLeg, what: () => void): void {
    const mine = this.#legs.get(leg);
    if (mine === undefined || (mine.afterwards.length === 0 && !mine.subscriptions.some((one) => one.isEnding))) return what();
    mine.afterwards.push(what);
    if (mine.afterwards.length > 1) return;
    const patience: Timer = this.#deps.clock.after('last word of a transfer', LAST_WORD_MS, () => this.#goOn(mine));
    mine.afterwards.unshift(() => patience.cancel());
  }

  #lastWordSaid(mine: OfLeg): void {
    if (!mine.subscriptions.some((one) => one.isEnding)) this.#goOn(mine);
  }

  #goOn(mine: OfLeg): void {
    for (const what of mine.afterwards.splice(0)) what();
  }

  /** The leg is forgotten. */
  end(leg: ReferLeg): void {
    const mine = this.#legs.get(leg);
    this.#legs.delete(leg);
    for (const subscription of mine?.subscriptions ?? []) subscription.close();
    mine?.waiting?.response.send(603);
  }

  #of(leg: ReferLeg): OfLeg {
    const known = this.#legs.get(leg) ?? { waiting: undefined, subscriptions: [], taken: 0, afterwards: [] };
    this.#legs.set(leg, known);
    return known;
  }
}
