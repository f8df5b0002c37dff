/**
 * kill-verdict: what must be true once those who were killed are back, wherever it was. Every complaint is a sentence; none is good.
 */
import { MUSIC_HERTZ, type Answer } from './holdfast.js';
import { GRACE_MS, possibleHolds, type Agreed, type Reason } from './kill-story.js';
import type { KillWorld } from './kill-world.js';
import type { Line, PatientPhone } from './patient-phone.js';
import { ALICE_HERTZ, BOB_HERTZ } from './two-phones.js';
import { within } from './until.js';

const PATIENCE_MS = 6000;
const WINDOW = 8;
const LOOK_MS = 60;
/** So long a caller waits for somebody to ring, who has been killed meanwhile. */
const CALLER_PATIENCE_MS = 400;
/** So long a BYE may be on its way. */
const BYE_MS = 300;

type CallNow = Readonly<{ id: string; state: string; hold: Readonly<{ reasons: readonly Reason[] }> }>;
type Wanted = Readonly<{ alice: readonly number[]; bob: readonly number[] }>;

export class KillVerdict {
  readonly #world: KillWorld;
  readonly #agreed: Agreed;
  readonly #step: number;
  readonly complaints: string[] = [];
  /** Packets with the other's voice since the kill. */
  #crosstalk = 0;

  constructor(world: KillWorld, agreed: Agreed, step: number) {
    this.#world = world;
    this.#agreed = { ...agreed };
    this.#step = step;
  }

