/**
 * Goal: reliable provisional responses (RFC 3262) with a stack that is not ours, SIP.js, which checks what it is sent: as the caller that
 * requires them, and as the called phone that sends them. A 200 comes only after the PRACK, so a call that stands has had it.
 */
import { Inviter, Registerer, RegistererState, SessionState, SIPExtension, UserAgent, type Invitation } from 'sip.js';
import t from 'tap';
import { WebSocket } from 'ws';
import { PlainMedia, uriOf } from '../support/plain-media.js';
import { RtpEndpoint } from '../support/rtp-endpoint.js';
import { ALICE_HERTZ, BOB_HERTZ, TwoPhones } from '../support/two-phones.js';
import { until } from '../support/until.js';

t.test('SIP.js and reliable provisional responses', async (t) => {
  Object.assign(globalThis, { WebSocket });
  const phones = await TwoPhones.start(t);
  const { bob, holdfast } = phones;
  const rtp = await RtpEndpoint.open();
  const ear = { sip: bob.sip, rtp, hertz: ALICE_HERTZ };
  const browser = new UserAgent({
    uri: uriOf('103'),
    authorizationUsername: '103',
    authorizationPassword: 'demo-103',
    transportOptions: { server: `ws://127.0.0.1:${holdfast.wsPort}` },
    sessionDescriptionHandlerFactory: () => new PlainMedia(rtp),
    sipExtension100rel: SIPExtension.Required,
    logLevel: 'error',
  });
  await browser.start();
  const registerer = new Registerer(browser);
  await registerer.register();
  await until('SIP.js is registered', () => registerer.state === RegistererState.Registered);
  t.teardown(async () => {
    await browser.stop();
    rtp.close();
  });

  await t.test('a caller that requires them hears early media, and then the answer', async (t) => {
    const call = new Inviter(browser, uriOf('102'), { earlyMedia: true });
    await call.invite();
    const invite = await bob.sip.receives('INVITE');
    bob.sip.respond(invite, 180);
    bob.sip.respond(invite, 183, bob.rtp.sdp());
    phones.speak(bob, invite.body);
    t.same(await phones.hears(ear), [BOB_HERTZ]);
    bob.sip.respond(invite, 200, bob.rtp.sdp());
    await bob.sip.receives('ACK');
    await until('the call stands', () => call.state === SessionState.Established);
    t.same(await phones.hears(bob), [ALICE_HERTZ]);
    await call.bye();
    bob.sip.respond(await bob.sip.receives('BYE'), 200);
    phones.hush();
  });

  await t.test('a called phone that sends them is acknowledged, and its answer passed on as reliably', async (t) => {
    const rings = new Promise<Invitation>((resolve) => (browser.delegate = { onInvite: resolve }));
    const { leg } = await bob.sip.invite('103', bob.rtp.sdp(), { Supported: '100rel' });
    const invitation = await rings;
    const acknowledged = invitation.progress({ statusCode: 183, rel100: true });
    const progress = await bob.sip.receives('183');
    await acknowledged;
    leg.remote = progress.headers.get('to') ?? '';
    leg.target = /<([^>]+)>/.exec(progress.headers.get('contact') ?? '')?.[1] ?? '';
    bob.sip.inDialog(leg, 'PRACK', '', { RAck: `${progress.headers.get('rseq')} ${progress.headers.get('cseq')}` });
    await bob.sip.receives('200', (one) => / PRACK$/.test(one.headers.get('cseq') ?? ''));
    await invitation.accept();
    const ok = await bob.sip.receives('200', (one) => / INVITE$/.test(one.headers.get('cseq') ?? ''));
    bob.sip.ack(leg, ok);
    await until('the call stands', () => invitation.state === SessionState.Established);
    phones.speak(bob, ok.body);
    t.same(await phones.hears(ear), [BOB_HERTZ]);
    bob.sip.inDialog(leg, 'BYE');
    await until('it has ended', () => invitation.state === SessionState.Terminated);
    phones.hush();
  });
});
