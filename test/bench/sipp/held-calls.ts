/**
 * held-calls: calls between two SIPp's through Holdfast that stay up, answer every hold and resume, and take a BYE at any time.
 */
import { until } from '../../support/until.js';
import { Load, sleep } from './load.js';
import { CALLED_HOST, CALLED_NUMBER, CALLER_HOST, type Product } from './product.js';

const PER_SECOND = 100;
const LONGEST_SEC = 150;
const PATIENCE_MS = 30_000;
/** A busy machine makes the product refuse calls (503): those are made again, so often. */
const ROUNDS = 10;
const SETTLE_MS = 1000;

type Call = Readonly<{ id: string; state: string }>;

export class HeldCalls {
  readonly #product: Product;
  readonly #sinkPort: number;
  readonly #loads: Load[] = [];
  readonly #longestSec: number;

  /** `sinkPort`: where both phones want their RTP. */
  constructor(product: Product, sinkPort: number, longestSec = LONGEST_SEC) {
    this.#longestSec = longestSec;
    this.#product = product;
    this.#sinkPort = sinkPort;
  }

  /** So many more calls; @returns the ids of all that are up. */
  async add(count: number): Promise<string[]> {
    const media = ['-key', 'sink', String(this.#sinkPort)];
    if (this.#loads.length === 0) {
      const { answererPort: port } = this.#product;
      this.#loads.push(
        await Load.start({ scenario: 'uas-held', host: CALLED_HOST, port, longestSec: this.#longestSec, more: media }),
      );
    }
    const wanted = (await this.#up()).length + count;
    let ids: string[] = [];
    for (let round = 0; ids.length < wanted && round < ROUNDS; round++) {
      await this.#call(wanted - (await this.#up()).length, media);
      await until(
        `${count} more calls are up, or no more come`,
        async () => {
          const before = ids.length;
          await sleep(SETTLE_MS);
          ids = await this.#up();
          return ids.length >= wanted || ids.length === before;
        },
        PATIENCE_MS,
      );
    }
    if (ids.length < wanted) throw new Error(`${ids.length} calls are up, not ${wanted}: the others were refused`);
    return ids;
  }

  async #call(count: number, media: readonly string[]): Promise<void> {
    const calls = ['-s', CALLED_NUMBER, '-r', String(PER_SECOND), '-m', String(count), '-l', String(count)];
    const target = `127.0.0.1:${this.#product.holdfast.sipPort}`;
    const options = { scenario: 'uac-held', host: CALLER_HOST, target, longestSec: this.#longestSec, more: [...calls, ...media] };
    this.#loads.push(await Load.start(options));
  }

  /** To be called after the product has stopped, which ends the calls. */
  async stop(): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.stop()));
  }

  async #up(): Promise<string[]> {
    const { body } = await this.#product.holdfast.api<{ calls: Call[] }>('GET', '/calls');
    return body.calls.filter(({ state }) => state === 'in-call' || state === 'held').map(({ id }) => id);
  }
}
