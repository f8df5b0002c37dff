/**
 * conference: members and one step: `tick` takes 20 ms of what everybody said and makes 20 ms of what everybody hears. Pure; who ticks
 * it, and where packets come from and go to, is conferences.ts.
 *
 * N-1 mixing: all voices are summed once, and each listener gets the sum less what it must not hear, above all itself. So the work grows
 * with the members, not with their square, unless rows of the matrix say otherwise.
 */
import type { Pcm } from './frame.js';
import { hears, type Matrix } from './hearing.js';
import { Member, type HoldTerms, type MemberStats } from './member.js';
import { add, addScaled, newSum, subtract } from './mixing.js';
import { Ramp } from './ramp.js';
import { full, memberNotFound } from './refusals.js';
import { Announcement, SILENCE } from './sound-track.js';

export type ConferenceLimits = Readonly<{ members: number; announcements: number }>;

export class Conference {
  readonly #limits: ConferenceLimits;
  readonly #members = new Map<string, Member>();
  readonly #announcements = new Map<string, Announcement>();
  readonly #total = newSum();
  readonly #mix = newSum();

  constructor(limits: ConferenceLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#members.size;
  }

  /** One who is fading out is no longer a member. */
  has(id: string): boolean {
    return this.#members.get(id)?.leaving === false;
  }

  /** @throws Busy when it is full. */
  join(id: string, holdMusic?: Pcm): Member {
    if (this.#members.size >= this.#limits.members) throw full('members');
    const member = new Member(id, holdMusic);
    this.#members.set(id, member);
    // Rows that were written before it came count from its first frame on.
    for (const other of this.#members.values()) {
      if (!hears(other.row, id)) other.gains.set(id, new Ramp(0));
    }
    return member;
  }

  /** Fades out with the next tick, which is the last that gives it a frame. */
  leave(id: string): void {
    this.#need(id).leave();
  }

  mute(id: string, muted: boolean): void {
    this.#need(id).muted = muted;
  }

  hold(id: string, terms: HoldTerms): void {
    this.#need(id).hold = terms;
  }

  resume(id: string): void {
    this.#need(id).hold = undefined;
  }

  /** Changes the rows that are named; either all of them or, when a listener is not a member, none. */
  hear(matrix: Matrix): void {
    const rows = Object.entries(matrix).map(([id, row]) => ({ listener: this.#need(id), row }));
    for (const { listener, row } of rows) {
      listener.row = row;
      for (const source of this.#members.keys()) this.#tune(listener, source);
    }
  }

  /** Over the conference, to all or to some; the same id again begins anew. */
  play(id: string, sound: Pcm, options: Readonly<{ loop?: boolean; to?: readonly string[] }> = {}): void {
    if (!this.#announcements.has(id) && this.#announcements.size >= this.#limits.announcements) throw full('announcements');
    this.#announcements.set(id, new Announcement(sound, options));
  }

  /** Stopping what has ended is no mistake. */
  stop(id: string): void {
    this.#announcements.get(id)?.stop();
  }

  /** Calls `hand` once for each member with what it hears; the frame is the member's own and is written again at the next tick. */
  tick(hand: (member: Member, heard: Pcm) => void): void {
    this.#total.fill(0);
    for (const member of this.#members.values()) {
      member.speak();
      if (member.sounding) add(this.#total, member.voice);
    }
    for (const announcement of this.#announcements.values()) announcement.advance();
    for (const member of this.#members.values()) {
      this.#mixFor(member);
      hand(member, member.heard);
    }
    this.#tidy();
  }

  stats(): Readonly<Record<string, MemberStats>> {
    return Object.fromEntries([...this.#members].map(([id, member]) => [id, member.stats]));
  }

  #need(id: string): Member {
    const member = this.#members.get(id);
    if (member === undefined || member.leaving) throw memberNotFound(id);
    return member;
  }

  #tune(listener: Member, source: string): void {
    const ramp = listener.gains.get(source) ?? new Ramp(1);
    ramp.want(hears(listener.row, source) ? 1 : 0);
    listener.gains.set(source, ramp);
  }

  #mixFor(listener: Member): void {
    this.#mix.set(this.#total);
    if (listener.sounding) subtract(this.#mix, listener.voice);
    for (const [id, ramp] of listener.gains) {
      const { from, to } = ramp.step();
      const source = this.#members.get(id);
      if (source?.sounding === true && source !== listener) addScaled(this.#mix, source.voice, from - 1, to - 1);
      if (ramp.restsAt(1)) listener.gains.delete(id);
    }
    listener.instead.replace(this.#mix, this.#insteadFor(listener));
    for (const { to, frame } of this.#announcements.values()) {
      if (to === undefined || to.includes(listener.id)) add(this.#mix, frame);
    }
    listener.limiter.limit(this.#mix, listener.heard);
    listener.listen();
  }

  /** What a listener hears in place of the conference: its own hold counts first, then the first of the others'. */
  #insteadFor(listener: Member): Pcm | undefined {
    if (listener.hold !== undefined) return listener.hold.itHears ?? SILENCE;
    for (const { hold } of this.#members.values()) {
      if (hold === undefined || hold.othersHear === 'conference') continue;
      return hold.othersHear === 'music' ? (listener.holdMusic ?? SILENCE) : SILENCE;
    }
    return undefined;
  }

  #tidy(): void {
    for (const [id, announcement] of this.#announcements) if (announcement.ended) this.#announcements.delete(id);
    for (const [id, member] of this.#members) {
      if (!member.gone) continue;
      this.#members.delete(id);
      for (const other of this.#members.values()) other.gains.delete(id);
    }
  }
}