  /** To be called at once: what the phones have seen until the kill decides what must be. */
  async judge(): Promise<readonly string[]> {
    const { alice, bob } = this.#world;
    const lines = [alice.line, bob.line];
    const confirmed = lines.filter((line) => line?.state === 'confirmed');
    // The act after the set-up begins when that has been written.
    const isWritten = this.#agreed.act !== 'set-up';
    const sure = isWritten || confirmed.every((line) => (line?.confirmedMs ?? 0) < this.#world.killedMs - GRACE_MS);
    const isUp = confirmed.length === 2 && this.#agreed.act !== 'hang-up';
    for (const phone of [alice, bob]) phone.rtp.forget();
    try {
      await this.#world.again();
      if (isUp && sure) await this.#goesOn();
      else await this.#ends();
      await this.#isOver();
    } catch (error) {
      this.complaints.push(error instanceof Error ? error.message : String(error));
    }
    this.complaints.push(...alice.complaints, ...bob.complaints);
    return this.complaints;
  }

  // ---- a call that was up ---------------------------------------------------------------------------------------------------------

  async #goesOn(): Promise<void> {
    const { alice, bob, holdfast } = this.#world;
    const path = `/calls/${this.#agreed.callId === '' ? ((await this.#calls())[0]?.id ?? 'none') : this.#agreed.callId}`;
    const found = await holdfast.api<CallNow>('GET', path);
    if (found.status !== 200) return void this.complaints.push(`the call is gone: ${found.status}`);
    const all = possibleHolds(this.#agreed, this.#world.killedMs);
    const possible = (await this.#phoneSaysAgain(all)).map((reasons) => reasons.join());
    await this.#eventually('the hold is what was agreed', async () => {
      const { reasons } = (await holdfast.api<CallNow>('GET', path)).body.hold;
      return possible.includes(reasons.join()) && this.#soundsLike(reasons);
    });
    if (all.every((reasons) => reasons.length > 0) && this.#crosstalk > 0)
      this.complaints.push(`${this.#crosstalk} packets of the other's voice were heard during a hold`);
    const { reasons } = (await holdfast.api<CallNow>('GET', path)).body.hold;
    if (this.#world.isReborn) await this.#isTold(path, reasons);
    this.#expect('a refresh', '200', await alice.reinvite(reasons.includes('caller-phone') ? 'sendonly' : 'sendrecv'));
    if (reasons.includes('caller-phone')) this.#expect('resume by phone', '200', await alice.reinvite('sendrecv'));
    if (reasons.includes('controller')) this.#expect('resume', 200, (await holdfast.api('DELETE', `${path}/hold`)).status);
    await this.#eventually('they hear each other after the resume', () => this.#soundsLike([]));
    this.#expect('hold', 200, (await holdfast.api('PUT', `${path}/hold`)).status);
    await this.#eventually('music after another hold', () => this.#soundsLike(['controller']));
    if (this.#step % 2 === 0) this.#expect("the callee's BYE", '200', await bob.bye());
    else this.#expect('hang-up by API', true, (await holdfast.api('DELETE', path)).status < 300);
    await this.#eventually('both phones are told of the end', () => Promise.resolve(this.#linesUp().length === 0));
  }

  /** Programs, who may have been told in the last life of what was not written down, hear that the call goes on, and how it is held. */
  async #isTold(path: string, reasons: readonly Reason[]): Promise<void> {
    const { holdfast } = this.#world;
    const told = (kinds: readonly string[], fits: (hold: CallNow['hold']) => boolean): Promise<unknown> =>
      holdfast.event(
        ({ kind, callId, hold }) => kinds.includes(kind) && path.endsWith(String(callId)) && fits(hold as CallNow['hold']),
      );
    await told(['call.restored'], () => true);
    await told(['call.restored', 'hold.changed'], (hold) => hold.reasons.join() === reasons.join());
  }

  /**
   * A phone that cannot know whether its hold arrived, or was answered in the last moment of a life, says it again with its next refresh:
   * from then on there is only one truth.
   */
  async #phoneSaysAgain(all: readonly (readonly Reason[])[]): Promise<readonly (readonly Reason[])[]> {
    const { alice } = this.#world;
    if (all.length === 1 || !this.#agreed.act.startsWith('phone')) return all;
    await this.#eventually('a re-INVITE has an end', () => Promise.resolve(!alice.isAsking));
    const direction = alice.line?.direction ?? 'sendrecv';
    this.#expect('the hold said again', '200', await alice.reinvite(direction));
    return direction === 'sendonly' ? [['caller-phone']] : [[]];
  }

  /** Does each phone hear now what it should, and nothing else, and has it been told so? */
  async #soundsLike(reasons: readonly Reason[]): Promise<boolean> {
    const wanted: Wanted = reasons.includes('controller')
      ? { alice: [MUSIC_HERTZ], bob: [MUSIC_HERTZ] }
      : reasons.includes('caller-phone')
        ? { alice: [], bob: [MUSIC_HERTZ] }
        : { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] };
    const { alice, bob } = this.#world;
    const [heardByAlice, heardByBob] = await Promise.all([this.#hears(alice), this.#hears(bob)]);
    const right = heardByAlice.join() === wanted.alice.join() && heardByBob.join() === wanted.bob.join();
    const [toldAlice, toldBob] = [alice.line?.told, bob.line?.told];
    const isTold = reasons.includes('controller')
      ? toldAlice !== 'sendrecv' && toldBob !== 'sendrecv'
      : reasons.includes('caller-phone')
        ? toldAlice === 'recvonly' && toldBob === 'sendonly'
        : toldAlice === 'sendrecv' && toldBob === 'sendrecv';
    this.#lastHeard = `101 told ${toldAlice}, 102 told ${toldBob}, 101 heard [${heardByAlice.join()}], 102 heard [${heardByBob.join()}], for [${reasons.join()}]`;
    return right && isTold;
  }

  #lastHeard = '';

  /** A window of what comes in, after what was on the way has come; nothing that came is left uncounted. */
  async #hears(phone: PatientPhone): Promise<number[]> {
    this.#note(phone);
    await phone.rtp.during(WINDOW);
    const { heard } = phone.rtp;
    return heard.tones(ALICE_HERTZ, BOB_HERTZ, MUSIC_HERTZ);
  }

  #note(phone: PatientPhone): void {
    this.#crosstalk += phone.rtp.heard.packetsWith(phone === this.#world.alice ? BOB_HERTZ : ALICE_HERTZ);
  }

  // ---- a call that was not up yet, or not any more --------------------------------------------------------------------------------

