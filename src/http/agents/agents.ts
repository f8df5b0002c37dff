/**
 * agents: who is signed in, at which phone, until when; and which events concern whom. At most as many as agents.yaml names.
 * In which words an agent is told is the dialect's business (`spell`).
 */
import { forgetOldest } from '#kit/forget-oldest.js';
import type { CallView } from '#calls/commands.js';
import type { EventBus, NumberedEvent } from '#calls/event-bus.js';
import type { Clock } from '#kit/clock.js';
import { newUuid } from '#kit/ids.js';
import type { Notebook } from '../notebook.js';
import { CredentialsMissing, CredentialsWrong } from '../refusals.js';
import { callBegan, callEnded, wished, type StateNews, type StateWish } from './agent-state.js';
import { AgentSession, type SessionLimits, type SignInTerms } from './agent-session.js';
import { AgentCallIds } from './call-ids.js';
import { callOf, deskOf, isBusy, withOwn, type CallId, type Feature, type Notice } from './desk.js';
import { hear } from './desk-events.js';

/** What an agent is told. */
export type News = Notice | Readonly<{ kind: 'in-service' }> | Readonly<{ kind: 'state'; news: StateNews }>;

const MOST_ENDED = 1000;

export type AgentsDeps<E> = Readonly<{
  limits: SessionLimits;
  /** Numbers of phones of our own. */
  isPhone: (number: string) => boolean;
  bus: EventBus;
  clock: Clock;
  /** Absent: a restart gives every call another id. */
  notes?: Notebook | undefined;
  /** undefined: the dialect does not speak of it. */
  spell: (news: News, session: AgentSession<E>, atMs: number) => E | undefined;
}>;

export type SignedIn<E> =
  | Readonly<{ kind: 'signed-in'; session: AgentSession<E> }>
  | Readonly<{ kind: 'already' }>
  /** Another agent sits at this phone. */
  | Readonly<{ kind: 'phone-taken' }>;

export class Agents<E> {
  readonly ids: AgentCallIds;
  readonly #deps: AgentsDeps<E>;
  readonly #sessions = new Map<string, AgentSession<E>>();
  readonly #byPhone = new Map<string, AgentSession<E>>();
  /** The last that have ended. */
  readonly #ended = new Set<CallId>();
  readonly #unsubscribe: () => void;

  constructor(deps: AgentsDeps<E>) {
    this.#deps = deps;
    this.ids = new AgentCallIds(() => deps.clock.now(), deps.notes);
    this.#unsubscribe = deps.bus.subscribe((event) => this.#hear(event));
  }

