/**
 * Goal: applications hear what they asked to hear, in order, and what they answer is carried out; scripts and calls never wait for them
 * longer than they may. Method: the whole HTTP side with scripted calls behind it, and an application on a real socket.
 */
import t, { type Test } from 'tap';
import type { CallEvent } from '#core/events.js';
import type { CallId } from '#core/leg.js';
import type { OzekiConfig } from '#kit/config.js';
import { BOTH_HELD, callView, FakeCalls, NO_HOLD } from '../../support/fake-calls.js';
import { appFixture, OZEKI } from '../../support/http-fixture.js';
import { OzekiApp } from '../../support/ozeki-app.js';
import { until } from '../../support/until.js';

const callId = 'call1' as CallId;
const parties = { caller: '101', callee: '102' };
const about = { callId, parties };
const LOGIN = 'Username=HTTP_User_1&Password=qwe123';

type Urls = Partial<Record<keyof OzekiConfig['urls'], string>>;

async function house(t: Test, urls: Urls = {}, more: Partial<OzekiConfig> = {}) {
  const app = await OzekiApp.open(t);
  const full = Object.fromEntries(Object.entries(urls).map(([name, path]) => [name, `${app.url}${path}`]));
  const calls = new FakeCalls(callView({ id: callId }));
  calls.answers.set('call.play', { kind: 'play.started', callId, playId: 'p1', ms: 1000 });
  const http = await appFixture(t, calls, { ...OZEKI, ...more, urls: { ...OZEKI.urls, ...full } });
  const happens = (event: CallEvent): void => http.bus.publish(event);
  const api = async (query: string): Promise<string> => (await http.app.inject({ url: `/api?${query}&${LOGIN}` })).body;
  const asked = (kind: string) => calls.asked.filter((command) => command.kind === kind);
  return { ...http, application: app, calls, happens, api, asked };
}

t.test('CallChanged: every state once, in order, with what the list says of the call', async (t) => {
  const { application, happens } = await house(t, { callChanged: '/changed' });
  happens({ kind: 'call.ringing', ...about, leg: 'caller' });
  happens({ kind: 'call.ringing', ...about, leg: 'callee' });
  happens({ kind: 'call.answered', ...about });
  happens({ kind: 'hold.changed', ...about, holders: ['controller'], hold: BOTH_HELD });
  happens({ kind: 'hold.changed', ...about, holders: [], hold: NO_HOLD });
  happens({ kind: 'call.ended', ...about, cause: 'caller-hung-up', answered: true });
  const told = await application.hears('CallChanged', 6);
  t.same(
    told.map((fields) => fields['CallState']),
    ['Ringing', 'Answered', 'InCall', 'Hold', 'InCall', 'Completed'],
  );
  t.equal(new Set(told.map((fields) => fields['CallID'])).size, 1);
  t.match(told[0]?.['CallID'], /^[0-9A-Za-z]{5,6}$/);
  t.match(told[0], { Caller: '101', Callee: '102', CallerId: '101', CallerDialed: '102', RingDuration: /\d/ });
});

t.test('the last state says how a call ended', async (t) => {
  const rows = [
    ['refused', 486, 'Busy'],
    ['refused', 404, 'Error'],
    ['no-answer', undefined, 'Error'],
    ['caller-cancelled', undefined, 'Cancelled'],
    ['transferred', undefined, 'Transferred'],
    ['callee-hung-up', undefined, 'Completed'],
  ] as const;
  for (const [cause, status, state] of rows) {
    const { application, happens } = await house(t, { callChanged: '/changed' });
    happens({ kind: 'call.ended', ...about, cause, answered: false, ...(status === undefined ? {} : { status }) });
    t.match(await application.hears('CallChanged'), [{ CallState: state }]);
  }
});

