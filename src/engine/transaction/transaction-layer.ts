/**
 * transaction-layer: owns the transactions: gives every message to the one it belongs to, and what belongs to none to the user
 * agent (RFC 3261 §17, §18). Malformed messages end here and never reach an application.
 */
import type { Logger } from '#kit/log.js';
import { handedOn } from '#sip/handed-on.js';
import { parseMessage } from '#sip/parse.js';
import type { SipRequest, SipResponse } from '#sip/message.js';
import { ownText } from '#kit/own-text.js';
import type { TimerWheel } from '../timer-wheel.js';
import { isReliable, type Flow, type FlowUser } from '../transport/flow.js';
import { responseTarget, stampVia } from '../transport/via-stamp.js';
import { ClientTransaction, type ClientRequest, type ClientUser } from './client-transaction.js';
import { requestEssentials, responseEssentials, type RequestEssentials } from './essentials.js';
import { clientKey, mergeKey, serverKey } from './matching.js';
import { ServerTransaction } from './server-transaction.js';

/** A request as it arrived. `text` is what came, but for received and rport in its top Via; `via` is that Via value. */
export type Arrived = Readonly<{ request: SipRequest; facts: RequestEssentials; text: string; via: string; flow: Flow }>;

/** What does not belong to a transaction that is there. */
export interface RequestUser {
  /** Asked first, before any state is made: seconds for Retry-After where somebody asks too often; `drop`: who sent it gets no answer. */
  keptOut(arrived: Arrived): number | 'drop' | undefined;
  /** Asked of what would be begun: seconds for Retry-After when there is too much to do. */
  overloaded(arrived: Arrived, isFull: boolean): number | undefined;
  request(arrived: Arrived, transaction: ServerTransaction): void;
  /** `invite` is the INVITE transaction to be cancelled, if there is one. */
  cancel(arrived: Arrived, transaction: ServerTransaction, invite: ServerTransaction | undefined): void;
  /** An ACK to a 2xx. */
  ack(arrived: Arrived): void;
  /** An answer without any transaction (RFC 3261 §8.2.7). */
  refuse(arrived: Arrived, status: number, reason: string, retryAfterSec?: number): void;
  /** An answer to no transaction that is there. */
  strayResponse(response: SipResponse, flow: Flow): void;
}

export type TransactionLimits = Readonly<{ serverTransactions: number; messageBytes: number }>;

