/**
 * own-text: a copy of a piece of a message that does not keep the whole message in memory. V8 makes a slice point into the
 * text it was cut from; a dialog lives for hours and needs fifty bytes of it.
 */
export function ownText(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, 'latin1').toString('latin1');
}
