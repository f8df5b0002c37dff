import { readdirSync } from 'node:fs';
import t from 'tap';
import { headerValue, headerValues } from '#sip/headers.js';
import { parseMessage } from '#sip/parse.js';
import type { SipRequest, SipResponse } from '#sip/message.js';
import { parseNameAddr, tagOf } from '#sip/name-addr.js';
import { parseUri } from '#sip/uri.js';
import { parseVia } from '#sip/via.js';
import { readByDrachtio } from '../support/drachtio-reader.js';
import { torture } from '../support/torture.js';

type Treatment = 'ok' | 'drop' | number;

/** File, what RFC 4475 says of it, what we do: pass it, drop it, or refuse it with that status; and where there was a choice, why. */
const TREATMENTS: readonly (readonly [file: string, section: string, treatment: Treatment, reason: string])[] = [
  ['wsinv', '3.1.1.1', 'ok', 'folding, spaces around every separator and leading zeros are valid'],
  ['intmeth', '3.1.1.2', 'ok', 'every character the grammar has; the method is unknown, which is not the parser’s business'],
  ['esc01', '3.1.1.3', 'ok', 'escapes are valid wherever the grammar has them'],
  ['escnull', '3.1.1.4', 'ok', 'an escaped NUL is a character of the user part'],
  ['esc02', '3.1.1.5', 'ok', 'a % in a method, a header name or a display name is no escape'],
  ['lwsdisp', '3.1.1.6', 'ok', 'no space is needed between a display name and <'],
  ['longreq', '3.1.1.7', 'ok', 'long values are valid'],
  ['dblreq', '3.1.1.8', 'ok', 'what follows the announced length in a datagram is thrown away (RFC 3261 §18.3)'],
  ['semiuri', '3.1.1.9', 'ok', 'semicolons in the user part are not parameters'],
  ['transports', '3.1.1.10', 'ok', 'a transport nobody knows is a token like any other'],
  ['mpart01', '3.1.1.11', 'ok', 'a binary body with zeros in it'],
  ['unreason', '3.1.1.12', 'ok', 'a reason phrase in UTF-8'],
  ['noreason', '3.1.1.13', 'ok', 'an empty reason phrase'],
  ['badinv01', '3.1.2.1', 400, 'separators with nothing between them in Via and Contact'],
  ['clerr', '3.1.2.2', 400, 'fewer bytes in the datagram than Content-Length says'],
  ['ncl', '3.1.2.3', 400, 'a negative Content-Length'],
  ['scalar02', '3.1.2.4', 400, 'a CSeq that does not fit 32 bits decides, as the RFC wants'],
  ['scalarlg', '3.1.2.5', 'drop', 'a response with a CSeq that does not fit 32 bits'],
  ['quotbal', '3.1.2.6', 400, 'a quote that does not end'],
  ['ltgtruri', '3.1.2.7', 400, 'choice: refused; nothing says what brackets around a Request-URI were to mean'],
  ['lwsruri', '3.1.2.8', 400, 'choice: refused; ignoring the space would change the Request-URI'],
  ['lwsstart', '3.1.2.9', 400, 'choice: refused; a start line that two parties read differently is a way round checks'],
  ['trws', '3.1.2.10', 400, 'choice: refused, as lwsstart'],
  ['escruri', '3.1.2.11', 400, 'choice: refused; the escaped Route must not be obeyed, and RFC 3261 §19.1.5 forbids it'],
  ['baddate', '3.1.2.12', 'ok', 'choice: passed; nobody here reads Date'],
  ['regbadct', '3.1.2.13', 400, 'choice: refused; whose the ? is cannot be told without brackets'],
  ['badaspec', '3.1.2.14', 400, 'choice: refused; spaces inside the brackets'],
  ['baddn', '3.1.2.15', 400, 'choice: refused; a comma in an unquoted display name reads as the start of a second address'],
  ['badvers', '3.1.2.16', 505, 'SIP/7.0 is answered although its Via says 7.0 as well'],
  ['mismatch01', '3.1.2.17', 400, 'the method of the CSeq is another'],
  ['mismatch02', '3.1.2.18', 400, 'the same with a method nobody knows; 501 would be as good'],
  ['bigcode', '3.1.2.19', 'drop', 'a status of ten digits, of which 32 bits would keep 5'],
  ['badbranch', '3.2.1', 'ok', 'a branch that is only the cookie: the transaction layer treats it as one of RFC 2543'],
  ['insuf', '3.3.1', 400, 'no Call-ID, From or To'],
  ['unkscm', '3.3.2', 416, 'a scheme nobody knows'],
  ['novelsc', '3.3.3', 416, 'a scheme that is known, but not here'],
  ['unksm2', '3.3.4', 'ok', 'foreign schemes in To, From and Contact are the registrar’s to refuse'],
  ['bext01', '3.3.5', 'ok', 'extensions nobody has are refused above, with 420'],
  ['invut', '3.3.6', 'ok', 'a body of unknown type is refused above, with 415'],
  ['regaut01', '3.3.7', 'ok', 'an unknown Authorization scheme is as good as none'],
  ['multi01', '3.3.8', 400, 'Call-ID, To, From, Max-Forwards and CSeq stand twice'],
  ['mcl01', '3.3.9', 400, 'two lengths that contradict each other'],
  ['bcast', '3.3.10', 'ok', 'a broadcast address in the second Via; nothing is ever sent there'],
  ['zeromf', '3.3.11', 'ok', 'Max-Forwards 0 is an endpoint’s to answer'],
  ['cparam01', '3.3.12', 'ok', 'without brackets the parameter is the Contact’s'],
  ['cparam02', '3.3.13', 'ok', 'inside brackets the parameter is the URI’s'],
  ['regescrt', '3.3.14', 'ok', 'an escaped Route in a Contact, in brackets, is valid'],
  ['sdp01', '3.3.15', 'ok', 'an Accept without application/sdp is answered above, with 406'],
  [
    'inv2543',
    '3.4.1',
    400,
    'choice: refused; an INVITE of RFC 2543 has no Contact, so no dialog could be made of it (RFC 3261 §8.1.1.8)',
  ],
];

