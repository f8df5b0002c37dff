import t from 'tap';
import { MAX_BODY_BYTES, StreamFramer } from '#engine/transport/stream-framer.js';
import { MAX_HEAD_BYTES } from '#sip/parse.js';

const message = (body: string, name = 'Content-Length'): string =>
  `INFO sip:a@b SIP/2.0\r\n${name}: ${body.length}\r\n\r\n${body}`;

t.test('messages are cut out of a stream at any cut', (t) => {
  const all = [message(''), message('hello'), message('a\r\n\r\nb', 'l'), 'OPTIONS sip:x SIP/2.0\r\n\r\n'];
  const stream = `\r\n${all.join('\r\n\r\n')}`;
  for (let size = 1; size <= stream.length; size++) {
    const framer = new StreamFramer();
    const messages: string[] = [];
    let pings = 0;
    for (let at = 0; at < stream.length; at += size) {
      const framed = framer.push(stream.slice(at, at + size));
      if (framed.fault !== undefined) return t.fail(framed.fault);
      messages.push(...framed.messages);
      pings += framed.pings;
    }
    t.same([messages, pings, framer.midMessage], [all, all.length - 1, false], `in pieces of ${size}`);
  }
  t.end();
});

t.test('a ping is two CRLF with nothing between them, also when they come one by one', (t) => {
  const framer = new StreamFramer();
  t.equal(framer.push('\r\n').pings, 0);
  t.equal(framer.push('\r').pings, 0);
  t.equal(framer.push('\n').pings, 1);
  t.equal(framer.push('\r\n').pings, 0, 'half of one');
  t.same(framer.push(message('x')).messages.length, 1);
  t.equal(framer.push('\r\n').pings, 0, 'and half of another are none');
  t.end();
});

t.test('what follows a message whose end nobody knows is no message', (t) => {
  const inner = message('x');
  const framed = new StreamFramer().push(`OPTIONS sip:x SIP/2.0\r\nl: 0\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`);
  t.match(framed, { fault: /no length/ });
  t.equal(framed.messages.length, 1, 'it is answered by its head');
  t.notMatch(framed.messages[0], inner);
  t.end();
});

t.test('what has no end is a fault', (t) => {
  t.match(new StreamFramer().push('x'.repeat(MAX_HEAD_BYTES + 1)).fault, /head above the limit/);
  t.match(new StreamFramer().push(`${'x'.repeat(MAX_HEAD_BYTES + 1)}\r\n\r\n`).fault, /head above the limit/);
  t.match(new StreamFramer().push(`A b SIP/2.0\r\nl: ${MAX_BODY_BYTES + 1}\r\n\r\n`).fault, /body above the limit/);
  const framer = new StreamFramer();
  t.equal(framer.midMessage, false);
  framer.push('A b');
  t.equal(framer.midMessage, true, 'the transport may give it a deadline');
  t.end();
});
