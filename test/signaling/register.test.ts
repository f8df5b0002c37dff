import t from 'tap';
import { FrontDoor } from '../support/front-door.js';

const CONTACT = '<sip:101@192.0.2.7:5060>';

t.test('a phone is bound, and hears its contact with what was granted', async (t) => {
  const door = new FrontDoor();
  const answer = door.register({ Contact: `${CONTACT};expires=600`, 'User-Agent': 'Desk 1' });
  t.match(answer, { status: 200, headers: { Contact: '<sip:101@192.0.2.7:5060>;expires=600' } });
  t.match(answer.headers['Date'], /^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$/);
  t.notHas(answer.headers, { Supported: /./ }, 'nothing is promised that is not kept');
  t.match(door.registrar.list(), [{ aor: '101', userAgent: 'Desk 1', source: '192.0.2.7:5060', transport: 'udp' }]);
  t.match(door.events, [{ kind: 'registration.changed', aor: '101', change: 'registered', expiresSec: 600 }]);
});

t.test('only what was granted is told on', async (t) => {
  const door = new FrontDoor();
  door.register({ Contact: CONTACT, Authorization: '' });
  door.register({ Contact: 'nonsense' });
  t.equal(door.granted, 0);
  door.register({ Contact: CONTACT });
  t.equal(door.granted, 1);
});

t.test('the answer names every current contact, each with what is left of it', async (t) => {
  const door = new FrontDoor();
  door.register({ Contact: `${CONTACT};expires=600` });
  door.clock.advance(100_000);
  const { headers } = door.register({ Contact: '<sip:101@192.0.2.8>;q=0.5', Expires: '300' });
  t.equal(headers['Contact'], '<sip:101@192.0.2.7:5060>;expires=500, <sip:101@192.0.2.8>;expires=300');
});

t.test('several contacts in one header are several bindings, commas in display names or not', async (t) => {
  const door = new FrontDoor();
  t.match(door.register({ Contact: `"Desk, left" <sip:a@192.0.2.7>;expires=60,<sip:b@192.0.2.7>;expires=70` }), { status: 200 });
  t.same(
    door.registrar.fetch('101').map((one) => one.contact),
    ['sip:a@192.0.2.7', 'sip:b@192.0.2.7'],
  );
});

t.test('a REGISTER without contact only asks', async (t) => {
  const door = new FrontDoor();
  t.notHas(door.register({}).headers, { Contact: /./ });
  door.register({ Contact: CONTACT, Expires: '60' });
  t.equal(door.register({}).headers['Contact'], '<sip:101@192.0.2.7:5060>;expires=60');
  t.equal(door.events.length, 1);
});

t.test('expires 0 takes a contact away, and the star takes all', async (t) => {
  const door = new FrontDoor();
  door.register({ Contact: '<sip:a@192.0.2.7>, <sip:b@192.0.2.7>' });
  t.equal(door.register({ Contact: '<sip:a@192.0.2.7>;expires=0' }).headers['Contact'], '<sip:b@192.0.2.7>;expires=3600');
  const { status, headers } = door.register({ Contact: '*', Expires: '0' });
  t.equal(status, 200);
  t.notHas(headers, { Contact: /./ });
  t.same(door.registrar.list(), []);
});

for (const [headers, status, why] of [
  [{ Contact: '*' }, 400, 'a star without Expires: 0'],
  [{ Contact: `*, ${CONTACT}`, Expires: '0' }, 400, 'a star beside a contact'],
  [{ Contact: '<mailto:alice@example.com>' }, 400, 'a contact that no call can reach'],
  [{ Contact: '<sip:101@192.0.2.7' }, 400, 'a bracket that does not close'],
  [{ Contact: CONTACT, CSeq: 'many REGISTER' }, 400, 'a CSeq that is no number'],
  [{ Contact: `${CONTACT};expires=59` }, 423, 'a time too brief'],
  [{ Contact: '<sip:1@h>, <sip:2@h>, <sip:3@h>' }, 403, 'more contacts than allowed'],
  [{ Contact: CONTACT, To: '<sip:102@holdfast>' }, 403, "somebody else's number"],
  [{ Contact: CONTACT, To: '<sip:nobody@holdfast>' }, 403, 'a number that nobody has'],
  [{ Contact: CONTACT, To: 'nonsense' }, 403, 'a To that cannot be read'],
  [{ Contact: CONTACT, Require: 'path' }, 420, 'an extension that is not here'],
  [{ Contact: CONTACT, Authorization: 'none' }, 401, 'no credentials'],
] as const) {
  t.test(`${why} is answered ${status} and binds nothing`, async (t) => {
    const door = new FrontDoor();
    t.match(door.register(headers), { status });
    t.same(door.registrar.list(), []);
    t.same(door.events, []);
  });
}

t.test('423 says what is long enough, 420 what is not supported', async (t) => {
  const door = new FrontDoor();
  t.equal(door.register({ Contact: CONTACT, Expires: '5' }).headers['Min-Expires'], '60');
  t.equal(door.register({ Contact: CONTACT, Require: 'path' }).headers['Unsupported'], 'path');
});

t.test('an expires that cannot be read counts as not said (RFC 3261 section 20.19)', async (t) => {
  for (const expires of ['soon', '-1', '1e9', '99999999999', '']) {
    const door = new FrontDoor();
    t.match(door.register({ Contact: CONTACT, Expires: expires }).headers, { Contact: /expires=3600$/ }, expires);
  }
});

t.test('an old REGISTER that comes late is refused and takes nothing back', async (t) => {
  const door = new FrontDoor();
  door.register({ Contact: CONTACT, CSeq: '9 REGISTER' });
  t.match(door.register({ Contact: `${CONTACT};expires=0`, CSeq: '8 REGISTER' }), { status: 500 });
  t.equal(door.registrar.list().length, 1);
});

t.test('a device without reg-id may have two contacts; with one its new contact replaces the old', async (t) => {
  const device = '+sip.instance="<urn:uuid:1>"';
  const door = new FrontDoor();
  door.register({ Contact: `<sip:a@192.0.2.7>;${device}, <sip:b@192.0.2.7>;${device}` });
  t.equal(door.registrar.list().length, 2);
  const other = new FrontDoor();
  other.register({ Contact: `<sip:a@192.0.2.7:1000>;${device};reg-id=1` });
  other.register({ Contact: `<sip:a@192.0.2.7:2000>;${device};reg-id=1` });
  t.match(other.registrar.list(), [{ contact: 'sip:a@192.0.2.7:2000' }]);
  t.equal(other.registrar.list().length, 1);
});
