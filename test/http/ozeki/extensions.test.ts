/** extensions: numbers that a script answers: what is asked before they answer, who is refused, what is said, and when it ends. */
import t, { type Test } from 'tap';
import type { VirtualLine, VirtualParty } from '#calls/virtual-phones.js';
import type { CallId } from '#core/leg.js';
import type { OzekiConfig } from '#kit/config.js';
import { callView, FakeCalls } from '../../support/fake-calls.js';
import { appFixture, OZEKI } from '../../support/http-fixture.js';
import { OzekiApp } from '../../support/ozeki-app.js';
import { until } from '../../support/until.js';

const callId = 'call1' as CallId;
const parties = { caller: '101', callee: '600' };
const LOGIN = 'Username=HTTP_User_1&Password=qwe123';
const INVITED = { fromUser: '101', toUser: '600' };

async function house(t: Test, extension: Partial<OzekiConfig['apiExtensions'][number]> = {}, incomingCall = '') {
  const app = await OzekiApp.open(t);
  const calls = new FakeCalls(callView({ id: callId, parties }));
  calls.answers.set('call.play', { kind: 'play.started', callId, playId: 'p1', ms: 1000 });
  const urls = { ...OZEKI.urls, incomingCall: incomingCall === '' ? '' : `${app.url}${incomingCall}` };
  const http = await appFixture(t, calls, { ...OZEKI, urls, apiExtensions: [{ number: '600', ...extension }] });
  const party = (role: 'caller' | 'callee'): VirtualParty => {
    const made = http.programs.get('600')?.party();
    if (made === undefined) throw new Error('nobody is at 600');
    const line: VirtualLine = { leg: () => ({ callId, role }), hangUp: () => undefined };
    made.calls?.(line);
    return made;
  };
  const asked = (kind: string) => calls.asked.filter((command) => command.kind === kind);
  return { ...http, application: app, calls, party, asked };
}

t.test('its own script is said to who calls, and its end hangs up', async (t) => {
  const { party, bus, asked } = await house(t, { script: '<Response><Speak>Hello $Extension</Speak></Response>' });
  t.match(await party('callee').describe(INVITED), /m=audio \d+ RTP\/AVP 8 0 101\r\n[^]*a=sendrecv/);
  t.same(asked('call.play'), [], 'not before the call is answered');
  bus.publish({ kind: 'call.answered', callId, parties });
  await until('it speaks', () => asked('call.play').length === 1);
  t.match(asked('call.play'), [{ to: 'caller', what: { text: 'Hello 600' } }]);
  bus.publish({ kind: 'play.ended', callId, parties, playId: 'p1', why: 'done' });
  await until('it hangs up', () => asked('call.hangup').length === 1);
});

t.test('IncomingCall asks the application; Reject as the first command refuses', async (t) => {
  const { party, application } = await house(t, {}, '/incoming');
  application.answers('IncomingCall', '<Response><Reject/></Response>');
  await t.rejects(party('callee').describe(INVITED), { name: 'CallDeclined' });
  t.match(application.told[0], { path: '/incoming', fields: { NotificationName: 'IncomingCall', Caller: '101', Callee: '600' } });
  application.answers('IncomingCall', '<Response><Beep/><Reject/></Response>');
  t.match(await party('callee').describe(INVITED), /m=audio/, 'later it is too late');
});

t.test('nobody who says what is to be done: nobody has the number', async (t) => {
  const { party } = await house(t);
  await t.rejects(party('callee').describe(INVITED), { name: 'NumberUnknown' });
});

t.test('an application that says nothing, or nonsense, is answered for and hung up', async (t) => {
  for (const answer of ['', '<html>']) {
    const { party, application, bus, asked } = await house(t, {}, '/incoming');
    application.answers('IncomingCall', answer);
    await party('callee').describe(INVITED);
    bus.publish({ kind: 'call.answered', callId, parties });
    await until('it hangs up', () => asked('call.hangup').length === 1);
    t.same(asked('call.play'), []);
  }
});

t.test(
  'when it calls, nobody is asked before; CallConnected asks the Url of the command when the phone has answered',
  async (t) => {
    const { party, application, app, bus, asked } = await house(t, { script: '<Response><Hangup/></Response>' });
    application.answers('CallConnected', '<Response><Speak>It is for you</Speak></Response>');
    const answer = await app.inject({
      url: `/api?command=Call&ApiExtension=600&Dialed=102&Url=${application.url}/connected&${LOGIN}`,
    });
    t.match(answer.body, /<Code>200</);
    await party('caller').describe(INVITED);
    t.same(application.told, []);
    bus.publish({ kind: 'call.answered', callId: 'new2' as CallId, parties: { caller: '600', callee: '102' } });
    await until('it speaks', () => asked('call.play').length === 1);
    t.match(asked('call.play'), [{ callId: 'new2', to: 'callee', what: { text: 'It is for you' } }]);
    t.match(application.told, [
      { path: '/connected', fields: { NotificationName: 'CallConnected', Caller: '600', Callee: '102' } },
    ]);
  },
);

t.test('a caller who does not wait for the application is not spoken to', async (t) => {
  const { party, application, bus, calls } = await house(t, {}, '/incoming');
  application.answers('IncomingCall', application.holdBack);
  const asked = party('callee');
  const described = asked.describe(INVITED);
  await until('the application is asked', () => application.held.length === 1);
  asked.gone?.({ text: 'cancelled' });
  application.held[0]?.end('<Response><Speak>Hello</Speak></Response>');
  await described;
  bus.publish({ kind: 'call.answered', callId, parties });
  t.same(
    calls.asked.filter(({ kind }) => kind !== 'call.get'),
    [],
  );
});

t.test('the numbers are gone when the house closes', async (t) => {
  const { programs, stop } = await house(t);
  t.ok(programs.has('600'));
  await stop();
  t.notOk(programs.has('600'));
});
