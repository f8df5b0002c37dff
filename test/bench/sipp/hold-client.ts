/**
 * hold-client: asks for holds over HTTP as a program does, on connections that stay open, and times each answer. Beside it the words in
 * which measurements print what they found.
 */
import { Agent, request } from 'node:http';
import { loadavg } from 'node:os';

const REQUEST_MS = 30_000;

export type Timed<T> = Readonly<{ ms: number; body: T }>;

export class HoldClient {
  readonly #base: string;
  readonly #agent: Agent;

  constructor(base: string, connections: number) {
    this.#base = base;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Measured at the client, body read. Rejects unless it is answered 2xx. */
  ask<T>(method: 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Timed<T>> {
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const said = body === undefined ? undefined : JSON.stringify(body);
      const headers = {
        authorization: 'Bearer demo-token',
        ...(said === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(said) }),
      };
      const options = { method, agent: this.#agent, headers, signal: AbortSignal.timeout(REQUEST_MS) };
      const asked = request(this.#base + path, options, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () => {
          const ms = performance.now() - started;
          if ((answer.statusCode ?? 0) >= 200 && (answer.statusCode ?? 0) < 300) resolve({ ms, body: JSON.parse(text) as T });
          else reject(new Error(`${method} ${path} was answered ${answer.statusCode}: ${text}`));
        });
      });
      asked.once('error', reject).end(said);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

export function percentiles(name: string, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN).toFixed(1);
  console.log(`  ${name.padEnd(34)} p50 ${at(0.5)}  p95 ${at(0.95)}  p99 ${at(0.99)}  longest ${at(1)} ms  (${sorted.length})`);
}

/** Of the last minute: figures of a machine that others use too are read with it. */
export const load = (): string => `load ${loadavg()[0]?.toFixed(2) ?? '?'}`;
