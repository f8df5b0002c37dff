/**
 * piece: one file in the form rtpengine plays evenly, and how rtpengine is told to begin inside it. 10.5 has no `start-pos`, but it
 * hands the name to ffmpeg, whose names can say more than a file: the head that all our files share, then the file from any cluster on.
 * So nothing is cut and nothing is stored twice. Pure.
 */
import { CLUSTER_MS, clusterOffset } from './matroska.js';
import type { Sound } from './ng-commands.js';

export type Piece = Readonly<{
  /** As whoever put it there calls it. */
  name: string;
  file: string;
  ms: number;
}>;

const LEAST_MS = 1000;

/** Too near to the end to go on there. */
export const isOver = ({ ms }: Piece, atMs: number): boolean => atMs > ms - LEAST_MS;

/** The place a piece can really begin at: a cluster is the smallest part of it. */
export function startOf(piece: Piece, atMs: number): number {
  return isOver(piece, atMs) ? 0 : Math.max(0, Math.floor(atMs / CLUSTER_MS)) * CLUSTER_MS;
}

/**
 * @param head a file with nothing but the head.
 * @param loops after its end it is played from its beginning again and again: then the whole of it stands behind the rest. For each further
 * round rtpengine goes back to the time zero of the file, which only the whole has (measured).
 */
export function soundFrom(piece: Piece, fromMs: number, head: string, loops: boolean): Sound {
  // The bar parts one name from the next, and ffmpeg knows no way to escape it.
  if (fromMs === 0 || `${piece.file}${head}`.includes('|')) return { file: piece.file };
  const places = [fromMs, ...(loops ? [0] : [])];
  return { file: `concat:${[head, ...places.map((atMs) => partFrom(piece.file, atMs))].join('|')}` };
}

/** `end` 0: the end of the file. */
const partFrom = (file: string, atMs: number): string => `subfile,,start,${clusterOffset(atMs / CLUSTER_MS)},end,0,,:${file}`;
