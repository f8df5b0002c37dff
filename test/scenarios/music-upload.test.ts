/**
 * Goal: a file that is sent over HTTP is heard by the next who is held in its class, whatever it is called and whatever its form.
 * Method: the whole product, two scripted phones, tones.
 */
import t from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { ALICE_HERTZ, BOB_HERTZ, TwoPhones, type Proof } from '../support/two-phones.js';
import { toneWav } from '../support/wav.js';

const SENT_HERTZ = 1600;
const headers = { authorization: 'Bearer demo-token' };

t.test('music is sent, listed, heard and taken away', async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  const url = `${holdfast.base}/music`;
  const send = (body: Buffer | string, query = '?name=../new.wav'): Promise<Response> =>
    fetch(`${url}/fresh${query}`, { method: 'PUT', headers: { ...headers, 'content-type': 'audio/wav' }, body });
  const refused = await send('this is no music');
  t.match([refused.status, await refused.json()], [400, { code: 'bad_request', field: 'body', detail: /ffmpeg cannot read it/ }]);
  const sent = await send(toneWav({ hertz: SENT_HERTZ, seconds: 20 }));
  t.equal(sent.status, 201, 'longer than a JSON body may be');
  t.equal(sent.headers.get('location'), '/music/fresh/new.wav');
  t.same(await sent.json(), { class: 'fresh', name: 'new.wav', seconds: 20, replaced: false });
  t.match((await holdfast.api('GET', '/music')).body, {
    classes: [{ name: 'default' }, { name: 'fresh', files: [{ name: 'new.wav', seconds: 20 }] }],
  });

  const talk = await phones.talk();
  const held = holdfast.api<Proof>('PUT', `/calls/${talk.id}/hold`, { music: 'fresh' });
  await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200)]);
  t.equal((await held).status, 200);
  await bob.rtp.next(10);
  t.same((await bob.rtp.next(20)).tones(ALICE_HERTZ, BOB_HERTZ, MUSIC_HERTZ, SENT_HERTZ), [SENT_HERTZ]);
  const gone = await fetch(`${url}/fresh/new.wav`, { method: 'DELETE', headers });
  t.equal(gone.status, 204);
  t.same((await bob.rtp.next(20)).tones(MUSIC_HERTZ, SENT_HERTZ), [SENT_HERTZ], 'who hears it hears it on');
  t.equal((await fetch(`${url}/fresh/new.wav`, { method: 'DELETE', headers })).status, 404);
  await phones.hangUp(talk);
});
