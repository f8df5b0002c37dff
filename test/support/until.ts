/**
 * until: waits for something another process does, by looking again and again, and fails when it does not come.
 */
const LOOK_MS = 20;

export async function until(what: string, done: () => boolean | Promise<boolean>, patienceMs = 10_000): Promise<void> {
  if (!(await within(patienceMs, done))) throw new Error(`waited ${patienceMs} ms for: ${what}`);
}

/** @returns has it come in time? */
export async function within(patienceMs: number, done: () => boolean | Promise<boolean>, lookMs = LOOK_MS): Promise<boolean> {
  const endMs = performance.now() + patienceMs;
  while (!(await done())) {
    if (performance.now() > endMs) return false;
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
  return true;
}

/** Does this process exist, and is it more than a zombie? */
export function isAlive(pid: number, readStat: (path: string) => string): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readStat(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}
