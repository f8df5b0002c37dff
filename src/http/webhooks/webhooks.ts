/**
 * webhooks: every event of the bus to everybody who asked for it. Owner of the couriers and of the dead letters; nothing here can
 * hold up a call. What is unsent when Holdfast ends is sent by the next one, where there is a store (letter-keeper.ts).
 */
import type { EventBus, NumberedEvent } from '#calls/event-bus.js';
import type { Clock } from '#kit/clock.js';
import type { WebhooksConfig } from '#kit/config.js';
import { BadRequest, Busy, ConfigError } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import { eventJson } from '../event-text.js';
import { HttpRefusal } from '../refusals.js';
import { Courier, type CourierFigures } from './courier.js';
import { DeadLetters, type DeadLetter } from './dead-letters.js';
import { isComplaint, readHook, wants, type Hook, type HookWish } from './hook.js';
import { FORGETFUL, type KeptPost, type LetterKeeper } from './letter-keeper.js';
import type { Letter, QueueState } from './letter-queue.js';
import { Poster } from './poster.js';
import { systemResolve, type Resolve } from './reachable-addresses.js';
import type { DeadReason } from './verdict.js';

export type WebhooksDeps = Readonly<{
  config: WebhooksConfig;
  bus: EventBus;
  clock: Clock;
  log: Logger;
  /** Name to addresses; the system's when absent. */
  resolve?: Resolve;
  /** 0 to 1, for jitter. */
  random?: () => number;
  /** Webhooks at once. */
  most?: number | undefined;
  /** Absent: a restart forgets what was not sent. */
  keeper?: LetterKeeper | undefined;
}>;

export type ListedHook = Readonly<{ hook: Hook; figures: CourierFigures }>;

const MOST_WEBHOOKS = 100;
/** At the end, requests under way and events that could leave get so long. */
const LAST_WORDS_MS = 500;
const BUSY_RETRY_SEC = 10;

export class Webhooks {
  readonly #deps: WebhooksDeps;
  readonly #poster: Poster;
  readonly #couriers = new Map<string, Courier>();
  readonly #keeper: LetterKeeper;
  readonly #unsubscribe: () => void;
  readonly deadLetters: DeadLetters;
  #closing: Promise<void> | undefined;

