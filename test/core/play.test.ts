/**
 * Goal: mutes and plays are wishes of their own beside the holds: who is heard follows from all of them together, and what plays has one end.
 * Method: calls as values, one input at a time; the walks ask the same of every order there is.
 */
import t from 'tap';
import type { LegRole, Play } from '#core/leg.js';
import { newCall } from '#core/setup.js';
import { step } from '#core/call.js';
import type { CallId } from '#core/leg.js';
import { brief, talking, type CallStory } from '../support/call-fixture.js';

const play = (id: string, more: Partial<Play> = {}): Play => ({
  id,
  sound: { name: 'words', file: 'words.mka', ms: 900 },
  times: 1,
  ms: 900,
  ...more,
});
const plays = (story: CallStory, legs: readonly LegRole[], what: Play): string[] =>
  story.on({ kind: 'play.requested', legs, play: what });
const ended = (story: CallStory): string[] =>
  story.events('play.ended').flatMap((event) => (event.kind === 'play.ended' ? [`${event.playId} ${event.why}`] : []));

t.test('a mute is one command, and asking twice is asking once', async (t) => {
  const story = talking();
  t.same(story.on({ kind: 'mute.requested', leg: 'caller', muted: true }), ['mute caller']);
  t.same(story.on({ kind: 'mute.requested', leg: 'caller', muted: true }), []);
  t.same(story.on({ kind: 'mute.requested', leg: 'caller', muted: false }), ['unmute caller']);
});

t.test('a resume does not unmute, and an unmute opens no hold', async (t) => {
  const story = talking();
  story.hold('controller');
  story.cooperate();
  t.same(story.on({ kind: 'mute.requested', leg: 'callee', muted: true }), [], 'behind the gate nobody is heard anyway');
  const resumed = [...story.resume('controller'), ...story.cooperate()];
  t.ok(resumed.indexOf('mute callee') < resumed.indexOf('ungate'), 'it is seen to before the gate opens');
  story.hold('caller');
  story.cooperate();
  t.same(story.on({ kind: 'mute.requested', leg: 'callee', muted: false }), []);
  t.ok(story.confirmed.gated);
  const again = [...story.resume('caller'), ...story.cooperate()];
  t.ok(again.includes('unmute callee'));
});

t.test('the peer is cut off before anything plays, and heard again when it has ended', async (t) => {
  const story = talking();
  t.same(plays(story, ['callee'], play('one')), ['mute caller', 'play-over callee', 'start-timer play-callee']);
  t.same(story.on({ kind: 'timer.fired', timer: 'play-callee' }), [
    'stop-timer play-callee',
    'end-play callee',
    'publish play.ended',
    'unmute caller',
  ]);
  t.same(ended(story), ['one done']);
});

t.test('who is muted by a program stays muted when what its peer was played has ended', async (t) => {
  const story = talking();
  story.on({ kind: 'mute.requested', leg: 'caller', muted: true });
  plays(story, ['callee'], play('one'));
  t.notOk(story.on({ kind: 'quiet.requested', legs: ['caller', 'callee'] }).includes('unmute caller'));
  t.same(ended(story), ['one stopped']);
});

t.test('a second one takes the place of the first without a moment of the peer', async (t) => {
  const story = talking();
  plays(story, ['callee'], play('one'));
  t.same(plays(story, ['callee'], play('two')), [
    'stop-timer play-callee',
    'publish play.ended',
    'play-over callee',
    'start-timer play-callee',
  ]);
  t.same(ended(story), ['one stopped']);
  t.same(story.on({ kind: 'play.failed', leg: 'callee', playId: 'one' }), [], 'a late word about the first');
});

t.test('one play to both ends once, also when one of them was taken from it before', async (t) => {
  const both = talking();
  plays(both, ['caller', 'callee'], play('one'));
  both.on({ kind: 'timer.fired', timer: 'play-caller' });
  t.same(ended(both), ['one done']);
  t.equal(both.confirmed.callee.playing, undefined);
  const taken = talking();
  plays(taken, ['caller', 'callee'], play('one'));
  plays(taken, ['caller'], play('two'));
  t.same(ended(taken), []);
  taken.on({ kind: 'play.failed', leg: 'callee', playId: 'one' });
  t.same(ended(taken), ['one failed']);
});

t.test('after the last words the call is hung up, not after a stop', async (t) => {
  const story = talking();
  plays(story, ['caller', 'callee'], play('one', { hangUpAfter: true }));
  const done = story.fork();
  done.on({ kind: 'timer.fired', timer: 'play-callee' });
  t.match(done.call, { kind: 'terminated', cause: 'controller-hung-up' });
  t.same(ended(done), ['one done']);
  story.on({ kind: 'quiet.requested', legs: ['caller', 'callee'] });
  t.equal(story.call.kind, 'confirmed');
});

t.test('the end of the call is the end of what plays, told before it', async (t) => {
  const story = talking();
  plays(story, ['caller', 'callee'], play('one'));
  const effects = story.on({ kind: 'bye.received', leg: 'caller' });
  t.ok(effects.includes('stop-timer play-caller') && effects.includes('stop-timer play-callee'));
  t.ok(effects.indexOf('publish play.ended') < effects.indexOf('publish call.ended'));
  t.same(ended(story), ['one stopped']);
});

t.test('a party that is muted takes that along into its next call, and leaves behind what it was played', async (t) => {
  const story = talking();
  story.on({ kind: 'mute.requested', leg: 'caller', muted: true });
  plays(story, ['caller'], play('one'));
  const leg = story.confirmed.caller;
  const joined = newCall({ id: 'c2' as CallId, origin: 'phone', caller: '103', callee: '101', createdMs: 0, adopted: leg });
  t.match(joined.adopted, { silenced: true });
  t.equal(joined.adopted?.playing, undefined);
  const other = talking();
  other.on({ kind: 'transfer.requested', leaving: 'caller', park: false });
  other.cooperate();
  other.on({ kind: 'leg.dismissed', leg: 'caller' });
  const [arrived, effects] = step(other.call, { kind: 'leg.arrived', leg: 'caller', value: leg }, 1);
  t.match(arrived, { caller: { silenced: true } });
  t.equal(arrived.kind === 'confirmed' ? arrived.caller.playing : 'no call', undefined);
  t.notOk(effects.map(brief).includes('ungate'), 'it is still waited for');
});

t.test('a party that leaves hears nothing more', async (t) => {
  const story = talking();
  story.on({ kind: 'transfer.requested', leaving: 'caller', park: false });
  story.cooperate();
  plays(story, ['caller', 'callee'], play('one'));
  const effects = story.on({ kind: 'leg.dismissed', leg: 'caller' });
  t.ok(effects.includes('end-play caller'));
  t.same(ended(story), [], 'the other goes on hearing it');
  t.same(plays(story, ['caller'], play('two')), [], 'and nothing is played to who has left');
});
