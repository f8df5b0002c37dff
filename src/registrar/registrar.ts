/**
 * registrar: the owner of registrations: register, fetch, expire, and where a number can be reached. Knows no drachtio.
 */
import { updateBindings, type Binding, type BindingLimits, type BindingResult, type Registration } from '#core/bindings.js';
import type { RegistrationEvent } from '#core/events.js';
import type { Clock } from '#kit/clock.js';
import { parseUri, sameUri } from '#sip/uri.js';
import type { BindingKeeper } from './binding-keeper.js';
import { BindingStore } from './binding-store.js';

/** A place to send a request: the Contact, and the flow it registered on where that is not the same. */
export type Target = Readonly<{ uri: string; nextHop?: string | undefined }>;

export type RegistrationView = Readonly<{
  aor: string;
  contact: string;
  transport: string;
  /** Address and port the phone registered from. */
  source: string;
  userAgent?: string | undefined;
  expiresInSec: number;
  /** False when the phone no longer answers our OPTIONS. */
  reachable: boolean;
}>;

export class Registrar {
  readonly #store: BindingStore;
  readonly #clock: Clock;
  readonly #limits: BindingLimits;
  readonly #publish: (event: RegistrationEvent) => void;
  /** Numbers whose phone would not have a hold with music; as many as are registered at most. */
  readonly #refusedMusic = new Set<string>();
  /** Contacts that did not answer the last pings, as `aor contact`. */
  readonly #unreachable = new Set<string>();

  readonly #keeper: BindingKeeper | undefined;

