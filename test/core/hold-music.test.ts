/**
 * hold-music: which music a held party hears, when it changes, and how phones are told that want it otherwise.
 */
import t from 'tap';
import { musicFor, NOBODY_HOLDS, withReason, type HoldTerms } from '#core/hold.js';
import type { HoldReason } from '#core/events.js';
import { NO_HABITS, type MusicHabits } from '#core/hold-music.js';
import { holdView } from '#core/hold-view.js';
import { PLAIN_PARTIES } from '#core/party.js';
import { CallStory, talking } from '../support/call-fixture.js';

const heard = (habits: MusicHabits, ...holds: readonly (readonly [HoldReason, HoldTerms])[]): string | undefined =>
  musicFor(
    holds.reduce((ledger, [reason, terms]) => withReason(ledger, reason, terms), NOBODY_HOLDS),
    'callee',
    habits,
  )?.music;

t.test('who holds chooses: the request, then the account, then the call, then the trunk, then the house', async (t) => {
  const trunk: MusicHabits = { given: {}, heard: { callee: 'trunk' } };
  const call: MusicHabits = { ...trunk, call: 'call' };
  const account: MusicHabits = { ...call, given: { caller: 'account' } };
  t.equal(heard(account, ['caller-phone', { music: { music: 'asked' } }]), 'asked');
  t.equal(heard(account, ['caller-phone', {}]), 'account');
  t.equal(heard(account, ['controller', {}]), 'call', 'a program has no account');
  t.equal(heard(call, ['caller-phone', {}]), 'call');
  t.equal(heard(trunk, ['caller-phone', {}]), 'trunk');
  t.equal(heard(NO_HABITS, ['caller-phone', {}]), 'default');
  t.equal(heard(account, ['callee-phone', {}]), undefined, 'who holds hears none (C3)');
});

t.test('of several holders the one who chose music has the say, whatever the order', async (t) => {
  const phone = ['caller-phone', {}] as const;
  const api = ['caller-api', { music: { music: 'chosen' } }] as const;
  const silent = ['controller', { music: null }] as const;
  t.equal(heard(NO_HABITS, phone, api), 'chosen');
  t.equal(heard(NO_HABITS, api, phone), 'chosen');
  t.equal(heard(NO_HABITS, silent, phone), 'default', 'music is wanted when one of them wants it');
  t.equal(heard(NO_HABITS, silent), undefined);
});

t.test('music is changed during a hold without another re-INVITE', async (t) => {
  const story = talking();
  story.hold('controller');
  story.cooperate();
  t.same(story.on({ kind: 'hold.requested', holder: 'controller', music: { music: 'sales' } }), [
    'play caller music',
    'play callee music',
    'publish hold.changed',
  ]);
  t.equal(holdView(story.confirmed).callee.music, 'sales');
  t.same(story.on({ kind: 'hold.requested', holder: 'controller', music: { music: 'sales' } }), [], 'the same again is nothing');
  t.same(story.on({ kind: 'hold.requested', holder: 'controller', music: null }).slice(0, 4), [
    'stop-sound caller',
    'stop-sound callee',
    'send-reinvite caller inactive',
    'send-reinvite callee inactive',
  ]);
  story.cooperate();
  t.equal(holdView(story.confirmed).callee.music, undefined);
});

t.test('music that failed is not tried again by itself, and is when other music is asked for', async (t) => {
  const story = talking();
  story.hold('controller');
  story.cooperate();
  story.on({ kind: 'sound.failed', leg: 'callee' });
  t.equal(holdView(story.confirmed).callee.sound, 'failed');
  t.same(story.on({ kind: 'media.changed', leg: 'caller', peerStale: false }), []);
  t.ok(story.on({ kind: 'hold.requested', holder: 'controller', music: { music: 'sales' } }).includes('play callee music'));
});

t.test('a phone that is held by inactive alone is told so and hears nothing', async (t) => {
  const start = talking().confirmed;
  const story = new CallStory('phone', {
    ...start,
    traits: { ...PLAIN_PARTIES, modes: { caller: 'sendonly', callee: 'inactive' } },
  });
  t.same(story.hold('controller'), [
    'gate',
    'send-reinvite caller sendonly',
    'send-reinvite callee inactive',
    'play caller music',
  ]);
  story.cooperate();
  t.match(holdView(story.confirmed).callee, { state: 'agreed', direction: 'inactive', sound: 'none' });
});

