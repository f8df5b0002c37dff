/**
 * capacity: whether an rtpengine of our own has room for the calls we allow. Too little is found out at the worst moment otherwise.
 */
import { readFile } from 'node:fs/promises';
import type { Config } from '#kit/config.js';

/** RTP and RTCP towards each of two phones. */
const PORTS_PER_CALL = 4;
/** Files, threads' pipes and control sockets of rtpengine itself. */
const OTHER_FILES = 100;

export async function capacityProblems(config: Pick<Config, 'rtpengine' | 'sip'>): Promise<string[]> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  return [...portProblems(config), ...fileProblems(config, openFiles(limits))];
}

export function portProblems({ rtpengine, sip }: Pick<Config, 'rtpengine' | 'sip'>): string[] {
  const calls = Math.floor((rtpengine.portMax - rtpengine.portMin + 1) / PORTS_PER_CALL);
  if (calls >= sip.maxCalls) return [];
  return [`rtpengine.portMin to rtpengine.portMax is room for ${calls} calls, fewer than sip.maxCalls (${sip.maxCalls})`];
}

export function fileProblems({ sip }: Pick<Config, 'sip'>, files: number): string[] {
  const calls = Math.max(0, Math.floor((files - OTHER_FILES) / PORTS_PER_CALL));
  if (calls >= sip.maxCalls) return [];
  return [`${files} open files (ulimit -n) are room for ${calls} calls, fewer than sip.maxCalls (${sip.maxCalls})`];
}

/** Node raises the soft limit to the hard one for itself, and children inherit it. */
function openFiles(limits: string): number {
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1];
  return hard === undefined ? Infinity : Number(hard);
}
