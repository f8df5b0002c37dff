import fc from 'fast-check';
import t from 'tap';
import { parseUri, sameUri, writeUri } from '#sip/uri.js';

t.test('a SIP URI in all its parts', async (t) => {
  const uri = parseUri('sips:alice:secret@Atlanta.Example:5061;transport=tcp;lr?subject=x&priority=urgent');
  t.match(uri, {
    scheme: 'sips',
    user: 'alice',
    password: 'secret',
    host: 'atlanta.example',
    port: 5061,
    headers: 'subject=x&priority=urgent',
  });
  t.same(
    [...(uri?.params ?? [])],
    [
      ['transport', 'tcp'],
      ['lr', undefined],
    ],
  );
});

t.test('a tel URI is a number without its dashes (RFC 3966)', async (t) => {
  t.match(parseUri('tel:+1-201-555-0123;phone-context=example.com'), { scheme: 'tel', user: '+12015550123', host: '' });
  t.equal(parseUri('tel:'), undefined);
  t.equal(parseUri('tel:no-number'), undefined);
});

t.test('user parts may have what looks like separators', async (t) => {
  t.equal(parseUri('sip:+1555;ext=2@h')?.user, '+1555;ext=2');
  t.equal(parseUri('sip:a?b@h')?.user, 'a?b');
  t.equal(parseUri('sip:%61%40b@h')?.user, 'a@b');
  t.match(parseUri('sip:h?to=sip:bob%40biloxi.com'), { user: undefined, host: 'h', headers: 'to=sip:bob%40biloxi.com' });
});

t.test('what is no URI is none', async (t) => {
  for (const text of [
    '',
    'sip:',
    'sip:@h',
    'sip:a@',
    'sip:a@h:0x',
    'sip:a@h:65536',
    'sip:a@-h',
    'sip:a b@h',
    'sip:a@h;',
    'sip:a@h;x=1;x=2',
    'sip:%4@h',
    'sip:a@[::1',
    'mailto:a@h',
    '<sip:a@h>',
    'sip:a@h\r\nX: y',
  ])
    t.equal(parseUri(text), undefined, JSON.stringify(text));
});

/** RFC 3261 §19.1.4, its own examples. */
const SAME: readonly (readonly string[])[] = [
  ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
  ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
  [
    'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
    'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
  ],
  ['sip:alice@atlanta.com?subject=project%20x&priority=urgent', 'sip:alice@atlanta.com?priority=urgent&subject=project%20x'],
];

const DIFFERENT: readonly (readonly [string, string, string])[] = [
  ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP', 'different users'],
  ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060', 'can resolve to different ports'],
  ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp', 'can resolve to different transports'],
  ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp', 'can resolve to different ports and transports'],
  ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting', 'different headers'],
  ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4', 'a name is not its address'],
  ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off', 'a parameter of both differs'],
  ['sip:a@h', 'sips:a@h', 'different schemes'],
  ['sip:a@h', 'sip:a:pw@h', 'a password on one side'],
  ['sip:a@h;maddr=239.255.255.1', 'sip:a@h', 'maddr on one side'],
];

t.test('URIs are the same as RFC 3261 §19.1.4 says, in both directions', async (t) => {
  for (const set of SAME) for (const one of set) t.ok(sameUri(set[0] ?? '', one) && sameUri(one, set[0] ?? ''), one);
  // The RFC notes that sameness is not transitive: newparam=5 and security=on agree with each other too, having no name in common.
  t.ok(sameUri('sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'));
});

t.test('URIs differ as RFC 3261 §19.1.4 says, in both directions', async (t) => {
  for (const [one, other, why] of DIFFERENT) t.notOk(sameUri(one, other) || sameUri(other, one), `${one} and ${other}: ${why}`);
});

t.test('text that is no URI is the same only as itself', async (t) => {
  t.ok(sameUri('isbn:2983792873', 'isbn:2983792873'));
  t.notOk(sameUri('isbn:2983792873', 'isbn:1'));
  t.notOk(sameUri('sip:a@h', 'garbage'));
});

t.test('a URI that was written is read the same again, whatever its user and parameters are', async (t) => {
  const text = fc.string({
    minLength: 1,
    maxLength: 12,
    unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  });
  fc.assert(
    fc.property(text, text, fc.option(fc.integer({ min: 1, max: 65_535 })), (user, value, port) => {
      const params = new Map([['x-name', value]]);
      const uri = { scheme: 'sip' as const, user, host: '[2001:db8::1]', port: port ?? undefined, params, headers: '' };
      const again = parseUri(writeUri(uri));
      if (again?.user !== user || again.params.get('x-name') !== value || again.port !== (port ?? undefined))
        throw new Error(`${JSON.stringify([user, value])} became ${writeUri(uri)}`);
    }),
    { numRuns: 500, seed: 1 },
  );
  t.equal(writeUri({ scheme: 'tel', user: '+1555', host: '', params: new Map(), headers: '' }), 'tel:+1555');
  t.equal(writeUri({ scheme: 'sip', host: 'h', params: new Map([['lr', undefined]]), headers: 'a=b' }), 'sip:h;lr?a=b');
});
