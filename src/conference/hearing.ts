/**
 * hearing: the matrix of who hears whom, and the three words of it that call centres know: monitor, whisper, barge in. Pure.
 * Nobody ever hears himself; mute and hold come on top of what stands here.
 */

/** Whom one listener hears. `except` counts for members who join later too; `only` leaves them out. */
export type Row = 'everyone' | Readonly<{ only: readonly string[] }> | Readonly<{ except: readonly string[] }>;

/** Rows by listener; a listener that is not named keeps its row. */
export type Matrix = Readonly<Record<string, Row>>;

export function hears(row: Row, source: string): boolean {
  if (row === 'everyone') return true;
  if ('only' in row) return row.only.includes(source);
  return !row.except.includes(source);
}

/** The supervisor hears all, nobody hears the supervisor. */
export const monitor = (supervisor: string, members: readonly string[]): Matrix => whisper(supervisor, [], members);

/** Only those in `to` hear the supervisor, who hears all. A supervisor who has not joined yet is not among the members. */
export function whisper(supervisor: string, to: readonly string[], members: readonly string[]): Matrix {
  const row = (member: string): Row => (member === supervisor || to.includes(member) ? 'everyone' : { except: [supervisor] });
  return Object.fromEntries(members.map((member) => [member, row(member)]));
}

/** Everybody hears everybody. */
export const bargeIn = (members: readonly string[]): Matrix => Object.fromEntries(members.map((member) => [member, 'everyone']));
