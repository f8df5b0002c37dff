/**
 * product: Holdfast in a process of its own, configured for measuring: many phones, and two trunks between which SIPp calls.
 * How it is started and stopped is known by test/support/holdfast.ts; here is what the measurements add and read.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf } from '../../support/child-processes.js';
import { freePorts } from '../../support/free-ports.js';
import { Holdfast } from '../../support/holdfast.js';

/** SIPp calls from here; whoever calls from 127.0.0.1 is a phone and must register. */
export const CALLER_HOST = '127.0.0.2';
export const CALLED_HOST = '127.0.0.1';
export const CALLED_NUMBER = '9555';
const FIRST_PHONE = 1000;

export type Product = Readonly<{ holdfast: Holdfast; answererPort: number; stop: () => Promise<void> }>;

/** `rtpPorts`: a call takes four of them. HOLDFAST_BENCH_NODE_OPTIONS (say `--import` of a profiler) reaches the process that is measured. `store`: everything is kept, as shipped;
 * `alone`: music is played to each listener alone, however many there are. */
export async function startProduct({ phones = 0, rtpPorts = 400, store = true, alone = false }): Promise<Product> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const answererPort = (await freePorts(16)).portMin;
  const { portMin, portMax } = await freePorts(rtpPorts);
  writeConfig(folder, phoneNumbers(phones), answererPort, store);
  if (alone) writeFileSync(join(folder, 'music.yaml'), 'fan: { from: 0 }\n');
  const nodeOptions = process.env['HOLDFAST_BENCH_NODE_OPTIONS'];
  const holdfast = await Holdfast.start({
    environment: {
      HOLDFAST_CONFIG: folder,
      RTPENGINE_PORT_MIN: String(portMin),
      RTPENGINE_PORT_MAX: String(portMax),
      ...(nodeOptions === undefined ? {} : { NODE_OPTIONS: nodeOptions }),
    },
  });
  const stop = async (): Promise<void> => {
    await holdfast.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { holdfast, answererPort, stop };
}

export const phoneNumbers = (count: number): string[] => Array.from({ length: count }, (_, index) => String(FIRST_PHONE + index));

function writeConfig(folder: string, numbers: readonly string[], answererPort: number, store: boolean): void {
  const phones = numbers.map((number) => `  - { number: '${number}', password: demo-${number} }`);
  const tokens = ['tokens:', '  - { name: demo, token: demo-token }', ''];
  writeFileSync(join(folder, 'accounts.yaml'), [...(phones.length > 0 ? ['phones:', ...phones] : []), ...tokens].join('\n'));
  const trunks = [
    'trunks:',
    `  - { name: callers, uri: 'sip:${CALLER_HOST}:6070', from: ['${CALLER_HOST}'], transit: true }`,
    `  - { name: answerers, uri: 'sip:${CALLED_HOST}:${answererPort}', prefix: '9', stripPrefix: false }`,
    '',
  ];
  writeFileSync(join(folder, 'trunks.yaml'), trunks.join('\n'));
  // As the product is delivered: its log line per event is part of what a call costs.
  writeFileSync(join(folder, 'holdfast.yaml'), `log: info\nstore: ${store ? 'kept' : 'memory'}\n`);
}

/** Resident memory in MB of Holdfast itself and of the rtpengine it has started. */
export function memoryOf(holdfast: Holdfast): { node: number; rtpengine: number } {
  const media = childrenOf(holdfast.pid).find(({ name }) => name === 'rtpengine');
  return { node: residentMb(holdfast.pid), rtpengine: media === undefined ? Number.NaN : residentMb(media.pid) };
}

const residentMb = (pid: number): number => Number(/^VmRSS:\s+(\d+)/m.exec(statusOf(pid))?.[1]) / 1024;

/** Empty: it has ended. */
function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}
