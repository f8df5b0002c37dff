/**
 * sip-text: messages as text for grammar tests. A test says what matters to it; the rest is filled in, and every length counted.
 */
export type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

const COMMON: Fields = {
  Via: 'SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKx1;rport',
  'Max-Forwards': '70',
  From: '<sip:101@holdfast.example>;tag=f1',
  To: '<sip:102@holdfast.example>',
  'Call-ID': 'c1@127.0.0.1',
};

/** A field given as undefined is left out; a list makes several fields. */
export function requestText(method: string, fields: Fields = {}, body = '', uri = 'sip:102@holdfast.example'): string {
  const contact: Fields = method === 'INVITE' ? { Contact: '<sip:101@127.0.0.1:5060>' } : {};
  return messageText(`${method} ${uri} SIP/2.0`, { ...COMMON, CSeq: `1 ${method}`, ...contact, ...fields }, body);
}

export function responseText(status: number, reason: string, fields: Fields = {}, body = ''): string {
  return messageText(`SIP/2.0 ${status} ${reason}`, { ...COMMON, CSeq: '1 INVITE', ...fields }, body);
}

function messageText(startLine: string, fields: Fields, body: string): string {
  const lines = [startLine];
  for (const [name, value] of Object.entries({ 'Content-Length': String(body.length), ...fields })) {
    for (const one of value === undefined ? [] : [value].flat()) lines.push(`${name}: ${one}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