export class TransactionLayer implements FlowUser {
  readonly #wheel: TimerWheel;
  readonly #log: Logger;
  readonly #limits: TransactionLimits;
  readonly #servers = new Map<string, ServerTransaction>();
  readonly #merges = new Map<string, ServerTransaction>();
  readonly #clients = new Map<string, ClientTransaction>();
  /** What waits for an answer on a connection: it fails when the connection closes. */
  readonly #onConnection = new Map<Flow, Set<ClientTransaction>>();
  readonly #nextId: () => string;
  readonly #user: RequestUser;
  /** One of each for all: a transaction is kept for 32 seconds, and so is what it refers to. */
  readonly #serverEnded = ({ key, mergeKey }: ServerTransaction): void => {
    this.#servers.delete(key);
    if (mergeKey !== undefined) this.#merges.delete(mergeKey);
  };
  readonly #clientEnded = (transaction: ClientTransaction): void => {
    this.#clients.delete(transaction.key);
    const waiting = this.#onConnection.get(transaction.flow);
    waiting?.delete(transaction);
    if (waiting?.size === 0) this.#onConnection.delete(transaction.flow);
  };

  constructor(wheel: TimerWheel, log: Logger, limits: TransactionLimits, nextId: () => string, user: RequestUser) {
    this.#nextId = nextId;
    this.#wheel = wheel;
    this.#log = log;
    this.#limits = limits;
    this.#user = user;
  }

  get size(): number {
    return this.#servers.size + this.#clients.size;
  }

  message(received: string, flow: Flow): void {
    const parsed = parseMessage(received);
    const text = parsed.kind === 'ok' ? handedOn(received) : received;
    if (parsed.kind === 'drop') return this.#log.debug({ why: parsed.why, from: flow.remote.address }, 'message dropped');
    if (parsed.kind === 'refuse') return this.#refuse(parsed.request, parsed.status, parsed.reason, text, flow);
    const isLong = text.length > this.#limits.messageBytes;
    if (parsed.message.kind === 'response' && isLong)
      return this.#log.debug({ from: flow.remote.address }, 'a response was too long');
    if (parsed.message.kind === 'response') return this.#response(parsed.message, text, flow);
    const facts = requestEssentials(parsed.message);
    if (facts === undefined) return;
    // RFC 3261 §21.5.7.
    if (isLong) return this.#refuse(parsed.message, 513, 'Message Too Large', text, flow);
    const stamped = stampVia(text, facts.via, flow.remote);
    this.#request({ request: parsed.message, facts, ...stamped, flow });
  }

  closed(flow: Flow): void {
    const waiting = this.#onConnection.get(flow);
    this.#onConnection.delete(flow);
    for (const transaction of waiting ?? []) transaction.transportError('the connection was closed');
  }

  /** The caller starts it, once its application knows the id that the answers will carry. */
  client(request: ClientRequest, user: ClientUser): ClientTransaction {
    const transaction = new ClientTransaction(request, this.#wheel, user, this.#clientEnded);
    this.#clients.set(request.key, transaction);
    if (isReliable(request.flow)) {
      const waiting = this.#onConnection.get(request.flow) ?? new Set();
      waiting.add(transaction);
      this.#onConnection.set(request.flow, waiting);
    }
    return transaction;
  }

  /** The INVITE of a peer that came in the last life, for the answer it never got; undefined: it has come again by itself. */
  serverAgain(key: string, flow: Flow): ServerTransaction | undefined {
    if (this.#servers.has(key)) return undefined;
    return this.#keep({ id: this.#nextId(), key, method: 'INVITE', flow });
  }

  close(): void {
    for (const transaction of [...this.#servers.values(), ...this.#clients.values()]) transaction.close();
  }

  /** RFC 3261 §18.1.2, §17.1.3. */
  #response(response: SipResponse, text: string, flow: Flow): void {
    const facts = responseEssentials(response);
    if (facts === undefined) return;
    const transaction = this.#clients.get(clientKey(facts.branch, facts.cseqMethod));
    if (transaction !== undefined) transaction.receive(response, text);
    else this.#user.strayResponse(response, flow);
  }

  #request(arrived: Arrived): void {
    const { request, facts } = arrived;
    const key = serverKey(request, facts);
    const known = this.#servers.get(key);
    if (request.method === 'ACK') {
      // RFC 3261 §17.1.1.3: the ACK to a refusal has the INVITE's branch; the ACK to a 2xx is a request of its own.
      if (known === undefined || known.acknowledged()) this.#user.ack(arrived);
      return;
    }
    // From elsewhere it is no repetition: the answers would go to somebody who has not asked (or no more than once).
    if (known !== undefined && known.flow.remote.address !== responseFlow(arrived.flow, facts).remote.address) return;
    if (known !== undefined) return known.repeated();
    const invite = request.method === 'CANCEL' ? this.#servers.get(serverKey(request, facts, 'INVITE')) : undefined;
    // What belongs to a call is let in all the same: a BYE that is refused for want of room would keep what it ends.
    const isFull = this.#servers.size >= this.#limits.serverTransactions;
    const keptOut = invite === undefined ? this.#user.keptOut(arrived) : undefined;
    if (keptOut === 'drop') return;
    if (request.method === 'CANCEL' && invite === undefined && isFull)
      return this.#user.refuse(arrived, 481, 'Call/Transaction Does Not Exist');
    // It begins nothing, and so it is never too much.
    if (request.method === 'CANCEL') return this.#user.cancel(arrived, this.#server(key, undefined, arrived), invite);
    const refusal = keptOut ?? this.#user.overloaded(arrived, isFull);
    if (refusal !== undefined) return this.#user.refuse(arrived, 503, 'Service Unavailable', refusal);
    // RFC 3261 §8.2.2.2: only a request outside a dialog can have come by two ways.
    const merge = facts.toTag === undefined ? mergeKey(facts) : undefined;
    if (merge !== undefined && this.#merges.has(merge)) return this.#user.refuse(arrived, 482, 'Loop Detected');
    this.#user.request(arrived, this.#server(key, merge, arrived));
  }

  #server(key: string, merge: string | undefined, arrived: Arrived): ServerTransaction {
    const { method } = arrived.request;
    const flow = responseFlow(arrived.flow, arrived.facts);
    // A key made of pieces of the message would keep all of it in memory.
    const own = { key: ownText(key), mergeKey: merge === undefined ? undefined : ownText(merge) };
    const transaction = this.#keep({ id: this.#nextId(), ...own, method, flow });
    if (own.mergeKey !== undefined) this.#merges.set(own.mergeKey, transaction);
    return transaction;
  }

  #keep(facts: ConstructorParameters<typeof ServerTransaction>[0]): ServerTransaction {
    const transaction = new ServerTransaction(facts, this.#wheel, this.#serverEnded);
    this.#servers.set(facts.key, transaction);
    return transaction;
  }

  /** RFC 3261 §8.2.7: a malformed request is answered without keeping anything. */
  #refuse(request: SipRequest, status: number, reason: string, text: string, flow: Flow): void {
    this.#log.debug({ status, reason, from: flow.remote.address }, 'malformed request refused');
    const facts = requestEssentials(request);
    if (facts !== undefined) {
      const arrived = { request, facts, ...stampVia(text, facts.via, flow.remote), flow };
      // Who is not to know that somebody is there does not learn it by writing nonsense.
      return this.#user.keptOut(arrived) === 'drop' ? undefined : this.#user.refuse(arrived, status, reason);
    }
    const guessed: RequestEssentials = {
      via: NO_VIA,
      branch: '',
      callId: '',
      fromTag: '',
      toTag: undefined,
      cseq: 0,
      cseqMethod: '',
    };
    const arrived = { request, facts: guessed, text, via: '', flow };
    if (this.#user.keptOut(arrived) !== 'drop') this.#user.refuse(arrived, status, reason);
  }
}

const NO_VIA = { transport: 'UDP', host: '', rport: true, params: new Map<string, string | undefined>() } as const;

/** RFC 3261 §18.2.2: on the connection the request came on; over UDP to where the top Via says, as far as it is believed. */
function responseFlow(flow: Flow, facts: RequestEssentials): Flow {
  if (flow.protocol !== 'udp') return flow;
  const target = responseTarget(facts.via, flow.remote);
  return target.port === flow.remote.port ? flow : flow.beside(target);
}
