import fc from 'fast-check';
import t from 'tap';
import { headerValue, headerValues } from '#sip/headers.js';
import { parseNameAddr } from '#sip/name-addr.js';
import { handedOn } from '#sip/handed-on.js';
import { MAX_HEAD_BYTES, parseMessage, readContentLength } from '#sip/parse.js';
import { parseUri } from '#sip/uri.js';
import { parseVia } from '#sip/via.js';
import { writeMessage } from '#sip/write.js';
import { readByDrachtio } from '../support/drachtio-reader.js';
import { requestText, responseText } from '../support/sip-text.js';

/** `ok`, `drop`, or the status it is refused with. */
const fateOf = (text: string): 'ok' | 'drop' | number => {
  const parsed = parseMessage(text);
  return parsed.kind === 'refuse' ? parsed.status : parsed.kind;
};

function passed(text: string) {
  const parsed = parseMessage(text);
  if (parsed.kind !== 'ok') throw new Error(`does not pass: ${JSON.stringify(parsed)}`);
  return parsed.message;
}

t.test('an ordinary request is read field by field, names untouched', async (t) => {
  const message = passed(requestText('INVITE', { 's ': 'Lunch', 'X-Odd': '  spaced  ' }, 'v=0\r\n'));
  t.match(message, { kind: 'request', method: 'INVITE', uri: 'sip:102@holdfast.example', body: 'v=0\r\n' });
  t.equal(headerValue(message, 'Subject'), 'Lunch');
  t.same(message.headers.at(-1), { name: 'X-Odd', value: 'spaced' });
  t.match(
    message.headers.map(({ name }) => name),
    ['Content-Length', 'Via', 'Max-Forwards', 'From', 'To', 'Call-ID', 'CSeq', 'Contact', 's'],
  );
});

t.test('empty lines before the start line are passed over, and nothing but them is no message', async (t) => {
  t.equal(fateOf(`\r\n\r\n${requestText('OPTIONS')}`), 'ok');
  t.equal(fateOf('\r\n\r\n'), 'drop');
  t.equal(fateOf(''), 'drop');
  t.equal(fateOf('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'drop');
});

t.test('a datagram that was cut off inside its head is not taken for a whole message', async (t) => {
  const text = requestText('REGISTER', { Contact: '<sip:101@127.0.0.1>;expires=3600' });
  t.equal(fateOf(text), 'ok');
  t.equal(fateOf(text.slice(0, -2)), 400, 'the empty line is missing');
  t.equal(fateOf(responseText(180, 'Ringing').slice(0, -2)), 'drop');
});

t.test('a CR or LF alone is refused: it would be a line end to a laxer peer, and hide a header from us', async (t) => {
  t.equal(fateOf(requestText('OPTIONS', { Subject: 'x\nRoute: <sip:evil.example;lr>' })), 400);
  t.equal(fateOf(requestText('OPTIONS', { Subject: 'x\rRoute: <sip:evil.example;lr>' })), 400);
  t.equal(fateOf(responseText(200, 'OK', { Subject: 'x\ny', Contact: '<sip:102@127.0.0.1>' })), 'drop');
  t.equal(fateOf(requestText('OPTIONS').replaceAll('\r\n', '\n')), 'drop', 'a message of bare line feeds has no first line');
});

t.test('letters whose second byte looks like a no-break space stay whole', async (t) => {
  const subject = Buffer.from('voilà', 'utf8').toString('latin1');
  t.equal(headerValue(passed(requestText('OPTIONS', { Subject: subject })), 'Subject'), subject);
});

t.test('the body is as long as announced: more in a datagram is thrown away, less is an error', async (t) => {
  t.equal(passed(`${requestText('MESSAGE', {}, 'hello')}INVITE sip:x SIP/2.0`).body, 'hello');
  t.equal(fateOf(requestText('MESSAGE', { 'Content-Length': '6' }, 'hello')), 400);
  t.equal(fateOf(responseText(180, 'Ringing', { 'Content-Length': '6' }, 'hello')), 'drop');
  t.equal(passed(requestText('MESSAGE', { 'Content-Length': undefined }, 'to the end')).body, 'to the end');
  t.equal(fateOf(requestText('MESSAGE', { 'Content-Length': '5 5' }, 'hello')), 400);
  t.equal(fateOf(requestText('MESSAGE', { 'Content-Length': '99999999' })), 413);
});

t.test('what no request may lack: Via, From, To, Call-ID, CSeq', async (t) => {
  for (const name of ['From', 'To', 'Call-ID', 'CSeq']) {
    t.equal(fateOf(requestText('OPTIONS', { [name]: undefined })), 400, `no ${name}`);
    t.equal(fateOf(responseText(180, 'Ringing', { [name]: undefined })), 'drop', `a response without ${name}`);
  }
  t.equal(fateOf(requestText('OPTIONS', { Via: undefined })), 'drop', 'without a Via nothing can be answered');
  t.equal(fateOf(requestText('OPTIONS', { 'Max-Forwards': undefined })), 'ok', 'RFC 2543 had none');
});

t.test('an ACK is never answered, so a faulty one is dropped', async (t) => {
  t.equal(fateOf(requestText('ACK', { From: undefined })), 'drop');
});

t.test('a request that makes a dialog has a Contact, and so has its 2xx: drachtio-srf reads it unasked', async (t) => {
  t.equal(fateOf(requestText('INVITE', { Contact: undefined })), 400);
  t.equal(fateOf(requestText('INVITE', { Contact: '' })), 400);
  t.equal(fateOf(requestText('INVITE', { Contact: '*' })), 400);
  t.equal(
    fateOf(requestText('INVITE', { Contact: undefined, To: '<sip:102@x>;tag=t' })),
    'ok',
    'inside a dialog the old one stays',
  );
  t.equal(fateOf(requestText('REGISTER', { Contact: '*' })), 'ok');
  t.equal(fateOf(requestText('REGISTER')), 'ok', 'a REGISTER without Contact asks what is registered');
  t.equal(fateOf(responseText(200, 'OK')), 'drop');
  t.equal(fateOf(responseText(200, 'OK', { Contact: '<sip:102@127.0.0.1>' })), 'ok');
  t.equal(fateOf(responseText(200, 'OK', { CSeq: '1 BYE' })), 'ok');
  t.equal(fateOf(responseText(486, 'Busy Here')), 'ok');
});

t.test('an empty place in a list of addresses is refused: drachtio-srf throws on it', async (t) => {
  for (const name of ['Contact', 'Route', 'Record-Route', 'Path']) {
    t.equal(fateOf(requestText('REGISTER', { [name]: '<sip:a@h>, <sip:b@h>' })), 'ok', name);
    for (const value of ['<sip:a@h>,', ',<sip:a@h>', '<sip:a@h>,,<sip:b@h>', ''])
      t.equal(fateOf(requestText('REGISTER', { [name]: value })), 400, `${name}: ${value}`);
    t.equal(fateOf(requestText('REGISTER', { [name]: ['<sip:a@h>', ''] })), 400, `${name}: a second field that is empty`);
  }
});

t.test('a list of hundreds of addresses is refused: reading it would hold up everybody else', async (t) => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `<sip:a${index}@h>`).join(', ');
  t.equal(fateOf(requestText('REGISTER', { Contact: many(100) })), 'ok');
  t.equal(fateOf(requestText('REGISTER', { Contact: many(200) })), 400);
  t.equal(fateOf(requestText('REGISTER', { Contact: [many(100), many(100)] })), 400, 'in two fields as in one');
  t.equal(fateOf(requestText('REGISTER', { Contact: ['*', '<sip:a@h>'] })), 400, 'the star stands alone');
});

