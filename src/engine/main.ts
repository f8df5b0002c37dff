/**
 * main: `npm run engine`: only the engine with its admin port, for anyone who wants a drachtio-server without a container.
 * Understands HOLDFAST_ADDRESS, HOLDFAST_SIP_PORT, HOLDFAST_WS_PORT, HOLDFAST_LOG, HOLDFAST_STORE, DRACHTIO_PORT and DRACHTIO_SECRET.
 */
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError, ConfigError } from '#kit/errors.js';
import { collectWithoutHelpers } from '#kit/few-cores.js';
import { createLogger } from '#kit/log.js';
import { outliveRejections } from '#kit/rejections.js';
import { startEngine, type RunningEngine } from './engine.js';
import type { EngineOptions } from './options.js';

/** Named, not imported: the engine knows no store. */
const KEEPING = new URL('../engine-keeping.js', import.meta.url).href;

type Environment = Readonly<Record<string, string | undefined>>;

export async function main(environment: Environment = process.env): Promise<void> {
  collectWithoutHelpers();
  try {
    const options = readOptions(environment);
    const log = createLogger(environment['HOLDFAST_LOG'] ?? 'info');
    outliveRejections(log);
    const engine = await startEngine(options, { log, watchLoad: true });
    process.stdout.write(report(engine));
    const stop = (): void => void engine.stop().then(() => process.exit(0));
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    process.stderr.write(`holdfast engine: ${error.message}\n`);
    process.exitCode = 1;
  }
}

/** @throws ConfigError naming the variable, what was found and what is expected. */
export function readOptions(environment: Environment): EngineOptions {
  const store = environment['HOLDFAST_STORE'] ?? 'memory';
  const addresses = (environment['HOLDFAST_ADDRESS'] ?? '127.0.0.1').split(',').map((one) => one.trim());
  const name = addresses.find((one) => one !== '' && isIP(one) === 0);
  if (name !== undefined) throw new ConfigError(`HOLDFAST_ADDRESS: found "${name}", expected IP addresses with commas between`);
  return {
    addresses: addresses.filter((one) => one !== ''),
    sipPort: portOf(environment, 'HOLDFAST_SIP_PORT', 5060),
    wsPort: portOf(environment, 'HOLDFAST_WS_PORT', 5066),
    adminPort: portOf(environment, 'DRACHTIO_PORT', 9022),
    secret: environment['DRACHTIO_SECRET'] ?? 'cymru',
    ...(store === 'memory' ? {} : { keep: { module: KEEPING, folder: join(resolve(store), 'engine') } }),
  };
}

function portOf(environment: Environment, name: string, fallback: number): number {
  const text = environment[name];
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (/^[0-9]{1,5}$/.test(text) && port <= 65_535) return port;
  throw new ConfigError(`${name}: found "${text}", expected a port number from 0 to 65535`);
}

function report({ listening, adminPort, restored }: RunningEngine): string {
  const lines = listening.map(({ protocol, address, port }) => `  ${protocol.padEnd(4)} ${address} port ${port}`);
  const again = restored.length === 0 ? '' : `  ${restored.length} dialogs are up again\n`;
  return `holdfast engine listens on\n${lines.join('\n')}\n  drachtio-srf connects to 127.0.0.1 port ${adminPort}\n${again}`;
}

// `node dist/engine/main.js`, where nothing need be installed or built any more.
if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
