/**
 * probed: the product with a probe in each of its threads, which profiles it or writes down its heap when it is told to.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../support/until.js';
import { startProduct, type Product } from './product.js';

const PROBE = new URL('./probe.mjs', import.meta.url).href;
const LOOK_MS = 20;
const QUIET_MS = 1500;
/** Looking for the maps takes each thread some seconds on a quiet machine, and minutes on a busy one. */
const PATIENCE_MS = 300_000;

type Sizes = Readonly<{ heapMb: number; found: Readonly<Record<string, number>> }>;

export class Probed {
  readonly product: Product;
  readonly #folder: string;
  #looks = 0;

  static async start(options: Parameters<typeof startProduct>[0]): Promise<Probed> {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-probe-'));
    process.env['HOLDFAST_BENCH_NODE_OPTIONS'] = `--import ${PROBE}`;
    process.env['HOLDFAST_BENCH_PROBE'] = folder;
    return new Probed(await startProduct(options), folder);
  }

  private constructor(product: Product, folder: string) {
    this.product = product;
    this.#folder = folder;
  }

  tell(command: 'profile' | 'stop' | 'heap' | `sizes ${number}`): void {
    writeFileSync(join(this.#folder, 'command'), command);
    process.kill(this.product.holdfast.pid, 'SIGUSR2');
  }

  /**
   * Memory in use in all threads, and how much is in the maps that could grow. A thread that has ended since is not waited for: the fan's
   * ends where ports cannot be borrowed.
   */
  async sizes(): Promise<Readonly<Record<string, number>>> {
    const look = ++this.#looks;
    const asked = this.#threads();
    this.tell(`sizes ${look}`);
    const missing = (): readonly string[] =>
      asked.filter((thread) => this.#lives(thread) && !this.#has(`${thread}-${look}.sizes`));
    await until('the sizes of all threads', () => this.#faultless() && missing().length === 0, PATIENCE_MS).catch(
      (error: unknown) => {
        throw new Error(`no sizes of thread ${missing().join(', ')} of ${asked.join(', ')}`, { cause: error });
      },
    );
    const parts = this.#named(`-${look}.sizes`).map((name) => JSON.parse(this.#read(name)) as Sizes);
    const found: Record<string, number> = { 'heaps MB': parts.reduce((sum, { heapMb }) => sum + heapMb, 0) };
    for (const part of parts) for (const [name, size] of Object.entries(part.found)) found[name] = (found[name] ?? 0) + size;
    return found;
  }

  #threads(): readonly string[] {
    return this.#named('.here').map((name) => name.slice(0, -'.here'.length));
  }

  #lives(thread: string): boolean {
    return existsSync(`/proc/${this.product.holdfast.pid}/task/${this.#read(`${thread}.here`)}`);
  }

  /** @throws what a probe could not do. */
  #faultless(): true {
    for (const name of this.#named('.fault')) throw new Error(`${name}: ${this.#read(name)}`);
    return true;
  }

  #has(name: string): boolean {
    return existsSync(join(this.#folder, name));
  }

  #read(name: string): string {
    return readFileSync(join(this.#folder, name), 'utf8');
  }

  /** So many files with this ending, once they do not grow any more: their text by their names. */
  async files(ending: string, count: number): Promise<ReadonlyMap<string, string>> {
    let [last, quietMs] = ['', 0];
    const complete = (): boolean => {
      const sizes = this.#named(ending).map((name) => statSync(join(this.#folder, name)).size);
      const now = sizes.join();
      quietMs = now === last && sizes.length >= count ? quietMs + LOOK_MS : 0;
      last = now;
      return quietMs >= QUIET_MS;
    };
    await until(`${count} files of the probe`, complete, PATIENCE_MS);
    return new Map(this.#named(ending).map((name) => [name, this.#read(name)]));
  }

  async stop(): Promise<void> {
    await this.product.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #named(ending: string): readonly string[] {
    return readdirSync(this.#folder).filter((name) => name.endsWith(ending));
  }
}
