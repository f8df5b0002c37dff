/**
 * playlist: which piece of a class is next, and where a listener goes on who has heard some of it before. Pure.
 */
import { isOver, startOf, type Piece } from './piece.js';

export type Order = 'in-order' | 'shuffled';

export type Playlist = Readonly<{
  /** In the order of their names; never empty. */
  pieces: readonly [Piece, ...Piece[]];
  order: Order;
}>;

/** One piece to be played from somewhere, and the names that are still to come in this round of a shuffled class. */
export type Turn = Readonly<{ piece: Piece; fromMs: number; ahead: readonly string[] }>;

/** Numbers from 0 up to 1, as Math.random gives them. */
export type Random = () => number;

/** @param left the turn a listener was taken from, `fromMs` being where; absent: the first time. */
export function firstTurn(list: Playlist, left: Turn | undefined, random: Random): Turn {
  if (left === undefined) return freshRound(list, undefined, random);
  const piece = list.pieces.find((one) => one.name === left.piece.name && one.file === left.piece.file);
  // A piece that is all but over is not begun again.
  if (piece === undefined || isOver(piece, left.fromMs)) return nextTurn(list, left, random);
  return { ...left, piece, fromMs: startOf(piece, left.fromMs) };
}

/** A piece that has come or gone meanwhile is no reason to begin again. */
export function nextTurn(list: Playlist, { piece, ahead }: Turn, random: Random): Turn {
  if (list.order === 'in-order') {
    const after = list.pieces.find((one) => one.name > piece.name) ?? list.pieces[0];
    return { piece: after, fromMs: 0, ahead: [] };
  }
  for (const [at, name] of ahead.entries()) {
    const found = list.pieces.find((one) => one.name === name);
    if (found !== undefined) return { piece: found, fromMs: 0, ahead: ahead.slice(at + 1) };
  }
  return freshRound(list, piece.name, random);
}

/** @param last what was heard just now: never the same piece twice in a row, unless there is only one. */
function freshRound(list: Playlist, last: string | undefined, random: Random): Turn {
  const [first] = list.pieces;
  if (list.order === 'in-order') return { piece: first, fromMs: 0, ahead: [] };
  const round = shuffled(list.pieces, random);
  if (round[0]?.name === last) round.push(...round.splice(0, 1));
  return { piece: round[0] ?? first, fromMs: 0, ahead: round.slice(1).map(({ name }) => name) };
}

/** Fisher and Yates. */
function shuffled(pieces: readonly Piece[], random: Random): Piece[] {
  const deck = [...pieces];
  const drawn: Piece[] = [];
  while (deck.length > 0) drawn.push(...deck.splice(Math.floor(random() * deck.length), 1));
  return drawn;
}