  /** @param keeper absent: a restart forgets everybody. */
  constructor(clock: Clock, limits: BindingLimits, publish: (event: RegistrationEvent) => void, keeper?: BindingKeeper) {
    this.#clock = clock;
    this.#limits = limits;
    this.#publish = publish;
    this.#keeper = keeper;
    this.#store = new BindingStore(
      clock,
      (aor, binding) => this.#tell(aor, 'expired', binding),
      (aor) => this.#keep(aor),
    );
  }

  /**
   * Brings back who was registered in the last life, without a word; who has expired meanwhile is told of as ever. Behind a connection
   * nobody is reached before it is there again: that phone rings only where there is no other.
   */
  restore(isKnown: (aor: string) => boolean): void {
    for (const [aor, { bindings, refusedMusic }] of this.#keeper?.left() ?? []) {
      this.#store.put(aor, isKnown(aor) ? bindings : []);
      if (!isKnown(aor)) continue;
      if (refusedMusic) this.#refusedMusic.add(aor);
      for (const binding of bindings) if (binding.flow.protocol !== 'udp') this.#unreachable.add(keyOf(aor, binding));
    }
  }

  /** RFC 3261 §10.3. A registration without contacts changes nothing and answers what is there. */
  register(aor: string, asked: Registration): BindingResult {
    const result = updateBindings(this.#store.get(aor), asked, this.#clock.now(), this.#limits, sameUri);
    if (result.kind === 'refused') return result;
    this.#store.put(aor, result.bindings);
    for (const { change, binding } of result.changes) {
      const wasUnreachable = this.#unreachable.delete(keyOf(aor, binding));
      this.#tell(aor, change, binding);
      if (wasUnreachable && change === 'refreshed') this.#tell(aor, 'reachable', binding);
    }
    return result;
  }

  /** Who has no account any more, or must prove itself anew, is reached nowhere until it has. */
  forget(mayStay: (aor: string, transport: string) => boolean): void {
    for (const [aor, binding] of [...this.#store.entries()]) {
      if (mayStay(aor, binding.flow.protocol)) continue;
      this.#store.put(
        aor,
        this.#store.get(aor).filter((one) => one !== binding),
      );
      this.#tell(aor, 'unregistered', binding);
    }
  }

  fetch(aor: string): readonly Binding[] {
    return this.#store.get(aor);
  }

  /** Best first: what answers pings before what does not, then by q (RFC 3261 §20.10). */
  targets(aor: string): readonly Target[] {
    const rank = (binding: Binding): number => (this.#unreachable.has(keyOf(aor, binding)) ? 0 : 10) + binding.q;
    const bindings = [...this.#store.get(aor)].sort((a, b) => rank(b) - rank(a));
    // A contact that has stopped answering would keep the caller waiting for its timeout; it rings only when there is no other.
    const answering = bindings.filter((binding) => !this.#unreachable.has(keyOf(aor, binding)));
    return (answering.length > 0 ? answering : bindings).map(targetOf);
  }

  /** The addresses that its REGISTERs came from. */
  sources(aor: string): readonly string[] {
    return [...new Set(this.#store.get(aor).map(({ flow }) => flow.address))];
  }

  secondsLeft(binding: Binding): number {
    return Math.max(0, Math.ceil((binding.expiresAtMs - this.#clock.now()) / 1000));
  }

  list(): readonly RegistrationView[] {
    return [...this.#store.entries()].map(([aor, binding]) => ({
      aor,
      contact: binding.contact,
      transport: binding.flow.protocol,
      source: hostPort(binding.flow.address, binding.flow.port),
      ...(binding.userAgent === undefined ? {} : { userAgent: binding.userAgent }),
      expiresInSec: this.secondsLeft(binding),
      reachable: !this.#unreachable.has(keyOf(aor, binding)),
    }));
  }

  /** Bindings whose flow only stays open, or only shows to be open, when somebody asks. */
  toPing(): readonly (readonly [aor: string, binding: Binding])[] {
    return [...this.#store.entries()].filter(([, binding]) => targetOf(binding).nextHop !== undefined);
  }

  /** Those who did not answer when they were asked last, or whose connection has gone with the last life. */
  unreachable(): readonly (readonly [aor: string, binding: Binding])[] {
    return this.toPing().filter(([aor, binding]) => this.#unreachable.has(keyOf(aor, binding)));
  }

  setReachable(aor: string, binding: Binding, reachable: boolean): void {
    const key = keyOf(aor, binding);
    if (!this.#store.get(aor).includes(binding) || this.#unreachable.has(key) !== reachable) return;
    if (reachable) this.#unreachable.delete(key);
    else this.#unreachable.add(key);
    this.#tell(aor, reachable ? 'reachable' : 'unreachable', binding);
  }

  /** This phone would not have a hold with music. */
  holdRefused(aor: string): void {
    if (this.#store.get(aor).length === 0 || this.#refusedMusic.has(aor)) return;
    this.#refusedMusic.add(aor);
    this.#keep(aor);
  }

  refusedMusic(aor: string): boolean {
    return this.#refusedMusic.has(aor);
  }

  close(): void {
    this.#store.close();
  }

  #keep(aor: string): void {
    this.#keeper?.changed(aor, () => {
      const bindings = this.#store.get(aor);
      return bindings.length === 0 ? undefined : { bindings, refusedMusic: this.#refusedMusic.has(aor) };
    });
  }

  #tell(aor: string, change: RegistrationEvent['change'], binding: Binding): void {
    if (this.#store.get(aor).length === 0) this.#refusedMusic.delete(aor); // the next phone may think otherwise
    if (change === 'expired' || change === 'unregistered') this.#unreachable.delete(keyOf(aor, binding));
    const expiresSec = change === 'expired' || change === 'unregistered' ? 0 : this.secondsLeft(binding);
    this.#publish({ kind: 'registration.changed', aor, change, contact: binding.contact, expiresSec });
  }
}

const keyOf = (aor: string, binding: Binding): string => `${aor} ${binding.contact}`;

const hostPort = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/**
 * RFC 5626 §5.3: a connection is used again, and a phone behind NAT is reached where its REGISTER came from. Only a UDP phone
 * whose Contact names that very place needs no next hop.
 */
export function targetOf(binding: Binding): Target {
  const { protocol, address, port } = binding.flow;
  const contact = parseUri(binding.contact);
  const sameHost = contact !== undefined && contact.host.replace(/^\[|\]$/g, '') === address.toLowerCase();
  if (protocol === 'udp' && sameHost && (contact.port ?? 5060) === port) return { uri: binding.contact };
  return { uri: binding.contact, nextHop: `sip:${hostPort(address, port)};transport=${protocol}` };
}
