import t from 'tap';
import { HEADER_TABLE } from '#sip/header-table.js';
import { canonicalName, contentType, headerField, headerValue, headerValues, splitList, utf8 } from '#sip/headers.js';
import type { SipRequest } from '#sip/message.js';
import { ALLOW_ALL, isKnownMethod, METHODS } from '#sip/method.js';
import { reasonPhrase } from '#sip/status.js';

const withFields = (...fields: readonly (readonly [string, string])[]): SipRequest => ({
  kind: 'request',
  method: 'OPTIONS',
  uri: 'sip:h',
  headers: fields.map(([name, value]) => ({ name, value })),
  body: '',
});

t.test('a header is found under its full name and its compact one, in any case, whichever of them is asked for', async (t) => {
  for (const { name, compact, example } of HEADER_TABLE) {
    for (const written of [
      name,
      name.toUpperCase(),
      name.toLowerCase(),
      ...(compact === undefined ? [] : [compact, compact.toUpperCase()]),
    ]) {
      const message = withFields(['X-Before', 'x'], [written, example]);
      for (const asked of [name, name.toLowerCase(), ...(compact === undefined ? [] : [compact])])
        t.equal(headerField(message, asked), example, `${asked} finds ${written}`);
      t.equal(canonicalName(written), name);
    }
  }
});

t.test('every compact form of the registry is known, and stands for one header only', async (t) => {
  const forms = HEADER_TABLE.flatMap(({ compact }) => compact ?? []);
  t.same([...forms].sort(), [...'abcdefijklmnorstuvxy']);
});

t.test('an unknown header is found by its own name, and not by a part of it', async (t) => {
  const message = withFields(['X-Custom', '1, 2']);
  t.equal(headerValue(message, 'x-custom'), '1, 2');
  t.same(headerValues(message, 'X-CUSTOM'), ['1, 2'], 'nobody knows whether it is a list');
  t.equal(headerValue(message, 'Custom'), undefined);
  t.equal(headerValue(message, 'x'), undefined, 'x is Session-Expires, which is not there');
  t.equal(canonicalName('X-Custom'), 'X-Custom');
});

t.test('lists are split at commas, over several fields, but not inside quotes and brackets', async (t) => {
  const message = withFields(
    ['Contact', '"A, B" <sip:a@h?x=1,2>;q=1 , <sip:b@h>'],
    ['m', '<sip:c@h>'],
    ['Supported', '100rel,timer,'],
    ['k', ''],
  );
  t.same(headerValues(message, 'Contact'), ['"A, B" <sip:a@h?x=1,2>;q=1', '<sip:b@h>', '<sip:c@h>']);
  t.equal(headerValue(message, 'Contact'), '"A, B" <sip:a@h?x=1,2>;q=1');
  t.same(headerValues(message, 'Supported'), ['100rel', 'timer']);
  t.same(splitList('"a\\", b", c'), ['"a\\", b"', 'c'], 'an escaped quote does not end the quotes');
  t.same(splitList(''), []);
});

t.test('headers that are no lists are never split, however many commas they have', async (t) => {
  const single = [
    'WWW-Authenticate',
    'Authorization',
    'Proxy-Authenticate',
    'Proxy-Authorization',
    'Date',
    'Subject',
    'Call-ID',
    'User-Agent',
  ];
  for (const name of single) {
    const message = withFields([name, 'one, two'], [name, 'three, four']);
    t.same(headerValues(message, name), ['one, two', 'three, four'], name);
    t.equal(headerValue(message, name), 'one, two', name);
  }
});

t.test('every row of the table says list or single truthfully of its own example', async (t) => {
  for (const { name, list, example } of HEADER_TABLE) {
    const values = headerValues(withFields([name, example], [name, example]), name);
    t.equal(values.join(list ? ', ' : '|'), [example, example].join(list ? ', ' : '|'), name);
  }
});

t.test('the content type is the media type alone', async (t) => {
  t.equal(contentType(withFields(['c', 'Application/SDP ;charset=utf-8'])), 'application/sdp');
  t.equal(contentType(withFields(['To', 'x'])), undefined);
});

t.test('utf8 decodes what people read, and leaves broken bytes as they came', async (t) => {
  t.equal(utf8(Buffer.from('Zoë 大停電', 'utf8').toString('latin1')), 'Zoë 大停電');
  t.equal(utf8('plain'), 'plain');
  t.equal(utf8('\xff\xfe'), '\xff\xfe');
});

t.test('status codes have the phrases of RFC 3261, unregistered ones that of their class', async (t) => {
  for (const [status, phrase] of [
    [100, 'Trying'],
    [200, 'OK'],
    [491, 'Request Pending'],
    [481, 'Call/Transaction Does Not Exist'],
    [603, 'Decline'],
    [499, 'Bad Request'],
    [299, 'OK'],
  ] as const)
    t.equal(reasonPhrase(status), phrase);
});

t.test('methods are case-sensitive, and Allow lists those we know', async (t) => {
  t.ok(METHODS.every(isKnownMethod));
  t.notOk(isKnownMethod('invite'));
  t.notOk(isKnownMethod('RE%47IST%45R'));
  t.same(ALLOW_ALL.split(', '), [...METHODS]);
});
