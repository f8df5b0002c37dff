/**
 * child-processes: which processes another has started, as /proc tells it.
 */
import { readdirSync, readFileSync } from 'node:fs';

export type Child = Readonly<{ pid: number; name: string }>;

/** Processes whose parent is `pid`, by command name. */
export function childrenOf(pid: number): Child[] {
  const found: Child[] = [];
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [, name = '', parent] = /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${entry}/stat`, 'utf8')) ?? [];
      if (Number(parent) === pid) found.push({ pid: Number(entry), name });
    } catch {
      continue; // it ended meanwhile
    }
  }
  return found;
}

/** The rtpengine that this process has started. */
export function rtpengineOf(pid: number): number {
  const found = childrenOf(pid).find(({ name }) => name === 'rtpengine');
  if (found === undefined) throw new Error('there is no rtpengine');
  return found.pid;
}
