/**
 * machine: every element of OzML, one story each: what a script asks for, what it waits for, and what it does when something else comes.
 */
import fc from 'fast-check';
import t from 'tap';
import { ScriptRun } from '../support/script-run.js';

const CALL = 'call1';

t.test("the seed's example: everybody hears the sentence to its end, and only then the call is held", (t) => {
  const script = new ScriptRun('<Speak Party="all">This call will be put on hold</Speak> <Hold></Hold>');
  t.same(script.commands, [{ kind: 'call.play', callId: CALL, to: 'all', what: { text: 'This call will be put on hold' } }]);
  script.playing('p1', 2000);
  t.equal(script.commands.length, 1, 'it is being heard');
  script.hears({ kind: 'sound.ended', playId: 'p1' });
  t.same(script.commands[1], { kind: 'call.hold', callId: CALL, holder: 'controller' });
  script.done();
  t.match(script.all('over'), [{ why: 'its end was reached', release: true }]);
  t.end();
});

t.test('each element that does something to calls asks for its command', (t) => {
  const rows: readonly (readonly [element: string, command: object])[] = [
    [
      '<Speak Language="de" Voice="anna" Party="caller">Ja</Speak>',
      { kind: 'call.play', to: 'caller', what: { text: 'Ja', language: 'de', voice: 'anna' } },
    ],
    ['<speak text="Yes"/>', { kind: 'call.play', to: 'all', what: { text: 'Yes' } }],
    ['<Play Party="callee" Timeout="5">a.wav</Play>', { kind: 'call.play', to: 'callee', what: { file: 'a.wav' }, maxSec: 5 }],
    ['<Play Party="all" AudioFile="a.wav" Repeat="true"/>', { kind: 'call.play', what: { file: 'a.wav' }, times: 1000 }],
    ['<Beep/>', { kind: 'call.play', to: 'all', what: { beep: true } }],
    ['<Hold CallId="other"/>', { kind: 'call.hold', callId: 'other', holder: 'controller' }],
    ['<UNHOLD/>', { kind: 'call.resume', callId: CALL, holder: 'controller' }],
    ['<Hangup/>', { kind: 'call.hangup', callId: CALL }],
    ['<SendDTMF Party="callee">12#a</SendDTMF>', { kind: 'call.keys', callId: CALL, to: 'callee', keys: '12#A' }],
    [
      '<Record Format="wav" Duration="60" Inactivity="5"/>',
      { kind: 'record.start', callId: CALL, format: 'wav', maxSec: 60, silenceSec: 5 },
    ],
    ['<Record/>', { kind: 'record.start', callId: CALL, format: 'mp3' }],
    [
      '<BlindTransfer TransferorParty="caller">103</BlindTransfer>',
      { kind: 'call.transfer', callId: CALL, leaving: 'caller', to: { number: '103' } },
    ],
    [
      '<BlindTransfer TranferorParty="callee" Target="103"/>',
      { kind: 'call.transfer', leaving: 'callee', to: { number: '103' } },
    ],
    ['<AttendedTransfer TargetCallId="b" TranferredCallId="a"/>', { kind: 'call.transfer', callId: 'a', to: { callId: 'b' } }],
    ['<AttendedTransfer>b</AttendedTransfer>', { kind: 'call.transfer', callId: CALL, to: { callId: 'b' } }],
    ['<ForwardCall>103</ForwardCall>', { kind: 'call.forward', callId: CALL, to: { number: '103' } }],
    ['<Route Destination="104"/>', { kind: 'call.forward', callId: CALL, to: { number: '104' } }],
    ['<Route/>', { kind: 'call.reject', callId: CALL }],
    ['<Reject/>', { kind: 'call.reject', callId: CALL }],
    ["<CallSetup Caller='101' Callee='102'/>", { kind: 'call.setup', caller: '101', callee: '102' }],
    ['<Call ApiExtension="801">+3630</Call>', { kind: 'call.setup', caller: '801', callee: '+3630' }],
    ['<Call Dialed="102"/>', { kind: 'call.setup', caller: '800', callee: '102' }],
    [
      '<SendMessage Sender="101" Recipient="102">Hi &amp; bye</SendMessage>',
      { kind: 'message.send', from: '101', to: '102', text: 'Hi & bye' },
    ],
  ];
  for (const [element, command] of rows) t.match(new ScriptRun(element).commands, [command], element);
  t.end();
});

