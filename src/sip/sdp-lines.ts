/**
 * sdp-lines: a session description as lines: those of the session, then those of each media line, each beginning with m=.
 */
export type SdpSections = Readonly<{ session: readonly string[]; media: readonly (readonly string[])[] }>;

export function sectionsOf(text: string): SdpSections {
  const session: string[] = [];
  const media: string[][] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line === '') continue;
    if (line.startsWith('m=')) media.push([line]);
    else (media.at(-1) ?? session).push(line);
  }
  return { session, media };
}

/** RFC 4566 §5: every line ends with CRLF. */
export const textOf = ({ session, media }: SdpSections): string =>
  [...session, ...media.flat()].map((line) => `${line}\r\n`).join('');

/** What follows `prefix` on the first line that begins with it. */
export const attribute = (lines: readonly string[], prefix: string): string | undefined =>
  lines.find((line) => line.startsWith(prefix))?.slice(prefix.length);