  /** @param calls those that are up. */
  signIn(terms: SignInTerms, calls: readonly CallView[], force: boolean): SignedIn<E> {
    const { agent, phone } = terms;
    const before = this.#sessions.get(agent);
    if (before !== undefined && !force) return { kind: 'already' };
    const sits = this.#byPhone.get(phone);
    if (sits !== undefined && sits !== before) return { kind: 'phone-taken' };
    this.signOut(agent);
    const { limits, clock, isPhone } = this.#deps;
    const desk = before?.terms.phone === phone ? before.desk : deskOf(phone, calls, isPhone);
    const session: AgentSession<E> = new AgentSession(terms, desk, newGuid(), limits, clock, () => this.#end(session));
    this.#sessions.set(agent, session);
    this.#byPhone.set(phone, session);
    this.tell(session, { kind: 'in-service' });
    if (isBusy(desk)) this.#stateIs(session, callBegan(session.state));
    else this.tell(session, { kind: 'state', news: FIRST[terms.mode] });
    return { kind: 'signed-in', session };
  }

  /** Who may not sign in any more is signed out. */
  onlyThose(may: (agent: string) => boolean): void {
    for (const agent of [...this.#sessions.keys()]) if (!may(agent)) this.signOut(agent);
  }

  signOut(agent: string): void {
    const session = this.#sessions.get(agent);
    if (session !== undefined) this.#end(session);
  }

  find(agent: string): AgentSession<E> | undefined {
    return this.#sessions.get(agent);
  }

  /**
   * @returns who it is.
   * @throws CredentialsMissing: not signed in, or no Guid; CredentialsWrong: another Guid.
   */
  admit(agent: string, guid: string): string {
    const session = this.#sessions.get(agent);
    if (session === undefined || guid === '') throw new CredentialsMissing();
    if (!session.knows(guid)) throw new CredentialsWrong();
    session.seen(false);
    return `agent:${agent}`;
  }

  renewGuid(session: AgentSession<E>, keepOld: boolean): string {
    session.renew(newGuid(), keepOld);
    return session.guid;
  }

  /** @returns false: not from the state the agent is in. */
  wish(session: AgentSession<E>, wish: StateWish): boolean {
    const next = wished(session.state, wish);
    if (next === undefined) return false;
    this.#stateIs(session, next);
    return true;
  }

  /** The agent has asked for a call; it may be over before its answer was. */
  placed(session: AgentSession<E>, view: CallView, feature: Feature): void {
    if (!this.#ended.has(view.id)) session.desk = withOwn(session.desk, view, feature, this.#deps.clock.now());
  }

  /** @param asker whose phone rings the one at `phone` next, for help; undefined: it does not after all. */
  asksFor(phone: string, asker: string | undefined): void {
    const session = this.#byPhone.get(phone);
    if (session !== undefined) session.desk = { ...session.desk, asker };
  }

  tell(session: AgentSession<E>, news: News): void {
    const event = this.#deps.spell(news, session, this.#deps.clock.now());
    if (event !== undefined) session.line.push(event);
  }

  /** Everybody is signed out, and polls that wait are answered. Closing twice is closing once. */
  close(): void {
    this.#unsubscribe();
    for (const session of [...this.#sessions.values()]) this.#end(session);
  }

  #end(session: AgentSession<E>): void {
    session.close();
    const { agent, phone } = session.terms;
    if (this.#sessions.get(agent) === session) this.#sessions.delete(agent);
    if (this.#byPhone.get(phone) === session) this.#byPhone.delete(phone);
  }

  #stateIs(session: AgentSession<E>, [state, news]: readonly [AgentSession<E>['state'], StateNews]): void {
    session.state = state;
    this.tell(session, { kind: 'state', news });
  }

  #hear(numbered: NumberedEvent): void {
    const { event } = numbered;
    if (event.kind === 'registration.changed') return;
    const concerned =
      event.kind === 'conference.changed'
        ? [...this.#sessions.values()]
        : [event.parties.caller, event.parties.callee].flatMap((number) => this.#byPhone.get(number) ?? []);
    for (const session of new Set(concerned)) this.#hearFor(session, numbered);
    if (event.kind !== 'call.ended') return;
    if (!concerned.some(({ desk }) => callOf(desk, event.callId))) this.ids.forget(event.callId);
    this.#ended.add(event.callId);
    forgetOldest(this.#ended, MOST_ENDED);
  }

  #goesOn(session: AgentSession<E>, { was, call }: Extract<Notice, { kind: 'goes-on' }>): void {
    if (was === undefined || this.ids.goesOnAs(was, call.callId)) return;
    // The other agent of it has the id now: to this one it is over, and what comes is another call.
    this.tell(session, { kind: 'released', call: { ...call, callId: was } });
  }

  #hearFor(session: AgentSession<E>, numbered: NumberedEvent): void {
    const [desk, notices] = hear(session.desk, numbered, this.#deps.isPhone);
    session.desk = desk;
    for (const notice of notices) {
      if (notice.kind === 'goes-on') this.#goesOn(session, notice);
      if (notice.kind === 'busy') this.#stateIs(session, callBegan(session.state));
      else if (notice.kind === 'free') this.#stateIs(session, callEnded(session.state));
      else this.tell(session, notice);
    }
  }
}

const FIRST = { ready: 'ready', busy: 'set-busy', work: 'work', rest: 'set-rest' } as const;

/** As the vendor's gateways make them: the number is that of the gateway. */
const newGuid = (): string => `${newUuid()}.AgentGateway0`;
