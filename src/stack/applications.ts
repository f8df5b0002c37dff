/**
 * applications: who is connected, what they routed, and who gets the next request: strict round robin per method.
 */
import type { Session } from './session.js';

export class Applications {
  readonly #sessions = new Set<Session>();
  readonly #routes = new Map<string, Session[]>();

  add(session: Session): void {
    this.#sessions.add(session);
  }

  route(method: string, session: Session): void {
    const sessions = this.#routes.get(method) ?? [];
    this.#routes.set(method, [...sessions, session]);
  }

  /** Only this method, unlike the real server, which forgets them all. */
  unroute(method: string, session: Session): void {
    this.#routes.set(
      method,
      (this.#routes.get(method) ?? []).filter((one) => one !== session),
    );
  }

  remove(session: Session): void {
    this.#sessions.delete(session);
    for (const method of this.#routes.keys()) this.unroute(method, session);
  }

  /** The application for a request that begins something. */
  next(method: string): Session | undefined {
    const sessions = this.#routes.get(method.toLowerCase());
    const session = sessions?.shift();
    if (session !== undefined) sessions?.push(session);
    return session;
  }

  /** The owner of a dialog, or, when it is gone, whoever took its place. */
  heir(owner: Session): Session | undefined {
    if (owner.open) return owner;
    for (const session of this.#sessions) if (session.authenticated && session.open) return session;
    return undefined;
  }

  get all(): readonly Session[] {
    return [...this.#sessions];
  }
}
