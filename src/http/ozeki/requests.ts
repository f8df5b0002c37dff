/**
 * requests: asks applications by HTTP and gives back what they answer. Every request has an end, a size and a place among so many at
 * once; a redirect is followed a few times, and only to where Holdfast may go. Knows no notification and no script.
 */
import type { Clock } from '#kit/clock.js';
import type { OzekiConfig } from '#kit/config.js';
import type { Logger } from '#kit/log.js';
import { Poster, type Answer, type Outgoing } from '../webhooks/poster.js';
import type { Resolve } from '../webhooks/reachable-addresses.js';

export type Fields = Readonly<Record<string, string>>;

export type AppRequest = Readonly<{ url: string; fields: Fields; method?: 'GET' | 'POST'; timeoutMs?: number }>;

export type RequestsDeps = Readonly<{ config: OzekiConfig; clock: Clock; resolve: Resolve; log: Logger }>;

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded', 'Cache-Control': 'no-cache', 'User-Agent': 'Holdfast' };

export class Requests {
  readonly #deps: RequestsDeps;
  readonly #poster: Poster;
  #underWay = 0;

  constructor(deps: RequestsDeps) {
    this.#deps = deps;
    const { clock, resolve, config } = deps;
    this.#poster = new Poster({ clock, resolve, allowPrivateAddresses: config.allowPrivateAddresses });
  }

  /** @returns what was answered with 2xx; undefined when there was no such answer. Never throws, and keeps nobody waiting longer than its time. */
  async ask({ url, fields, method = 'POST', timeoutMs }: AppRequest): Promise<string | undefined> {
    const { limits } = this.#deps.config;
    if (!URL.canParse(url)) return this.#unanswered(url, 'no address');
    if (this.#underWay >= limits.requests) return this.#unanswered(url, 'too many requests are under way');
    this.#underWay += 1;
    const patience = timeoutMs ?? limits.answerSeconds * 1000;
    const endMs = this.#deps.clock.now() + patience;
    try {
      let next = firstRequest(url, method, fields);
      for (let redirects = 0; ; redirects++) {
        const left = endMs - this.#deps.clock.now();
        if (left <= 0) return this.#unanswered(url, 'timeout');
        const rest = { timeoutMs: left, responseBytes: limits.scriptBytes, keepsAnswer: true } as const;
        const answer = await this.#poster.post({ ...next, ...rest });
        const onward = redirectOf(answer, next);
        if (onward === undefined) return this.#read(url, answer);
        if (redirects >= limits.redirects) return this.#unanswered(url, 'too many redirects');
        next = onward;
      }
    } finally {
      this.#underWay -= 1;
    }
  }

  /** Cuts what is under way. Twice is once. */
  close(): void {
    this.#poster.close();
  }

  #read(url: string, answer: Answer): string | undefined {
    if (answer.kind === 'no-answer') return this.#unanswered(url, answer.why);
    if (answer.kind === 'address-refused')
      return this.#unanswered(url, 'a private address (allowPrivateAddresses in ozeki.yaml)');
    if (answer.status < 200 || answer.status > 299) return this.#unanswered(url, `status ${answer.status}`);
    return answer.body ?? this.#unanswered(url, 'the answer broke off, or is too long');
  }

  /** Of the address only what no password stands in. */
  #unanswered(url: string, why: string): undefined {
    const host = URL.canParse(url) ? new URL(url).host : 'nowhere';
    this.#deps.log.warn({ host, why }, 'an application did not answer as it should');
    return undefined;
  }
}

type Next = Pick<Outgoing, 'method' | 'url' | 'headers' | 'body'>;

function firstRequest(url: string, method: 'GET' | 'POST', fields: Fields): Next {
  if (method === 'POST') return { method, url, headers: FORM, body: new URLSearchParams(fields).toString() };
  return { method, url, headers: { 'User-Agent': 'Holdfast' }, body: '' };
}

/** RFC 9110 §15.4: 303 asks with GET; 301 and 302 do so too, as every browser does; 307 and 308 send the same again. */
function redirectOf(answer: Answer, { method = 'POST', url, headers, body }: Next): Next | undefined {
  if (answer.kind !== 'answered' || answer.location === undefined || ![301, 302, 303, 307, 308].includes(answer.status))
    return undefined;
  const to = URL.canParse(answer.location, url) ? new URL(answer.location, url) : undefined;
  if (to === undefined || (to.protocol !== 'http:' && to.protocol !== 'https:')) return undefined;
  if (answer.status === 307 || answer.status === 308) return { method, url: to.href, headers, body };
  return { method: 'GET', url: to.href, headers: { 'User-Agent': 'Holdfast' }, body: '' };
}
