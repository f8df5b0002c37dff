/**
 * probed: the product with a probe in each of its threads, which profiles it or writes down its heap when it is told to.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../support/until.js';
import { startProduct, type Product } from './product.js';

const PROBE = new URL('./probe.mjs', import.meta.url).href;
const LOOK_MS = 20;
const QUIET_MS = 1500;
const PATIENCE_MS = 60_000;

export class Probed {
  readonly product: Product;
  readonly #folder: string;

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

  tell(command: 'profile' | 'stop' | 'heap'): void {
    writeFileSync(join(this.#folder, 'command'), command);
    process.kill(this.product.holdfast.pid, 'SIGUSR2');
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
    return new Map(this.#named(ending).map((name) => [name, readFileSync(join(this.#folder, name), 'utf8')]));
  }

  async stop(): Promise<void> {
    await this.product.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #named(ending: string): readonly string[] {
    return readdirSync(this.#folder).filter((name) => name.endsWith(ending));
  }
}
