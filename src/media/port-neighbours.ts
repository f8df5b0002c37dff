/**
 * port-neighbours: another rtpengine of this machine that was given ports of ours. Both would bind the same port without a word (rtpengine asks
 * for SO_REUSEADDR; measured), and from then on what one caller says is heard in another's call; so ours is not started like that. Two that start
 * in the same instant do not see each other.
 */
import { readdir, readFile, readlink } from 'node:fs/promises';
import type { Clock } from '#kit/clock.js';
import { ConfigError } from '#kit/errors.js';

export type PortShare = Readonly<{ addresses: readonly string[]; portMin: number; portMax: number }>;
type Neighbour = PortShare & Readonly<{ pid: number }>;

const LOOK_MS = 50;

/** @param patienceMs for one that is about to end. @throws ConfigError while another rtpengine may take the same ports. */
export async function checkNeighbours(ours: PortShare, clock: Clock, patienceMs = 0, look = neighbours): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    const other = (await look()).find((one) => shares(one, ours));
    if (other === undefined) return;
    if (waitedMs >= patienceMs) throw new ConfigError(complaint(ours, other));
    await new Promise<void>((resolve) => clock.after('an rtpengine of before ends', LOOK_MS, resolve));
  }
}

const complaint = (ours: PortShare, other: Neighbour): string =>
  `holdfast.yaml: rtpengine.portMin, rtpengine.portMax (RTPENGINE_PORT_MIN, RTPENGINE_PORT_MAX): found ${ours.portMin} to ${ours.portMax}, ` +
  `expected ports that no other rtpengine of this machine may take (process ${other.pid} has ${other.portMin} to ${other.portMax}): their calls would hear each other`;

function shares(one: PortShare, other: PortShare): boolean {
  if (one.portMin > other.portMax || other.portMin > one.portMax) return false;
  return one.addresses.some((address) => other.addresses.includes(address));
}

/** Those of our network that say on their command line what they have, as ours do. What stands in a configuration file of its own is not seen. */
export async function neighbours(proc = '/proc'): Promise<readonly Neighbour[]> {
  const pids = (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`${proc}/${pid}/cmdline`, 'utf8').catch(() => '')));
  const found = lines.flatMap((line, index) => {
    const share = portShare(line.split('\0'));
    return share === undefined ? [] : [{ ...share, pid: Number(pids[index]) }];
  });
  const here = await networkOf(`${proc}/self`);
  const networks = await Promise.all(found.map(({ pid }) => networkOf(`${proc}/${pid}`)));
  return found.filter((_one, index) => [here, undefined].includes(networks[index]));
}

/** In a container the same address and port are others. @returns undefined: we may not know. */
const networkOf = (of: string): Promise<string | undefined> => readlink(`${of}/ns/net`).catch(() => undefined);

/** @param words of a command line. @returns undefined: that is no rtpengine, or it does not say. */
export function portShare(words: readonly string[]): PortShare | undefined {
  if (!/(^|\/)rtpengine$/.test(words[0] ?? '')) return undefined;
  const [portMin, portMax] = [valuesOf(words, '-m', '--port-min'), valuesOf(words, '-M', '--port-max')].map((values) =>
    Number(values.at(-1)),
  );
  if (portMin === undefined || portMax === undefined || !Number.isInteger(portMin) || !Number.isInteger(portMax))
    return undefined;
  // [NAME/]ADDRESS[!ADVERTISED]
  const addresses = valuesOf(words, '-i', '--interface').map((value) => value.replace(/^.*\//, '').replace(/!.*$/, ''));
  return { addresses, portMin, portMax };
}

/** `--name=value`, `--name value`, `-n value` or `-nvalue`. */
function valuesOf(words: readonly string[], short: string, long: string): string[] {
  return words.flatMap((word, index) => {
    if (word === short || word === long) return words[index + 1] ?? [];
    if (word.startsWith(`${long}=`)) return word.slice(long.length + 1);
    return word.startsWith(short) && !word.startsWith('--') ? word.slice(short.length) : [];
  });
}
