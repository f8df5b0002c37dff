/** wire-ids: short ids, both ways, and no more of them than the limit. */
import t from 'tap';
import { WireIds } from '#http/dialects/wire-ids.js';
import type { CallId } from '#core/leg.js';

const call = (name: string): CallId => name as CallId;

t.test('an id leads back to its call until the call is forgotten', async (t) => {
  const ids = new WireIds();
  const wireId = ids.of(call('a'));
  t.equal(ids.of(call('a')), wireId);
  t.equal(ids.find(wireId), 'a');
  ids.forget(call('a'));
  ids.forget(call('a'));
  t.equal(ids.find(wireId), undefined);
  t.equal(ids.size, 0);
});

t.test('an id that is taken is drawn again, longer', async (t) => {
  const ids = new WireIds((length) => new Uint8Array(length));
  t.equal(ids.of(call('a')), '00000');
  t.equal(ids.of(call('b')), '000000');
  t.equal(ids.find('00000'), 'a');
});

t.test('beyond the limit the oldest goes', async (t) => {
  const ids = new WireIds(undefined, 3);
  const first = ids.of(call('0'));
  for (const name of ['1', '2', '3']) ids.of(call(name));
  t.equal(ids.size, 3);
  t.equal(ids.find(first), undefined);
  t.equal(ids.find(ids.of(call('3'))), '3');
});
