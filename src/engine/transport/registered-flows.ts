/**
 * registered-flows: the connection on which a phone registered, by the user and host of its Contact, so that requests to that
 * Contact go back on it (RFC 5626 §5.3, RFC 7118 §5): many such hosts exist nowhere (`df7jal23ls0d.invalid`).
 */
import { isIP } from 'node:net';
import { forgetOldest } from '#kit/forget-oldest.js';
import type { SipUri } from '#sip/uri.js';
import { hostPort, unbracketed, type Endpoint, type Flow } from './flow.js';

const MAX_REMEMBERED = 100_000;

type Remembered = Readonly<{ flow: Flow; untilMs: number }>;

export class RegisteredFlows {
  readonly #byContact = new Map<string, Remembered>();
  readonly #byRemote = new Map<string, Remembered>();
  readonly #byFlow = new Map<Flow, Set<string>>();
  /** Keys of one phone, whatever its port: many phones write the port of their connection into Contact, and have another one next time. */
  readonly #byPhone = new Map<string, Set<string>>();

  remember(contact: SipUri, flow: Flow, untilMs: number): void {
    const key = keyOf(contact);
    this.#forgetKey(key);
    if (this.#byContact.size >= MAX_REMEMBERED) this.#forgetKey(this.#byContact.keys().next().value ?? '');
    this.#byContact.set(key, { flow, untilMs });
    enlist(this.#byFlow, flow, key);
    enlist(this.#byPhone, phoneOf(key), key);
  }

  /** By which of our addresses a phone registered that sends datagrams, where we have several. */
  heardFrom(flow: Flow, untilMs: number): void {
    const key = hostPort(flow.remote);
    this.#byRemote.delete(key);
    this.#byRemote.set(key, { flow, untilMs });
    forgetOldest(this.#byRemote, MAX_REMEMBERED);
  }

  /** @returns the way by which it registered. */
  from(remote: Endpoint, nowMs: number): Flow | undefined {
    if (this.#byRemote.size === 0) return undefined;
    const found = this.#byRemote.get(hostPort(remote));
    return found !== undefined && found.untilMs > nowMs ? found.flow : undefined;
  }

  forget(contact: SipUri): void {
    this.#forgetKey(keyOf(contact));
  }

  /**
   * A plain address is what it says and is reached by UDP, whoever registered it over a connection: otherwise one phone could
   * draw another's calls to itself by registering its Contact.
   */
  find(uri: SipUri, nowMs: number): Flow | undefined {
    const transport = uri.params.get('transport')?.toLowerCase() ?? (uri.scheme === 'sips' ? 'tcp' : 'udp');
    if (transport === 'udp' && isIP(unbracketed(uri.host)) !== 0) return undefined;
    const key = keyOf(uri);
    const found = this.#byContact.get(key);
    if (found === undefined) return undefined;
    if (found.untilMs > nowMs && found.flow.isOpen()) return found.flow;
    this.#forgetKey(key);
    return undefined;
  }

  /**
   * The connection by which the phone of this dialog is back whose own connection has gone: user and host of its Contact, transport and
   * source are the same, only the port may be another; the newest of several.
   */
  back(target: SipUri, gone: Flow, nowMs: number): Flow | undefined {
    const { protocol, remote } = gone;
    const keys = [...(this.#byPhone.get(phoneOf(keyOf(target))) ?? [])];
    const found = keys
      .flatMap((key) => this.#byContact.get(key) ?? [])
      .filter(({ flow, untilMs }) => {
        const isSame = flow.protocol === protocol && flow.remote.address === remote.address;
        return isSame && untilMs > nowMs && flow.isOpen();
      });
    return found.at(-1)?.flow;
  }

  closed(flow: Flow): void {
    for (const key of [...(this.#byFlow.get(flow) ?? [])]) this.#forgetKey(key);
  }

  get size(): number {
    return this.#byContact.size;
  }

  #forgetKey(key: string): void {
    const found = this.#byContact.get(key);
    if (found === undefined) return;
    this.#byContact.delete(key);
    strike(this.#byFlow, found.flow, key);
    strike(this.#byPhone, phoneOf(key), key);
  }
}

function enlist<K>(lists: Map<K, Set<string>>, of: K, key: string): void {
  const keys = lists.get(of) ?? new Set<string>();
  keys.add(key);
  lists.set(of, keys);
}

function strike<K>(lists: Map<K, Set<string>>, of: K, key: string): void {
  const keys = lists.get(of);
  keys?.delete(key);
  if (keys?.size === 0) lists.delete(of);
}

const keyOf = (uri: SipUri): string => `${uri.user ?? ''}@${uri.host.toLowerCase()}:${uri.port ?? ''}`;

const phoneOf = (key: string): string => key.slice(0, key.lastIndexOf(':'));
