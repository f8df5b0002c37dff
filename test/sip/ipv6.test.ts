import t from 'tap';
import { headerValue, headerValues } from '#sip/headers.js';
import { parseNameAddr } from '#sip/name-addr.js';
import { parseMessage } from '#sip/parse.js';
import { connectionAddress, directionOf, readSdp } from '#sip/sdp.js';
import { parseUri } from '#sip/uri.js';
import { parseVia } from '#sip/via.js';
import { readByDrachtio } from '../support/drachtio-reader.js';
import { requestText, type Fields } from '../support/sip-text.js';

const CONTACT = '"Caller" <sip:caller@[2001:db8::1]>';
const VIA = 'SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111';
const MAPPED = [
  'SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19',
  'SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111',
];

type Case = Readonly<{ section: string; method: string; uri: string; fields: Fields; treatment: 'ok' | number; reason: string }>;

const base: Fields = { To: 'sip:user@example.com', From: 'sip:user@example.com;tag=81x2', Via: VIA };

/** RFC 5118 §4, by section: request line and the fields that matter, what we do, and why. */
const CASES: readonly Case[] = [
  {
    section: '4.1',
    method: 'REGISTER',
    uri: 'sip:[2001:db8::10]',
    fields: { Contact: CONTACT },
    treatment: 'ok',
    reason: 'brackets',
  },
  {
    section: '4.2',
    method: 'REGISTER',
    uri: 'sip:2001:db8::10',
    fields: { Contact: CONTACT },
    treatment: 400,
    reason: 'no brackets',
  },
  {
    section: '4.3',
    method: 'REGISTER',
    uri: 'sip:[2001:db8::10:5070]',
    fields: { Contact: CONTACT },
    treatment: 'ok',
    reason: 'what looks like a port is the last group of the address',
  },
  {
    section: '4.4',
    method: 'REGISTER',
    uri: 'sip:[2001:db8::10]:5070',
    fields: { Contact: CONTACT },
    treatment: 'ok',
    reason: 'a port stands outside the brackets',
  },
  {
    section: '4.5',
    method: 'BYE',
    uri: 'sip:[2001:db8::10]',
    fields: { Via: 'SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111' },
    treatment: 'ok',
    reason: 'brackets in received are not of the grammar, and have to be borne',
  },
  {
    section: '4.5 (second)',
    method: 'OPTIONS',
    uri: 'sip:[2001:db8::10]',
    fields: { Via: 'SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3' },
    treatment: 'ok',
    reason: 'received without brackets is the grammar’s way',
  },
  {
    section: '4.7',
    method: 'BYE',
    uri: 'sip:user@host.example.net',
    fields: {
      Via: [
        'SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111',
        'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144',
        'SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200',
      ],
    },
    treatment: 'ok',
    reason: 'both families in one Via list',
  },
  {
    section: '4.9',
    method: 'INVITE',
    uri: 'sip:user@example.com',
    fields: { Via: MAPPED, Contact: '"T. desk phone" <sip:ted@[::ffff:192.0.2.2]>' },
    treatment: 'ok',
    reason: 'addresses of IPv4 mapped into IPv6',
  },
  {
    section: '4.10',
    method: 'OPTIONS',
    uri: 'sip:user@[2001:db8:::192.0.2.1]',
    fields: { To: 'sip:user@[2001:db8:::192.0.2.1]' },
    treatment: 'ok',
    reason: 'choice: passed; the grammar of RFC 3261 itself makes three colons, and the RFC asks to be generous',
  },
  {
    section: '4.10 (second)',
    method: 'OPTIONS',
    uri: 'sip:user@[2001:db8::192.0.2.1]',
    fields: { To: 'sip:user@[2001:db8::192.0.2.1]' },
    treatment: 'ok',
    reason: 'two colons are right',
  },
];

