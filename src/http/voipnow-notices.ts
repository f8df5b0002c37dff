/**
 * voipnow-notices: sends phoneCallEvents to the URLs of Apps: one attempt each, so many at once, never in the way of a call.
 * What does not arrive is lost, as it is with VoipNow; whoever needs certainty takes a webhook.
 */
import type { NumberedEvent } from '#calls/event-bus.js';
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import { spellings, type EventWish, type EventWishes, type Spelling } from './dialects/voipnow-events.js';
import { Poster } from './webhooks/poster.js';
import { systemResolve } from './webhooks/reachable-addresses.js';

export type NoticesDeps = Spelling & Readonly<{ wishes: EventWishes; clock: Clock; log: Logger; allowPrivateAddresses: boolean }>;

const MOST_UNDER_WAY = 100;
const TIMEOUT_MS = 5000;
const RESPONSE_BYTES = 65_536;
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded', 'User-Agent': 'Holdfast' };

export class Notices {
  readonly #deps: NoticesDeps;
  readonly #poster: Poster;
  #underWay = 0;

  constructor(deps: NoticesDeps) {
    this.#deps = deps;
    const { clock, allowPrivateAddresses } = deps;
    this.#poster = new Poster({ clock, resolve: systemResolve, allowPrivateAddresses });
  }

  hear(event: NumberedEvent): void {
    for (const wish of this.#deps.wishes.all())
      for (const fields of spellings(event, wish, this.#deps)) void this.#send(wish, fields);
  }

  /** Cuts what is under way. Twice is once. */
  close(): void {
    this.#poster.close();
  }

  async #send(wish: EventWish, fields: URLSearchParams): Promise<void> {
    const { log } = this.#deps;
    if (this.#underWay >= MOST_UNDER_WAY)
      return log.warn({ phoneCallEvent: wish.id }, 'an event is lost: too many are under way');
    this.#underWay += 1;
    const limits = { timeoutMs: TIMEOUT_MS, responseBytes: RESPONSE_BYTES };
    const answer = await this.#poster.post(
      wish.method === 1
        ? { url: wish.url, headers: FORM, body: fields.toString(), ...limits }
        : { method: 'GET', url: withQuery(wish.url, fields), headers: { 'User-Agent': 'Holdfast' }, body: '', ...limits },
    );
    this.#underWay -= 1;
    const arrived = answer.kind === 'answered' && answer.status < 300;
    if (!arrived) log.debug({ phoneCallEvent: wish.id, answer }, 'an event did not arrive');
  }
}

/** What the App wrote in its URL stays. */
function withQuery(written: string, fields: URLSearchParams): string {
  const url = new URL(written);
  for (const [name, value] of fields) url.searchParams.set(name, value);
  return url.href;
}