t.test('addresses that nothing could be sent to are refused where they would be sent to', async (t) => {
  for (const value of ['<sip:@h>', '<sip:a@h:99999>', '<sip:a@ho st>', '<sip:>', 'sip:', '<a@h>', 'no uri'])
    t.equal(fateOf(requestText('REGISTER', { Contact: value })), 400, value);
  t.equal(fateOf(requestText('REGISTER', { Contact: '<mailto:a@h>' })), 'ok', 'other schemes are the registrar’s to judge');
});

t.test('From and To: one address, whose tag is a token and every parameter stands once', async (t) => {
  for (const value of [
    'Alice <sip:a@h>;tag=1',
    '"A, \\"B\\"" <sip:a@h>;tag=1',
    'sip:a@h;tag=1',
    '<tel:+15551234>;tag=1',
    '<sip:a@h;user=phone>',
    '"" <sip:anonymous@anonymous.invalid>;tag=1',
  ])
    t.equal(fateOf(requestText('OPTIONS', { From: value })), 'ok', value);
  for (const value of [
    '<sip:a@h>;tag=1, <sip:b@h>;tag=2',
    '<sip:a@h>;tag=1;tag=2',
    '<sip:a@h;x=1;x=2>;y=1;y=2;tag=1',
    '<sip:a@h>;tag=',
    '<sip:a@h>;tag="quoted"',
    '<sip:a@h> tag=1',
    '<sip:a@h',
    'sip:a@h>',
    'Jörg <sip:a@h>;tag=1',
    '',
  ])
    t.equal(fateOf(requestText('OPTIONS', { From: value })), 400, value);
});

