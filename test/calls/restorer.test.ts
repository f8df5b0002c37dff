/**
 * Goal: what the last life has left is a live call again, with its timers on the wall clock and its place in the accounts; what cannot go
 * on says why. Method: calls of quiet phones, kept on a disk of memory, taken up by a second house.
 */
import t from 'tap';
import { EventBus } from '#calls/event-bus.js';
import { Restorer } from '#calls/restorer.js';
import type { BindingsPort, MediaPort } from '#calls/ports.js';
import type { StoredCall, StoredLeg } from '#calls/store-port.js';
import type { CallEvent } from '#core/events.js';
import type { CallId, LegRole } from '#core/leg.js';
import { createLogger } from '#kit/log.js';
import { Toll } from '#guard/toll.js';
import { FakeClock } from '../support/fake-clock.js';
import { QuietCalls } from '../support/quiet-calls.js';
import { sdpOf, storedCall } from '../support/stored-call.js';
import { talking } from '../support/call-fixture.js';

const LOG = createLogger('silent');
const legOf = (role: LegRole): StoredLeg => ({
  dialogId: `dialog ${role}`,
  session: { minSec: 90, takesUpdate: false, knowsTimers: false },
  keys: [],
});
const LEGS = { caller: legOf('caller'), callee: legOf('callee') };

/** A second life in which rtpengine knows these calls. */
function nextLife(known: readonly string[] = [], more: Partial<BindingsPort> = {}) {
  const clock = new FakeClock();
  const quiet = new QuietCalls(undefined, clock);
  const bus = new EventBus(clock, LOG);
  const recalled: CallEvent['kind'][] = [];
  bus.subscribe(({ event }) => recalled.push(event.kind as CallEvent['kind']), 'book');
  const restored: { role: LegRole; login: unknown }[] = [];
  const knows = (id: string): Promise<boolean> => Promise.resolve(known.includes(id));
  const made = (): Promise<string> => Promise.resolve(sdpOf(31_000));
  const media = new Proxy({} as MediaPort, { get: (_port, name) => (name === 'knows' ? knows : made) });
  const restorer = new Restorer({
    calls: quiet.service,
    signaling: { restore: ({ role }, _stored, login) => void restored.push({ role, login }) },
    media,
    bindings: { find: () => ({ kind: 'unknown' }), ...more },
    bus,
    clock,
    log: LOG,
  });
  return { clock, quiet, restorer, restored, recalled };
}

function heldCall(more: Partial<StoredCall> = {}): StoredCall {
  const story = talking();
  story.on({ kind: 'hold.requested', holder: 'caller', policy: { maxSeconds: 60 } });
  story.cooperate();
  return storedCall(story.call, { legs: LEGS, ...more });
}

const idOf = ({ call }: StoredCall): CallId => call.id;
const DIALOGS = ['dialog caller', 'dialog callee'];

t.test('a held call sleeps until SIP can be spoken, then goes on; its timer is due when it was due before', async (t) => {
  const { clock, quiet, restorer, restored, recalled } = nextLife();
  const left = heldCall({ dueMs: new Map([['hold-max-caller-api', clock.now() + 20_000]]) });
  await restorer.prepare([left], DIALOGS);
  t.equal(quiet.service.view(idOf(left))?.state, 'held', 'programs see it as it was');
  t.same(quiet.asked, [], 'and nobody has heard a word');
  t.same(restorer.dialogs, DIALOGS);
  t.equal(restored.length, 2);
  void restorer.begin();
  await quiet.settles();
  t.ok(quiet.asked.includes('reinvite'), quiet.asked.join());
  t.same(recalled, ['call.answered', 'hold.changed'], 'those who keep books know of it');
  clock.advance(19_000);
  t.equal(quiet.service.view(idOf(left))?.state, 'held');
  clock.advance(1000);
  await quiet.settles();
  t.not(quiet.service.view(idOf(left))?.state, 'held', 'the hold is no longer than it would have been');
});

t.test('whoever speaks to a sleeping call wakes it first', async (t) => {
  const { quiet, restorer } = nextLife(['call-1']);
  const left = heldCall();
  await restorer.prepare([left], DIALOGS);
  quiet.service.signal({ callId: idOf(left), role: 'caller' }, { kind: 'bye' });
  await quiet.settles();
  t.equal(quiet.service.view(idOf(left))?.state, 'ended');
  t.ok(quiet.asked.includes('bye'));
});

t.test('a call whose dialog is not there ends, and who is left hears BYE', async (t) => {
  for (const [left, there] of [
    [heldCall(), ['dialog caller']],
    [heldCall({ legs: { caller: LEGS.caller } }), DIALOGS],
    [heldCall({ legs: undefined }), DIALOGS],
  ] as const) {
    const { quiet, restorer } = nextLife();
    await restorer.prepare([left], there);
    void restorer.begin();
    await quiet.settles();
    t.match(quiet.service.view(idOf(left)), { state: 'ended', end: { cause: 'server-lost', status: 503 } });
    t.ok(quiet.asked.includes('bye'));
    t.notOk(quiet.asked.includes('reinvite'));
  }
});