t.test('what addresses a command leaves behind is told with it', (t) => {
  const script = new ScriptRun('<BlindTransfer Target="103" FinishedUrl="http://app/done"/>');
  t.match(script.all('command'), [{ after: { finishedUrl: 'http://app/done' } }]);
  const call = new ScriptRun('<Call Dialed="1" Url="https://app/c" ErrorUrl="http://app/e" ResponseOzML="&lt;Response/&gt;"/>');
  t.match(call.all('command'), [
    { after: { errorUrl: 'http://app/e', connected: { script: '<Response/>', url: 'https://app/c' } } },
  ]);
  const ftp = new ScriptRun('<CallSetup Caller="1" Callee="2" ErrorUrl="ftp://app/e"/>');
  t.match(ftp.notes, [/ErrorUrl/]);
  t.end();
});

t.test('a step that cannot be read, or is refused, is passed over, so that a call is held whatever cannot be said', (t) => {
  const script = new ScriptRun('<Speak/><Play Party="all">../secret.wav</Play><Speak>Hello</Speak><Hold/>');
  t.same(script.notes, ['Speak: Text is missing', 'Play: AudioFile is the name of a file, without a path']);
  script.hears({ kind: 'refused', number: 3, why: 'no voice', gone: false });
  t.equal(script.commands.at(-1)?.kind, 'call.hold');
  t.match(script.notes[2], 'Speak: no voice');
  script.hears({ kind: 'refused', number: 4, why: 'no such call', gone: true });
  t.match(script.all('over'), [{ release: false }], 'but where there is no call, there is nothing left to do');
  t.end();
});

t.test('the end of the call is the end of the script, whatever it waits for', (t) => {
  for (const body of ['<Hold/>', '<Delay>5</Delay>', '<GoTo>http://a/</GoTo>', '<UserInput/>']) {
    const script = new ScriptRun(body).hears({ kind: 'call.ended' });
    t.match(script.all('over'), [{ why: 'the call ended', release: false }], body);
    t.equal(script.doing, 'over');
  }
  t.end();
});

t.test('a sound that ends before its name is known, and one that never ends, do not stop a script', (t) => {
  const quick = new ScriptRun('<Speak>A</Speak><Hold/>').hears({ kind: 'sound.ended', playId: 'p1' });
  t.equal(quick.commands.length, 1);
  t.equal(quick.playing('p1').commands.length, 2, 'it was over already');
  const mute = new ScriptRun('<Speak>A</Speak><Hold/>').playing('p1', 1000);
  t.match(mute.all('timer'), [{ ms: 6000 }]);
  t.equal(mute.hears({ kind: 'sound.ended', playId: 'other' }).commands.length, 1);
  t.equal(mute.time().commands.length, 2);
  t.end();
});

t.test('Delay waits for its seconds', (t) => {
  const script = new ScriptRun('<Delay>1.5</Delay><Hold/>');
  t.match(script.all('timer'), [{ ms: 1500 }]);
  t.equal(script.commands.length, 0);
  t.equal(script.time().commands.length, 1);
  t.end();
});

t.test('Var gives a value that later words and addresses have, without case; what nobody has named stays', (t) => {
  const script = new ScriptRun(
    '<Var id="who">Zoë &amp; co</Var><Speak>Hello $WHO, you owe $5 and $nothing</Speak>' +
      '<Var id="twice">$who $who</Var><Speak>$twice</Speak><Request Url="http://app/x?n=$who"/>',
  );
  script.played().played('p2');
  t.same(script.spoken, ['Hello Zoë & co, you owe $5 and $nothing', 'Zoë & co Zoë & co']);
  t.match(script.all('request'), [{ url: 'http://app/x?n=Zo%C3%AB%20%26%20co', method: 'GET' }]);
  t.end();
});