t.test('an answer is carried out on that call, and the news of what it does does not disturb it', async (t) => {
  const { application, happens, asked, calls } = await house(t, { callChanged: '/changed' });
  application.answers('CallChanged', '<Response><Speak>Held</Speak><Hold/></Response>');
  happens({ kind: 'call.answered', ...about });
  await until('it speaks', () => asked('call.play').length === 1);
  await application.hears('CallChanged', 2);
  happens({ kind: 'hold.changed', ...about, holders: ['102'], hold: BOTH_HELD });
  await application.hears('CallChanged', 3);
  happens({ kind: 'play.ended', ...about, playId: 'p1', why: 'done' });
  await until('it holds', () => asked('call.hold').length === 1);
  t.same(
    calls.asked.filter(({ kind }) => kind === 'call.play' || kind === 'call.hold').map(({ kind }) => kind),
    ['call.play', 'call.hold'],
  );
});

t.test('what is no script is not carried out, and says so in the log', async (t) => {
  const { application, happens, logged, calls } = await house(t, { callChanged: '/changed' });
  application.answers('CallChanged', '<html><body>PHP Warning</body></html>');
  happens({ kind: 'call.answered', ...about });
  await until('it is logged', () => /not carried out/.test(logged()));
  t.same(
    calls.asked.filter(({ kind }) => kind !== 'call.get'),
    [],
  );
});

t.test('an application that is slow keeps the next notice of the same call, and nothing else', async (t) => {
  const { application, happens, clock, api } = await house(t, { callChanged: '/changed' });
  application.answers('CallChanged', application.holdBack);
  happens({ kind: 'call.answered', ...about });
  await until('the first arrives', () => application.held.length === 1);
  t.match(await api('command=ListActiveCalls'), /<Code>200</, 'commands are answered meanwhile');
  clock.advance(10_000);
  await until('the second is sent when the first has had its time', () => application.held.length === 2);
  t.equal(application.of('CallChanged')[1]?.fields['CallState'], 'InCall');
});

t.test('ErrorUrl of CallSetup is asked when the call fails later, and not when it ends well', async (t) => {
  for (const cause of ['no-answer', 'caller-hung-up'] as const) {
    const { application, happens, api } = await house(t, { callChanged: '/changed' });
    t.match(await api(`command=CallSetup&Caller=103&Callee=104&ErrorUrl=${application.url}/error.php`), /<Code>200</);
    const setUp = { callId: 'new2' as CallId, parties: { caller: '103', callee: '104' } };
    happens({ kind: 'call.ended', ...setUp, cause, answered: false });
    await application.hears('CallChanged'); // told after what follows from the end
    const errors = application.of('Error');
    t.equal(errors.length, cause === 'no-answer' ? 1 : 0, cause);
    if (cause !== 'no-answer') continue;
    t.equal(errors[0]?.path, '/error.php');
    const ErrorMessage = "Call connect to '104' failed with result state 'Error'";
    t.match(errors[0]?.fields, { Caller: '103', Callee: '104', CallState: 'Error', ErrorCode: '402', ErrorMessage });
  }
});

t.test('FinishedUrl of BlindTransfer is asked when the new call ends', async (t) => {
  const { application, happens, api } = await house(t);
  await api(`command=BlindTransfer&CallId=call1&Target=103&TransferorParty=caller&FinishedUrl=${application.url}/done`);
  const newer = { callId: 'new' as CallId, parties: { caller: '102', callee: '103' } };
  happens({ kind: 'call.answered', ...newer });
  happens({ kind: 'call.ended', ...newer, cause: 'callee-hung-up', answered: true });
  t.match(await application.hears('TransferFinished'), [
    { Caller: '102', Callee: '103', CallState: 'Completed', Duration: '0.000' },
  ]);
});

t.test('RecordCompleted says where the recording is, to the FinishedUrl or to whom is configured', async (t) => {
  const { application, happens, api, calls } = await house(t, { recordCompleted: '/any' }, { publicUrl: 'https://pbx.example' });
  calls.answers.set('record.start', { kind: 'record.started', callId, recordingId: 'r1' });
  await api(`command=Record&CallId=call1&FinishedUrl=${application.url}/mine`);
  for (const recordingId of ['r1', 'r2'])
    happens({ kind: 'recording.completed', ...about, recordingId, seconds: 2.5, format: 'mp3' });
  const told = await application.hears('RecordCompleted', 2);
  t.match(told[0], { RecordURL: 'https://pbx.example/recordings/r1/audio', Duration: '2.500' });
  t.same(
    application.told.map(({ path }) => path),
    ['/mine', '/any'],
  );
});