  /** Nobody rings for ever, nobody is left in a call that the server does not know. */
  async #ends(): Promise<void> {
    const { alice, bob } = this.#world;
    for (const phone of [alice, bob]) for (const line of phone.lines) await this.#givesUp(phone, line);
    await this.#eventually('every line ends', async () => {
      await this.#hangUpWhatIsUp();
      return this.#linesUp().length === 0;
    });
  }

  /** The caller, after having waited a little. */
  async #givesUp(phone: PatientPhone, line: Line): Promise<void> {
    if (line.role !== 'caller' || (line.state !== 'calling' && line.state !== 'early')) return;
    if (await within(CALLER_PATIENCE_MS, () => line.state !== 'calling' && line.state !== 'early')) return;
    const answer = await phone.cancel(line);
    if (!['200', '481', 'nothing to cancel'].includes(answer)) this.complaints.push(`CANCEL was answered ${answer}`);
  }

  /** A call that came up after all, or whose other end has gone, is ended by API, else by its phone. */
  async #hangUpWhatIsUp(): Promise<void> {
    for (const { id } of await this.#calls()) await this.#world.holdfast.api('DELETE', `/calls/${id}`);
    await within(BYE_MS, () => !this.#linesUp().some(({ state }) => state === 'confirmed'));
    for (const phone of [this.#world.alice, this.#world.bob]) {
      await this.#hangUpUnheard(phone);
      if (!phone.lines.some((line) => line.state === 'confirmed')) continue;
      if (performance.now() - this.#world.killedMs < PATIENCE_MS / 2) continue;
      if (phone.lines.some(({ state, confirmedMs }) => state === 'confirmed' && confirmedMs < this.#world.killedMs - GRACE_MS))
        this.complaints.push(`${phone.number} was left in a call that nobody else is in`);
      const answer = await phone.bye();
      if (answer !== '200' && answer !== '481') this.complaints.push(`BYE was answered ${answer}`);
    }
  }

  /** Its INVITE was in no batch, so nobody knows that it rings; it notices that its 200 is not acknowledged. */
  async #hangUpUnheard(phone: PatientPhone): Promise<void> {
    const young = this.#world.killedMs - GRACE_MS;
    const line = phone.lines.find(({ state, role, bornMs }) => state === 'early' && role === 'callee' && bornMs > young);
    if (line === undefined || performance.now() - this.#world.killedMs < PATIENCE_MS / 2) return;
    const answer = await phone.hangUpUnheard(line);
    if (answer !== '200' && answer !== '481') this.complaints.push(`BYE was answered ${answer}`);
  }

  // ---- after all of it ------------------------------------------------------------------------------------------------------------

  async #isOver(): Promise<void> {
    await this.#eventually('no call is left', async () => (await this.#calls()).length === 0);
    const { body } = await this.#world.holdfast.api<{ calls: readonly { id: string }[] }>('GET', '/history?rows=100');
    const lines = body.calls.filter(({ id }) => id === this.#agreed.callId).length;
    if (this.#agreed.callId !== '' && lines !== 1) this.complaints.push(`${lines} lines of the call in the history`);
  }

  #linesUp(): Line[] {
    return [this.#world.alice, this.#world.bob].flatMap((phone) => phone.lines.filter((line) => line.state !== 'ended'));
  }

  async #calls(): Promise<readonly CallNow[]> {
    const answer: Answer<{ calls: readonly CallNow[] }> = await this.#world.holdfast.api('GET', '/calls');
    return answer.body.calls;
  }

  #expect(what: string, wanted: unknown, found: unknown): void {
    if (found !== wanted) this.complaints.push(`${what}: ${String(found)}, expected ${String(wanted)}`);
  }

  async #eventually(what: string, done: () => Promise<boolean>): Promise<void> {
    if (!(await within(PATIENCE_MS, done, LOOK_MS))) throw new Error(`never: ${what} (${this.#lastHeard}; ${this.#state()})`);
  }

  #state(): string {
    const of = (phone: PatientPhone): string =>
      phone.lines.map((line) => `${phone.number} ${line.state} ${line.end ?? line.told}`).join(', ');
    return `${of(this.#world.alice)}; ${of(this.#world.bob)}`;
  }
}