t.test('ForEach says something for each item of an Array', (t) => {
  const script = new ScriptRun(
    '<Array id="names"><Item>Ann</Item><Item>Bob</Item></Array><Array id="more">x, y</Array>' +
      '<ForEach array="names" id="name"><Speak>$name</Speak></ForEach><foreach Array="$more"><Speak>$item</Speak></foreach><Hold/>',
  );
  for (const play of ['1', '2', '3', '4']) script.played(play);
  t.same(script.spoken, ['Ann', 'Bob', 'x', 'y']);
  t.equal(script.commands.at(-1)?.kind, 'call.hold');
  t.match(new ScriptRun('<ForEach array="no"><Hold/></ForEach>').notes, [/no array no/]);
  t.end();
});

t.test('Exit ends a script in the middle', (t) => {
  const script = new ScriptRun('<Array id="a">1,2</Array><ForEach array="a"><Exit/></ForEach><Hold/>');
  t.match(script.all('over'), [{ why: 'Exit', release: true }]);
  t.same(script.commands, []);
  t.end();
});

t.test('GoTo: what the application answers is done instead', (t) => {
  const script = new ScriptRun('<GoTo>http://app/next</GoTo><Hold/>');
  t.match(script.all('request'), [{ method: 'POST', url: 'http://app/next', fields: { NotificationName: 'GoTo' } }]);
  script.answered('<Response><Hangup/></Response>');
  t.same(script.commands, [{ kind: 'call.hangup', callId: CALL }]);
  const nothing = new ScriptRun('<GoTo>http://app/next</GoTo><Hold/>').answered();
  t.match(nothing.all('over'), [{ release: true }], 'nobody answered: there is nothing left to do');
  t.same(nothing.commands, []);
  const nonsense = new ScriptRun('<GoTo>http://app/next</GoTo>').answered('<html>');
  t.match(nonsense.all('over'), [{ why: /no script/ }]);
  t.end();
});

t.test('scripts that send each other round in circles come to an end', (t) => {
  const script = new ScriptRun('<GoTo>http://app/</GoTo>');
  for (let round = 0; round < 5; round++) script.answered('<Response><GoTo>http://app/</GoTo></Response>');
  t.equal(script.all('request').length, 5);
  t.match(script.all('over'), [{ why: 'more than 5 jumps' }]);
  const loop = new ScriptRun(`<Array id="a">${'x,'.repeat(99)}</Array><ForEach array="a"><Var id="b">c</Var></ForEach><Hold/>`);
  t.match(loop.all('over'), [{ why: 'more than 100 steps' }]);
  const silent = new ScriptRun('<Array id="a">1,2</Array><ForEach array="a"></ForEach><Hold/>');
  t.equal(silent.commands.length, 1);
  t.end();
});

t.test('Request keeps what was answered, and goes on when nothing was', (t) => {
  const script = new ScriptRun('<Request Url="http://app/n" Method="post" id="n"/><Speak>You are number $n</Speak>');
  t.match(script.all('request'), [{ method: 'POST', fields: { NotificationName: 'Request' } }]);
  script.answered('7');
  t.same(script.spoken, ['You are number 7']);
  t.equal(new ScriptRun('<Request Url="http://app/n"/><Hold/>').answered().commands.length, 1);
  t.match(new ScriptRun('<Request Url="file:///etc/passwd"/><Hold/>').notes, [/Url/]);
  t.end();
});

t.test('Record: beside the script for two people, waited for when a caller speaks to a script', (t) => {
  const started = { kind: 'record.started', callId: CALL as never, recordingId: 'r1' } as const;
  t.equal(new ScriptRun('<Record/><Hold/>').done(started).commands.length, 2);
  const voicemail = new ScriptRun('<Record FinishDigits="#"/><Speak>Thanks</Speak>', { phone: 'caller' }).done(started);
  t.equal(voicemail.commands.length, 1);
  t.same(voicemail.keys('1').all('aside'), []);
  t.same(voicemail.keys('#').all('aside'), [{ kind: 'aside', command: { kind: 'record.stop', callId: CALL } }]);
  t.same(voicemail.hears({ kind: 'recording.ended' }).spoken, ['Thanks']);
  t.end();
});