t.test('the messages of RFC 5118 are treated as the table says, and what passes does not make drachtio-srf throw', async (t) => {
  for (const { section, method, uri, fields, treatment, reason } of CASES) {
    const parsed = parseMessage(requestText(method, { ...base, ...fields }, '', uri));
    t.equal(parsed.kind === 'refuse' ? parsed.status : parsed.kind, treatment, `${section}: ${reason}`);
    if (parsed.kind !== 'ok') continue;
    const reading = readByDrachtio(parsed.message);
    for (const name of ['from', 'to', 'via']) t.ok(reading.getParsedHeader(name), `${section}: ${name}`);
    if (reading.has('contact')) t.ok(reading.getParsedHeader('contact'), `${section}: contact`);
  }
});

t.test('host and port are told apart by the brackets (4.3, 4.4)', async (t) => {
  t.match(parseUri('sip:[2001:db8::10:5070]'), { host: '[2001:db8::10:5070]', port: undefined });
  t.match(parseUri('sip:[2001:db8::10]:5070'), { host: '[2001:db8::10]', port: 5070 });
  t.equal(parseUri('sip:2001:db8::10'), undefined);
  t.match(parseNameAddr(CONTACT), { displayName: 'Caller', uri: 'sip:caller@[2001:db8::1]' });
});

t.test('received is the same address with brackets and without (4.5)', async (t) => {
  const received = (value: string) => parseVia(`SIP/2.0/UDP [2001:db8::9:1];received=${value};branch=z9hG4bK1`)?.received;
  t.equal(received('[2001:db8::9:255]'), '2001:db8::9:255');
  t.equal(received('2001:db8::9:255'), '2001:db8::9:255');
});

t.test('every Via of both families is found, with its port (4.7, 4.9)', async (t) => {
  const parsed = parseMessage(requestText('BYE', { ...base, Via: MAPPED }));
  if (parsed.kind !== 'ok') throw new Error('does not pass');
  t.match(headerValues(parsed.message, 'Via').map(parseVia), [
    { host: '[::ffff:192.0.2.10]', port: 19823 },
    { host: '[::ffff:192.0.2.2]', port: undefined },
  ]);
  t.equal(headerValue(parsed.message, 'From'), 'sip:user@example.com;tag=81x2');
});

const sdp = (...lines: string[]): string => ['v=0', ...lines, ''].join('\r\n');

t.test('session descriptions of IPv6, of both families, and of mapped addresses are read (4.6, 4.8, 4.9)', async (t) => {
  const six = sdp(
    'o=assistant 971731711378798081 0 IN IP6 2001:db8::20',
    "s=Live video feed for today's meeting",
    'c=IN IP6 2001:db8::20',
    't=3338481189 3370017201',
    'm=audio 6000 RTP/AVP 2',
    'a=rtpmap:2 G726-32/8000',
    'm=video 6024 RTP/AVP 107',
    'a=rtpmap:107 H263-1998/90000',
  );
  t.equal(connectionAddress(six), '2001:db8::20');
  t.equal(readSdp(six).sessionId, '971731711378798081', 'a number that JavaScript would round');
  const both = sdp(
    'o=bob 280744730 28977631 IN IP4 host.example.com',
    's=',
    't=0 0',
    'm=audio 22334 RTP/AVP 0',
    'c=IN IP4 192.0.2.1',
    'm=video 6024 RTP/AVP 107',
    'c=IN IP6 2001:db8::1',
    'a=rtpmap:107 H263-1998/90000',
  );
  t.same(
    readSdp(both).media.map(({ address }) => address),
    ['192.0.2.1', '2001:db8::1'],
  );
  t.equal(connectionAddress(six.replaceAll('2001:db8::20', '::ffff:192.0.2.2')), '::ffff:192.0.2.2');
  t.equal(directionOf(six.replace('c=IN IP6 2001:db8::20', 'c=IN IP6 ::')), 'sendonly', 'the IPv6 way of c=0.0.0.0');
});
