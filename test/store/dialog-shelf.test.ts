/**
 * Goal: a dialog that is written and read is the same dialog, whatever a peer has chosen for names; what cannot be read is given up, and
 * does not come back.
 */
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import type { KeptDialog, KeptRinging } from '#engine/dialog/keeper.js';
import { createLogger } from '#kit/log.js';
import { dialogShelf, ringingShelf } from '#store/dialog-shelf.js';
import { MemoryDisk } from '#store/memory-disk.js';
import { textBytesOf } from '#store/record.js';
import { Store } from '#store/store.js';
import { FakeClock } from '../support/fake-clock.js';

const LOG = createLogger('silent');
const FLOW = {
  protocol: 'tls',
  local: { address: '::1', port: 5061 },
  remote: { address: 'fe80::1', port: 40_000 },
} as const;

const dialog = (more: Partial<KeptDialog> = {}): KeptDialog => ({
  id: 'call;from-tag=a',
  kind: 'INVITE',
  role: 'uas',
  callId: 'call',
  localTag: 'b',
  remoteTag: 'a',
  localAddress: '"J\u00c3\u00bcrgen \\"x\\"" <sips:b@x>;tag=b',
  remoteAddress: '<sips:a@x>;tag=a',
  routeSet: ['<sips:p1;lr>', '<sips:p2;lr>'],
  remoteTarget: 'sips:a@192.0.2.1:5061',
  localCSeq: 2 ** 31 - 1,
  remoteCSeq: 7,
  localContact: '<sips:192.0.2.9:5061>',
  flow: FLOW,
  ...more,
});

function shelves(disk: MemoryDisk) {
  const store = new Store(disk, new FakeClock(), LOG);
  return { store, dialogs: dialogShelf(store, LOG), ringing: ringingShelf(store, LOG) };
}

t.test('dialogs and what rings are read as they were written, and go when they are gone', async (t) => {
  const disk = new MemoryDisk();
  const first = shelves(disk);
  const long = 'x'.repeat(5000);
  const kept = new Map([
    ['call b a', dialog()],
    [`${long} 1`, dialog({ callId: long, id: `${long};from-tag=a` })],
    [`${long} 2`, dialog({ remoteTag: '', localTag: 'two', callId: long })],
    ['caf\u00e9 \u0000 b', dialog({ callId: 'caf\u00e9' })],
  ]);
  for (const [name, one] of kept) first.dialogs.changed(name, () => one);
  const refusal = 'SIP/2.0 503 Service Unavailable\r\n\r\n';
  const rings: KeptRinging = { kind: 'theirs', key: 'k', callId: 'c', fromTag: 'f', refusal, flow: FLOW };
  first.ringing.changed('k', () => rings);
  await first.store.close();
  const second = shelves(disk);
  const byCallId = (one: KeptDialog): string => `${one.callId} ${one.localTag}`;
  const left = [...second.dialogs.left()].sort((a, b) => (byCallId(a) < byCallId(b) ? -1 : 1));
  const expected = [...kept.values()].sort((a, b) => (byCallId(a) < byCallId(b) ? -1 : 1));
  t.ok(isDeepStrictEqual(left, expected));
  t.ok(isDeepStrictEqual(second.ringing.left(), [rings]));
  for (const name of kept.keys()) second.dialogs.gone(name);
  second.ringing.gone('k');
  await second.store.close();
  t.same([...disk.entries('dialogs'), ...disk.entries('ringing')], []);
});

t.test('a peer that has sent no request yet has no number', async (t) => {
  const disk = new MemoryDisk();
  const first = shelves(disk);
  first.dialogs.changed('d', () => dialog({ remoteCSeq: undefined, localContact: undefined }));
  await first.store.close();
  const [left] = shelves(disk).dialogs.left();
  t.equal(left?.remoteCSeq, undefined);
  t.equal(left?.localContact, undefined);
});

t.test('what is damaged, of another kind, or younger than this program, is given up for good', async (t) => {
  const disk = new MemoryDisk();
  await disk.commit([
    { shelf: 'dialogs', key: 'damaged', bytes: Buffer.from('H\u0001{"id":') },
    { shelf: 'dialogs', key: 'other', bytes: textBytesOf(1, { id: 'x' }) },
    { shelf: 'dialogs', key: 'younger', bytes: textBytesOf(2, dialog()) },
    { shelf: 'dialogs', key: 'whole', bytes: textBytesOf(1, dialog()) },
  ]);
  const { store, dialogs } = shelves(disk);
  t.same(
    dialogs.left().map(({ id }) => id),
    ['call;from-tag=a'],
  );
  await store.close();
  t.same(
    [...disk.entries('dialogs')].map(([key]) => key),
    ['whole'],
  );
});
