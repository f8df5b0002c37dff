/**
 * Goal: a browser's SIP stack (SIP.js, unmodified) over WebSocket signalling: registers with SHA-256, calls, is held by API and
 * resumed, and hangs up. Method: SIP.js in Node with the ws package as its WebSocket; its SDP comes from a test's RTP endpoint,
 * because there is no WebRTC in Node, so what it hears is still decoded.
 */
import { Inviter, Registerer, RegistererState, SessionState, UserAgent } from 'sip.js';
import t from 'tap';
import { WebSocket } from 'ws';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { PlainMedia, uriOf } from '../support/plain-media.js';
import { RtpEndpoint } from '../support/rtp-endpoint.js';
import { directionIn } from '../support/sip-phone.js';
import { ALICE_HERTZ, BOB_HERTZ, TwoPhones } from '../support/two-phones.js';
import { until } from '../support/until.js';

t.test('SIP.js over WebSocket', async (t) => {
  Object.assign(globalThis, { WebSocket });
  const phones = await TwoPhones.start(t);
  const { bob, holdfast } = phones;
  const rtp = await RtpEndpoint.open();
  const media = new PlainMedia(rtp);
  const browser = new UserAgent({
    uri: uriOf('103'),
    authorizationUsername: '103',
    authorizationPassword: 'demo-103',
    transportOptions: { server: `ws://127.0.0.1:${holdfast.wsPort}` },
    sessionDescriptionHandlerFactory: () => media,
    logLevel: 'error',
  });
  await browser.start();
  const registerer = new Registerer(browser);
  t.teardown(async () => {
    await browser.stop();
    rtp.close();
  });

  await t.test('registers', async (t) => {
    await registerer.register();
    await until('SIP.js is registered', () => registerer.state === RegistererState.Registered);
    const { body } = await holdfast.api<{ registrations: { aor: string; transport: string }[] }>('GET', '/registrations');
    t.match(
      body.registrations.find(({ aor }) => aor === '103'),
      { transport: 'ws' },
    );
  });

  const call = new Inviter(browser, uriOf('102'));

  await t.test('calls a desk phone, and both hear each other', async (t) => {
    await call.invite();
    const invite = await bob.sip.receives('INVITE');
    bob.sip.respond(invite, 180);
    bob.sip.respond(invite, 200, bob.rtp.sdp());
    await bob.sip.receives('ACK');
    phones.speak(bob, invite.body);
    await until('the call stands', () => call.state === SessionState.Established);
    t.same(await phones.hears({ sip: bob.sip, rtp, hertz: ALICE_HERTZ }), [BOB_HERTZ]);
    t.same(await phones.hears(bob), [ALICE_HERTZ]);
  });

  await t.test('is held by API: a re-INVITE down its WebSocket says sendonly, and it hears only music', async (t) => {
    const { body } = await holdfast.api<{ calls: { id: string }[] }>('GET', '/calls');
    const path = `/calls/${body.calls[0]?.id}/hold`;
    const held = holdfast.api('PUT', path);
    await phones.takesReinvite(bob, 200);
    t.match((await held).body, { settled: true, caller: { state: 'agreed', direction: 'sendonly', status: 200 } });
    t.equal(directionIn(media.offers.at(-1) ?? ''), 'sendonly');
    t.same(await phones.hears({ sip: bob.sip, rtp, hertz: ALICE_HERTZ }), [MUSIC_HERTZ]);
    const resumed = holdfast.api('DELETE', path);
    await phones.takesReinvite(bob, 200, 'sendrecv');
    t.match((await resumed).body, { settled: true, reasons: [] });
    t.equal(directionIn(media.offers.at(-1) ?? ''), 'sendrecv');
    t.same(await phones.hears({ sip: bob.sip, rtp, hertz: ALICE_HERTZ }), [BOB_HERTZ]);
  });

  await t.test('is called down its WebSocket, and hangs up', async (t) => {
    const ended = holdfast.event((event) => event.kind === 'call.ended');
    await call.bye();
    bob.sip.respond(await bob.sip.receives('BYE'), 200);
    phones.hush();
    t.match(await ended, { cause: 'caller-hung-up' });
    const rings = new Promise<string>((resolve) => {
      browser.delegate = {
        onInvite: (invitation) => {
          resolve(invitation.remoteIdentity.uri.user ?? '');
          void invitation.reject({ statusCode: 486 });
        },
      };
    });
    const { leg } = await bob.sip.invite('103', bob.rtp.sdp());
    t.equal(await rings, '102');
    t.equal((await bob.sip.receives('486')).headers.get('call-id'), leg.callId);
  });
});
