/**
 * roster: the applications that are connected, what they asked for, and whose turn it is: strict round robin per method;
 * an application that routes a method twice gets two turns.
 */
import type { LinkSession } from './link-session.js';

type Turns = { sessions: LinkSession[]; next: number };

const MAX_ROUTES_PER_METHOD = 1000;

export class Roster {
  readonly #sessions: LinkSession[] = [];
  readonly #routes = new Map<string, Turns>();
  #nextOfAll = 0;

  /** Anybody there who asked for anything: from then on a method that nobody routed is not allowed rather than not available. */
  get hasRoutes(): boolean {
    return this.#routes.size > 0;
  }

  get size(): number {
    return this.#sessions.length;
  }

  add(session: LinkSession): void {
    this.#sessions.push(session);
  }

  route(session: LinkSession, method: string): void {
    const turns = this.#routes.get(method) ?? { sessions: [], next: 0 };
    if (turns.sessions.length >= MAX_ROUTES_PER_METHOD) return;
    turns.sessions.push(session);
    this.#routes.set(method, turns);
  }

  /** Only this method, where drachtio-server takes away all of them. */
  removeRoute(session: LinkSession, method: string): void {
    const turns = this.#routes.get(method);
    if (turns === undefined) return;
    turns.sessions = turns.sessions.filter((one) => one !== session);
    if (turns.sessions.length === 0) this.#routes.delete(method);
  }

  remove(session: LinkSession): void {
    const at = this.#sessions.indexOf(session);
    if (at >= 0) this.#sessions.splice(at, 1);
    for (const method of [...this.#routes.keys()]) this.removeRoute(session, method);
  }

  isRouted(method: string): boolean {
    return this.#routes.has(method.toLowerCase());
  }

  /** Methods that some application asked for, as Allow spells them. */
  routedMethods(): string[] {
    return [...this.#routes.keys()].map((method) => method.toUpperCase());
  }

  /** Whose turn it is for a new request; an application that does not keep up is passed over. */
  pick(method: string): LinkSession | undefined {
    const turns = this.#routes.get(method.toLowerCase());
    if (turns === undefined) return undefined;
    for (let tried = 0; tried < turns.sessions.length; tried++) {
      const session = turns.sessions[turns.next % turns.sessions.length];
      turns.next = (turns.next + 1) % turns.sessions.length;
      if (session !== undefined && session.isOpen() && !session.isSlow()) return session;
    }
    return undefined;
  }

  /** Any application at all: the heir of a dialog whose own is gone. */
  anyone(): LinkSession | undefined {
    if (this.#sessions.length === 0) return undefined;
    this.#nextOfAll = (this.#nextOfAll + 1) % this.#sessions.length;
    return this.#sessions[this.#nextOfAll];
  }

  closeAll(why: string): void {
    for (const session of [...this.#sessions]) session.close(why);
  }
}
