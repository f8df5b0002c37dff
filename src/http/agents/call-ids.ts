/**
 * call-ids: ids of the form <epoch seconds>-<number>, kept in a table both ways, made when a call is first shown and forgotten after
 * its end. A call that goes on as another call of ours keeps its id.
 */
import { forgetOldest } from '#kit/forget-oldest.js';
import { FORGETFUL_NOTEBOOK, type Notebook } from '../notebook.js';
import type { CallId } from './desk.js';

/** A belt: ended calls leave by themselves. */
const MOST_IDS = 200_000;

/** They are asked for in the same moment. */
const MOST_MOVED = 1000;

export class AgentCallIds {
  readonly #nowMs: () => number;
  readonly #notes: Notebook;
  readonly #wireIds = new Map<CallId, string>();
  readonly #callIds = new Map<string, CallId>();
  /** Ids of calls that go on as others. */
  readonly #moved = new Map<CallId, string>();
  #count = 0;

  /** @param notes so that ids still mean the same calls after a restart. */
  constructor(nowMs: () => number, notes: Notebook = FORGETFUL_NOTEBOOK) {
    this.#nowMs = nowMs;
    this.#notes = notes;
    for (const [callId, wireId] of notes.leftOfCalls('agent-ids')) {
      this.#keep(callId as CallId, wireId);
      this.#count = Math.max(this.#count, Number(wireId.split('-')[1] ?? 0));
    }
  }

  get size(): number {
    return this.#wireIds.size;
  }

  /** Also of one that goes on as another, as long as it is remembered. */
  of(callId: CallId): string {
    const known = this.#wireIds.get(callId) ?? this.#movedTo(callId);
    if (known !== undefined) return known;
    const wireId = `${Math.floor(this.#nowMs() / 1000)}-${++this.#count}`;
    this.#keep(callId, wireId);
    return wireId;
  }

  find(wireId: string): CallId | undefined {
    return this.#callIds.get(wireId);
  }

  /** Two agents may have been in it, and each goes on in a call of its own: the first one's has the id. @returns false: it is another's. */
  goesOnAs(was: CallId, now: CallId): boolean {
    if (this.#movedTo(was) !== undefined) return false;
    const wireId = this.of(was);
    this.forget(was);
    this.forget(now);
    this.#keep(now, wireId);
    this.#moved.set(was, wireId);
    forgetOldest(this.#moved, MOST_MOVED);
    return true;
  }

  /** As long as that call is up. */
  #movedTo(was: CallId): string | undefined {
    const wireId = this.#moved.get(was);
    return wireId !== undefined && this.#callIds.has(wireId) ? wireId : undefined;
  }

  forget(callId: CallId): void {
    const wireId = this.#wireIds.get(callId);
    if (wireId === undefined) return;
    this.#wireIds.delete(callId);
    this.#callIds.delete(wireId);
    this.#notes.write('agent-ids', callId, undefined);
  }

  #keep(callId: CallId, wireId: string): void {
    this.#wireIds.set(callId, wireId);
    this.#callIds.set(wireId, callId);
    this.#notes.write('agent-ids', callId, wireId);
    if (this.#wireIds.size <= MOST_IDS) return;
    const [oldest] = this.#wireIds.keys();
    if (oldest !== undefined) this.forget(oldest);
  }
}
