/**
 * Goal: what stands beside the calls outlives kill -9 too: unsent webhooks, event numbers, parking slots, the ids by which clients know
 * calls, and that no second Holdfast comes near. Method: the real product is killed between two requests of its clients.
 */
import t from 'tap';
import { verifySignature } from '#http/webhooks/signature.js';
import type { Event, Holdfast } from '../support/holdfast.js';
import { HookReceiver } from '../support/hook-receiver.js';
import { houseWithStore } from '../support/second-life.js';
import { until } from '../support/until.js';

const SECRET = 'a secret of many letters';

t.test('a parked call, unsent webhooks and ids of clients after kill -9', async (t) => {
  const phones = await houseWithStore(t);
  const { alice, bob, holdfast } = phones;
  const receiver = await HookReceiver.open(t);
  receiver.answerWith(503);
  const hook = { name: 'crm', url: receiver.url, secret: SECRET, events: ['call.answered', 'call.parked'] };
  t.equal((await holdfast.api('POST', '/webhooks', hook)).status, 201);

  const talk = await phones.talk();
  const ozeki = async (house: Holdfast): Promise<string> =>
    (
      await house.api<string>('GET', '/api?command=ListActiveCalls&Username=HTTP_User_1&Password=qwe123', undefined, {
        authorization: '',
      })
    ).body;
  const wireId = /<CallId>([A-Za-z0-9]{5,6})<\/CallId>/.exec(await ozeki(holdfast))?.[1] ?? '';
  t.not(wireId, '');
  const parked = holdfast.api('POST', `/calls/${talk.id}/park`, { leaving: 'caller' });
  await phones.takesReinvite(bob, 200);
  alice.sip.respond(await alice.sip.receives('BYE'), 200);
  t.match((await parked).body, { slot: '1' });
  const told = await holdfast.event(({ kind }) => kind === 'call.parked');
  await until('a letter was refused', () => receiver.notes.length > 0);
  t.match((await holdfast.api('GET', '/health')).body, { store: { refused: 0 } });
  t.match((await holdfast.api<string>('GET', '/metrics')).body, /^holdfast_store_up 1$/m);

  await t.test('while it lives nobody else may use its folder', async (t) => {
    await t.rejects(holdfast.beside(), {
      message: /holdfast\.yaml: store \(HOLDFAST_STORE\): found .*store, which Holdfast process/,
    });
  });

  await holdfast.written();
  holdfast.kill();
  await holdfast.exited();
  receiver.notes.length = 0;
  receiver.answerWith(204);
  const next = await holdfast.again();
  t.teardown(() => next.stop());

  await t.test('the webhook of the API is told what it was not, in order and signed', async (t) => {
    await receiver.has(2);
    t.same(
      receiver.notes.map(({ event }) => event.kind),
      ['call.answered', 'call.parked'],
    );
    t.equal(receiver.seqs[1], told.seq);
    for (const { headers, body } of receiver.notes) {
      const nowMs = Number(headers['holdfast-timestamp']) * 1000;
      t.ok(verifySignature({ header: String(headers['holdfast-signature']), body, secret: SECRET, nowMs }));
    }
  });

  await t.test('the parked call is in its slot, under its id', async (t) => {
    t.match((await next.api('GET', '/parked')).body, { parked: [{ slot: '1', callId: talk.id, number: '102' }] });
    t.match(await ozeki(next), new RegExp(`<CallId>${wireId}</CallId>`));
  });

  await t.test('events go on above every number that was told', async (t) => {
    const ended = next.event(({ kind }) => kind === 'call.ended', told.seq);
    bob.sip.inDialog(talk.bob, 'BYE');
    const event: Event = await ended;
    t.ok(event.seq > told.seq + 9000, `${told.seq} before, ${event.seq} after`);
    await until('the slot is free', async () => (await next.api<{ parked: [] }>('GET', '/parked')).body.parked.length === 0);
    const { body } = await next.api<{ calls: { id: string }[] }>('GET', '/history');
    t.same(
      body.calls.map(({ id }) => id),
      [talk.id],
      'and the history has it once',
    );
  });
  phones.hush();
});
