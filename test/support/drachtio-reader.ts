/**
 * drachtio-reader: drachtio-srf's own parser, unmodified, reading a message as it would arrive over the link.
 * It throws on some malformed messages; nothing that we let pass may be one of them.
 */
import Srf from 'drachtio-srf';
import { writeMessage } from '#sip/write.js';
import type { SipMessage } from '#sip/message.js';

export type DrachtioReading = Readonly<{
  has(name: string): boolean;
  getParsedHeader(name: string): unknown;
  body: string | undefined;
}>;

type SipMessageClass = new (raw: string) => DrachtioReading;

/** The library exports the class, its types forget it. */
const DrachtioMessage = (Srf as unknown as { SipMessage: SipMessageClass }).SipMessage;

/** drachtio-srf decodes what the engine sends as UTF-8. @throws what drachtio-srf throws */
export const readByDrachtio = (message: SipMessage): DrachtioReading =>
  new DrachtioMessage(Buffer.from(writeMessage(message), 'latin1').toString('utf8'));