t.test('numbers stay inside their limits', async (t) => {
  t.equal(fateOf(requestText('OPTIONS', { CSeq: '2147483647 OPTIONS' })), 'ok');
  t.equal(fateOf(requestText('OPTIONS', { CSeq: '2147483648 OPTIONS' })), 400);
  t.equal(fateOf(requestText('OPTIONS', { CSeq: '-1 OPTIONS' })), 400);
  t.equal(fateOf(requestText('OPTIONS', { CSeq: '1 options' })), 400, 'methods are case-sensitive');
  t.equal(fateOf(requestText('OPTIONS', { 'Max-Forwards': '0' })), 'ok');
  t.equal(fateOf(requestText('OPTIONS', { 'Max-Forwards': '256' })), 400);
  t.equal(fateOf(requestText('OPTIONS', { 'Max-Forwards': '7x' })), 400);
  for (const line of ['SIP/2.0 099 Low', 'SIP/2.0 700 High', 'SIP/2.0 20 Short', 'SIP/2.0  200 OK', 'SIP/3.0 200 OK'])
    t.equal(fateOf(responseText(180, 'Ringing').replace(/^.*/, line)), 'drop', line);
  t.equal(fateOf(responseText(180, 'Ringing').replace(/^.*/, 'SIP/2.0 180')), 'ok', 'some leave out the last space');
});

t.test('a Request-URI is of a scheme we have, without headers, and not endless', async (t) => {
  const fate = (uri: string) => fateOf(requestText('OPTIONS', {}, '', uri));
  t.equal(fate('sips:102@h;transport=tls'), 'ok');
  t.equal(fate('tel:+15551234;phone-context=example.com'), 'ok');
  t.equal(fate('sip:user?x@h'), 'ok', 'a question mark may stand in the user part');
  t.equal(fate('http://h/'), 416);
  t.equal(fate('102'), 400);
  t.equal(fate('sip:h?Route=x'), 400);
  t.equal(fate(`sip:${'1'.repeat(3000)}@h`), 414);
});

t.test('a field without a name, or too many fields, is refused', async (t) => {
  t.equal(fateOf(requestText('OPTIONS').replace('Max-Forwards:', 'Max Forwards:')), 400);
  t.equal(fateOf(requestText('OPTIONS').replace('Max-Forwards:', ':')), 400);
  t.equal(fateOf(requestText('OPTIONS').replace('Max-Forwards: ', 'Max-Forwards ')), 400);
  t.equal(fateOf(requestText('OPTIONS').replace('\r\n', '\r\n Folded: onto nothing\r\n')), 400);
  t.equal(fateOf(requestText('OPTIONS', { 'X-Many': Array.from({ length: 240 }, () => 'x') })), 'ok');
  t.equal(fateOf(requestText('OPTIONS', { 'X-Many': Array.from({ length: 260 }, () => 'x') })), 400);
});

t.test('sip/2.0 in small letters is accepted (§7.1), and given to drachtio-srf in the only way it can read', async (t) => {
  const text = requestText('OPTIONS', { Via: ['sip/2.0/UDP h1;branch=z9hG4bK1, Sip / 2.0 / TCP h2;branch=z9hG4bK2'] });
  const message = passed(text.replace('SIP/2.0\r\n', 'sip/2.0\r\n'));
  t.same(
    headerValues(message, 'Via').map((value) => parseVia(value)?.host),
    ['h1', 'h2'],
  );
  t.match(readByDrachtio(message).getParsedHeader('via'), [{ host: 'h1' }, { host: 'h2' }]);
  t.match(writeMessage(message), /^OPTIONS \S+ SIP\/2\.0\r\n/);
});

t.test('other versions are answered 505 whoever can be answered', async (t) => {
  t.equal(fateOf(requestText('OPTIONS').replace('SIP/2.0\r\n', 'SIP/3.1\r\n')), 505);
  t.equal(fateOf(requestText('OPTIONS', { Via: undefined }).replace('SIP/2.0\r\n', 'SIP/3.1\r\n')), 'drop');
  t.equal(fateOf(requestText('OPTIONS').replace('SIP/2.0\r\n', 'HTTP/1.1\r\n')), 'drop');
});

t.test('header names that mean something to JavaScript are names like any other', async (t) => {
  const message = passed(requestText('OPTIONS', { constructor: 'x', ['__proto__']: 'y', 'To-String': 'z' }));
  t.equal(headerValue(message, 'constructor'), 'x');
  t.ok(readByDrachtio(message).getParsedHeader('from'));
});