t.test('a drachtio-server that does not say which dialogs it has is believed', async (t) => {
  const { quiet, restorer } = nextLife(['call-1']);
  await restorer.prepare([heldCall()], undefined);
  void restorer.begin();
  await quiet.settles();
  t.equal(quiet.service.size, 1);
});

t.test('a call with a conference or a script ends politely', async (t) => {
  const phone = heldCall().phones.caller;
  for (const left of [
    heldCall({ phones: { caller: phone, callee: { ...phone, isProgram: true } } }),
    heldCall({ call: { ...talking().confirmed, conference: 'c1' } }),
  ]) {
    const { quiet, restorer } = nextLife();
    await restorer.prepare([left], DIALOGS);
    void restorer.begin();
    await quiet.settles();
    t.match(quiet.service.view(idOf(left)), { state: 'ended', end: { cause: 'server-lost' } });
  }
});

t.test('a trunk is asked for with the password of today', async (t) => {
  const login = { username: 'u', password: 'p' };
  const target = { uri: 'sip:0049@trunk', credentials: login };
  const { restorer, restored } = nextLife([], { find: () => ({ kind: 'targets', targets: [target] }) });
  const { phones } = heldCall();
  await restorer.prepare([heldCall({ phones: { ...phones, callee: { ...phones.callee, kind: 'trunk' } } })], DIALOGS);
  t.same(restored, [
    { role: 'caller', login: undefined },
    { role: 'callee', login },
  ]);
});

t.test('many calls are restored a few at a time, held ones first', async (t) => {
  const { clock, quiet, restorer } = nextLife();
  const left = Array.from({ length: 120 }, (_, index) => {
    const one = index < 100 ? storedCall(talking().call, { legs: LEGS }) : heldCall();
    return { ...one, call: { ...one.call, id: `call ${index}` as CallId } };
  });
  await restorer.prepare(left, DIALOGS);
  const spoken = (): number => quiet.asked.filter((word) => word === 'gate').length;
  void restorer.begin();
  await quiet.settles();
  const first = spoken();
  t.ok(first > 0 && first < 120, `${first} of 120`);
  t.ok(quiet.asked.includes('play'), 'among them those who wait');
  for (let turn = 0; turn < 5; turn += 1) {
    clock.advance(20);
    await quiet.settles();
  }
  t.equal(spoken(), 120);
});

t.test('a start that fails leaves the calls to the next life', async (t) => {
  const { quiet, restorer } = nextLife();
  await restorer.prepare([heldCall()], DIALOGS);
  await quiet.service.close();
  t.same(quiet.asked, [], 'no BYE');
});

t.test('restored calls take their room in the accounts, whatever the limit is now', async (t) => {
  const clock = new FakeClock(Date.UTC(2026, 0, 5, 12));
  const config = {
    deny: [],
    accounts: [],
    trunks: [{ name: 'tr', concurrent: 1 }],
    perAccount: { concurrent: 1, outsidePerDay: 2 },
  };
  const toll = new Toll(config, clock);
  const outside = [{ number: '0049', trunk: 'tr' }];
  toll.goesOn({ callId: 'a', payer: '101', outside }, clock.now() - 1000);
  toll.goesOn({ callId: 'b', payer: '101', outside }, clock.now() - 86_400_000);
  t.equal(toll.size, 2, 'they were admitted once, and are not judged again');
  t.throws(() => toll.admit({ callId: 'c', payer: '101', outside: [] }), { code: 'busy' });
  toll.ended('a');
  toll.ended('b');
  toll.admit({ callId: 'd', payer: '101', outside });
  toll.ended('d');
  t.throws(() => toll.admit({ callId: 'e', payer: '101', outside }), /a day/, 'the one of today was counted');
});

t.test('who waits for the end of it finds all of them awake, however many they are', async (t) => {
  const { clock, quiet, restorer } = nextLife();
  const left = Array.from({ length: 120 }, (_, index) => {
    const stored = heldCall();
    return { ...stored, call: { ...stored.call, id: `call-${index}` as CallId } };
  });
  await restorer.prepare(left, []);
  let awake = false;
  void restorer.begin().then(() => (awake = true));
  const ended = (): number => left.filter((one) => quiet.service.view(idOf(one))?.state === 'ended').length;
  for (const calls of [50, 100, 120]) {
    await quiet.settles();
    t.equal(ended(), calls, 'their dialogs are not there');
    t.equal(awake, calls === 120);
    clock.advance(20);
  }
});
