/** voipnow: the seed's own request and answers, and every row of the table of errors. */
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import type { CallView, Command } from '#calls/commands.js';
import type { CallId } from '#core/leg.js';
import { Busy, MediaFailed } from '#kit/errors.js';
import { BOTH_HELD, callView, FakeCalls, NO_HOLD } from '../../support/fake-calls.js';
import { appFixture } from '../../support/http-fixture.js';
import { JoinableCalls, signedIn, tokenRequest, type Asked } from '../../support/voipnow-fixture.js';

type Golden = Readonly<{ from: string; request: Asked; command: Command; status: number; response: object }>;

const FOLDER = new URL('./voipnow/', import.meta.url);
const goldens = readdirSync(FOLDER).map(
  (file) => [file, JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Golden] as const,
);

const parties = { caller: '210', callee: '024' };
const talking = callView({
  parties,
  createdAt: '2012-06-27T13:08:50.000Z',
  ringingAt: '2012-06-27T13:08:51.000Z',
  answeredAt: '2012-06-27T13:08:55.000Z',
});
const callerHolds = { ...NO_HOLD, reasons: ['caller-api'] as const };
const held: CallView = { ...talking, state: 'held', hold: callerHolds };

t.test('the printed requests give the printed answers', async (t) => {
  t.ok(goldens.length >= 4, 'the golden pairs were found');
  for (const [file, golden] of goldens) {
    const { ask, bus, calls, clock, app, headers } = await signedIn(t, new FakeCalls(held));
    clock.advance(Date.parse('2012-06-27T13:18:55Z') - clock.now());
    bus.publish({ kind: 'hold.changed', callId: held.id, parties, holders: ['210'], hold: callerHolds });
    const listed = await ask('GET', '/12/0003*210');
    const id = listed.json<{ entry: { id: string }[] }>().entry[0]?.id ?? '';
    t.match(id, /^[0-9a-f]{20}$/, 'twenty hex digits');
    const { method, url, body } = golden.request;
    const answer = await app.inject({
      method,
      url: url.replace('{id}', id),
      headers,
      ...(body === undefined ? {} : { payload: body }),
    });
    t.equal(answer.statusCode, golden.status, file);
    t.ok(
      calls.asked.some((command) => JSON.stringify(command) === JSON.stringify(golden.command)),
      `${file}: the command`,
    );
    const expected: unknown = JSON.parse(JSON.stringify(golden.response).replaceAll('{id}', id));
    t.same(answer.json(), expected, `${file}, from ${golden.from}`);
  }
});

t.test('the holder is the extension in the path, and with @self the party of the named view', async (t) => {
  const rows = [
    ['/12/0003*210/call1', '00', 'caller'],
    ['/12/0003*210/call1', '01', 'caller'],
    ['/12/0003*024/call1', '00', 'callee'],
    ['/12/024/call1/', '01', 'callee'],
    ['/@me/@self/call1', '00', 'caller'],
    ['/@viewer/%40self/call1', '01', 'callee'],
    ['/@owner/211/call1', '01', 'callee'],
  ] as const;
  const { ask, calls } = await signedIn(t, new FakeCalls(talking));
  for (const [path, phoneCallViewId, holder] of rows) {
    t.equal((await ask('PUT', path, { action: 'OnHold', phoneCallViewId })).statusCode, 202, path);
    t.same(calls.last, { kind: 'call.hold', callId: 'call1', holder }, path);
  }
});

t.test('the singular path, a misprint that clients copied, is answered too', async (t) => {
  const { app, headers } = await signedIn(t, new FakeCalls(talking));
  const payload = { action: 'OnHold', phoneCallViewId: '00' };
  t.equal((await app.inject({ method: 'PUT', url: '/uapi/phoneCall/12/210/call1', headers, payload })).statusCode, 202);
});

t.test('without an id every answered call of the extension is held, and 204 says that there was none', async (t) => {
  const other = callView({ id: 'call2' as CallId, parties: { caller: '211', callee: '210' } });
  const ringing = callView({ id: 'call3' as CallId, parties, state: 'ringing' });
  const { ask, calls } = await signedIn(t, new FakeCalls(talking, other, ringing));
  const answer = await ask('PUT', '/12/210', { action: 'OnHold' });
  t.equal(answer.statusCode, 200);
  t.equal(answer.json<{ entry: object[] }>().entry.length, 2);
  t.same(calls.asked.slice(-2), [
    { kind: 'call.hold', callId: 'call1', holder: 'caller' },
    { kind: 'call.hold', callId: 'call2', holder: 'callee' },
  ]);
  calls.calls.clear();
  const none = await ask('PUT', '/12/210', { action: 'OffHold' });
  t.equal(none.statusCode, 204);
  t.equal(none.body, '');
});

