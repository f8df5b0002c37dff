/**
 * control: the application's side of a B2BUA: finds the call of two phones, holds and resumes it. `rest` speaks Holdfast's REST API;
 * a target without one is judged by its phones alone.
 */
import { Failed } from './failed.js';

/** Only what the cases judge. */
export type LegFacts = Readonly<{
  held: boolean;
  state: string;
  direction: string;
  sound: string;
  status?: number;
  musicPackets?: number;
}>;
export type Proof = Readonly<{
  changed: boolean;
  settled: boolean;
  reasons: readonly string[];
  caller: LegFacts;
  callee: LegFacts;
}>;
export type CallFacts = Readonly<{
  id: string;
  state: string;
  parties: Readonly<Record<'caller' | 'callee', string>>;
  hold: Readonly<{ reasons: readonly string[]; caller: LegFacts; callee: LegFacts }>;
  end?: Readonly<{ cause: string; status?: number }>;
}>;
export type Reply<T> = Readonly<{ status: number; body: T }>;

export interface Control {
  /** @returns undefined when there is no such call, or no more. */
  find(caller: string, callee: string): Promise<CallFacts | undefined>;
  get(id: string): Promise<Reply<CallFacts>>;
  setup(caller: string, callee: string): Promise<Reply<CallFacts>>;
  hold(id: string, wish?: Readonly<Record<string, unknown>>): Promise<Reply<Proof>>;
  resume(id: string, holder?: string): Promise<Reply<Proof>>;
  hangUp(id: string): Promise<Reply<unknown>>;
}

const ANSWER_MS = 20_000;

export type RestOptions = Readonly<{ url: string; token: string }>;

export class RestControl implements Control {
  readonly #options: RestOptions;

  constructor(options: RestOptions) {
    this.#options = options;
  }

  async find(caller: string, callee: string): Promise<CallFacts | undefined> {
    const { body } = await this.#ask<{ calls?: readonly CallFacts[] }>('GET', '/calls');
    return body.calls?.findLast((call) => isOf(call, 'caller', caller) && isOf(call, 'callee', callee) && call.state !== 'ended');
  }

  get(id: string): Promise<Reply<CallFacts>> {
    return this.#ask('GET', `/calls/${encodeURIComponent(id)}`);
  }

  setup(caller: string, callee: string): Promise<Reply<CallFacts>> {
    return this.#ask('POST', '/calls', { caller, callee });
  }

  hold(id: string, wish: Readonly<Record<string, unknown>> = {}): Promise<Reply<Proof>> {
    return this.#ask('PUT', `/calls/${encodeURIComponent(id)}/hold`, wish);
  }

  resume(id: string, holder?: string): Promise<Reply<Proof>> {
    return this.#ask('DELETE', `/calls/${encodeURIComponent(id)}/hold${holder === undefined ? '' : `?holder=${holder}`}`);
  }

  hangUp(id: string): Promise<Reply<unknown>> {
    return this.#ask('DELETE', `/calls/${encodeURIComponent(id)}`);
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<Reply<T>> {
    const { url, token } = this.#options;
    try {
      const answer = await fetch(url.replace(/\/$/, '') + path, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const text = await answer.text();
      return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as T };
    } catch (error) {
      throw new Failed({
        expected: `an answer of the API to ${method} ${path}`,
        seen: error instanceof Error ? error.message : 'none',
      });
    }
  }
}

/** A number, or a URI of it. */
const isOf = (call: CallFacts, side: 'caller' | 'callee', number: string): boolean =>
  call.parties[side] === number || new RegExp(`^sips?:${number}@`).test(call.parties[side]);
