/**
 * session: RFC 4028 in the core: who refreshes when, through which lane, and what ends a dialog that nobody refreshes.
 */
import t from 'tap';
import { holdView } from '#core/hold-view.js';
import { LEG_ROLES, type LegRole } from '#core/leg.js';
import { ringing, talking, type CallStory } from '../support/call-fixture.js';

type Terms = Readonly<{ intervalSec?: number; weRefresh?: boolean; byUpdate?: boolean }>;

function agree(story: CallStory, leg: LegRole, terms: Terms = {}): string[] {
  return story.on({ kind: 'session.agreed', leg, intervalSec: 1800, weRefresh: true, byUpdate: true, ...terms });
}
const half = (story: CallStory, leg: LegRole): string[] => story.on({ kind: 'timer.fired', timer: `session-${leg}` });
const started = (story: CallStory): unknown[] =>
  story.effects.flatMap((effect) => (effect.kind === 'start-timer' ? [[effect.timer, effect.ms]] : []));

for (const leg of LEG_ROLES) {
  t.test(`at half of the interval the ${leg} gets an UPDATE without an offer, and nothing else changes`, async (t) => {
    const story = talking();
    t.same(agree(story, leg), [`start-timer session-${leg}`]);
    t.same(started(story), [[`session-${leg}`, 900_000]]);
    const before = holdView(story.confirmed);
    t.same(half(story, leg), [`start-timer session-${leg}`, `send-refresh ${leg}`]);
    t.same(agree(story, leg), [`start-timer session-${leg}`], 'the 2xx starts the time anew');
    t.same(story.on({ kind: 'refresh.answered', leg }), []);
    t.same(holdView(story.confirmed), before);
    t.same(story.events(), [], 'a refresh is nobody else’s news');
  });

  t.test(`a ${leg} that knows no UPDATE gets a re-INVITE that says what was agreed last, held or not`, async (t) => {
    const story = talking();
    agree(story, leg, { byUpdate: false });
    t.same(half(story, leg).slice(1), [`send-reinvite ${leg} sendrecv`]);
    story.answers(leg, 'sendrecv');
    story.hold('controller');
    story.cooperate();
    agree(story, leg, { byUpdate: false });
    t.same(half(story, leg).slice(1), [`send-reinvite ${leg} sendonly`], 'a refresh never lifts a hold');
    t.same(story.answers(leg, 'recvonly'), [`apply-reanswer ${leg}`]);
    t.same(story.reasons, ['controller']);
  });

  t.test(`when the ${leg} is the refresher and stays silent, the call ends a little before the interval does`, async (t) => {
    const story = talking();
    agree(story, leg, { weRefresh: false, intervalSec: 90 });
    t.same(started(story), [[`session-${leg}`, 60_000]], 'a third of 90 s before the end');
    t.ok(half(story, leg).includes(`send-bye ${leg} 16`), 'RFC 4028 §10: BYE');
    t.match(story.events('call.ended'), [{ cause: `${leg}-lost`, reason: 'the session was not refreshed' }]);
  });

  t.test(`a refresh of the ${leg} that nobody answers ends the call`, async (t) => {
    for (const status of [408, 481]) {
      const story = talking();
      agree(story, leg);
      half(story, leg);
      story.on({ kind: 'refresh.refused', leg, status, reason: 'gone' });
      t.match(story.events('call.ended'), [{ cause: `${leg}-lost` }], String(status));
    }
    const mute = talking();
    agree(mute, leg);
    half(mute, leg);
    half(mute, leg);
    t.match(mute.events('call.ended'), [{ cause: `${leg}-lost` }], 'no answer at all until the end of the interval');
  });
}

t.test('a refused UPDATE is followed by a re-INVITE, and a refused re-INVITE by another one later', async (t) => {
  const story = talking();
  agree(story, 'callee');
  half(story, 'callee');
  t.same(story.on({ kind: 'refresh.refused', leg: 'callee', status: 405, reason: 'no' }), ['send-reinvite callee sendrecv']);
  t.same(story.refuses('callee', 500), ['start-timer glare-callee'], 'not a failed hold, and told to nobody');
  t.same(story.glareEnds('callee'), ['send-reinvite callee sendrecv']);
  agree(story, 'callee');
  t.same(story.answers('callee', 'sendrecv'), ['apply-reanswer callee']);
  t.same(story.events(), []);
  t.equal(holdView(story.confirmed).callee.state, 'agreed');
});

t.test('a hold milliseconds before or after a refresh waits for it, and one offer is out at a time (C13)', async (t) => {
  const story = talking();
  agree(story, 'callee');
  half(story, 'callee');
  t.same(story.hold('controller'), ['gate', 'send-reinvite caller sendonly', 'play caller music', 'play callee music']);
  t.notOk(story.settled);
  agree(story, 'callee');
  t.same(story.on({ kind: 'refresh.answered', leg: 'callee' }), ['send-reinvite callee sendonly']);
  t.same(half(story, 'callee').slice(1), [], 'the refresh waits for the hold');
  t.same(story.answers('callee', 'recvonly'), ['apply-reanswer callee'], 'which has refreshed the session itself');
});

t.test('a glare on a refresh is waited out like every other (RFC 3261 §14.1)', async (t) => {
  const story = talking();
  agree(story, 'caller', { byUpdate: false });
  half(story, 'caller');
  t.same(story.refuses('caller', 491), ['start-glare-timer caller']);
  t.same(story.offers('caller', 'sendonly').slice(0, 3), ['stop-timer glare-caller', 'gate', 'answer-reinvite caller recvonly']);
});

t.test('what was agreed before the answer counts from the answer on, and ends with the call', async (t) => {
  const story = ringing();
  agree(story, 'callee');
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  agree(story, 'caller', { weRefresh: false });
  story.on({ kind: 'leg.acked', leg: 'caller' });
  t.equal(story.confirmed.callee.session?.weRefresh, true);
  t.equal(story.confirmed.caller.session?.weRefresh, false);
  const ended = story.on({ kind: 'bye.received', leg: 'caller' });
  for (const leg of LEG_ROLES) t.ok(ended.includes(`stop-timer session-${leg}`));
});

t.test('a 2xx without Session-Expires ends the session timer of that leg', async (t) => {
  const story = talking();
  agree(story, 'callee');
  t.same(story.on({ kind: 'session.agreed', leg: 'callee', weRefresh: true, byUpdate: true }), ['stop-timer session-callee']);
  t.equal(story.confirmed.callee.session, undefined);
  t.same(half(story, 'callee'), [], 'a late timer does nothing');
});

t.test('a refresh says nothing of the hold that a phone refused, and is no reason to ask it again', async (t) => {
  const story = talking();
  story.on({ kind: 'session.agreed', leg: 'callee', intervalSec: 1800, weRefresh: true, byUpdate: false });
  story.hold('controller');
  story.answers('caller', 'recvonly');
  story.refuses('callee', 488);
  t.same(story.on({ kind: 'timer.fired', timer: 'session-callee' }).slice(-1), ['send-reinvite callee sendrecv']);
  t.same(story.answers('callee', 'sendrecv'), ['apply-reanswer callee']);
  t.equal(story.events('hold.failed').length, 1);
});
