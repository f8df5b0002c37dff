import t from 'tap';
import { headerValues } from '#sip/headers.js';
import type { SipRequest } from '#sip/message.js';
import { parseMessage } from '#sip/parse.js';
import { prependHeader, withHeader, withoutHeader, writeMessage } from '#sip/write.js';
import { torture, WELL_FORMED } from '../support/torture.js';

const BYE: SipRequest = {
  kind: 'request',
  method: 'BYE',
  uri: 'sip:102@127.0.0.1',
  headers: [
    { name: 'v', value: 'SIP/2.0/UDP h;branch=z9hG4bK1' },
    { name: 'l', value: '999' },
    { name: 'Reason', value: 'SIP;cause=200' },
  ],
  body: '',
};

t.test('the length is always counted anew, in bytes, whatever the message says', async (t) => {
  t.equal(
    writeMessage(BYE),
    'BYE sip:102@127.0.0.1 SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bK1\r\nReason: SIP;cause=200\r\nContent-Length: 0\r\n\r\n',
  );
  const body = Buffer.from('Zoë', 'utf8').toString('latin1');
  t.match(writeMessage({ ...BYE, body }), /Content-Length: 4\r\n\r\nZoÃ«$/);
  t.notMatch(writeMessage({ ...BYE, body }), /999/);
});

t.test('a response has its status and its reason, even when that is empty', async (t) => {
  t.equal(
    writeMessage({ kind: 'response', status: 180, reason: '', headers: [], body: '' }),
    'SIP/2.0 180 \r\nContent-Length: 0\r\n\r\n',
  );
});

t.test('what was read is written so that it reads the same, for every well-formed torture message', async (t) => {
  for (const name of WELL_FORMED) {
    const first = parseMessage(torture(name));
    if (first.kind !== 'ok') throw new Error(`${name} does not pass`);
    const second = parseMessage(writeMessage(first.message));
    if (second.kind !== 'ok') throw new Error(`${name} does not pass again`);
    const [before, after] = [first.message, second.message].map((message) => withoutHeader(message, 'Content-Length').headers);
    t.same(after, before, `${name}: fields`);
    t.equal(second.message.body, first.message.body, `${name}: body`);
  }
});

t.test('withHeader puts one field in the place of all of that name, in whatever form they stand', async (t) => {
  const twice = prependHeader(BYE, 'Via', 'SIP/2.0/TCP top;branch=z9hG4bK0');
  t.same(headerValues(twice, 'Via').length, 2);
  const one = withHeader(twice, 'Via', 'SIP/2.0/UDP only;branch=z9hG4bK2');
  t.same(
    one.headers.map(({ name }) => name),
    ['Via', 'l', 'Reason'],
  );
  t.same(withHeader(BYE, 'reason', 'Q.850;cause=16').headers.at(-1), { name: 'reason', value: 'Q.850;cause=16' });
  t.same(withHeader(BYE, 'X-New', '1').headers.at(-1), { name: 'X-New', value: '1' });
  t.equal(BYE.headers.length, 3, 'the message itself never changes');
});

t.test('withoutHeader takes every field of that name, and no other', async (t) => {
  t.same(
    withoutHeader(BYE, 'Via').headers.map(({ name }) => name),
    ['l', 'Reason'],
  );
  t.same(
    withoutHeader(BYE, 'Content-Length').headers.map(({ name }) => name),
    ['v', 'Reason'],
  );
  t.same(withoutHeader(BYE, 'X-None').headers, BYE.headers);
});
