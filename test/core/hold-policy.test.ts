/**
 * hold-policy: what a hold's time limit, its reminders and its expiry do, whoever holds.
 */
import t from 'tap';
import { mergePolicies, NO_POLICY, type HoldPolicy, type OnExpiry } from '#core/hold-policy.js';
import { newCall } from '#core/setup.js';
import { PLAIN_PARTIES, type PartyTraits } from '#core/party.js';
import type { CallId } from '#core/leg.js';
import { CallStory, talking, talkingApi } from '../support/call-fixture.js';

const policy = (onExpiry: OnExpiry, more: Partial<HoldPolicy> = {}): HoldPolicy => ({
  maxSeconds: 60,
  remindHolderEverySeconds: 0,
  onExpiry,
  ...more,
});

/** A call between two phones of whom this is known. */
function talkingWith(traits: Partial<PartyTraits>): CallStory {
  const facts = { id: 'call-1' as CallId, origin: 'phone', caller: '101', callee: '102', createdMs: 0 } as const;
  const story = new CallStory('phone', newCall({ ...facts, traits: { ...PLAIN_PARTIES, ...traits } }));
  story.on({ kind: 'invite.received', offered: 'sendrecv', callee: 'reachable' });
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  story.on({ kind: 'leg.acked', leg: 'caller' });
  story.effects.length = 0;
  return story;
}

/** Those of policies. */
const timers = (story: CallStory): unknown[] =>
  story.effects.flatMap((effect) =>
    !('timer' in effect) || !effect.timer.startsWith('hold-')
      ? []
      : [effect.kind === 'start-timer' ? `${effect.timer} ${effect.ms}` : `stop ${effect.timer}`],
  );

t.test('a hold with a limit starts its time, and a resume stops it', async (t) => {
  const story = talking();
  story.on({ kind: 'hold.requested', holder: 'controller', policy: { maxSeconds: 60, remindHolderEverySeconds: 15 } });
  t.same(timers(story), ['hold-max-controller 60000', 'hold-remind-controller 15000']);
  story.cooperate();
  story.resume('controller');
  t.same(timers(story).slice(2), ['stop hold-max-controller', 'stop hold-remind-controller']);
});

t.test('the end of the call stops the time of every hold', async (t) => {
  const story = talking();
  story.on({ kind: 'hold.requested', holder: 'caller', policy: { maxSeconds: 60 } });
  const ended = story.on({ kind: 'bye.received', leg: 'callee' });
  t.ok(ended.includes('stop-timer hold-max-caller-api'));
});

t.test('resume: the hold is lifted as its owner would, and other holds stand', async (t) => {
  const story = talking();
  story.on({ kind: 'hold.requested', holder: 'controller', policy: policy({ kind: 'resume' }) });
  story.cooperate();
  t.same(story.on({ kind: 'timer.fired', timer: 'hold-max-controller' }).slice(0, 3), [
    'publish hold.expired',
    'stop-sound caller',
    'stop-sound callee',
  ]);
  story.cooperate();
  t.equal(story.local, 'sendrecv / sendrecv');
  t.match(story.events('hold.expired'), [{ reason: 'controller', action: 'resume' }]);
});

for (const kind of ['hangup', 'resume', 'ring-holder'] as const) {
  t.test(`${kind}: nobody is hung up or given back while it is being connected with somebody else`, async (t) => {
    const story = talking();
    story.on({ kind: 'hold.requested', holder: 'callee', policy: policy({ kind }) });
    story.cooperate();
    story.on({ kind: 'transfer.requested', leaving: 'callee', park: false });
    story.cooperate();
    t.same(story.on({ kind: 'timer.fired', timer: 'hold-max-callee-api' }), ['start-timer hold-max-callee-api']);
    t.same(story.reasons, ['callee-api', 'callee-transfer']);
    story.on({ kind: 'transfer.failed', leaving: 'callee' });
    story.cooperate();
    t.ok(
      story.on({ kind: 'timer.fired', timer: 'hold-max-callee-api' }).includes('publish hold.expired'),
      'it has its time again',
    );
  });
}