const treatmentOf = (text: string): Treatment => {
  const parsed = parseMessage(text);
  return parsed.kind === 'refuse' ? parsed.status : parsed.kind;
};

function requestOf(name: string): SipRequest {
  const parsed = parseMessage(torture(name));
  if (parsed.kind !== 'ok' || parsed.message.kind !== 'request') throw new Error(`${name} is no request that passes`);
  return parsed.message;
}

function responseOf(name: string): SipResponse {
  const parsed = parseMessage(torture(name));
  if (parsed.kind !== 'ok' || parsed.message.kind !== 'response') throw new Error(`${name} is no response that passes`);
  return parsed.message;
}

t.test('the 49 messages of RFC 4475 are all there and each is treated as the table says', async (t) => {
  const files = readdirSync(new URL('torture/', import.meta.url)).filter((file) => file.endsWith('.dat'));
  t.same(files.sort(), TREATMENTS.map(([file]) => `${file}.dat`).sort(), 'every file has a row');
  t.equal(files.length, 49);
  for (const [file, section, treatment, reason] of TREATMENTS)
    t.equal(treatmentOf(torture(file)), treatment, `${file} (${section}): ${reason}`);
});

t.test('what passes can be read by drachtio-srf, which finds the same tags', async (t) => {
  for (const [file, , treatment] of TREATMENTS) {
    if (treatment !== 'ok') continue;
    const parsed = parseMessage(torture(file));
    if (parsed.kind !== 'ok') throw new Error(`${file} does not pass`);
    const reading = readByDrachtio(parsed.message);
    for (const name of ['From', 'To']) {
      const { params } = reading.getParsedHeader(name) as { params: Record<string, string> };
      t.equal(params['tag'], tagOf(headerValue(parsed.message, name) ?? ''), `${file}: tag of ${name}`);
    }
    t.equal((reading.getParsedHeader('Via') as unknown[]).length > 0, true, `${file}: Via`);
    if (reading.has('Contact')) t.ok(reading.getParsedHeader('Contact'), `${file}: Contact`);
  }
});

t.test('what is refused can be answered: Via, From, To, Call-ID and CSeq are in the request that comes with it', async (t) => {
  for (const [file, , treatment] of TREATMENTS) {
    if (typeof treatment !== 'number') continue;
    const parsed = parseMessage(torture(file));
    if (parsed.kind !== 'refuse') throw new Error(`${file} is not refused`);
    t.match(headerValue(parsed.request, 'Via'), /^SIP\/[0-9.]+\/(UDP|TCP) /, `${file}: where the answer goes`);
    t.ok(headerValue(parsed.request, 'CSeq'), `${file}: what it answers`);
  }
});

t.test('wsinv (3.1.1.1): folded lines and odd spacing are read as what they mean', async (t) => {
  const message = requestOf('wsinv');
  t.equal(message.uri, 'sip:vivekg@chair-dnrc.example.com;unknownparam');
  t.equal(tagOf(headerValue(message, 'To') ?? ''), '1918181833n');
  t.match(parseNameAddr(headerValue(message, 'From') ?? ''), { displayName: 'J Rosenberg \\"', uri: 'sip:jdrosen@example.com' });
  t.equal(headerValue(message, 'CSeq'), '0009 INVITE');
  t.equal(headerValue(message, 'NewFangledHeader'), 'newfangled value continued newfangled value');
  t.equal(headerValue(message, 'UnknownHeaderWithUnusualValue'), ';;,,;;,;', 'nobody splits what nobody knows');
  t.equal(headerValue(message, 'Subject'), '');
  const vias = headerValues(message, 'Via').map(parseVia);
  t.same(
    vias.map((via) => [via?.transport, via?.host, via?.branch]),
    [
      ['UDP', '192.0.2.2', '390skdjuw'],
      ['TCP', 'spindle.example.com', 'z9hG4bK9ikj8'],
      ['UDP', '192.168.255.111', 'z9hG4bK30239'],
    ],
  );
  const contact = parseNameAddr(headerValue(message, 'Contact') ?? '');
  t.equal(contact?.displayName, 'Quoted string ""');
  t.same(
    [...(contact?.params ?? [])],
    [
      ['newparam', 'newvalue'],
      ['secondparam', undefined],
      ['q', '0.33'],
    ],
  );
  t.equal(message.body.length, 150);
});

