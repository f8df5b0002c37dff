/**
 * Goal: a stack that nobody here wrote (SIP.js) transfers its party, blind and attended, and hears how it goes; and it watches an
 * extension. Method: SIP.js in Node over WebSocket, two scripted phones with tones, the whole product.
 */
import { Inviter, Registerer, SessionState, Subscriber, UserAgent, type Notification, type Session } from 'sip.js';
import t from 'tap';
import { WebSocket } from 'ws';
import { PlainMedia, uriOf } from '../support/plain-media.js';
import { RtpEndpoint } from '../support/rtp-endpoint.js';
import { ThreePhones } from '../support/three-phones.js';
import { ALICE_HERTZ, BOB_HERTZ } from '../support/two-phones.js';
import { until } from '../support/until.js';

t.test('SIP.js transfers and watches', async (t) => {
  Object.assign(globalThis, { WebSocket });
  const three = await ThreePhones.start(t);
  const { alice, bob, holdfast } = three.two;
  const rtp = await RtpEndpoint.open();
  const browser = new UserAgent({
    uri: uriOf('104'),
    authorizationUsername: '104',
    authorizationPassword: 'demo-104',
    transportOptions: { server: `ws://127.0.0.1:${holdfast.wsPort}` },
    sessionDescriptionHandlerFactory: () => new PlainMedia(rtp),
    logLevel: 'error',
  });
  await browser.start();
  t.teardown(async () => {
    await browser.stop();
    rtp.close();
  });
  await new Registerer(browser).register();

  const calls = async (number: string): Promise<Session> => {
    const call = new Inviter(browser, uriOf(number));
    await call.invite();
    return call;
  };
  const stands = (call: Session): Promise<void> => until('the call stands', () => call.state === SessionState.Established);
  const isOver = (call: Session): Promise<void> => until('we have hung up', () => call.state === SessionState.Terminated);
  /** @returns what the NOTIFYs say, as they come. */
  const refers = async (call: Session, to: Session | string): Promise<string[]> => {
    const heard: string[] = [];
    const onNotify = (notification: Notification): void => {
      heard.push(`${notification.request.getHeader('Subscription-State')?.split(';')[0]} ${notification.request.body.trim()}`);
      void notification.accept();
    };
    await call.refer(typeof to === 'string' ? uriOf(to) : to, { onNotify });
    return heard;
  };

  await t.test('it watches a phone: the lamp is on while that phone talks', async (t) => {
    const lamp: string[] = [];
    const watch = new Subscriber(browser, uriOf('102'), 'dialog', { expires: 300 });
    watch.delegate = {
      onNotify: (notification) => {
        lamp.push(/<state>(\w+)</.exec(notification.request.body)?.[1] ?? 'free');
        void notification.accept();
      },
    };
    await watch.subscribe();
    await until('the first NOTIFY has come', () => lamp.length > 0);
    const talk = await three.two.talk();
    await until('the lamp is on', () => lamp.includes('confirmed'));
    await three.two.hangUp(talk);
    await until('the lamp is off', () => lamp.at(-1) === 'terminated');
    t.equal(lamp[0], 'free');
    t.equal(lamp.indexOf('early') < lamp.indexOf('confirmed'), true);
    await watch.unsubscribe();
  });

  await t.test('blind: it hears that the phone rings and answers, and then our BYE', async (t) => {
    const call = await calls('102');
    await three.answers(bob);
    await stands(call);
    const heard = await refers(call, '101');
    await three.follows(bob, 'sendonly');
    await Promise.all([three.answers(alice), three.follows(bob, 'sendrecv')]);
    await isOver(call);
    t.equal(heard[0], 'active SIP/2.0 100 Trying');
    t.same(
      heard.filter((one) => one.startsWith('terminated')),
      ['terminated SIP/2.0 200 OK'],
    );
    t.equal(heard.at(-1), 'terminated SIP/2.0 200 OK');
    t.same([await three.hears(alice), await three.hears(bob)], [[BOB_HERTZ], [ALICE_HERTZ]]);
    const { body } = await holdfast.api<{ calls: { id: string }[] }>('GET', '/calls');
    t.equal(body.calls.length, 1);
    await holdfast.api('DELETE', `/calls/${body.calls[0]?.id}`);
    await Promise.all([three.isHungUp(alice), three.isHungUp(bob)]);
    three.hush();
  });

  await t.test('attended: its two parties are connected, by the Replaces that it writes itself', async (t) => {
    const first = await calls('102');
    await three.answers(bob);
    await stands(first);
    const second = await calls('101');
    await three.answers(alice);
    await stands(second);
    const heard = await refers(first, second);
    await three.follows(bob, 'sendonly');
    await Promise.all([three.follows(alice, 'sendrecv'), three.follows(bob, 'sendrecv')]);
    await Promise.all([isOver(first), isOver(second)]);
    t.equal(heard.at(-1), 'terminated SIP/2.0 200 OK');
    t.same([await three.hears(alice), await three.hears(bob)], [[BOB_HERTZ], [ALICE_HERTZ]]);
    three.hush();
  });
});
