/** forward: a call that rings at one phone rings at another one instead, and its caller hears nothing of it. */
import t from 'tap';
import { PLAIN_PARTIES } from '#core/party.js';
import type { Input } from '#core/inputs.js';
import { ringing, ringingApi, ringingLate, talking, type CallStory } from '../support/call-fixture.js';

const forward = (to: string, autoAnswer = false): Input => ({
  kind: 'forward.requested',
  to,
  traits: PLAIN_PARTIES,
  autoAnswer,
});
const progressed = (story: CallStory, earlyMedia = false) =>
  story.on({ kind: 'leg.progressed', leg: 'callee', status: 180, earlyMedia });

t.test('the phone that rings is cancelled, the other is dialled, and rings anew', async (t) => {
  const story = ringing();
  progressed(story);
  t.same(story.on(forward('103')), ['cancel callee 302', 'publish call.forwarded', 'dial callee from-peer', 'start-timer ring']);
  t.match(story.call, { kind: 'ringing', id: 'call-1', parties: { caller: '101', callee: '103' }, alertingMs: undefined });
  t.match(story.events('call.forwarded'), [{ from: '102', to: '103', parties: { callee: '103' } }]);
  t.same(progressed(story), ['publish call.ringing', 'progress caller 180']);
  const answered = story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.same(answered, ['stop-timer ring', 'ack callee', 'accept sendrecv', 'publish call.answered']);
  t.notOk('forwards' in story.call, 'a call that is answered has no such past');
  t.same(story.on({ kind: 'leg.acked', leg: 'caller' }), [], 'and its caller nothing to be told');
});

t.test('each forward has its number, so that a dial that waited too long knows that it did', async (t) => {
  const story = ringing();
  story.on(forward('103'));
  story.on(forward('104', true));
  const dials = story.effects.flatMap((effect) => (effect.kind === 'dial' ? [effect.again] : []));
  t.same(dials, [undefined, { forwards: 1, autoAnswer: false }, { forwards: 2, autoAnswer: true }]);
  const cancels = story.effects.flatMap((effect) => (effect.kind === 'cancel' ? [effect.cause] : []));
  t.same(cancels, [302, 200], 'a call that is picked up is completed elsewhere, and nobody has missed it');
});

t.test('a caller that heard early media of the old callee is offered the new media once it is connected', async (t) => {
  const story = ringing();
  progressed(story, true);
  story.on(forward('103'));
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.same(story.on({ kind: 'leg.acked', leg: 'caller' }), ['send-reinvite caller sendrecv']);
});

t.test('a caller that the API rang hears ringback again where it heard early media', async (t) => {
  const story = ringingApi();
  t.same(progressed(story, true), ['publish call.ringing', 'stop-sound caller', 'bridge-early']);
  t.same(story.on(forward('103')), [
    'cancel callee 302',
    'publish call.forwarded',
    'play caller ringback',
    'dial callee from-peer',
    'start-timer ring',
  ]);
});

t.test('a late offer stays late', async (t) => {
  const story = ringingLate();
  t.ok(story.on(forward('103')).includes('dial callee none'));
});

t.test('nothing is forwarded before it rings, or once it is answered or over', async (t) => {
  const story = talking();
  const { call } = story;
  t.same(story.on(forward('103')), []);
  t.equal(story.call, call);
  story.on({ kind: 'hangup.requested' });
  t.same(story.on(forward('103')), []);
});

t.test("a call is rejected in the callee's name until it is answered", async (t) => {
  const reject: Input = { kind: 'reject.requested', status: 603, reason: 'Decline' };
  const story = ringing();
  progressed(story);
  const effects = story.on(reject);
  t.same(effects.slice(0, 2), ['refuse caller 603', 'cancel callee 603']);
  t.match(story.events('call.ended'), [{ cause: 'refused', status: 603, reason: 'Decline', answered: false }]);
  const api = ringingApi();
  t.same(api.on(reject).slice(0, 2), ['send-bye caller 603', 'cancel callee 603']);
  t.same(talking().on(reject), []);
});
