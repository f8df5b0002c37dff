/** call-service: when what a call took of its payer's room is free again. */
import t from 'tap';
import type { TollPort } from '#calls/ports.js';
import { QuietCalls } from '../support/quiet-calls.js';

t.test('who hangs up may call again at once, also while rtpengine has not answered for the old call', async (t) => {
  const ended: string[] = [];
  const toll: TollPort = { admit: () => undefined, goesOn: () => undefined, ended: (callId) => void ended.push(callId) };
  let gone: () => void = () => undefined;
  const deleted = new Promise<void>((resolve) => (gone = resolve));
  const calls = new QuietCalls(undefined, undefined, { media: { delete: deleted }, toll });
  const id = await calls.talks();
  t.same(ended, []);
  await calls.says(id, 'caller', { kind: 'bye' });
  t.same(ended, [id]);
  t.ok(calls.service.live(id), 'its ports are not free yet');
  gone();
  await calls.settles();
  t.notOk(calls.service.live(id));
  t.same(ended, [id]);
});
