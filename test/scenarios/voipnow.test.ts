/**
 * Goal: a hold through the VoipNow dialect is one that the phones hear, and stands beside those of other dialects; a call that rings is
 * picked up, and one that is parked is fetched, in its words. Method: scripted phones, their RTP, and the requests of the vendor's client.
 */
import t from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { directionIn } from '../support/sip-phone.js';
import { CAROL_HERTZ, ThreePhones } from '../support/three-phones.js';
import { ALICE_HERTZ, BOB_HERTZ } from '../support/two-phones.js';

const CLIENT = "voipnow:\n  clients: [{ client: demo, secret: demo, user: '1' }]\n";

type PhoneCall = Readonly<{ id: string; phoneCallView: Readonly<Record<string, unknown>>[] }>;
type List = Readonly<{ entry: PhoneCall[] }>;

/** As the vendor's client does it: form fields for a token, and then JSON with it. */
async function client(phones: ThreePhones) {
  const { holdfast } = phones.two;
  const fields = { client_id: 'demo', client_secret: 'demo', grant_type: 'client_credentials', type: 'unifiedapi' };
  const answer = await fetch(`${holdfast.base}/oauth/token.php`, { method: 'POST', body: new URLSearchParams(fields) });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${token}` };
  const ask = <T>(method: string, path: string, body?: object) =>
    holdfast.api<T>(method, `/uapi/phoneCalls/@me/${path}`, body, headers);
  const idAt = async (extension: string): Promise<string> => (await ask<List>('GET', extension)).body.entry.at(-1)?.id ?? '';
  return { ask, idAt };
}

t.test('a call between 101 and 102, held and resumed by the extension in the path', async (t) => {
  const phones = await ThreePhones.start(t, { accounts: CLIENT });
  const { alice, bob, holdfast } = phones.two;
  const { ask, idAt } = await client(phones);
  const talk = await phones.two.talk();
  const id = await idAt('0001*101');
  t.match(id, /^[0-9a-f]{20}$/);
  const act = (extension: string, action: string, view = '00') =>
    ask<{ id: string; extension: string }>('PUT', `${extension}/${id}/`, { action, phoneCallViewId: view });
  const views = async () => (await ask<PhoneCall>('GET', `@self/${id}`)).body.phoneCallView;

  await t.test('102 holds: 101 hears music, 102 nothing, and both views say since when', async (t) => {
    const held = act('0001*102', 'OnHold', '01');
    const offers = await Promise.all([phones.follows(alice, 'sendonly'), phones.follows(bob, 'inactive')]);
    t.same(
      offers.map((offer) => directionIn(offer.body)),
      ['sendonly', 'inactive'],
    );
    t.match(await held, { status: 202, body: { id, extension: '0001*102' } });
    t.same(await phones.hears(alice), [MUSIC_HERTZ]);
    const [callers, callees] = await views();
    t.match(callees, { holder: 1, onHold: /T.*\+00:00$/, status: '5' });
    t.equal(callees?.['onhold'], callees?.['onHold'], 'both spellings');
    t.ok(callers?.['onHold']);
    t.equal(callers?.['holder'], undefined);
  });

  await t.test('a hold by another dialect stays when this one is lifted', async (t) => {
    const held = holdfast.api('PUT', `/calls/${talk.id}/hold`);
    await phones.follows(bob, 'sendonly');
    t.equal((await held).status, 200);
    t.same({ alice: await phones.hears(alice), bob: await phones.hears(bob) }, { alice: [MUSIC_HERTZ], bob: [MUSIC_HERTZ] });
    t.equal((await act('0001*102', 'OffHold')).status, 202);
    const { body } = await holdfast.api<{ state: string; hold: { reasons: string[] } }>('GET', `/calls/${talk.id}`);
    t.same(body.hold.reasons, ['controller']);
    t.same(await phones.hears(alice), [MUSIC_HERTZ], 'still held');
    const [callers, callees] = await views();
    t.ok(callers?.['onHold'] !== undefined && callees?.['onHold'] !== undefined, 'the call is held all the same');
    t.same([callers?.['holder'], callees?.['holder']], [undefined, undefined], 'by none of its parties');
  });

  await t.test('and when that one is lifted too both hear each other', async (t) => {
    const resumed = holdfast.api('DELETE', `/calls/${talk.id}/hold`);
    await Promise.all([phones.follows(alice, 'sendrecv'), phones.follows(bob, 'sendrecv')]);
    t.equal((await resumed).status, 200);
    t.same({ alice: await phones.hears(alice), bob: await phones.hears(bob) }, { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
    t.notOk((await views()).some((view) => 'onHold' in view));
  });

  await t.test('parked by 102, and fetched by 103', async (t) => {
    const parked = ask('PUT', `0001*102/${id}`, { action: 'Park', phoneCallViewId: '01' });
    await Promise.all([phones.follows(alice, 'sendonly'), phones.isHungUp(bob)]);
    t.equal((await parked).status, 202);
    bob.rtp.hush();
    t.match((await views())[0], { parkedPos: '1', parkedBy: '0001*102', parked: /T/ });
    const fetched = { action: 'UnPark', phoneCallViewId: '00', sendCallTo: '0001*103' };
    t.equal((await ask('PUT', `0001*102/${id}`, fetched)).status, 202);
    const answered = phones.answers(phones.carol);
    await phones.follows(alice, 'sendrecv');
    await answered;
    t.same(
      { alice: await phones.hears(alice), carol: await phones.hears(phones.carol) },
      { alice: [CAROL_HERTZ], carol: [ALICE_HERTZ] },
    );
  });

  phones.hush();
  const endsId = await idAt('0001*103');
  const gone = ask<PhoneCall[]>('DELETE', `0001*103/${endsId}`);
  await Promise.all([phones.isHungUp(alice), phones.isHungUp(phones.carol)]);
  t.match(await gone, { status: 200, body: [{ id: endsId }] }, 'as it was');
});

t.test('what rings at 102 is picked up by 103', async (t) => {
  const phones = await ThreePhones.start(t, { accounts: CLIENT });
  const { alice, bob } = phones.two;
  const { ask, idAt } = await client(phones);
  const { leg } = await alice.sip.invite('102', alice.rtp.sdp());
  const invite = await phones.rings(bob);
  await alice.sip.receives('180');
  const pickUp = { action: 'PickUp', phoneCallViewId: '01', sendCallTo: '0001*103', waitForPickup: '25' };
  t.equal((await ask('PUT', `0001*102/${await idAt('0001*102')}`, pickUp)).status, 202);
  const cancel = await bob.sip.receives('CANCEL');
  bob.sip.respond(cancel, 200);
  bob.sip.respond(invite, 487);
  await phones.answers(phones.carol);
  await phones.isAnswered(alice, leg);
  t.same(await phones.hears(phones.carol), [ALICE_HERTZ]);
  phones.hush();
  alice.sip.inDialog(leg, 'BYE');
  await phones.isHungUp(phones.carol);
});

t.test('103 barges in, and the extension that holds then is heard by nobody', async (t) => {
  const phones = await ThreePhones.start(t, { accounts: CLIENT });
  const { alice, bob, holdfast } = phones.two;
  const { ask, idAt } = await client(phones);
  await phones.two.talk();
  const id = await idAt('0001*101');
  const isIn = holdfast.event(
    (event) => event.kind === 'conference.changed' && JSON.stringify(event['members']).split('"in"').length === 4,
  );
  const bargedIn = ask('PUT', `0001*101/${id}`, { action: 'BargeIn', phoneCallViewId: '00', sendCallTo: '0001*103' });
  await Promise.all([phones.follows(alice, 'sendrecv'), phones.follows(bob, 'sendrecv')]);
  await phones.answers(phones.carol);
  t.equal((await bargedIn).status, 202);
  await isIn;
  await phones.hears(bob); // what was on its way
  t.same(await phones.hears(bob), [ALICE_HERTZ, CAROL_HERTZ]);
  const held = ask('PUT', `0001*101/${id}`, { action: 'OnHold', phoneCallViewId: '00' });
  await phones.follows(alice, 'inactive');
  t.match(await held, { status: 202, body: { id } }, 'by the id that the call had');
  await phones.hears(bob);
  t.same(await phones.hears(bob), [CAROL_HERTZ]);
  t.match((await ask<PhoneCall>('GET', `0001*101/${id}`)).body.phoneCallView[0], { holder: 1, onHold: /T/ });
  phones.hush();
  const gone = ask<PhoneCall[]>('DELETE', '@self');
  await Promise.all(phones.everybody.map((phone) => phones.isHungUp(phone)));
  t.equal((await gone).status, 200);
});
