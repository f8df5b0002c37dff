/**
 * Goal: what webhooks and pages of history say of a real call is the same, in order, down to its end when Holdfast itself is stopped.
 * Method: two scripted phones, the whole product in a process of its own, and a real receiver.
 */
import t from 'tap';
import { verifySignature } from '#http/webhooks/signature.js';
import { HookReceiver } from '../support/hook-receiver.js';
import { TwoPhones } from '../support/two-phones.js';

type Page = { events: { seq: number; kind: string; callId?: string; cause?: string }[]; next: number };

t.test('a call that is held, resumed and cut off by the end of Holdfast, as webhooks tell it', async (t) => {
  const receiver = await HookReceiver.open(t);
  const phones = await TwoPhones.start(t);
  const { holdfast } = phones;
  const { status, body } = await holdfast.api<{ secret: string }>('POST', '/webhooks', { name: 'crm', url: receiver.url });
  t.equal(status, 201);
  // A receiver that is slow to answer must not change the order.
  receiver.answer = (_note, response) => void setTimeout(() => response.writeHead(200).end(), 20);

  const { id } = await phones.talk();
  const { alice, bob } = phones;
  for (const [method, direction] of [
    ['PUT', 'recvonly'],
    ['DELETE', 'sendrecv'],
  ] as const) {
    const asked = holdfast.api(method, `/calls/${id}/hold`);
    await Promise.all([alice, bob].map((phone) => phones.takesReinvite(phone, 200, direction)));
    await asked;
  }
  const page = await holdfast.api<Page>('GET', '/events?after=0&limit=1000');
  const ofCall = page.body.events.filter(({ callId }) => callId === id);
  await receiver.has(ofCall.length);
  t.same(
    receiver.notes.map(({ event }) => event),
    ofCall,
    'the same events, in the same order',
  );
  t.ok(ofCall.filter(({ kind }) => kind === 'hold.changed').length >= 2, 'a hold and a resume were among them');

  t.equal(await holdfast.stop(), 0);
  const last = receiver.notes.at(-1);
  t.match(last?.event, { kind: 'call.ended', callId: id, cause: 'shutdown' }, 'the last word reached the receiver');
  for (const note of receiver.notes) {
    const header = String(note.headers['holdfast-signature']);
    t.ok(verifySignature({ header, body: note.body, secret: body.secret, nowMs: Date.now() }), `signed: ${note.event.kind}`);
  }
  t.same(
    receiver.seqs,
    [...receiver.seqs].sort((one, other) => one - other),
  );
});
