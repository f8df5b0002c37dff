/**
 * make-folder: a folder and those above it. Node's own `recursive` never returns where nothing can be made (below /proc, Node 20 and 22).
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** @throws what mkdir(2) says of the first one that cannot be made. */
export function makeFolder(folder: string, mode: number): void {
  if (existsSync(folder)) return;
  const above = dirname(folder);
  if (above !== folder) makeFolder(above, mode);
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    if (!existsSync(folder)) throw error; // another has made it meanwhile
  }
}
