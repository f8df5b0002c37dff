/**
 * mutate: seeded damage to a text, so that a failure can be had again by its number.
 */

/** Mulberry32: small, and the same on every machine. Yields numbers from 0 up to 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What breaks parsers: separators, quotes, brackets, line ends, zero, and a byte that trim() takes for white space. */
const NASTY = [
  '\r\n',
  '\r',
  '\n',
  '\r\n ',
  '"',
  '\\',
  '<',
  '>',
  ';',
  ',',
  ':',
  '=',
  '@',
  '[',
  ']',
  '%',
  ' ',
  '\0',
  '\xa0',
  '\xff',
  '0',
];

/** One to four wounds: something nasty put in, a piece cut out, doubled, or moved to another place. */
export function mutate(text: string, random: () => number): string {
  let mutant = text;
  const wounds = 1 + Math.floor(random() * 4);
  for (let wound = 0; wound < wounds; wound++) {
    const at = Math.floor(random() * mutant.length);
    const end = at + 1 + Math.floor(random() * 12);
    const piece = mutant.slice(at, end);
    const [before, after] = [mutant.slice(0, at), mutant.slice(end)];
    const other = Math.floor(random() * after.length);
    switch (Math.floor(random() * 5)) {
      case 0:
        mutant = before + (NASTY[Math.floor(random() * NASTY.length)] ?? '') + mutant.slice(at);
        break;
      case 1:
        mutant = before + (NASTY[Math.floor(random() * NASTY.length)] ?? '') + mutant.slice(at + 1);
        break;
      case 2:
        mutant = before + after;
        break;
      case 3:
        mutant = before + piece + piece + after;
        break;
      default:
        mutant = before + after.slice(0, other) + piece + after.slice(other);
    }
  }
  return mutant;
}
