/**
 * Goal: the names of dialogs are read as RFC 3891 writes them and found again, live, ended or unknown. Method: texts and a table.
 */
import t from 'tap';
import { DialogNames, dialogNameIn } from '#signaling/dialog-names.js';
import { parseReplaces } from '#signaling/replaces.js';
import { incoming } from '../support/fake-srf.js';

t.test('to-tag is ours, from-tag is theirs', (t) => {
  t.same(parseReplaces('98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff'), {
    dialog: { callId: '98732@sip.example.com', localTag: 'ff87ff', remoteTag: 'r33th4x0r' },
    earlyOnly: false,
  });
  t.same(parseReplaces(' a ; to-tag=1 ; from-tag="2" ; early-only '), {
    dialog: { callId: 'a', localTag: '1', remoteTag: '2' },
    earlyOnly: true,
  });
  t.end();
});

t.test('what names no dialog, or two, is none', (t) => {
  const texts = [
    '',
    'a',
    ';to-tag=1;from-tag=2',
    'a;to-tag=1',
    'a;from-tag=2',
    'a b;to-tag=1;from-tag=2',
    'a;to-tag;from-tag=2',
    'a;to-tag=1;to-tag=3;from-tag=2',
    'a;to-tag=1;from-tag=2,b;to-tag=1;from-tag=2',
    `${'a'.repeat(300)};to-tag=1;from-tag=2`,
    'a\r\n;to-tag=1;from-tag=2x y',
  ];
  for (const text of texts) t.equal(parseReplaces(text), undefined, JSON.stringify(text));
  t.end();
});

t.test('a dialog is found by all three, and remembered for a while when it is gone', (t) => {
  const names = new DialogNames<{ isOver: boolean }>();
  const leg = { isOver: false };
  const name = { callId: 'c', localTag: 'l', remoteTag: 'r' };
  names.add(leg, name);
  t.same(names.find(name), { kind: 'live', leg });
  t.same(names.find({ ...name, localTag: 'r', remoteTag: 'l' }), { kind: 'unknown' });
  t.same(names.find({ ...name, callId: 'C' }), { kind: 'unknown' });
  leg.isOver = true;
  t.same(names.find(name), { kind: 'ended' });
  names.remove(leg);
  names.remove(leg);
  t.same(names.find(name), { kind: 'ended' });
  for (let count = 0; count < 1000; count++) {
    const other = { isOver: false };
    names.add(other, { ...name, callId: `c${count}` });
    names.remove(other);
  }
  t.same(names.find(name), { kind: 'unknown' }, 'the memory has an end');
  t.same(names.find({ ...name, callId: 'c999' }), { kind: 'ended' });
  t.end();
});

t.test('our tag stands in To of what comes in, and in From of what goes out', (t) => {
  const headers = { 'Call-ID': 'c', From: '"A" <sip:a@x>;tag=1', To: '<sip:b@x>;tag=2' };
  const { request } = incoming({ method: 'ACK', headers });
  t.same(dialogNameIn(request, 'To'), { callId: 'c', localTag: '2', remoteTag: '1' });
  t.same(dialogNameIn(request, 'From'), { callId: 'c', localTag: '1', remoteTag: '2' });
  const early = incoming({ method: 'INVITE', headers: { ...headers, To: '<sip:b@x>' } });
  t.equal(dialogNameIn(early.request, 'To'), undefined);
  t.end();
});