t.test('the short way and the full way agree: what passes, the full parsers can read', async (t) => {
  const piece = fc.constantFrom(
    ...['a', 'A1', '-', '.', '_', '%41', ';', '=', ':', '@', '<', '>', '"', ' ', ',', '?', '[::1]', 'h', 'sip:', 'tag=1', 'lr'],
    ...['branch=z9hG4bK1', ';rport', ':5060', ':70000', 'SIP/2.0/UDP ', 'transport=udp', ';x', ';x=1'],
  );
  /** One field at a time, so that the others do not decide. */
  const field = (name: string, ...starts: string[]) =>
    fc
      .tuple(fc.constantFrom(...starts), fc.array(piece, { maxLength: 6 }))
      .map(([start, rest]) => ({ [name]: start + rest.join('') }));
  let passing = 0;
  fc.assert(
    fc.property(
      fc.oneof(
        field('Via', 'SIP/2.0/UDP h', 'SIP/2.0/TCP h;branch=1', ''),
        field('Contact', '<sip:a@h', '<sip:a@h>', 'sip:h', '"A" <sip:h>', ''),
        field('From', '<sip:a@h', '<sip:a@h>;tag=1', 'sip:h', 'A <sip:a@h', ''),
      ),
      (fields) => {
        const parsed = parseMessage(requestText('REGISTER', { Contact: '<sip:101@127.0.0.1>', ...fields }));
        if (parsed.kind !== 'ok') return;
        passing++;
        const { message } = parsed;
        for (const value of headerValues(message, 'Via')) if (parseVia(value) === undefined) throw new Error(`Via ${value}`);
        const from = headerValue(message, 'From') ?? '';
        if (parseNameAddr(from) === undefined) throw new Error(`From ${from}`);
        for (const value of headerValues(message, 'Contact')) {
          const uri = value === '*' ? 'sip:star' : parseNameAddr(value)?.uri;
          if (uri === undefined || (uri.startsWith('sip') && parseUri(uri) === undefined)) throw new Error(`Contact ${value}`);
        }
        const reading = readByDrachtio(message);
        for (const name of ['from', 'to', 'via', 'contact']) reading.getParsedHeader(name);
      },
    ),
    { numRuns: 6000, seed: 4475 },
  );
  t.ok(passing > 100, `${passing} of 6000 combinations passed`);
});

t.test('readContentLength finds the length in a head, by either name, and only there', async (t) => {
  const length = (lines: string): number | undefined => readContentLength(`INVITE sip:x SIP/2.0\r\n${lines}`);
  t.equal(length('Content-Length: 42\r\nTo: x'), 42);
  t.equal(length('L :7'), 7);
  t.equal(length('Content-Length:\r\n 42'), 42, 'folded (RFC 3261 §7.3.1)');
  t.equal(length('X-Content-Length: 42'), 0, 'none at all');
  for (const none of ['-1', '+5', '1 2', '9999999999', '']) t.equal(length(`Content-Length: ${none}`), undefined, none);
  t.equal(length('Content-Length: 0\r\nContent-Length: 42'), undefined, 'nobody knows which of two is meant');
  t.equal(length('l: 0\r\nContent-Length: 42'), undefined);
  t.equal(length('To: x\nContent-Length: 42'), undefined, 'a line end that others may take for none');
});

t.test('a head beyond the limit is dropped, whatever is in it, and folded white space is one space', async (t) => {
  const wide = ' '.repeat(20_000);
  t.equal(headerValue(passed(requestText('OPTIONS', { Subject: `a${wide}b${wide}\r\n${wide}c` })), 'Subject'), `a${wide}b c`);
  t.equal(fateOf(requestText('OPTIONS', { Subject: 'x'.repeat(MAX_HEAD_BYTES) })), 'drop');
  t.equal(fateOf(`OPTIONS sip:x SIP/2.0\r\n${'a\r\n'.repeat(30_000)}\r\n`), 'drop');
});

t.test('a method in small letters is another one, and none that anybody knows (RFC 3261 §7.1)', async (t) => {
  t.equal(fateOf(requestText('invite', { Contact: '<sip:101@127.0.0.1:5060>' })), 501);
  t.equal(fateOf(requestText('Options')), 501);
  t.equal(fateOf(requestText('interesting')), 'ok', 'whether a method is known at all is not for the parser');
});

t.test('what the application is handed reads as we have read it', async (t) => {
  const text = requestText('MESSAGE', { 'Content-Type': 'multipart/mixed;boundary=x', Subject: 'multipart/' }, '--x\r\n');
  const handed = handedOn(`\r\n\r\n${text.replace('SIP/2.0\r\n', 'sip/2.0\r\n')}`);
  t.equal(handed.split('\r\n')[0], text.split('\r\n')[0]);
  t.match(handed, 'Content-Type: Multipart/mixed;boundary=x\r\n');
  t.match(handed, 'Subject: multipart/\r\n');
  t.equal(handedOn(requestText('OPTIONS')), requestText('OPTIONS'));
  t.equal(handedOn(responseText(200, 'OK').replace('SIP', 'sip')), responseText(200, 'OK'));
  t.ok(readByDrachtio(passed(handed)).has('Subject'));
  t.equal(fateOf(requestText('MESSAGE', { 'Content-Type': `multipart/${'a'.repeat(300)}` }, 'x')), 400);
});
