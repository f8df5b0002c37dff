/** header-lookup: asked for by any spelling, a header of drachtio-srf's messages is what the library itself would have found. */
import { createRequire } from 'node:module';
import t from 'tap';
import { findQuickly } from '#signaling/header-lookup.js';

type Message = {
  headers: Record<string, unknown>;
  get(name: string): unknown;
  has(name: string): boolean;
  set(name: string, value: string): void;
};
type MessageClass = { new (text: string): Message; prototype: { getHeaderName: (name: string) => string | undefined } };

const require = createRequire(import.meta.url);
const { SipMessage } = require('drachtio-srf') as { SipMessage: MessageClass };

const TEXT = [
  'INVITE sip:102@example.com SIP/2.0',
  'v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1',
  'FROM: <sip:101@example.com>;tag=1',
  't: <sip:102@example.com>',
  'Call-ID: a@b',
  'cseq: 1 INVITE',
  'X-Account: 7',
  'x-lower: 8',
  'P-Charging-Vector: icid',
  'P-Asserted-Identity: <sip:101@example.com>',
  'Diversion: <sip:103@example.com>',
  'Supported: timer',
  'Supported: 100rel',
  'Content-Length: 0',
  '',
  '',
].join('\r\n');

const ASKED = [
  ...['Via', 'v', 'from', 'From', 'f', 'TO', 't', 'call-id', 'i', 'CSeq', 'X-Account', 'x-account', 'X-LOWER', 'x-lower'],
  ...[
    'P-Charging-Vector',
    'p-charging-vector',
    'P-Asserted-Identity',
    'diversion',
    'Diversion',
    'supported',
    'Content-Length',
    'l',
  ],
  ...['Contact', 'Session-Expires', 'x', ''],
];

t.test('what is found is what the library finds', async (t) => {
  const answers = (): unknown => {
    const message = new SipMessage(TEXT);
    message.set('Subject', 'lunch');
    return [...ASKED, 'subject'].map((name) => [name, message.has(name), message.get(name)]);
  };
  const before = SipMessage.prototype.getHeaderName;
  const expected = answers();
  findQuickly(SipMessage as never);
  t.not(SipMessage.prototype.getHeaderName, before);
  t.same(answers(), expected);
  const once = SipMessage.prototype.getHeaderName;
  findQuickly(SipMessage as never);
  t.equal(SipMessage.prototype.getHeaderName, once);
});
