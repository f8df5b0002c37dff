/**
 * until: waits for something another process does, by looking again and again, and fails when it does not come.
 */
const LOOK_MS = 20;

export async function until(what: string, done: () => boolean | Promise<boolean>, patienceMs = 10_000): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (!(await done())) {
    if (performance.now() > endMs) throw new Error(`waited ${patienceMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Does this process exist, and is it more than a zombie? */
export function isAlive(pid: number, readStat: (path: string) => string): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readStat(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}
