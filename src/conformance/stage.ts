/**
 * stage: two phones, a call between them, and the verbs of the stories: talk, hold, resume, hear, hang up.
 * What a phone says and how is phone/; what is asked in which case is cases/.
 */
import type { Leg } from './case.js';
import { otherLeg } from './case.js';
import type { CallFacts, Control, Proof } from './control.js';
import { expect, Failed, Skipped } from './failed.js';
import type { Ladder } from './ladder.js';
import { impressionOf, meets, saidOf, type Demand } from './phone/heard.js';
import { takesUpdate, type Manner } from './phone/manners.js';
import { modify } from './phone/modify.js';
import type { Phone } from './phone/phone.js';
import type { Words } from './phone/sdp-author.js';
import { mayAnswer, readSdp, type Direction } from './phone/sdp-reader.js';
import { cseqOf, header, type Sip } from './phone/sip-text.js';
import { RESUME, type Way } from './ways.js';

export type StageOptions = Readonly<{
  caller: Phone;
  callee: Phone;
  control: Control | undefined;
  ladder: Ladder;
  musicByTarget: boolean;
}>;

/** Packets of 20 ms. */
const WINDOW = 10;
const SETTLING = 4;
/** Four seconds: longer than a busy machine stands still. */
const WINDOWS = 20;
const TRIES = 50;

export class Stage {
  readonly caller: Phone;
  readonly callee: Phone;
  readonly ladder: Ladder;
  readonly #control: Control | undefined;
  readonly #musicByTarget: boolean;
  /** From when on the target may end the call, because it is what the case is about; undefined: never. */
  #mayEndMs: number | undefined;
  #id: string | undefined;

  constructor({ caller, callee, control, ladder, musicByTarget }: StageOptions) {
    this.caller = caller;
    this.callee = callee;
    this.ladder = ladder;
    this.#control = control;
    this.#musicByTarget = musicByTarget;
  }

  phone(leg: Leg): Phone {
    return leg === 'caller' ? this.caller : this.callee;
  }

  note(text: string): void {
    this.ladder.note(this.caller.clock.now(), text);
  }

  /** From now on a BYE is no fault of the target. */
  mayEnd(): void {
    this.#mayEndMs ??= this.caller.clock.now();
  }

  get mayEndMs(): number {
    return this.#mayEndMs ?? Infinity;
  }

  // ---- calls ----------------------------------------------------------------------------------------------------------------------

  /** The caller calls, the callee answers, each hears the other. @returns the 200. */
  async talk(words: Partial<Words> = {}, more: Readonly<Record<string, string>> = {}): Promise<Sip> {
    const answer = await this.connect(words, more);
    await this.hear({ caller: 'voice', callee: 'voice' });
    return answer;
  }

  /** The same before anybody has listened. */
  async connect(words: Partial<Words> = {}, more: Readonly<Record<string, string>> = {}): Promise<Sip> {
    const { caller, callee } = this;
    caller.sound.talk();
    callee.sound.talk();
    const mark = callee.sip.mark();
    const { dialog, answer } = caller.invite(callee.number, caller.sdp.offer(words), more);
    const ok = await answer;
    expect(ok.status === 200, 'the call is answered with 200', ok.line);
    caller.ack(dialog, ok);
    await callee.sip.next('the ACK', (one) => one.what === 'ACK', mark, 5_000);
    return ok;
  }

  async hangUp(leg: Leg = 'caller'): Promise<void> {
    const [phone, other] = [this.phone(leg), this.phone(otherLeg(leg))];
    this.mayEnd();
    const mark = other.sip.mark();
    const answer = await phone.bye();
    expect(answer.status === 200, 'BYE answered 200 (RFC 3261 §15.1.2)', answer.line);
    await other.sip.next('the BYE of the other', (one) => one.what === 'BYE', mark, 5_000);
  }

  /** The target ends the call at this phone within a time. */
  async ends(leg: Leg, ms: number, mark = 0): Promise<Sip> {
    this.mayEnd();
    return this.phone(leg).sip.next('a BYE', (one) => one.what === 'BYE', mark, ms);
  }

  // ---- hold by phone --------------------------------------------------------------------------------------------------------------

  /** The phone presses hold in one of many ways. @returns the target's answer, which RFC 3264 §6.1 has judged. */
  async holds(leg: Leg, way: Way): Promise<Sip> {
    const phone = this.phone(leg);
    if (way.method === 'UPDATE' && !takesUpdate(phone)) throw new Skipped('the target does not allow UPDATE');
    phone.sdp.wish = way.direction;
    return this.#changes(phone, way);
  }

  async resumes(leg: Leg, way: Way = RESUME): Promise<Sip> {
    const phone = this.phone(leg);
    phone.sdp.wish = 'sendrecv';
    return this.#changes(phone, way);
  }

