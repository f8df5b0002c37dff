/**
 * subscriptions: phones that watch what other extensions do (RFC 6665, RFC 4235; BLF keys): who may, for how long, and how many. What
 * is told is notifier.ts, and what there is to tell dialog-book.ts.
 */
import type { EventBus } from '#calls/event-bus.js';
import type { BindingsPort } from '#calls/ports.js';
import type { CallId } from '#core/leg.js';
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import { parseParams } from '#sip/params.js';
import { parseUri } from '#sip/uri.js';
import { notUnderstood } from '../extensions.js';
import { hasToTag, type RouteDeps } from '../routes.js';
import { fieldOf } from '../sip-words.js';
import type { Srf, SrfRequest, SrfResponse } from '../srf.js';
import { DialogBook } from './dialog-book.js';
import { DIALOG_INFO } from './dialog-info.js';
import { Notifier, type Ending } from './notifier.js';

export type SubscriptionDeps = Readonly<{
  srf: Srf;
  bus: EventBus;
  bindings: Pick<BindingsPort, 'traits'>;
  authenticate: RouteDeps['authenticate'];
  /** The caller of this call wants to be anonymous. */
  isPrivate: (id: CallId) => boolean;
  clock: Clock;
  log: Logger;
  limits?: SubscriptionLimits | undefined;
}>;

/** `each`: of one account. */
export type SubscriptionLimits = Readonly<{ all: number; each: number }>;

/** RFC 4235 §3.4 proposes an hour. */
const MOST_SEC = 3600;
const LEAST_SEC = 60;
/** Where nobody says how many: a desk phone has no more keys than `each`. */
const LIMITS: SubscriptionLimits = { all: 10_000, each: 200 };
const ALLOW_EVENTS = { 'Allow-Events': 'dialog' };

type Watch = Readonly<{ extension: string; host: string; event: string; expiresSec: number; by: string }>;

export class DialogSubscriptions {
  readonly #deps: SubscriptionDeps;
  readonly #book: DialogBook;
  readonly #byDialog = new Map<string, Notifier>();
  /** Whose account each is. */
  readonly #watchers = new WeakMap<Notifier, string>();
  readonly #byExtension = new Map<string, Set<Notifier>>();
  readonly #perAccount = new Map<string, number>();
  readonly #deaf: () => void;

  constructor(deps: SubscriptionDeps) {
    this.#deps = deps;
    this.#book = new DialogBook(deps.isPrivate);
    this.#deaf = deps.bus.subscribe(({ event }) => {
      for (const { extension, ended } of this.#book.hear(event))
        for (const notifier of this.#byExtension.get(extension) ?? []) notifier.changed(ended);
    }, 'book');
  }

  get size(): number {
    return this.#byDialog.size;
  }

