/**
 * Goal: a phone that says it knows `talk` and `hold` is known by its Contact, from its granted REGISTER on; no other phone is. Method: the
 * memory itself, then a registered phone on the wire.
 */
import t from 'tap';
import { keysIn, PhoneKeys } from '#signaling/phone-keys.js';
import { incoming } from '../support/fake-srf.js';
import { CALLER, SignalingHouse } from '../support/signaling-house.js';

const register = (headers: Readonly<Record<string, string>>) => incoming({ method: 'REGISTER', headers }).request;

t.test('what Allow-Events says, in either form', (t) => {
  t.same(keysIn(register({ 'Allow-Events': 'refer, Hold,talk' })), ['talk', 'hold']);
  t.same(keysIn(register({ u: 'hold' })), ['hold']);
  t.same(keysIn(register({ 'Allow-Events': 'talkative, dialog' })), []);
  t.same(keysIn(register({})), []);
  t.end();
});

t.test('known by Contact, until it says otherwise, and so many at most', (t) => {
  const keys = new PhoneKeys();
  const both = '<sip:101@a:1>;expires=60, "B" <sip:101@b:2>';
  keys.learn(register({ Contact: both, 'Allow-Events': 'talk' }));
  t.same([keys.of('sip:101@a:1'), keys.of('sip:101@b:2'), keys.of('sip:101@c')], [['talk'], ['talk'], []]);
  keys.learn(register({ Contact: '<sip:101@a:1>' }));
  t.same([keys.of('sip:101@a:1'), keys.of('sip:101@b:2')], [[], ['talk']]);
  for (let count = 0; count < 10_000; count++) keys.learn(register({ Contact: `<sip:1@x:${count}>`, 'Allow-Events': 'hold' }));
  t.same(keys.of('sip:101@b:2'), []);
  t.same(keys.of('sip:1@x:9999'), ['hold']);
  t.end();
});

t.test('a phone that said so when it registered need not say it in its call', async (t) => {
  const house = await SignalingHouse.start(t);
  t.teardown(() => house.signaling.forget(CALLER));
  const alice = await house.phone(t, '101');
  house.signaling.keys.learn(register({ Contact: `${alice.contact};expires=600`, 'Allow-Events': 'hold' }));
  const { leg } = await house.answers(alice);
  t.equal(house.signaling.notifyKey(CALLER, 'talk'), false);
  t.equal(house.signaling.notifyKey(CALLER, 'hold'), true);
  const notify = await alice.receives('NOTIFY');
  t.equal(notify.headers.get('event'), 'hold');
  alice.respond(notify, 489);
  alice.inDialog(leg, 'BYE');
  await house.hears('bye', 'caller');
  t.equal(house.signaling.notifyKey(CALLER, 'hold'), false, 'there is no call any more');
});
