/** ozeki: the commands beyond hold, each with what it asks of the calls and every way it may be refused; and what is not there. */
import fc from 'fast-check';
import t from 'tap';
import type { Command, Outcome } from '#calls/commands.js';
import type { CallId } from '#core/leg.js';
import { Busy } from '#kit/errors.js';
import { readXml, type XmlElement } from '#ozml/xml.js';
import { callView, FakeCalls } from '../../support/fake-calls.js';
import { appFixture, OZEKI } from '../../support/http-fixture.js';

const LOGIN = { Username: 'HTTP_User_1', Password: 'qwe123' };
const CALL = 'Nt3uh' as CallId;
const LIMITS = { characters: 1_000_000, depth: 9, elements: 1000, attributes: 9 };
const EXTENSIONS = { ...OZEKI, apiExtensions: [{ number: '600', name: 'Hotline' }] };

const child = (element: XmlElement, name: string): XmlElement | undefined => element.children.find((one) => one.name === name);
const textOf = (element: XmlElement, name: string): string => child(element, name)?.text ?? 'none';

const done = (kind: Command['kind']): readonly [Command['kind'], Outcome] => [kind, { kind: 'call.done', callId: CALL }];

async function house(t: Parameters<typeof appFixture>[0]) {
  const calls = new FakeCalls(callView({ id: CALL }), callView({ id: 'rings' as CallId, state: 'ringing' }));
  for (const kind of ['call.keys', 'call.forward', 'call.reject'] as const) calls.answers.set(...done(kind));
  calls.answers.set('call.play', { kind: 'play.started', callId: CALL, playId: 'p', ms: 5 });
  calls.answers.set('record.start', { kind: 'record.started', callId: CALL, recordingId: 'r' });
  calls.answers.set('message.send', { kind: 'message.sent', status: 200 });
  const parts = await appFixture(t, calls, EXTENSIONS);
  const ask = async (parameters: Readonly<Record<string, string>>): Promise<XmlElement> => {
    const answer = await parts.app.inject({
      method: 'POST',
      url: '/api',
      payload: new URLSearchParams({ ...LOGIN, ...parameters }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    t.equal(answer.statusCode, 200);
    return readXml(answer.body, LIMITS);
  };
  return { ...parts, calls, ask };
}

type Row = readonly [parameters: Readonly<Record<string, string>>, command: Readonly<Record<string, unknown>>];

const COMMANDS: readonly Row[] = [
  [
    { command: 'Play', CallId: CALL, AudioFile: 'a.wav', Party: 'all' },
    { kind: 'call.play', callId: CALL, to: 'all', what: { file: 'a.wav' } },
  ],
  [
    { command: 'play', callid: CALL, audiofile: 'a.wav', party: 'CALLER', repeat: 'true', timeout: '9' },
    { kind: 'call.play', to: 'caller', times: 1000, maxSec: 9 },
  ],
  [
    { command: 'Speak', CallId: CALL, Text: 'Hello' },
    { kind: 'call.play', to: 'all', what: { text: 'Hello' } },
  ],
  [
    { command: 'Speak', CallId: CALL, Text: 'Ja', Party: 'callee', Language: 'de', Voice: 'x' },
    { to: 'callee', what: { text: 'Ja', language: 'de', voice: 'x' } },
  ],
  [
    { command: 'SendDTMF', CallId: CALL, Keys: '12#', Party: 'callee' },
    { kind: 'call.keys', callId: CALL, to: 'callee', keys: '12#' },
  ],
  [
    { command: 'Record', CallId: CALL, Format: 'WAV', Duration: '30' },
    { kind: 'record.start', callId: CALL, format: 'wav', maxSec: 30 },
  ],
  [
    { command: 'BlindTransfer', CallId: CALL, Target: '103', TransferorParty: 'caller' },
    { kind: 'call.transfer', callId: CALL, leaving: 'caller', to: { number: '103' } },
  ],
  [
    { command: 'BlindTransfer', CallId: CALL, Target: '103', TranferorParty: 'callee' },
    { kind: 'call.transfer', leaving: 'callee' },
  ],
  [
    { command: 'AttendedTransfer', TransferredCallId: CALL, TargetCallId: 'b' },
    { kind: 'call.transfer', callId: CALL, to: { callId: 'b' } },
  ],
  [
    { command: 'AttendedTransfer', TranferredCallId: CALL, TargetCallId: 'b' },
    { kind: 'call.transfer', callId: CALL, to: { callId: 'b' } },
  ],
  [
    { command: 'ForwardCall', CallId: 'rings', Destination: '104' },
    { kind: 'call.forward', callId: 'rings', to: { number: '104' } },
  ],
  [
    { command: 'Forward', CallId: 'rings', Destination: '104' },
    { kind: 'call.forward', callId: 'rings' },
  ],
  [
    { command: 'Route', CallId: 'rings', Destination: '104' },
    { kind: 'call.forward', callId: 'rings', to: { number: '104' } },
  ],
  [
    { command: 'Route', CallId: 'rings' },
    { kind: 'call.reject', callId: 'rings' },
  ],
  [
    { command: 'Reject', CallId: 'rings' },
    { kind: 'call.reject', callId: 'rings' },
  ],
  [
    { command: 'SendMessage', Sender: '101', Recipient: '102', Message: 'Hi' },
    { kind: 'message.send', from: '101', to: '102', text: 'Hi' },
  ],
  [
    { command: 'Call', ApiExtension: '600', Dialed: '102', Url: 'http://app/c' },
    { kind: 'call.setup', caller: '600', callee: '102' },
  ],
  [
    { command: 'call', apiextension: '600', dialed: '102' },
    { kind: 'call.setup', caller: '600', callee: '102' },
  ],
  [
    { command: 'CallSetup', Caller: '101', Callee: '102', ErrorUrl: 'http://yourapp.com/error.php' },
    { kind: 'call.setup', caller: '101', callee: '102' },
  ],
];

t.test('each command asks for what its parameters say, and answers as the seeds print it', async (t) => {
  const { calls, ask } = await house(t);
  for (const [parameters, command] of COMMANDS) {
    const answer = await ask(parameters);
    t.equal(textOf(answer, 'Code'), '200', JSON.stringify(parameters));
    t.equal(textOf(answer, 'Message'), 'Command successfully executed');
    t.same(
      answer.children.map(({ name }) => name),
      ['Code', 'Message'],
    );
    t.match(calls.last, command, JSON.stringify(parameters));
  }
});

const REFUSED: readonly (readonly [parameters: Readonly<Record<string, string>>, code: string, message: string])[] = [
  [{ command: 'Play', CallId: CALL, Party: 'all' }, '302', "Missing or invalid parameter 'AudioFile' for command 'Play'"],
  [
    { command: 'Play', CallId: CALL, Party: 'all', AudioFile: '../a' },
    '302',
    "Missing or invalid parameter 'AudioFile' for command 'Play'",
  ],
  [{ command: 'Play', CallId: CALL, AudioFile: 'a' }, '302', "Missing or invalid parameter 'Party' for command 'Play'"],
  [{ command: 'Play', AudioFile: 'a', Party: 'all' }, '302', "Missing or invalid parameter 'CallId' for command 'Play'"],
  [{ command: 'Speak', CallId: CALL }, '302', "Missing or invalid parameter 'Text' for command 'Speak'"],
  [
    { command: 'SendDTMF', CallId: CALL, Keys: 'x', Party: 'all' },
    '302',
    "Missing or invalid parameter 'Keys' for command 'SendDTMF'",
  ],
  [{ command: 'Record', CallId: CALL, Format: 'ogg' }, '302', "Missing or invalid parameter 'Format' for command 'Record'"],
  [
    { command: 'Record', CallId: CALL, FinishedUrl: 'ftp://a/' },
    '302',
    "Missing or invalid parameter 'FinishedUrl' for command 'Record'",
  ],
  [{ command: 'BlindTransfer', CallId: CALL }, '302', "Missing or invalid parameter 'Target' for command 'BlindTransfer'"],
  [
    { command: 'BlindTransfer', CallId: CALL, Target: '1', TransferorParty: 'all' },
    '302',
    "Missing or invalid parameter 'TransferorParty' for command 'BlindTransfer'",
  ],
  [
    { command: 'AttendedTransfer', CallId: CALL },
    '302',
    "Missing or invalid parameter 'TargetCallId' for command 'AttendedTransfer'",
  ],
  [{ command: 'ForwardCall', CallId: CALL }, '302', "Missing or invalid parameter 'Destination' for command 'ForwardCall'"],
  [
    { command: 'SendMessage', Sender: '1', Message: 'x' },
    '302',
    "Missing or invalid parameter 'Recipient' for command 'SendMessage'",
  ],
  [
    { command: 'CallSetup', Caller: '1', Callee: '2', ErrorUrl: 'nowhere' },
    '302',
    "Missing or invalid parameter 'ErrorUrl' for command 'CallSetup'",
  ],
  [
    { command: 'ListCallHistory', PageNumber: '0' },
    '302',
    "Missing or invalid parameter 'PageNumber' for command 'ListCallHistory'",
  ],
  [{ command: 'RunScript', CallId: CALL }, '302', "Missing or invalid parameter 'Script' for command 'RunScript'"],
  [{ command: 'RunScript', Script: '<Response/>' }, '302', "Missing or invalid parameter 'CallId' for command 'RunScript'"],
  [
    { command: 'RunScript', CallId: CALL, Script: '<Response>' },
    '300',
    "Error occured during parsing message: '&lt;Response&gt; is not closed at character 10'",
  ],
  [
    { command: 'RunScript', CallId: CALL, Script: '<Response><SendSMS/></Response>' },
    '301',
    "Not implemented command: 'SendSMS'",
  ],
  [{ command: 'RunScript', CallId: 'gone', Script: '<Response/>' }, '601', "Call not found with ID 'gone'"],
  [{ command: 'Call', ApiExtension: '101', Dialed: '102' }, '401', "Api extension '101' is not available"],
  [
    { command: 'Call', ApiExtension: '600', Dialed: '102', ResponseOzML: '<a/>' },
    '300',
    "Error occured during parsing message: 'the root is a, not Response'",
  ],
  [{ command: 'Call', ApiExtension: '600', Dialed: '999' }, '402', "Call connect to '999' failed with result state 'NotFound'"],
  [{ command: 'BlindTransfer', CallId: 'gone', Target: '103' }, '601', "Call not found with ID 'gone'"],
];

t.test('every refusal has its code and their words', async (t) => {
  const { ask } = await house(t);
  const plain = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>');
  for (const [parameters, code, message] of REFUSED) {
    const answer = await ask(parameters);
    t.equal(textOf(answer, 'Code'), code, JSON.stringify(parameters));
    t.equal(textOf(answer, 'Message'), plain(message));
  }
});

t.test('what belongs to other products answers 301', async (t) => {
  const { ask } = await house(t);
  const others = [
    'SendEmail',
    'SendSMS',
    'SendMsg',
    'WaitForMsg',
    'ReceiveMessage',
    'DeleteFile',
    'MoveFile',
    'SendAlarmNotification',
  ];
  for (const command of [
    ...others,
    'ReceiveAlarmNotification',
    'ListAddressbookNames',
    'ListAddressbokkContacts',
    'ListExtensionTypes',
  ])
    t.equal(textOf(await ask({ command }), 'Code'), '301', command);
});

t.test('ListExtensions shows the phones and the API extensions', async (t) => {
  const { ask } = await house(t);
  const list = child(await ask({ command: 'ListExtensions' }), 'Extensions');
  t.same(
    list?.children.map((one) => [textOf(one, 'TelephoneNumber'), textOf(one, 'Name'), textOf(one, 'Type')]),
    [
      ['024', 'Extension 024', 'SIP'],
      ['210', 'John Doe', 'SIP'],
      ['211', 'Extension 211', 'SIP'],
      ['600', 'Hotline', 'API'],
    ],
  );
});

t.test('ListCallHistory filters, pages, and shows each call as they do', async (t) => {
  const { calls, ask } = await house(t);
  const ended = {
    origin: 'phone',
    createdAt: '2026-11-21T10:00:00.000Z',
    endedAt: '2026-11-21T10:01:00.000Z',
    holds: 0,
    heldMs: 0,
    recordings: [],
  } as const;
  calls.answers.set('history.find', {
    kind: 'history.found',
    page: 2,
    total: 12,
    rows: [
      { ...ended, id: 'e1' as CallId, parties: { caller: '210', callee: '600' }, cause: 'caller-hung-up' },
      { ...ended, id: 'e2' as CallId, parties: { caller: '+3630', callee: '211' }, cause: 'transferred' },
      { ...ended, id: 'e3' as CallId, parties: { caller: '211', callee: '+3630' }, cause: 'refused', status: 486 },
    ],
  });
  const answer = await ask({
    command: 'ListCallHistory',
    State: 'CalleeHungUp',
    Source: '210',
    Dialed: '8',
    PageNumber: '2',
    RowsPerPage: '3',
  });
  t.match(calls.last, { kind: 'history.find', page: 2, rows: 3, cause: 'callee-hung-up', caller: '210', callee: '8' });
  t.equal(textOf(answer, 'TotalRecords'), '12');
  t.same(
    child(answer, 'CallHistory')?.children.map((one) => [textOf(one, 'Direction'), textOf(one, 'State'), textOf(one, 'Source')]),
    [
      ['Internal', 'CallerHangUp', '210'],
      ['Inbound', 'TransferCompleted', '+3630'],
      ['Outbound', 'Busy', '211'],
    ],
  );
  const first = child(answer, 'CallHistory')?.children[0];
  const names = ['StartTime', 'Direction', 'Source', 'Destination', 'State', 'Dialed', 'CallerId', 'Type', 'CallId'];
  t.same(
    first?.children.map(({ name }) => name),
    names,
  );
  const inbound = await ask({ command: 'GetCallHistory', Direction: 'inbound' });
  t.equal(child(inbound, 'Calls')?.children.length, 1);
  t.equal(textOf(inbound, 'NumberOfCalls'), '12');
});

t.test('a house that is full says so', async (t) => {
  const { calls, ask } = await house(t);
  calls.failure = new Busy('full', 5);
  t.equal(textOf(await ask({ command: 'Call', ApiExtension: '600', Dialed: '102' }), 'Code'), '402');
  t.equal(textOf(await ask({ command: 'Speak', CallId: CALL, Text: 'x' }), 'Code'), '303');
});

t.test('switched off, there is nothing at its paths', async (t) => {
  const { app } = await appFixture(t, undefined, { ...OZEKI, enabled: false });
  t.equal((await app.inject({ url: '/api?command=Hold&Username=HTTP_User_1&Password=qwe123' })).statusCode, 401);
});

t.test('whatever a stranger sends, the answer is HTTP 200 with one of their codes, and tells nothing of us', async (t) => {
  const { app } = await house(t);
  const names = [
    'Play',
    'Speak',
    'RunScript',
    'Call',
    'Record',
    'ListCallHistory',
    'BlindTransfer',
    'AttendedTransfer',
    'Route',
    'SendMessage',
    '',
  ];
  const word = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.constantFrom(CALL, 'all', '101', 'http://127.0.0.1/', '<Response>', '<a b="', '$a', '-1', '1e9'),
  );
  const keys = [
    'CallId',
    'Text',
    'Script',
    'Party',
    'Target',
    'TargetCallId',
    'Dialed',
    'ApiExtension',
    'ResponseOzML',
    'AudioFile',
    'PageNumber',
    'Timeout',
  ];
  const parameters = fc.dictionary(fc.constantFrom(...keys), word, { maxKeys: 6 });
  const codes = ['200', '300', '301', '302', '303', '304', '305', '401', '402', '601'];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), parameters, async (command, given) => {
      const payload = new URLSearchParams({ ...LOGIN, command, ...given }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await app.inject({ method: 'POST', url: '/api', payload, headers });
      const code = textOf(readXml(answer.body, LIMITS), 'Code');
      return answer.statusCode === 200 && codes.includes(code) && !/\bat \S+ \(|\/src\/|\/dist\/|node:/.test(answer.body);
    }),
    { numRuns: 300 },
  );
  t.pass('three hundred strangers');
});