  /** @throws ConfigError when webhooks.yaml has an address or a kind of event that cannot be. */
  constructor(deps: WebhooksDeps) {
    this.#deps = deps;
    const { config, clock, resolve = systemResolve } = deps;
    this.#poster = new Poster({ clock, resolve, allowPrivateAddresses: config.allowPrivateAddresses });
    this.#keeper = deps.keeper ?? FORGETFUL;
    const left = this.#keeper.left();
    this.deadLetters = new DeadLetters(config.deadLetters, this.#keeper, left.dead, left.lastDead);
    for (const [index, wish] of config.webhooks.entries()) this.#configure(index, wish);
    this.#takeOver(left);
    // What was told before anybody could listen: registrations that ran out while we were away, for one.
    for (const event of deps.bus.after(0)) this.#hear(event);
    this.#unsubscribe = deps.bus.subscribe((event) => this.#hear(event));
  }

  list(): readonly ListedHook[] {
    return [...this.#couriers.values()].map((courier) => ({ hook: courier.hook, figures: courier.figures() }));
  }

  /** @throws HttpRefusal */
  get(name: string): ListedHook {
    const courier = this.#courier(name);
    return { hook: courier.hook, figures: courier.figures() };
  }

  /** @throws BadRequest, HttpRefusal, Busy */
  add(wish: HookWish): ListedHook {
    if (this.#couriers.has(wish.name)) throw new HttpRefusal('webhook_exists', `there is a webhook ${wish.name} already`);
    const { most = MOST_WEBHOOKS } = this.#deps;
    if (this.#couriers.size >= most) throw new Busy(`the limit of ${most} webhooks is reached`, BUSY_RETRY_SEC);
    const read = readHook(wish, false, this.#deps.config);
    if (isComplaint(read)) throw new BadRequest(read.field, `${read.field}: found ${read.found}, expected ${read.expected}`);
    const courier = this.#employ(read);
    this.#keeper.hook(read.name, wish);
    this.#deps.log.info({ webhook: read.name, host: new URL(read.url).host }, 'a webhook was added');
    return { hook: read, figures: courier.figures() };
  }

  /** What waits for it is thrown away; its dead letters stay. @throws HttpRefusal */
  remove(name: string): void {
    const courier = this.#courier(name);
    if (courier.hook.configured)
      throw new HttpRefusal('webhook_configured', `${name} stands in webhooks.yaml; take it out there and start again`);
    courier.drop();
    this.#couriers.delete(name);
    this.#keeper.hook(name, undefined);
    this.#deps.log.info({ webhook: name }, 'a webhook was removed');
  }

  /** Queues it again, with all its attempts before it. @throws HttpRefusal, Busy */
  retry(id: number): DeadLetter {
    const dead = this.deadLetters.get(id);
    if (dead === undefined) throw noDeadLetter(id);
    if (!this.#courier(dead.webhook).take({ ...dead.letter, attempts: 0 }))
      throw new Busy(`the queue of webhook ${dead.webhook} is full`, BUSY_RETRY_SEC);
    this.deadLetters.remove(id);
    return dead;
  }

  /** @throws HttpRefusal */
  forget(id: number): void {
    if (!this.deadLetters.remove(id)) throw noDeadLetter(id);
  }

  /** Everything that is not delivered yet, as plain data. */
  state(): Readonly<Record<string, QueueState>> {
    return Object.fromEntries([...this.#couriers].map(([name, courier]) => [name, courier.state()]));
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#unsubscribe();
    const limit = this.#deps.clock.after('webhooks close', LAST_WORDS_MS, () => this.#poster.close());
    await Promise.all([...this.#couriers.values()].map((courier) => courier.close()));
    limit.cancel();
    this.#poster.close();
    for (const { hook, figures } of this.list())
      if (figures.queued > 0) this.#deps.log.warn({ webhook: hook.name, unsent: figures.queued }, 'events were not delivered');
  }

  #configure(index: number, wish: HookWish): void {
    const read = readHook(wish, true, this.#deps.config);
    if (isComplaint(read))
      throw new ConfigError(`webhooks.yaml: webhooks.${index}.${read.field}: found ${read.found}, expected ${read.expected}`);
    this.#employ(read);
  }

  /** A webhook that has come into webhooks.yaml meanwhile is the one that counts; letters of one that is gone have nobody to go to. */
  #takeOver({ hooks, letters }: KeptPost): void {
    for (const wish of hooks) {
      const read = readHook(wish, false, this.#deps.config);
      if (!isComplaint(read) && !this.#couriers.has(wish.name)) this.#employ(read);
      else this.#keeper.hook(wish.name, undefined);
    }
    for (const { webhook, letter } of letters) {
      const courier = this.#couriers.get(webhook);
      if (courier?.take(letter) === true) continue;
      this.#keeper.letter(webhook, letter.seq, undefined);
      if (courier === undefined) this.#bury(webhook, letter, 'webhook-gone', 'it is not in webhooks.yaml any more');
      else courier.overflow(letter);
    }
    if (letters.length > 0) this.#deps.log.info({ letters: letters.length }, 'webhook events of the last life are sent now');
  }

  #employ(hook: Hook): Courier {
    const { clock, log, random = Math.random } = this.#deps;
    const courier: Courier = new Courier(hook, {
      poster: this.#poster,
      clock,
      log,
      random,
      keeper: this.#keeper,
      giveUp: (letter, reason, why) => this.#bury(hook.name, letter, reason, why),
    });
    this.#couriers.set(hook.name, courier);
    return courier;
  }

  #courier(name: string): Courier {
    const courier = this.#couriers.get(name);
    if (courier === undefined) throw new HttpRefusal('webhook_not_found', `there is no webhook ${name.slice(0, 80)}`);
    return courier;
  }

  #hear(numbered: NumberedEvent): void {
    const { seq, event } = numbered;
    let letter: Letter | undefined;
    for (const courier of this.#couriers.values()) {
      if (!wants(courier.hook, event.kind)) continue;
      letter ??= { seq, lane: laneOf(event), kind: event.kind, body: eventJson(numbered), attempts: 0 };
      if (!courier.take(letter)) courier.overflow(letter);
    }
  }

  #bury(webhook: string, letter: Letter, reason: DeadReason, why: string): void {
    const at = new Date(this.#deps.clock.now()).toISOString();
    const { id } = this.deadLetters.add({ webhook, at, reason, why, letter });
    this.#deps.log.debug({ webhook, deadLetter: id, seq: letter.seq, reason, why }, 'a webhook event was given up');
  }
}

/** What has to arrive in order: the events of one call, and those of one conference or of one phone number's registrations. */
function laneOf(event: NumberedEvent['event']): string {
  if (event.kind === 'registration.changed') return `aor ${event.aor}`;
  return event.kind === 'conference.changed' ? `conference ${event.conferenceId}` : `call ${event.callId}`;
}

const noDeadLetter = (id: number): HttpRefusal => new HttpRefusal('dead_letter_not_found', `there is no dead letter ${id}`);
