/**
 * plivo-memory: what the calls do not say of themselves: with which role somebody was added. It is forgotten with the call, and does
 * not grow without limit.
 */
import type { NumberedEvent } from '#calls/event-bus.js';
import { FORGETFUL_NOTEBOOK, type Notebook } from '../notebook.js';
import { userOf, type Role } from './plivo-address.js';

const MOST = 10_000;

export class PlivoMemory {
  readonly #roles = new Map<string, Role>();
  readonly #most: number;
  readonly #notes: Notebook;

  /** @param notes so that a role outlives a restart, as the call does. */
  constructor(most = MOST, notes: Notebook = FORGETFUL_NOTEBOOK) {
    this.#most = most;
    this.#notes = notes;
    for (const [user, role] of notes.left('plivo-roles')) this.#roles.set(user, role as Role);
  }

  /** Who was added with a role keeps it until its call ends; the oldest makes room. */
  added(address: string, role: Role): void {
    const user = userOf(address);
    this.#roles.delete(user);
    this.#roles.set(user, role);
    this.#notes.write('plivo-roles', user, role);
    if (this.#roles.size <= this.#most) return;
    const [oldest] = this.#roles.keys();
    if (oldest !== undefined) this.#forget(oldest);
  }

  role(address: string): Role | undefined {
    return this.#roles.get(userOf(address));
  }

  hear({ event }: NumberedEvent): void {
    if (event.kind !== 'call.ended') return;
    // Its parties go on in another call, as whom they were.
    if (event.cause === 'conference' || event.cause === 'transferred') return;
    for (const address of Object.values(event.parties)) this.#forget(userOf(address));
  }

  #forget(user: string): void {
    if (this.#roles.delete(user)) this.#notes.write('plivo-roles', user, undefined);
  }
}