  /** Closing twice is closing once. */
  close(): void {
    this.#deaf();
    for (const notifier of this.#byDialog.values()) notifier.end(CLOSING);
  }

  onSubscribe(request: SrfRequest, response: SrfResponse): void {
    const event = readEvent(fieldOf(request, 'Event', 'o') ?? '');
    if (event === undefined) return response.send(489, { headers: ALLOW_EVENTS }); // RFC 6665 §4.2.1.1
    const known = this.#byDialog.get(request.stackDialogId ?? '');
    if (known === undefined && hasToTag(request)) return response.send(481);
    const unknown = notUnderstood(request);
    if (unknown !== undefined) return response.send(420, { headers: { Unsupported: unknown } });
    if (!accepts(request)) return response.send(406, { headers: { Accept: DIALOG_INFO } });
    const expiresSec = readExpires(request);
    if (expiresSec > 0 && expiresSec < LEAST_SEC) return response.send(423, { headers: { 'Min-Expires': String(LEAST_SEC) } });
    if (known === undefined) return this.#onNew(event, expiresSec, request, response);
    // In its dialog nobody is asked for a password again, as in a call; who ends it may be anybody, who goes on must still be one of our people.
    const by = this.#watchers.get(known);
    if (expiresSec > 0 && (by === undefined || this.#deps.bindings.traits(by).kind !== 'phone')) return response.send(403);
    response.send(200, { headers: { Expires: String(expiresSec), ...ALLOW_EVENTS } }, () => runFor(known, expiresSec));
  }

  #onNew(event: string, expiresSec: number, request: SrfRequest, response: SrfResponse): void {
    const identity = this.#deps.authenticate(request, response);
    if (identity === undefined) return;
    // What our people do is no business of another house.
    if (identity.kind !== 'account') return response.send(403);
    const { user: extension, host = '' } = parseUri(request.uri) ?? {};
    if (extension === undefined || this.#deps.bindings.traits(extension).kind !== 'phone') return response.send(404);
    const { all, each } = this.#deps.limits ?? LIMITS;
    const mine = this.#perAccount.get(identity.number) ?? 0;
    if (this.#byDialog.size >= all || mine >= each) return response.send(503, { headers: { 'Retry-After': '60' } });
    this.#perAccount.set(identity.number, mine + 1);
    const watch = { extension, host, event, expiresSec, by: identity.number };
    response.send(200, { headers: { Expires: String(expiresSec), ...ALLOW_EVENTS } }, (error) => {
      const dialogId = response.stackDialogId;
      if (error || dialogId === undefined || dialogId === '') return this.#release(watch.by);
      this.#begin(watch, dialogId);
    });
  }

  #begin(watch: Watch, dialogId: string): void {
    const { srf, clock, log } = this.#deps;
    const { extension, host, event, by, expiresSec } = watch;
    const notifier: Notifier = new Notifier({
      srf,
      clock,
      dialogId,
      event,
      extension,
      host,
      dialogs: () => this.#book.of(extension),
      over: () => this.#forget(watch, dialogId, notifier),
    });
    this.#byDialog.set(dialogId, notifier);
    this.#watchers.set(notifier, by);
    const watchers = this.#byExtension.get(extension) ?? new Set();
    this.#byExtension.set(extension, watchers.add(notifier));
    log.info({ extension, by, expiresSec }, 'dialog subscription');
    runFor(notifier, expiresSec);
  }

  #forget({ extension, by }: Watch, dialogId: string, notifier: Notifier): void {
    this.#byDialog.delete(dialogId);
    const watchers = this.#byExtension.get(extension);
    watchers?.delete(notifier);
    if (watchers?.size === 0) this.#byExtension.delete(extension);
    this.#release(by);
  }

  #release(account: string): void {
    const left = (this.#perAccount.get(account) ?? 1) - 1;
    if (left > 0) this.#perAccount.set(account, left);
    else this.#perAccount.delete(account);
  }
}

const CLOSING: Ending = 'probation;retry-after=30';

/** RFC 6665 §4.4.3: no time at all is a look at the state as it is. */
function runFor(notifier: Notifier, expiresSec: number): void {
  if (expiresSec > 0) notifier.extend(expiresSec);
  else notifier.end('timeout');
}

/** RFC 6665 §8.2.1: the id comes back as it was given; the other parameters ask for less than we tell. */
function readEvent(text: string): string | undefined {
  const [name = ''] = text.split(';', 1);
  if (name.trim().toLowerCase() !== 'dialog') return undefined;
  const id = parseParams(text.slice(name.length).trimEnd())?.get('id');
  return id === undefined ? 'dialog' : `dialog;id=${id}`;
}

function readExpires(request: SrfRequest): number {
  const text = request.get('Expires')?.trim() ?? '';
  return /^[0-9]{1,10}$/.test(text) ? Math.min(Number(text), MOST_SEC) : MOST_SEC;
}

function accepts(request: SrfRequest): boolean {
  const accepted = request.get('Accept')?.toLowerCase();
  return (
    accepted === undefined || accepted.includes(DIALOG_INFO) || accepted.includes('*/*') || accepted.includes('application/*')
  );
}