  async #changes(phone: Phone, way: Way): Promise<Sip> {
    if (way.prepare !== undefined) await way.prepare(phone);
    const words = way.words(phone);
    const answer = await modify(phone, { method: way.method, words });
    const said = readSdp(answer.body).media[0]?.direction ?? 'inactive';
    const offered = words.direction ?? phone.sdp.wish;
    expect(way.level === 'none' || mayAnswer(offered, said), `an answer to ${offered} that RFC 3264 §6.1 allows`, `a=${said}`);
    return answer;
  }

  // ---- ears -----------------------------------------------------------------------------------------------------------------------

  /** Both ears at once, as soon as it is so. */
  async hear(demands: Partial<Record<Leg, Demand>>): Promise<void> {
    let seen = '';
    for (let window = 0; window < WINDOWS; window++) {
      const heard = await this.listen(WINDOW);
      if (fits(demands, heard)) return;
      seen = saidBy(heard);
    }
    throw new Failed({ expected: spoken(demands), seen });
  }

  /** From now on, with nothing forgiven but what was under way. */
  async hearAtOnce(demands: Partial<Record<Leg, Demand>>, packets = 15): Promise<void> {
    await this.listen(SETTLING);
    const heard = await this.listen(packets);
    expect(fits(demands, heard), `at once, ${spoken(demands)}`, saidBy(heard));
  }

  /**
   * What a held party must hear. A target that plays the music keeps the holder's voice from it; one that leaves the music to phones
   * passes on what a sendonly phone sends (RFC 3264 §5.1), and only inactive means silence.
   */
  held(direction: Direction): Demand {
    return this.#musicByTarget || direction === 'inactive' ? 'no voice' : 'anything';
  }

  /** For cases about music: a target that leaves it to the phones is not asked. */
  needsMusic(): void {
    if (!this.#musicByTarget) throw new Skipped('needs --music target');
  }

  async listen(packets: number) {
    const [toCaller, toCallee] = await Promise.all([this.caller.sound.listen(packets), this.callee.sound.listen(packets)]);
    return {
      caller: impressionOf(toCaller, this.callee.sound.hertz, this.caller.sound.hertz),
      callee: impressionOf(toCallee, this.caller.sound.hertz, this.callee.sound.hertz),
    };
  }

  // ---- the application ------------------------------------------------------------------------------------------------------------

  get control(): Control {
    if (this.#control === undefined) throw new Skipped('needs --control rest');
    return this.#control;
  }

  /** The call as the application sees it. */
  async call(): Promise<CallFacts> {
    const { control } = this;
    const call =
      this.#id === undefined ? await control.find(this.caller.number, this.callee.number) : (await control.get(this.#id)).body;
    if (call === undefined) throw new Failed({ expected: 'the call in GET /calls', seen: 'no call of these parties' });
    this.#id = call.id;
    return call;
  }

  async apiHold(wish: Readonly<Record<string, unknown>> = {}): Promise<Proof> {
    const { id } = await this.call();
    this.note(`PUT /calls/${id}/hold ${JSON.stringify(wish)}`);
    const { status, body } = await this.control.hold(id, wish);
    this.note(`${status} ${JSON.stringify(body)}`);
    expect(status === 200, 'PUT hold answered 200', `${status} ${JSON.stringify(body)}`);
    return body;
  }

  async apiResume(holder?: string): Promise<Proof> {
    const { id } = await this.call();
    this.note(`DELETE /calls/${id}/hold ${holder ?? ''}`);
    const { status, body } = await this.control.resume(id, holder);
    this.note(`${status} ${JSON.stringify(body)}`);
    expect(status === 200, 'DELETE hold answered 200', `${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** The call as soon as the application sees it so. */
  async callOnce(name: string, fits: (call: CallFacts) => boolean): Promise<CallFacts> {
    for (let tries = 0; ; tries++) {
      const call = await this.call();
      if (fits(call)) return call;
      expect(tries < TRIES, name, `${call.state}, held by ${call.hold.reasons.join(', ') || 'nobody'}`);
      await this.listen(5);
    }
  }

  /** The next re-INVITE or UPDATE with SDP at a phone after a mark. */
  offered(leg: Leg, mark: number, ms = 5_000): Promise<Sip> {
    const isOffer = (one: Sip): boolean =>
      (one.what === 'INVITE' || one.what === 'UPDATE') && /;\s*tag=/i.test(header(one, 'to'));
    return this.phone(leg).sip.next('a re-INVITE or UPDATE', isOffer, mark, ms);
  }

  /** The exchange is over on this phone: its 2xx was acknowledged. */
  async acknowledged(leg: Leg, offer: Sip): Promise<void> {
    if (offer.what !== 'INVITE') return;
    const isAck = (one: Sip): boolean => one.what === 'ACK' && cseqOf(one).number === cseqOf(offer).number;
    await this.phone(leg).sip.next('the ACK of the re-INVITE', isAck, 0, 5_000);
  }

  next(leg: Leg, method: string, ...manners: readonly Manner[]): void {
    this.phone(leg).next(method, ...manners);
  }
}

type Impressions = Awaited<ReturnType<Stage['listen']>>;

const LEGS: readonly Leg[] = ['caller', 'callee'];
const fits = (demands: Partial<Record<Leg, Demand>>, heard: Impressions): boolean =>
  LEGS.every((leg) => meets(demands[leg] ?? 'anything', heard[leg]));
const spoken = (demands: Partial<Record<Leg, Demand>>): string =>
  LEGS.flatMap((leg) => (demands[leg] === undefined ? [] : [`the ${leg} hears ${demands[leg]}`])).join(', ');
const saidBy = (heard: Impressions): string => LEGS.map((leg) => `${leg}: ${saidOf(heard[leg])}`).join('; ');
