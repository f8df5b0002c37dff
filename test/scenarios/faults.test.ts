/**
 * Goal: what goes wrong around a call is told in plain words and leaves nothing behind: rtpengine killed, Ctrl-C with calls up,
 * ports taken, configuration broken. Method: the real product in a process of its own, hurt from outside.
 */
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import t from 'tap';
import { childrenOf, rtpengineOf } from '../support/child-processes.js';
import { freePorts } from '../support/free-ports.js';
import { Holdfast } from '../support/holdfast.js';
import { TwoPhones } from '../support/two-phones.js';
import { until } from '../support/until.js';

t.test('rtpengine killed while a call rings: the call is ended and told, rtpengine comes back, new calls work', async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  await alice.sip.invite('102', alice.rtp.sdp());
  const invite = await bob.sip.receives('INVITE');
  bob.sip.respond(invite, 180);
  const ended = holdfast.event((event) => event.kind === 'call.ended');
  process.kill(rtpengineOf(holdfast.pid), 'SIGKILL');
  t.match(await ended, { cause: 'media-lost' });
  await alice.sip.receives('500');
  bob.sip.respond(await bob.sip.receives('CANCEL'), 200);
  bob.sip.respond(invite, 487);
  await until('rtpengine is back', async () => (await holdfast.api('GET', '/health')).status === 200);
  const again = await phones.talk();
  t.same(await phones.hears(alice), [phones.bob.hertz]);
  await phones.hangUp(again);
});

t.test(
  'a port that rtpengine has given up, because too much waited there, is left for another: both are heard again',
  async (t) => {
    const phones = await TwoPhones.start(t);
    const { alice, bob, holdfast } = phones;
    const talk = await phones.talk();
    t.same(await phones.hears(bob), [alice.hertz]);
    const rtpengine = rtpengineOf(holdfast.pid);
    const before = alice.rtp.target;
    let isAsked = false;
    const asked = [alice, bob].map(async (phone) => {
      const reinvite = await phones.takesReinvite(phone, 200, 'sendrecv');
      isAsked = true;
      phones.speak(phone, reinvite.body);
    });
    await until('a phone is asked to speak to another port', async () => {
      if (isAsked) return true;
      process.kill(rtpengine, 'SIGSTOP');
      await alice.rtp.burst(alice.hertz, 400); // 300 are too much; how many of them the socket has room for is the kernel's
      process.kill(rtpengine, 'SIGCONT');
      return false;
    });
    await Promise.all(asked);
    t.same(await phones.hears(bob), [alice.hertz]);
    t.same(await phones.hears(alice), [bob.hertz]);
    t.notSame(alice.rtp.target, before);
    await phones.hangUp(talk);
  },
);

t.test('rtpengine has no port left: 503 with Retry-After; calls that are up go on, and one that ends makes room', async (t) => {
  const { portMin, portMax } = await freePorts(9); // two calls and a half
  const phones = await TwoPhones.start(t, {
    environment: { RTPENGINE_PORT_MIN: String(portMin), RTPENGINE_PORT_MAX: String(portMax) },
  });
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  await alice.sip.invite('102', alice.rtp.sdp());
  bob.sip.respond(await bob.sip.receives('INVITE'), 180);
  const ended = holdfast.event((event) => event.kind === 'call.ended');
  const { leg } = await alice.sip.invite('102', alice.rtp.sdp());
  const refused = await alice.sip.receives('503', (one) => one.headers.get('call-id') === leg.callId);
  t.match(refused.headers.get('retry-after'), /^[1-9]\d*$/);
  t.match(await ended, { cause: 'media-lost', status: 503 });
  t.same(await phones.hears(alice), [bob.hertz]);
  await phones.hangUp(talk);
  await phones.hangUp(await phones.talk());
});

t.test('Ctrl-C with a held call: both phones get BYE, and no process is left', async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  const held = holdfast.api('PUT', `/calls/${talk.id}/hold`);
  await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200)]);
  await held;
  const children = childrenOf(holdfast.pid);
  const stopped = holdfast.stop();
  for (const phone of [alice, bob]) phone.sip.respond(await phone.sip.receives('BYE'), 200);
  phones.hush();
  t.equal(await stopped, 0);
  await until('its children are gone', () => children.every(({ pid }) => !readdirSync('/proc').includes(String(pid))));
});

t.test('a taken port stops the start with address, port and the setting to change', async (t) => {
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
  t.teardown(() => squatter.close());
  const port = String((squatter.address() as { port: number }).port);
  await t.rejects(Holdfast.start({ environment: { HOLDFAST_HTTP_PORT: port } }), {
    message: new RegExp(`HOLDFAST_HTTP_PORT.*${port} on 127.0.0.1 is taken`),
  });
  await t.rejects(Holdfast.start({ environment: { HOLDFAST_SIP_PORT: port } }), {
    message: new RegExp(`${port}.*HOLDFAST_SIP_PORT|HOLDFAST_SIP_PORT.*${port}|port ${port}`),
  });
});

t.test('a broken configuration stops the start with file, key, what was found and what is expected', async (t) => {
  await t.rejects(Holdfast.start({ holdfast: 'sip: { port: 5060' }), { message: /holdfast\.yaml: not readable as YAML/ });
  await t.rejects(Holdfast.start({ holdfast: 'sip: { prot: 5060 }\n' }), { message: /holdfast\.yaml: sip\.prot: unknown key/ });
  await t.rejects(Holdfast.start({ trunks: 'trunks: [{ name: a, uri: nowhere }]\n' }), {
    message: /trunks\.yaml: trunks\.0\.uri: found "nowhere", expected/,
  });
  await t.rejects(Holdfast.start({ environment: { HOLDFAST_ADDRESS: '0.0.0.0' } }), {
    message: /accounts\.yaml: .*demo password.*0\.0\.0\.0/,
  });
});