t.test('a script of an API extension talks to its phone, whoever else is named, and ends with the call', (t) => {
  const script = new ScriptRun('<Speak Party="all">Hi</Speak>', { phone: 'callee' });
  t.match(script.commands, [{ to: 'callee' }]);
  t.match(script.played().all('over'), [{ release: true }]);
  const started = { kind: 'transfer.started', callId: CALL as never, newCallId: 'n' as never } as const;
  const away = new ScriptRun('<BlindTransfer>103</BlindTransfer><Speak>Bye</Speak>', { phone: 'caller' });
  t.match(away.commands, [{ leaving: 'callee' }], 'the extension leaves');
  t.same(away.done(started).all('over'), [], 'nobody may be there');
  t.same(away.hears({ kind: 'transfer.failed' }).spoken, ['Bye']);
  const gone = new ScriptRun('<BlindTransfer>103</BlindTransfer><Speak>Bye</Speak>', { phone: 'caller' }).done(started);
  t.match(gone.hears({ kind: 'call.ended' }).all('over'), [{ release: false }], 'the phone talks to somebody else now');
  t.end();
});

const MENU =
  '<UserInput Timeout="5" Repeat="1" BackKey="*"><InitialCommands><Speak>Menu</Speak></InitialCommands>' +
  '<Inputs><Input key="1"><Speak>One</Speak></Input><Input key="22"><Speak>Two</Speak></Input></Inputs></UserInput><Speak>Bye</Speak>';

t.test('UserInput: keys lead where they are said to lead, and cut the prompt short', (t) => {
  const script = new ScriptRun(MENU, { phone: 'caller' }).playing('p1');
  script.keys('1');
  t.same(script.all('aside'), [{ kind: 'aside', command: { kind: 'call.quiet', callId: CALL, to: 'caller' } }]);
  t.same(script.spoken, ['Menu', 'One']);
  t.same(script.played('p2').spoken, ['Menu', 'One', 'Bye']);
  const two = new ScriptRun(MENU, { phone: 'caller' }).played().keys('2');
  t.same(two.spoken, ['Menu'], 'another 2 may come');
  t.same(two.keys('2').spoken, ['Menu', 'Two']);
  t.end();
});

t.test('UserInput: a key before the prompt is heard keeps it from being heard', (t) => {
  const script = new ScriptRun(MENU, { phone: 'caller' }).keys('1');
  t.same(script.spoken, ['Menu', 'One']);
  script.hears({ kind: 'done', number: 2, outcome: { kind: 'play.started', callId: CALL as never, playId: 'late', ms: 9 } });
  t.match(script.all('aside'), [{ command: { kind: 'call.quiet' } }]);
  t.end();
});

t.test('UserInput: no key, or a wrong one, and it is said again; then the script goes on', (t) => {
  const script = new ScriptRun(MENU).played();
  t.same(script.time().spoken, ['Menu', 'Menu'], 'nobody pressed anything');
  t.same(script.played().keys('7').spoken, ['Menu', 'Menu', 'Bye'], 'and then something else');
  t.end();
});

t.test('UserInput: digits go to the application as DtmfEntered, and its answer is done', (t) => {
  const pin = '<UserInput MinDigits="2" MaxDigits="4" Timeout="3" ForwardToUrl="http://app/pin"/><Speak>Nobody home</Speak>';
  const four = new ScriptRun(pin).keys('1234');
  t.match(four.all('request'), [
    { method: 'POST', url: 'http://app/pin', fields: { NotificationName: 'DtmfEntered', DtmfDigits: '1234' } },
  ]);
  t.match(four.answered('<Response><Hold/></Response>').commands, [{ kind: 'call.hold' }]);
  t.match(new ScriptRun(pin).keys('12#').all('request'), [{ fields: { DtmfDigits: '12' } }], '# ends it');
  t.match(new ScriptRun(pin).keys('12').time().all('request'), [{ fields: { DtmfDigits: '12' } }], 'so does waiting');
  t.same(new ScriptRun(pin).keys('1').time().spoken, ['Nobody home'], 'too few');
  t.same(new ScriptRun(pin).keys('1234').answered('').spoken, ['Nobody home'], 'an empty answer: the script goes on');
  t.match(new ScriptRun('<UserInput Digits="2" enteredUrl="http://app/old"/>').keys('42').all('request'), [
    { url: 'http://app/old' },
  ]);
  t.end();
});

