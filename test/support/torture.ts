/**
 * torture: the messages of RFC 4475, by their names there, as the latin1 text that the parser takes.
 */
import { readFileSync } from 'node:fs';

export const torture = (name: string): string => readFileSync(new URL(`../sip/torture/${name}.dat`, import.meta.url), 'latin1');

/** RFC 4475 §3.1.1, and those of §3.2 and §3.3 that are well formed: what mutations start from. */
export const WELL_FORMED: readonly string[] = [
  ...['wsinv', 'intmeth', 'esc01', 'escnull', 'esc02', 'lwsdisp', 'longreq', 'dblreq', 'semiuri', 'transports', 'mpart01'],
  ...['unreason', 'noreason', 'badbranch', 'unksm2', 'bext01', 'invut', 'regaut01', 'bcast', 'zeromf'],
  ...['cparam01', 'cparam02', 'regescrt', 'sdp01'],
];