t.test('every action is one command', async (t) => {
  const view = { phoneCallViewId: '01' };
  const rows: readonly (readonly [object, Command])[] = [
    [
      { action: 'UnHold', ...view },
      { kind: 'call.resume', callId: talking.id, holder: 'caller' },
    ],
    [
      { action: 'Park', maxInParking: '180', ...view },
      { kind: 'call.park', callId: talking.id, leaving: 'caller' },
    ],
    [
      { action: 'UnPark', sendCallTo: '0003*211', ...view },
      { kind: 'call.retrieve', callId: talking.id, to: { number: '211' } },
    ],
    [
      { action: 'PickUp', waitForPickup: '25', ...view },
      { kind: 'call.pickup', callId: talking.id, to: { number: '210' } },
    ],
    [
      { action: 'BargeIn', sendCallTo: ['211'], ...view },
      { kind: 'call.join', callId: talking.id, as: 'member', party: 'callee', to: { number: '211' } },
    ],
    [
      { action: 'Monitor', sendCallTo: '211', ...view },
      { kind: 'call.join', callId: talking.id, as: 'listener', party: 'callee', to: { number: '211' } },
    ],
    [
      { action: 'Whisper', private: 1, sendCallTo: '211', ...view },
      { kind: 'call.join', callId: talking.id, as: 'whisperer', party: 'callee', to: { number: '211' } },
    ],
    [
      { action: 'Transfer', sendCallTo: '0003*211' },
      { kind: 'call.transfer', callId: talking.id, leaving: 'caller', to: { number: '211' } },
    ],
    [
      { action: 'Transfer', sendCallTo: '+4930', transferNumber: '210' },
      { kind: 'call.transfer', callId: talking.id, leaving: 'callee', to: { number: '+4930' } },
    ],
    [
      { action: 'Transfer', sendCallTo: '211', transferFromNumber: '024' },
      { kind: 'call.transfer', callId: talking.id, leaving: 'callee', to: { number: '211' } },
    ],
    [
      { action: 'StartRecording', format: 'wav49', ...view },
      { kind: 'record.start', callId: talking.id },
    ],
    [
      { action: 'StopRecording', ...view },
      { kind: 'record.stop', callId: talking.id },
    ],
  ];
  const { ask, calls } = await signedIn(t, new JoinableCalls(talking));
  for (const [body, command] of rows) {
    const answer = await ask('PUT', '/12/210/call1', body);
    t.same(calls.last, command, JSON.stringify(body));
    t.equal(answer.statusCode, 202, JSON.stringify(body));
    t.match(answer.json(), { id: /^[0-9a-f]{20}$/, extension: '0003*210', link: { self: /\/uapi\// } });
  }
});

t.test('every row of the table of errors', async (t) => {
  const hold = { action: 'OnHold', phoneCallViewId: '01' };
  const rows: readonly (readonly [string, object, number, string])[] = [
    ['/12/210/nobody', hold, 400, 'pc_phonecall_invalid'],
    ['/12/210/not-an-id!', hold, 400, 'pc_phonecall_invalid'],
    ['/12/210/foreign', hold, 400, 'pc_phonecall_invalid'],
    ['/12/210/call1', { action: 'OnHold' }, 400, 'pc_phonecallview_invalid'],
    ['/12/210/call1', { action: 'OnHold', phoneCallViewId: '02' }, 400, 'pc_phonecallview_invalid'],
    ['/12/210/call1', { action: 'OnHold', phoneCallViewId: {} }, 400, 'pc_phonecallview_invalid'],
    ['/12/210/call1', { action: 'onhold', phoneCallViewId: '01' }, 400, 'pc_action_invalid'],
    ['/12/210/call1', {}, 400, 'pc_action_invalid'],
    ['/12/210/ringing', hold, 400, 'pc_action_invalid'],
    ['/12/210', { action: 'Park' }, 400, 'pc_phonecall_invalid'],
    ['/12/210/call1', { action: 'Park', phoneCallViewId: '01', maxInParking: 9 }, 400, 'pc_parameter_invalid'],
    ['/12/210/call1', { action: 'Transfer' }, 400, 'pc_number_invalid'],
    ['/12/210/call1', { action: 'Transfer', sendCallTo: '211', transferNumber: '211' }, 400, 'pc_number_invalid'],
    ['/12/@self/call1', { action: 'PickUp', phoneCallViewId: '01' }, 400, 'pc_number_invalid'],
    ['/12/210/call1', { action: 'TransferToVoicemail', sendCallTo: '211' }, 501, 'not_built'],
    ['/12/999/call1', hold, 400, 'extension_invalid'],
    ['/@you/210/call1', hold, 400, 'user_invalid'],
    ['/99/210/call1', hold, 403, 'access_denied'],
    ['/12/210/call1', [], 400, 'request_invalid'],
  ];
  const ringing = callView({ id: 'ringing' as CallId, parties, state: 'ringing' });
  const foreign = callView({ id: 'foreign' as CallId, parties: { caller: '900', callee: '901' } });
  const { ask } = await signedIn(t, new FakeCalls(talking, ringing, foreign));
  for (const [path, body, status, code] of rows) {
    const answer = await ask('PUT', path, body);
    const said = `${path} ${JSON.stringify(body)}`;
    t.equal(answer.statusCode, status, said);
    t.match(answer.json(), { error: { code, message: /./ } }, said);
    t.match(answer.headers['content-type'], /^application\/json/, said);
  }
});

t.test('an App sees the calls of its own extensions alone', async (t) => {
  const others = callView({ id: 'others' as CallId, parties: { caller: '211', callee: '024' } });
  const { ask } = await signedIn(t, new FakeCalls(talking, others), 'narrow', 'narrow-secret');
  const denied = await ask('GET', '/13/211');
  t.equal(denied.statusCode, 403);
  t.match(denied.json(), { error: { code: 'access_denied' } });
  t.equal((await ask('GET', '/13/@self')).json<{ entry: object[] }>().entry.length, 1);
  t.match((await ask('GET', '/13/@self/others')).json(), { error: { code: 'pc_phonecall_invalid' } });
});

t.test('faults of the house have the body that clients read', async (t) => {
  const { ask, calls } = await signedIn(t, new FakeCalls(talking));
  const rows = [
    [new MediaFailed('no'), 500, 'internal_error'],
    [new Error('secret words'), 500, 'internal_error'],
    [new Busy('full', 3), 503, 'busy'],
  ] as const;
  for (const [failure, status, code] of rows) {
    calls.failure = failure;
    const answer = await ask('GET', '/12/210');
    t.equal(answer.statusCode, status);
    t.match(answer.json(), { error: { code } });
    t.notMatch(answer.body, /secret words/);
  }
});

t.test('without a good token there is 401, in JSON, with a challenge', async (t) => {
  const { app, clock, headers } = await signedIn(t, new FakeCalls(talking));
  const torn = headers.authorization.slice(0, -2);
  const offers = [undefined, 'Bearer x', 'Bearer a.b.c', 'Bearer demo-token', torn, 'Basic ZGVtbzpkZW1v'];
  for (const authorization of offers) {
    const offered = authorization === undefined ? {} : { authorization };
    const answer = await app.inject({ url: '/uapi/phoneCalls/12/210', headers: offered });
    t.equal(answer.statusCode, 401, authorization ?? 'nothing');
    t.match(answer.json(), { error: { code: 'unauthorized' } });
    t.match(answer.headers['www-authenticate'], /^Bearer/);
  }
  t.equal((await app.inject({ url: '/uapi/phoneCalls/12/210', headers })).statusCode, 200);
  clock.advance(7_200_000);
  t.equal((await app.inject({ url: '/uapi/phoneCalls/12/210', headers })).statusCode, 401, 'too old');
});

t.test('a token can be kept between colons, and its errors are words', async (t) => {
  const { app } = await appFixture(t);
  const good = await app.inject(tokenRequest('demo', 'demo'));
  t.match(good.json<{ access_token: string }>().access_token, /^[A-Za-z0-9_.-]{10,}$/);
  t.equal(good.json<{ expires_in: number }>().expires_in, 7200);
  const wrong = await app.inject(tokenRequest('demo', 'wrong'));
  t.equal(wrong.statusCode, 401);
  t.same(wrong.json(), { error: 'invalid_client' });
  t.same((await app.inject({ method: 'POST', url: '/oauth/token.php' })).json(), { error: 'invalid_client' });
  const grant = await app.inject(tokenRequest('demo', 'demo', 'password'));
  t.equal(grant.statusCode, 400);
  t.same(grant.json(), { error: 'unsupported_grant_type' });
});

t.test('pages, filters, order and fields', async (t) => {
  const many = Array.from({ length: 25 }, (_, index) =>
    callView({ id: `c${index}` as CallId, parties, createdAt: new Date(1_700_000_000_000 + index * 1000).toISOString() }),
  );
  const { ask } = await signedIn(t, new FakeCalls(...many));
  type List = Readonly<{ entry: Readonly<Record<string, unknown>>[]; link?: { next?: string; prev?: string } }>;
  const list = async (query: string): Promise<List> => (await ask('GET', `/12/210${query}`)).json<List>();
  const first = await list('');
  t.equal(first.entry.length, 20);
  t.equal(first.link?.prev, undefined);
  const next = new URL(first.link?.next ?? '');
  const second = await list(next.search);
  t.equal(second.entry.length, 5);
  t.equal(second.link?.next, undefined);
  t.ok(second.link?.prev);
  t.equal((await list('?sortOrder=descending&count=1')).entry[0]?.['id'], second.entry[4]?.['id']);
  t.same(Object.keys((await list('?fields=extension&count=1')).entry[0] ?? {}), ['id', 'extension']);
  const id = String(first.entry[3]?.['id']);
  t.same(
    (await list(`?filterBy=id&filterOp=equals&filterValue=${id}`)).entry.map((one) => one['id']),
    [id],
  );
  const published = encodeURIComponent(String(first.entry[3]?.['published']));
  t.equal((await list(`?filterBy=published&filterOp=lessThan&filterValue=${published}`)).entry.length, 3);
  t.same(await list('?startIndex=500&filterBy=id&filterValue=x').then(({ entry }) => entry), []);
  for (const query of [
    'count=0',
    'count=5001',
    'count=x',
    'startIndex=-1',
    'filterBy=nonce',
    'filterBy=id&filterOp=is',
    'sortOrder=up',
  ])
    t.match((await ask('GET', `/12/210?${query}`)).json(), { error: { code: 'pc_parameter_invalid' } }, query);
});

t.test('a call to the outside, and one that both sides hold, have their marks', async (t) => {
  const outside = callView({ parties: { caller: '210', callee: '+4930' }, state: 'held', hold: BOTH_HELD });
  const both = callView({ id: 'both' as CallId, parties, hold: { ...NO_HOLD, reasons: ['caller-phone', 'callee-api'] } });
  const { ask } = await signedIn(t, new FakeCalls(outside, both));
  type Views = Readonly<{ phoneCallView: Readonly<Record<string, unknown>>[] }>;
  const viewsOf = async (id: string) => (await ask('GET', `/12/210/${id}`)).json<Views>().phoneCallView;
  const [mine = {}, theirs = {}] = await viewsOf('call1');
  t.match(mine, { flow: 4, onHold: String, status: '5', extension: '0003*210' });
  t.equal(theirs['extension'], '+4930');
  t.notOk('holder' in mine || 'holder' in theirs, 'a program holds both');
  t.same(
    (await viewsOf('both')).map((view) => view['holder']),
    [1, 1],
  );
});

t.test('create sets a call up and echoes the nonce; lists and bare numbers are read', async (t) => {
  const { ask, calls } = await signedIn(t, new FakeCalls());
  for (const [source, destination] of [
    [['0003*210'], ['0003*024']],
    ['210', '024'],
  ]) {
    const body = { extension: '0003*210', phoneCallView: [{ source, destination }], nonce: 'n1' };
    const answer = await ask('POST', '/@me/simple/?waitForPickup=25', body);
    t.equal(answer.statusCode, 200);
    t.match(answer.json(), [{ id: /^[0-9a-f]{20}$/, nonce: 'n1', extension: '0003*210' }]);
    t.same(calls.last, { kind: 'call.setup', caller: '210', callee: '024' });
  }
  const rows: readonly (readonly [string, object, number, string])[] = [
    ['/@me/simple', {}, 400, 'request_invalid'],
    ['/@me/simple', { extension: '210', phoneCallView: [{ source: '210' }] }, 400, 'pc_number_invalid'],
    ['/@me/simple', { extension: '210', phoneCallView: { source: '210', destination: '911' } }, 400, 'pc_number_invalid'],
    ['/@me/simple', { extension: '777', phoneCallView: { source: '210', destination: '024' } }, 400, 'extension_invalid'],
    ['/@me/nothing', {}, 400, 'request_invalid'],
  ];
  for (const [path, body, status, code] of rows) {
    const answer = await ask('POST', path, body);
    t.equal(answer.statusCode, status, JSON.stringify(body));
    t.match(answer.json(), { error: { code } }, JSON.stringify(body));
  }
});

t.test('delete hangs up one call, or every call of the extension with one party', async (t) => {
  const other = callView({ id: 'call2' as CallId, parties: { caller: '211', callee: '210' } });
  const { ask, calls } = await signedIn(t, new FakeCalls(talking, other));
  const one = await ask('DELETE', '/12/210/call1');
  t.equal(one.statusCode, 200);
  t.match(one.json(), [{ extension: '0003*210' }]);
  t.same(calls.last, { kind: 'call.hangup', callId: 'call1' });
  const some = await ask('DELETE', '/12/210?phoneNumber=0003*211');
  t.equal(some.json<object[]>().length, 1);
  t.same(calls.last, { kind: 'call.hangup', callId: 'call2' });
  t.same((await ask('DELETE', '/12/210?phoneNumber=555')).json(), []);
});
