/**
 * handed-on: a message in the form in which drachtio-srf reads the same as we have read. What it could not read it would drop without an
 * answer, and print with all that is in it.
 */

/** @param text that parse.ts has taken. */
export function handedOn(text: string): string {
  let start = 0;
  // RFC 3261 §7.5: empty lines before the start line are passed over; drachtio-srf takes the first of them for the head.
  while (text.startsWith('\r\n', start)) start += 2;
  const message = start === 0 ? text : text.slice(start);
  const lineEnd = message.indexOf('\r\n');
  const line = message.slice(0, lineEnd);
  // RFC 3261 §7.1: the version is not case-sensitive, but for drachtio-srf.
  const read = /^SIP\/2\.0 | SIP\/2\.0$/.test(line) ? message : inCapitals(line) + message.slice(lineEnd);
  return read.includes('multipart/') ? withoutPieces(read) : read;
}

const inCapitals = (line: string): string => line.replace(/ sip\/2\.0$/i, ' SIP/2.0').replace(/^sip\/2\.0 /i, 'SIP/2.0 ');

/**
 * RFC 2045 §5.1: types are not case-sensitive. drachtio-srf would cut a `multipart/` body into pieces that nobody asks for, in a time that
 * grows with the square of its length.
 */
function withoutPieces(message: string): string {
  const blank = message.indexOf('\r\n\r\n');
  const end = blank < 0 ? message.length : blank;
  let isType = false;
  const lines = message
    .slice(0, end)
    .split('\r\n')
    .map((line) => {
      if (!/^[ \t]/.test(line)) isType = /^(?:content-type|c)[ \t]*:/i.test(line);
      return isType ? line.replaceAll('multipart/', 'Multipart/') : line;
    });
  return lines.join('\r\n') + message.slice(end);
}