t.test('a phone that would not have a hold with music is soft-held, and held by inactive the next time', async (t) => {
  const start = talking().confirmed;
  const learns = { ...PLAIN_PARTIES, learns: { caller: true, callee: true } };
  const story = new CallStory('phone', { ...start, traits: learns });
  story.hold('controller');
  story.answers('caller', 'recvonly');
  t.ok(story.refuses('callee', 488).includes('remember-refusal callee'), 'for its next calls');
  t.match(holdView(story.confirmed).callee, { state: 'soft-held', status: 488, sound: 'music' });
  story.resume('controller');
  story.cooperate();
  t.ok(story.hold('controller').includes('send-reinvite callee inactive'));
  story.cooperate();
  t.equal(holdView(story.confirmed).callee.state, 'agreed');
});

t.test('a phone that will have neither way of being held hears music whenever it is held, without a gap', async (t) => {
  const start = talking().confirmed;
  const story = new CallStory('phone', { ...start, traits: { ...PLAIN_PARTIES, learns: { caller: true, callee: true } } });
  story.hold('controller');
  story.answers('caller', 'recvonly');
  story.refuses('callee', 488);
  const again = story.hold('controller');
  t.same(
    again.filter((effect) => effect.includes('callee')),
    ['send-reinvite callee inactive'],
    'its music plays on',
  );
  story.refuses('callee', 488);
  t.match(holdView(story.confirmed).callee, { state: 'soft-held', sound: 'music' });
  story.resume('controller');
  story.cooperate();
  t.equal(story.sounds, 'none / none');
  story.hold('controller');
  t.ok(
    story.refuses('callee', 488).some((effect) => effect.startsWith('play callee')),
    'also in the first hold of a call',
  );
  t.match(holdView(story.confirmed).callee, { state: 'soft-held', sound: 'music' });
});

t.test('what is configured is not unlearned, and a refusal for another reason teaches nothing', async (t) => {
  const fixed = talking();
  fixed.hold('controller');
  t.notOk(fixed.refuses('callee', 488).includes('remember-refusal callee'));
  const start = talking().confirmed;
  const story = new CallStory('phone', { ...start, traits: { ...PLAIN_PARTIES, learns: { caller: true, callee: true } } });
  story.hold('controller');
  t.notOk(story.refuses('callee', 603).includes('remember-refusal callee'));
});

t.test('a refusal that says when to come again is asked again once (RFC 3261 §14.2), with music all the while', async (t) => {
  for (const status of [500, 503]) {
    const story = talking();
    story.hold('controller');
    story.answers('caller', 'recvonly');
    t.same(story.on({ kind: 'reinvite.refused', leg: 'callee', status, reason: 'busy', retryAfterSec: 3 }), [
      'start-timer glare-callee',
    ]);
    t.equal(story.confirmed.callee.media.sound, 'music');
    t.same(story.glareEnds('callee'), ['send-reinvite callee sendonly']);
    t.same(story.on({ kind: 'reinvite.refused', leg: 'callee', status, reason: 'busy', retryAfterSec: 3 }), [
      'publish hold.failed',
      'publish hold.changed',
    ]);
    t.match(holdView(story.confirmed).callee, { state: 'soft-held', status });
  }
  const patient = talking();
  patient.hold('controller');
  const far = patient.on({ kind: 'reinvite.refused', leg: 'callee', status: 503, reason: 'busy', retryAfterSec: 300 });
  t.ok(far.includes('publish hold.failed'), 'nobody waits five minutes to know what became of a hold');
});

t.test('a resume that was refused can be asked for again', async (t) => {
  const story = talking();
  story.hold('controller');
  story.cooperate();
  story.resume('controller');
  story.answers('caller', 'sendrecv');
  story.refuses('callee', 488);
  t.same(story.resume('controller'), ['send-reinvite callee sendrecv']);
  t.same(story.answers('callee', 'sendrecv'), ['apply-reanswer callee', 'publish hold.changed']);
  t.equal(story.local, 'sendrecv / sendrecv');
});