t.test('UserInput: digits without an address are a variable', (t) => {
  t.same(new ScriptRun('<UserInput Digits="3"/><Speak>$DtmfDigits</Speak>').keys('907').spoken, ['907']);
  t.end();
});

t.test('UserInput: the back key leads to the menu around this one', (t) => {
  const inner =
    '<UserInput BackKey="*"><InitialCommands><Speak>Inner</Speak></InitialCommands><Inputs><Input key="9"/></Inputs></UserInput>';
  const outer =
    '<UserInput><InitialCommands><Speak>Outer</Speak></InitialCommands>' +
    `<Inputs><Input key="1">${inner}</Input></Inputs></UserInput><Speak>Bye</Speak>`;
  const script = new ScriptRun(outer).played().keys('1').played();
  t.same(script.keys('*').spoken, ['Outer', 'Inner', 'Outer']);
  t.same(script.played().keys('1').played().keys('9').spoken, ['Outer', 'Inner', 'Outer', 'Inner', 'Bye']);
  t.end();
});

t.test('numbers that are none are passed over with a word', (t) => {
  const rows = [
    '<Delay>soon</Delay>',
    '<UserInput Digits="0"/>',
    '<Play Party="all" Timeout="-1">a</Play>',
    '<SendDTMF Party="all">x</SendDTMF>',
  ];
  for (const row of [
    ...rows,
    '<Speak Party="nobody">x</Speak>',
    '<Record Format="ogg"/>',
    '<CallSetup Caller="1 2" Callee="3"/>',
  ])
    t.equal(new ScriptRun(row).notes.length, 1, row);
  t.end();
});

t.test('whatever happens in whatever order, a script ends once and asks for nothing afterwards', (t) => {
  const pieces = [
    '<Speak>a</Speak>',
    '<Hold/>',
    '<Delay>1</Delay>',
    '<GoTo>http://a/</GoTo>',
    MENU,
    '<Exit/>',
    '<Var id="a">$a$a</Var>',
  ];
  const input = fc.oneof(
    fc.record({ kind: fc.constant('key' as const), key: fc.constantFrom('1', '2', '*', '#') }),
    fc.constant({ kind: 'time' } as const),
    fc.record({ kind: fc.constant('sound.ended' as const), playId: fc.constantFrom('p1', 'p2') }),
    fc.record({
      kind: fc.constant('answered' as const),
      number: fc.nat(4),
      body: fc.constantFrom('', '<Response><Hold/></Response>', '<'),
    }),
    fc.record({ kind: fc.constant('refused' as const), number: fc.nat(9), why: fc.constant('no'), gone: fc.boolean() }),
    fc.record({
      kind: fc.constant('done' as const),
      number: fc.nat(9),
      outcome: fc.constant({ kind: 'play.started', callId: CALL as never, playId: 'p1', ms: 5 } as const),
    }),
    fc.constant({ kind: 'call.ended' } as const),
  );
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 6 }), fc.array(input, { maxLength: 40 }), (body, inputs) => {
      const script = new ScriptRun(body.join(''));
      for (const one of inputs) script.hears(one);
      const place = script.effects.findIndex(({ kind }) => kind === 'over');
      const after = place < 0 ? [] : script.effects.slice(place + 1);
      return (
        script.all('over').length <= 1 && after.every(({ kind }) => kind === 'aside') && place < 0 === (script.doing !== 'over')
      );
    }),
    { numRuns: 2000 },
  );
  t.pass('in two thousand lives');
  t.end();
});
