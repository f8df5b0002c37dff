/** Goal: what one leg answers is said on the other only where it means the same there, trunks hear credentials with everything, and nothing is left open. */
import t from 'tap';
import { createLogger } from '#kit/log.js';
import { parseCredentials } from '#sip/digest.js';
import { onMessage } from '#signaling/message.js';
import type { RouteDeps } from '#signaling/routes.js';
import { FakeSrf, incoming, settled } from '../support/fake-srf.js';
import { CALLER, SignalingHouse, sdp } from '../support/signaling-house.js';

const CHALLENGE = 'Digest realm="carrier", nonce="n1", algorithm=MD5, qop="auth"';
const LOGIN = { username: 'me', password: 'secret' };
const KEY = ['Signal=5\r\nDuration=160\r\n', { 'Content-Type': 'application/dtmf-relay' }] as const;

t.test(
  'an INFO that is passed on: a dialog that is gone there is not gone here, and a trunk that asks hears who we are',
  async (t) => {
    const house = await SignalingHouse.start(t);
    const alice = await house.phone(t, '101');
    const trunk = await house.phone(t, '102');
    const { leg } = await house.answers(alice);
    await house.calls(trunk, {}, { credentials: LOGIN });
    alice.inDialog(leg, 'INFO', ...KEY);
    trunk.respond(await trunk.receives('INFO'), 407, '', { 'Proxy-Authenticate': CHALLENGE });
    const again = await trunk.receives('INFO', ({ headers }) => headers.has('proxy-authorization'));
    trunk.respond(again, 481);
    const answer = await alice.receives('xx', ({ headers }) => /INFO/.test(headers.get('cseq') ?? ''));
    t.equal(answer.what, '500', 'RFC 5057 5.1: a 481 would end its own dialog');
  },
);

t.test(
  'an INVITE that is asked again for a longer session is challenged anew, and a nonce that was too old is no refusal',
  async (t) => {
    const house = await SignalingHouse.start(t);
    const trunk = await house.phone(t, '102');
    house.dial(trunk, { credentials: LOGIN });
    const asked = async (nonce: string | undefined) =>
      trunk.receives('INVITE', ({ headers }) => {
        const proof = headers.get('proxy-authorization');
        return (proof === undefined ? undefined : parseCredentials(proof)?.nonce) === nonce;
      });
    const challenge = (nonce: string, stale = ''): Record<string, string> => ({
      'Proxy-Authenticate': CHALLENGE.replace('n1', nonce) + stale,
    });
    trunk.respond(await asked(undefined), 407, '', challenge('n1'));
    trunk.respond(await asked('n1'), 422, '', { 'Min-SE': '3600' });
    const longer = await trunk.receives('INVITE', ({ headers }) => headers.get('min-se') === '3600');
    t.notOk(longer.headers.has('proxy-authorization'), 'RFC 7616 3.4: an answer is good for one request');
    trunk.respond(longer, 407, '', challenge('n2'));
    trunk.respond(await asked('n2'), 407, '', challenge('n3', ', stale=true'));
    trunk.respond(await asked('n3'), 407, '', challenge('n4', ', stale=true'));
    t.equal((await house.hears('refused', 'callee')).status, 407, 'and not without end');
  },
);

t.test('a MESSAGE to a trunk that asks hears who we are', async (t) => {
  const srf = new FakeSrf();
  const target = { uri: 'sip:0441@198.51.100.5', credentials: LOGIN };
  const asked = { method: 'MESSAGE', uri: 'sip:0441@h', headers: { 'Content-Type': 'text/plain' }, body: 'hello' };
  const { request, response, sent } = incoming(asked);
  const deps = {
    srf: srf.asSrf(),
    bindings: { find: () => ({ kind: 'targets', targets: [target] }), traits: () => ({ kind: 'trunk' }) },
    authenticate: () => ({ kind: 'account', number: '101' }),
    log: createLogger('silent'),
  } as unknown as RouteDeps;
  onMessage(deps, request, response);
  srf.last.answer(407, { 'Proxy-Authenticate': CHALLENGE });
  t.match(srf.last.options, { body: 'hello', headers: { 'Proxy-Authorization': /username="me"/ } });
  srf.last.answer(202);
  await settled();
  t.match(sent, [{ status: 202 }]);
});

t.test('a BYE while a re-INVITE of the phone is open: it is answered, and drachtio-srf keeps nothing of it', async (t) => {
  const house = await SignalingHouse.start(t);
  const alice = await house.phone(t, '101');
  const { leg } = await house.answers(alice);
  alice.inDialog(leg, 'INVITE', sdp('sendonly', 2));
  await house.hears('reinvite', 'caller');
  house.signaling.bye(CALLER, { cause: 16, text: 'over' });
  const answer = await alice.receives('xx', ({ headers, what }) => /INVITE/.test(headers.get('cseq') ?? '') && what === '487');
  t.equal(answer.what, '487', 'RFC 3261 15.1.2');
});
