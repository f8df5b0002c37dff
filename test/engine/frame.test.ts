import t from 'tap';
import { FrameReader, writeFrame } from '#engine/link/frame.js';
import { readLinkCommand, wireTime, writeNotice, writeRequestSent, writeResponseSent } from '#engine/link/link-messages.js';

t.test('frames arrive whole however they are cut', (t) => {
  const payloads = ['a|ping', 'x'.repeat(12_500), 'b|sip||\r\nINVITE 12#34'];
  const wire = payloads.map(writeFrame).join('');
  for (const size of [1, 2, 3, 7, 100, 12_501, wire.length]) {
    const reader = new FrameReader();
    const read: string[] = [];
    for (let at = 0; at < wire.length; at += size) {
      const result = reader.push(wire.slice(at, at + size));
      if (result.kind === 'bad') return t.fail(result.why);
      read.push(...result.payloads);
    }
    t.same(read, payloads, `in pieces of ${size}`);
    t.equal(reader.pendingBytes, 0);
  }
  t.end();
});

t.test('what is no frame is refused with a reason', (t) => {
  const cases: [string, RegExp][] = [
    ['x#', /not a number/],
    ['12x#', /not a number/],
    ['#abc', /without a length/],
    ['0#', /without a length/],
    ['12345678#', /too many digits/],
    ['1048577#', /above the limit/],
    ['-1#', /not a number/],
  ];
  for (const [bytes, why] of cases) {
    const result = new FrameReader().push(bytes);
    t.equal(result.kind, 'bad', bytes);
    if (result.kind === 'bad') t.match(result.why, why);
  }
  t.same(new FrameReader().push('1048576#'), { kind: 'frames', payloads: [] }, 'the limit itself is allowed');
  t.end();
});

t.test('commands are read by their tokens', (t) => {
  t.same(readLinkCommand('1|authenticate|se|a,b'), { kind: 'authenticate', id: '1', secret: 'se', tags: ['a', 'b'] });
  t.same(readLinkCommand('1|authenticate|se|'), { kind: 'authenticate', id: '1', secret: 'se', tags: [] });
  t.same(readLinkCommand('1|ping'), { kind: 'ping', id: '1' });
  t.same(readLinkCommand('1|route|INVITE'), { kind: 'route', id: '1', method: 'invite' });
  t.same(readLinkCommand('1|remove_route|invite'), { kind: 'remove-route', id: '1', method: 'invite' });
  t.same(readLinkCommand('1|sip||d;from-tag=1|sip:hop\r\nBYE x SIP/2.0\r\n\r\n|body|'), {
    kind: 'sip',
    id: '1',
    transactionId: '',
    dialogId: 'd;from-tag=1',
    nextHop: 'sip:hop',
    text: 'BYE x SIP/2.0\r\n\r\n|body|',
  });
  t.match(readLinkCommand('1|proxy|t|remainInDialog|fullResponse||simultaneous|2s|18s|sip:a|sip:b\r\nINVITE'), {
    kind: 'proxy',
    remainInDialog: true,
    fullResponse: true,
    followRedirects: false,
    simultaneous: true,
    destinations: ['sip:a', 'sip:b'],
  });
  t.same(readLinkCommand('nonsense'), { kind: 'unknown', id: 'nonsense', word: '' });
  t.end();
});

t.test('what drachtio-srf reads stands at the token it counts', (t) => {
  const sent = { protocol: 'udp', address: '10.0.0.1', port: 5060, time: 'T', transactionId: 'X', text: 'BYE' } as const;
  const request = (writeRequestSent('f', '1', sent).split('\r\n')[0] ?? '').split('|').slice(3);
  t.equal(request[7], 'X', 'the transaction id is the eighth counted from OK');
  const response = (writeResponseSent('f', '1', { ...sent, dialogId: 'D' }).split('\r\n')[0] ?? '').split('|');
  t.same([response[7], response[8], response[10], response[11], response[12]], ['10.0.0.1', '5060', 'X', 'D', '']);
  const facts = {
    source: 'network',
    bytes: 3,
    protocol: 'ws',
    peer: { address: '::1', port: 7 },
    time: 'T',
    transactionId: 'X',
    dialogId: '',
  } as const;
  const outside = writeNotice('f', { ...facts, arrivedOn: { address: '::1', port: 5060 }, text: 'BYE' }).split('\r\n')[0] ?? '';
  t.equal(outside, 'f|sip|network|3|ws|::1|7|T|X||::1|5060|');
  t.equal(writeNotice('f', { ...facts, text: 'BYE' }), 'f|sip|network|3|ws|::1|7|T|X||\r\nBYE');
  t.equal(wireTime(Date.UTC(2026, 0, 1, 2, 3, 4, 56)), '02:03:04.056000');
  t.end();
});