t.test('RunScript replaces the script that runs, and a wrong call or a full house is told', async (t) => {
  const { api, asked, happens } = await house(t, {}, { limits: { ...OZEKI.limits, scripts: 1 } });
  const run = (script: string) =>
    api(`command=RunScript&CallId=call1&Script=${encodeURIComponent(`<Response>${script}</Response>`)}`);
  t.match(await run('<Delay>60</Delay><Hangup/>'), /<Code>200</);
  t.match(await run('<Speak>a</Speak><Hold/>'), /<Code>200</);
  await until('the second speaks', () => asked('call.play').length === 1);
  happens({ kind: 'play.ended', ...about, playId: 'p1', why: 'stopped' });
  await until('and holds', () => asked('call.hold').length === 1);
  t.same(asked('call.hangup'), []);
});

t.test('keys of a call reach its UserInput; DtmfEntered brings them to the application', async (t) => {
  const { application, api, happens, asked } = await house(t);
  application.answers('DtmfEntered', '<Response><Hangup/></Response>');
  const script = `<Response><UserInput Digits="2" ForwardToUrl="${application.url}/pin"/></Response>`;
  await api(`command=RunScript&CallId=call1&Script=${encodeURIComponent(script)}`);
  for (const key of ['4', '2']) happens({ kind: 'call.key', ...about, leg: 'caller', key });
  t.match(await application.hears('DtmfEntered'), [{ DtmfDigits: '42', Caller: '101' }]);
  await until('what it says is done', () => asked('call.hangup').length === 1);
});

t.test('a delay is over when its time is, and a call that ends takes its script along', async (t) => {
  const { api, clock, asked, happens } = await house(t);
  const run = (script: string) =>
    api(`command=RunScript&CallId=call1&Script=${encodeURIComponent(`<Response>${script}</Response>`)}`);
  await run('<Delay>5</Delay><Hold/>');
  clock.advance(4999);
  t.same(asked('call.hold'), []);
  clock.advance(1);
  await until('it holds', () => asked('call.hold').length === 1);
  await run('<Delay>5</Delay><Hold/>');
  happens({ kind: 'call.ended', ...about, cause: 'caller-hung-up', answered: true });
  clock.advance(60_000);
  t.equal(asked('call.hold').length, 1);
  t.same(
    clock.pending().filter((name) => name.startsWith('script')),
    [],
  );
});

t.test('RoutingInterception: Route, Reject, an empty answer, nonsense, and none in time', async (t) => {
  const { application, intercept, clock } = await house(t, { routingInterception: '/route' });
  const ask = () => intercept?.({ callId, caller: '210', callee: '999' });
  const rows: readonly (readonly [answer: string, routing: object])[] = [
    ['', { kind: 'as-dialled' }],
    ['<Response/>', { kind: 'as-dialled' }],
    ['<Response><Hold/></Response>', { kind: 'as-dialled' }],
    ['not a script', { kind: 'as-dialled' }],
    ['<Response><Route Destination="a b"/></Response>', { kind: 'as-dialled' }],
    ['<Response><Reject/></Response>', { kind: 'reject' }],
    ['<Response><Route Destination=""/></Response>', { kind: 'reject' }],
    ['<response><route destination="102"/></response>', { kind: 'route', to: '102' }],
    [
      '<Response><Route RingTime="20" CallerId="555">103</Route></Response>',
      { kind: 'route', to: '103', ringSec: 20, showAs: '555' },
    ],
  ];
  for (const [answer, routing] of rows) {
    application.answers('RoutingInterception', answer);
    t.same(await ask(), routing, answer);
  }
  const expected = {
    CallerID: '210',
    CallerExtension: '210',
    OriginalDialedNumber: '999',
    LastCalledExtension: '',
    LastCallState: 'Calling',
  };
  t.match(application.told[0]?.fields, expected);
  application.answers('RoutingInterception', application.holdBack);
  const late = ask();
  await until('it is asked', () => application.held.length === 1);
  clock.advance(2000);
  t.same(await late, { kind: 'as-dialled' });
  const { intercept: nobody } = await house(t);
  t.equal(nobody, undefined, 'without an address nobody is asked');
});
