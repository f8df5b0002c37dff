/**
 * ways: how phones say hold and resume: every dialect that is in the field, as a table. A new phone's habit is a row here.
 */
import type { Phone } from './phone/phone.js';
import { EVENTS, type Level, type Words } from './phone/sdp-author.js';
import type { Direction } from './phone/sdp-reader.js';

export type Way = Readonly<{
  id: string;
  title: string;
  rfc: string;
  method: 'INVITE' | 'UPDATE';
  /** What it means, from the phone's side. */
  direction: Direction;
  level: Level;
  /** What is done to the phone before. */
  prepare?: (phone: Phone) => Promise<void>;
  words: (phone: Phone) => Partial<Words>;
}>;

type Short = Readonly<Partial<Pick<Way, 'method' | 'level' | 'prepare'>> & { words?: Way['words']; rfc?: string }>;

function way(
  id: string,
  title: string,
  direction: Direction,
  { method = 'INVITE', level = 'media', rfc = '3264 §8.4', prepare, words = () => ({}) }: Short = {},
): Way {
  const all = (phone: Phone): Partial<Words> => ({ direction, level, ...words(phone) });
  return { id, title, rfc, method, direction, level, words: all, ...(prepare === undefined ? {} : { prepare }) };
}

const zero = (): Partial<Words> => ({ address: '0.0.0.0' });
const update = { method: 'UPDATE', rfc: '3311 §5.1' } as const;

/** RFC 3264 §8.3.1: a new port, as after NAT rebinding. */
const move = async (phone: Phone): Promise<void> => {
  await phone.sound.move();
  phone.sdp.usual = { ...phone.sdp.usual, port: phone.sound.port };
};
const codecs =
  (...list: readonly number[]) =>
  (phone: Phone): Partial<Words> => {
    phone.sdp.usual = { ...phone.sdp.usual, codecs: list };
    return {};
  };

export const HOLDS: readonly Way[] = [
  way('sendonly', 'a re-INVITE with sendonly', 'sendonly'),
  way('inactive', 'a re-INVITE with inactive', 'inactive'),
  way('zero', 'a re-INVITE with c=0.0.0.0 and no direction', 'sendonly', {
    words: () => ({ ...zero(), direction: 'sendrecv' }),
    level: 'none',
  }),
  way('zero-sendrecv', 'a re-INVITE with c=0.0.0.0 and sendrecv', 'sendonly', {
    words: () => ({ ...zero(), direction: 'sendrecv' }),
  }),
  way('zero-sendonly', 'a re-INVITE with c=0.0.0.0 and sendonly', 'sendonly', { words: zero }),
  way('zero-inactive', 'a re-INVITE with c=0.0.0.0 and inactive', 'inactive', { words: zero }),
  way('session-sendonly', 'a re-INVITE with sendonly for the session', 'sendonly', { level: 'session', rfc: '3264 §5.1' }),
  way('session-inactive', 'a re-INVITE with inactive for the session', 'inactive', { level: 'session', rfc: '3264 §5.1' }),
  way('update-sendonly', 'an UPDATE with sendonly', 'sendonly', update),
  way('update-inactive', 'an UPDATE with inactive', 'inactive', update),
  way('new-port', 'a re-INVITE with sendonly and a new port', 'sendonly', { prepare: move, rfc: '3264 §8.3.1' }),
  way('one-codec', 'a re-INVITE with sendonly and fewer codecs', 'sendonly', { words: codecs(0, EVENTS), rfc: '3264 §8.3.2' }),
  way('other-codec', 'a re-INVITE with sendonly that changes codec', 'sendonly', {
    words: codecs(8, EVENTS),
    rfc: '3264 §8.3.2',
  }),
  way('no-events', 'a re-INVITE with sendonly without telephone-event', 'sendonly', { words: codecs(0, 8), rfc: '3264 §8.3.2' }),
];

export const RESUME: Way = way('sendrecv', 'a re-INVITE with sendrecv', 'sendrecv');

export const RESUMES: readonly Way[] = [
  RESUME,
  way('no-attribute', 'a re-INVITE with no direction at all', 'sendrecv', { level: 'none', rfc: '3264 §5.1' }),
  way('session-sendrecv', 'a re-INVITE with sendrecv for the session', 'sendrecv', { level: 'session', rfc: '3264 §5.1' }),
  way('update-sendrecv', 'an UPDATE with sendrecv', 'sendrecv', update),
  way('new-port', 'a re-INVITE with a new port', 'sendrecv', { prepare: move, rfc: '3264 §8.3.1' }),
  way('other-codec', 'a re-INVITE that changes codec', 'sendrecv', { words: codecs(8, EVENTS), rfc: '3264 §8.3.2' }),
];

export const holdNamed = (id: string): Way => {
  const found = HOLDS.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no way to hold is called ${id}`);
  return found;
};
