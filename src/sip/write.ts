/**
 * write: messages as text, and small changes to them. Content-Length is always counted anew.
 */
import { rowOf } from './header-table.js';
import type { HeaderField, SipMessage } from './message.js';

/** latin1 text: one character is one byte on the wire. */
export function writeMessage(message: SipMessage): string {
  let text =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0\r\n`
      : `SIP/2.0 ${message.status} ${message.reason}\r\n`;
  for (const { name, value } of message.headers) {
    if (!isContentLength(name)) text += `${name}: ${value}\r\n`;
  }
  return `${text}Content-Length: ${message.body.length}\r\n\r\n${message.body}`;
}

const isContentLength = (name: string): boolean =>
  (name.length === 14 && name.toLowerCase() === 'content-length') || name === 'l' || name === 'L';

const carries = (field: HeaderField, name: string): boolean => {
  const row = rowOf(name);
  return row === undefined ? field.name.toLowerCase() === name.toLowerCase() : rowOf(field.name) === row;
};

/** The message with one field of that name, in the place of the first, or at the end. */
export function withHeader<M extends SipMessage>(message: M, name: string, value: string): M {
  const at = message.headers.findIndex((field) => carries(field, name));
  const others = message.headers.filter((field) => !carries(field, name));
  const place = at < 0 ? others.length : at;
  return { ...message, headers: [...others.slice(0, place), { name, value }, ...others.slice(place)] };
}

export function withoutHeader<M extends SipMessage>(message: M, name: string): M {
  return { ...message, headers: message.headers.filter((field) => !carries(field, name)) };
}

export function prependHeader<M extends SipMessage>(message: M, name: string, value: string): M {
  return { ...message, headers: [{ name, value }, ...message.headers] };
}