t.test('esc01 (3.1.1.3): escapes stand for their characters', async (t) => {
  const message = requestOf('esc01');
  t.match(parseUri(message.uri), { user: 'sips:user@example.com', host: 'example.net' });
  t.equal(parseUri(headerValue(message, 'To') ?? '')?.user, 'user');
  const contact = parseUri(parseNameAddr(headerValue(message, 'Contact') ?? '')?.uri ?? '');
  t.equal(contact?.user, 'caller');
  t.same(
    [...(contact?.params ?? [])],
    [
      ['lr', undefined],
      ['name', 'value%41'],
    ],
  );
});

t.test('escnull (3.1.1.4): one escaped NUL and two of them are different users', async (t) => {
  const users = headerValues(requestOf('escnull'), 'Contact').map((value) => parseUri(parseNameAddr(value)?.uri ?? '')?.user);
  t.same(users, ['\0', '\0\0']);
});

t.test('esc02 (3.1.1.5): the method is not REGISTER, and C%6Fntact is not Contact', async (t) => {
  const message = requestOf('esc02');
  t.equal(message.method, 'RE%47IST%45R');
  t.same(headerValues(message, 'Contact'), ['<sip:alias1@host1.example.com>', '<sip:alias3@host3.example.com>']);
  t.equal(parseNameAddr(headerValue(message, 'To') ?? '')?.displayName, '%Z%45');
});

t.test('longreq (3.1.1.7): 34 Vias in every spelling are found, in order', async (t) => {
  const hosts = headerValues(requestOf('longreq'), 'v').map((value) => parseVia(value)?.host);
  t.same(hosts, [...Array.from({ length: 33 }, (_, index) => `sip${33 - index}.example.com`), 'host.example.com']);
});

t.test('dblreq (3.1.1.8): the second request in the datagram is not read', async (t) => {
  const message = requestOf('dblreq');
  t.equal(message.method, 'REGISTER');
  t.equal(message.body, '');
});

t.test('semiuri (3.1.1.9): the semicolon belongs to the user', async (t) => {
  const uri = parseUri(requestOf('semiuri').uri);
  t.match(uri, { user: 'user;par=u@example.net', host: 'example.com' });
  t.equal(uri?.params.size, 0);
});

t.test('mpart01 (3.1.1.11): the binary body is whole', async (t) => {
  const { body } = requestOf('mpart01');
  t.equal(body.length, 553);
  t.equal(body.slice(-24), '\r\n--7a9cbec02ceef655--\r\n');
  t.ok(body.includes('\0'));
});

t.test('unreason and noreason (3.1.1.12, 3.1.1.13): the reason phrase is kept as it came', async (t) => {
  const { status, reason } = responseOf('unreason');
  t.equal(status, 200);
  t.equal(Buffer.from(reason, 'latin1').toString('utf8'), '= 2**3 * 5**2 но сто девяносто девять - простое');
  t.match(responseOf('noreason'), { status: 100, reason: '' });
});

t.test('cparam01 and cparam02 (3.3.12, 3.3.13): brackets decide whose the parameter is', async (t) => {
  const bare = parseNameAddr(headerValue(requestOf('cparam01'), 'Contact') ?? '');
  t.equal(bare?.uri, 'sip:+19725552222@gw1.example.net');
  t.ok(bare?.params.has('unknownparam'));
  const bracketed = parseNameAddr(headerValue(requestOf('cparam02'), 'Contact') ?? '');
  t.equal(bracketed?.uri, 'sip:+19725552222@gw1.example.net;unknownparam');
  t.equal(bracketed?.params.size, 0);
});

t.test('regescrt (3.3.14): the escaped Route stays inside the Contact', async (t) => {
  const message = requestOf('regescrt');
  t.equal(parseUri(parseNameAddr(headerValue(message, 'Contact') ?? '')?.uri ?? '')?.headers, 'Route=%3Csip:sip.example.com%3E');
  t.equal(headerValue(message, 'Route'), undefined);
});

t.test('badvers (3.1.2.16): the Via of another version still says where the 505 goes', async (t) => {
  const parsed = parseMessage(torture('badvers'));
  if (parsed.kind !== 'refuse') throw new Error('badvers is not refused');
  t.match(parseVia(headerValue(parsed.request, 'Via') ?? ''), { version: '7.0', transport: 'UDP', host: 'c.example.com' });
});
