/**
 * bench-words: what stands behind `npm run bench --`: names of measurements, and from the first number or flag on what each of them is given.
 */

/** @returns names and given, both possibly empty. */
export function benchWords(words) {
  const end = words.findIndex((word) => word.startsWith('-') || !Number.isNaN(Number(word)));
  return end < 0 ? { names: words, given: [] } : { names: words.slice(0, end), given: words.slice(end) };
}
