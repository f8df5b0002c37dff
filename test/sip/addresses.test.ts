import fc from 'fast-check';
import t from 'tap';
import { parseCSeq } from '#sip/cseq.js';
import { isStar, parseNameAddr, tagOf, writeNameAddr } from '#sip/name-addr.js';
import { parseVia, topVia, writeVia } from '#sip/via.js';

t.test('a name-addr has a display name, a URI in brackets and parameters of its own', async (t) => {
  const address = parseNameAddr('"Mr. \\"Watson\\"" <sip:w@h;transport=tcp>;q=0.7; expires = 3600');
  t.match(address, { displayName: 'Mr. "Watson"', uri: 'sip:w@h;transport=tcp' });
  t.same(
    [...(address?.params ?? [])],
    [
      ['q', '0.7'],
      ['expires', '3600'],
    ],
  );
  t.match(parseNameAddr('Bob Smith<sip:b@h>'), { displayName: 'Bob Smith', uri: 'sip:b@h' });
  t.equal(parseNameAddr('<sip:b@h>')?.displayName, undefined);
  t.match(parseNameAddr('"" <sip:b@h>'), { uri: 'sip:b@h' });
});

t.test('without brackets every parameter is the header’s, and a ? or comma needs brackets (§20.10)', async (t) => {
  t.same([...(parseNameAddr('sip:a@h;tag=1;lr')?.params.keys() ?? [])], ['tag', 'lr']);
  t.equal(parseNameAddr('sip:a@h?x=1'), undefined);
  t.equal(parseNameAddr('sip:a,b@h'), undefined);
});

t.test('what is no address is none', async (t) => {
  for (const text of [
    '',
    '*',
    '"open <sip:a@h>',
    '<sip:a@h',
    '< sip:a@h>',
    '<sip:a@h >',
    '<>',
    'A, B <sip:a@h>',
    '<sip:a@h>x',
    '<sip:a@h>;;',
    '<sip:a@h>;x="open',
    '<sip:a@h>;=1',
  ])
    t.equal(parseNameAddr(text), undefined, text);
});

t.test('the star of a REGISTER is known for what it is', async (t) => {
  t.ok(isStar(' * '));
  t.notOk(isStar('<sip:*@h>'));
});

t.test('a tag is found wherever the parameter stands, and nowhere else', async (t) => {
  t.equal(tagOf('<sip:a@h>;tag=x1'), 'x1');
  t.equal(tagOf('sip:a@h ;  TAG  = x1'), 'x1');
  t.equal(tagOf('<sip:a@h>;x=1;tag=x1;y=2'), 'x1');
  t.equal(tagOf('<sip:a@h;tag=uri>'), undefined);
  t.equal(tagOf('";tag=name" <sip:a@h>'), undefined);
  t.equal(tagOf('<sip:a@h>;x=";tag=quoted"'), undefined);
  t.equal(tagOf('<sip:a@h>'), undefined);
});

t.test('whatever display name is written is read again', async (t) => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 20 }).filter((name) => !/[\r\n]/.test(name)),
      (displayName) => {
        const again = parseNameAddr(writeNameAddr({ displayName, uri: 'sip:a@h', params: new Map([['tag', '1']]) }));
        if (again === undefined || (again.displayName ?? '') !== displayName || again.params.get('tag') !== '1')
          throw new Error(`${displayName} came back as ${String(again?.displayName)}`);
      },
    ),
    { numRuns: 500, seed: 1 },
  );
  t.equal(writeNameAddr({ uri: 'sip:a@h', params: new Map([['lr', undefined]]) }), '<sip:a@h>;lr');
});

t.test('a Via is transport, sent-by and parameters; rport may be asked for or filled in (RFC 3581)', async (t) => {
  t.match(parseVia('SIP/2.0/udp Host.example:5070;branch=z9hG4bK1;rport;received=192.0.2.1'), {
    transport: 'UDP',
    host: 'host.example',
    port: 5070,
    branch: 'z9hG4bK1',
    rport: true,
    received: '192.0.2.1',
  });
  t.equal(parseVia('SIP/2.0/UDP h;rport=5071')?.rport, 5071);
  t.equal(parseVia('SIP/2.0/UDP h')?.rport, undefined);
  t.match(parseVia('SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks'), {
    transport: 'WSS',
    host: 'df7jal23ls0d.invalid',
  });
});

t.test('what is no Via is none', async (t) => {
  for (const text of [
    '',
    'SIP/2.0/UDP',
    'SIP/2.0 UDP h',
    'HTTP/1.1/TCP h',
    'SIP/2.0/UDP h:',
    'SIP/2.0/UDP h:65536',
    'SIP/2.0/UDP h;',
    'SIP/2.0/UDP h;=1',
    'SIP/2.0/UDP h h2',
    'SIP/2.0/UDP h;branch=1;branch=2',
  ])
    t.equal(parseVia(text), undefined, text);
});

t.test('a Via that was stamped with received and rport keeps all else in its place', async (t) => {
  const via = parseVia('SIP/2.0/UDP h:5060;rport;alias;branch=z9hG4bK1');
  if (via === undefined) throw new Error('no Via');
  t.equal(
    writeVia({ ...via, received: '192.0.2.1', rport: 5071 }),
    'SIP/2.0/UDP h:5060;rport=5071;alias;branch=z9hG4bK1;received=192.0.2.1',
  );
  t.equal(writeVia(via), 'SIP/2.0/UDP h:5060;rport;alias;branch=z9hG4bK1');
});

t.test('the top Via is the first value of the first field', async (t) => {
  const headers = [
    { name: 'v', value: 'SIP/2.0/TCP one;branch=a, SIP/2.0/UDP two;branch=b' },
    { name: 'Via', value: 'SIP/2.0/UDP three;branch=c' },
  ];
  t.match(topVia({ headers }), { host: 'one', transport: 'TCP' });
  t.equal(topVia({ headers: [] }), undefined);
});

t.test('a CSeq is a number below 2^31 and a method', async (t) => {
  t.same(parseCSeq('0009  INVITE'), { number: 9, method: 'INVITE' });
  t.same(parseCSeq('2147483647 BYE'), { number: 2147483647, method: 'BYE' });
  for (const text of ['2147483648 BYE', '1', 'BYE', '1BYE', '1 BYE x', '', '-1 BYE', '1.5 BYE'])
    t.equal(parseCSeq(text), undefined, text);
});