t.test('hangup: both parties hear BYE and the cause is told', async (t) => {
  const story = talking();
  story.on({ kind: 'hold.requested', holder: 'callee', policy: policy({ kind: 'hangup' }) });
  const effects = story.on({ kind: 'timer.fired', timer: 'hold-max-callee-api' });
  t.ok(effects.includes('send-bye caller 16') && effects.includes('send-bye callee 16'));
  t.match(story.events('call.ended'), [{ cause: 'hold-expired', answered: true }]);
});

t.test("ring-holder: the holder's own number is asked for, and the hold goes on until it answers", async (t) => {
  const story = talkingWith({ policies: { callee: policy({ kind: 'ring-holder' }) } });
  story.offers('callee', 'sendonly');
  story.cooperate();
  t.same(story.on({ kind: 'timer.fired', timer: 'hold-max-callee-phone' }), [
    'publish hold.expired',
    'ask-transfer callee 102',
    'start-timer hold-max-callee-phone',
  ]);
  t.same(story.reasons, ['callee-phone']);
});

t.test('ring-holder for a program, which has no phone, resumes', async (t) => {
  const story = talking();
  story.on({ kind: 'hold.requested', holder: 'controller', policy: policy({ kind: 'ring-holder' }) });
  story.on({ kind: 'timer.fired', timer: 'hold-max-controller' });
  t.same(story.reasons, []);
  t.match(story.events('hold.expired'), [{ action: 'resume' }], 'and that is what is told');
});

t.test('who is asked for when the time is up is reminded no sooner than anew', async (t) => {
  const story = talking();
  const wish = policy({ kind: 'transfer', to: '110' }, { maxSeconds: 20, remindHolderEverySeconds: 10 });
  story.on({ kind: 'hold.requested', holder: 'caller', policy: wish });
  t.same(story.on({ kind: 'timer.fired', timer: 'hold-max-caller-api' }), [
    ...['publish hold.expired', 'ask-transfer caller 110'],
    ...['start-timer hold-max-caller-api', 'start-timer hold-remind-caller-api'],
  ]);
});

t.test('transfer: the held party is to be connected with the number of the policy', async (t) => {
  const story = talking();
  story.on({ kind: 'hold.requested', holder: 'caller', policy: policy({ kind: 'transfer', to: '110' }) });
  t.ok(story.on({ kind: 'timer.fired', timer: 'hold-max-caller-api' }).includes('ask-transfer caller 110'));
  const api = talkingApi();
  api.on({ kind: 'hold.requested', holder: 'controller', policy: policy({ kind: 'transfer', to: '110' }) });
  t.ok(api.on({ kind: 'timer.fired', timer: 'hold-max-controller' }).includes('ask-transfer caller 110'), 'the customer stays');
});

t.test('the holder is reminded again and again, as long as its phone is there and it holds', async (t) => {
  const story = talkingWith({ policies: { caller: { ...NO_POLICY, remindHolderEverySeconds: 20 } } });
  story.offers('caller', 'sendonly');
  story.cooperate();
  const reminded = ['publish hold.reminder', 'remind caller', 'start-timer hold-remind-caller-phone'];
  t.same(story.on({ kind: 'timer.fired', timer: 'hold-remind-caller-phone' }), reminded);
  t.same(story.on({ kind: 'timer.fired', timer: 'hold-remind-caller-phone' }), reminded);
  story.offers('caller', 'sendrecv');
  t.same(story.on({ kind: 'timer.fired', timer: 'hold-remind-caller-phone' }), [], 'a late timer reminds nobody');
});

t.test('an account has its policy, the house has one for those who have none, and a request stands over both', async (t) => {
  const house = policy({ kind: 'hangup' }, { maxSeconds: 600 });
  const story = talkingWith({
    policy: house,
    policies: { caller: policy({ kind: 'resume' }, { maxSeconds: 30 }), callee: house },
  });
  story.offers('caller', 'sendonly');
  story.hold('controller');
  story.on({ kind: 'hold.requested', holder: 'callee', policy: { maxSeconds: 5 } });
  t.same(timers(story), ['hold-max-caller-phone 30000', 'hold-max-controller 600000', 'hold-max-callee-api 5000']);
  t.same(mergePolicies(house, { maxSeconds: 5 }).onExpiry, { kind: 'hangup' }, 'key by key');
});
