import t from 'tap';
import { brief, talking, talkingApi } from '../support/call-fixture.js';
import { LEG_ROLES, otherLeg } from '#core/leg.js';
import type { CallEvent } from '#core/events.js';
import { holdView } from '#core/hold-view.js';

const NOTHING: readonly string[] = [];

t.test('a hold asked by the API is told when both phones have answered', async (t) => {
  const story = talking();
  t.same(story.hold('caller'), ['gate', 'send-reinvite caller inactive', 'send-reinvite callee sendonly', 'play callee music']);
  t.same(story.answers('caller', 'inactive'), ['apply-reanswer caller']);
  t.equal(story.settled, false, 'one answer is missing');
  t.same(story.answers('callee', 'recvonly'), ['apply-reanswer callee', 'publish hold.changed']);
  t.match(story.events().at(-1), {
    kind: 'hold.changed',
    parties: { caller: '101', callee: '102' },
    hold: {
      reasons: ['caller-api'],
      caller: { held: false, state: 'agreed', direction: 'inactive', sound: 'none' },
      callee: { held: true, state: 'agreed', direction: 'sendonly', sound: 'music' },
    },
  });
});

t.test('a hold pressed on the phone is answered at once and does not wait for the other phone', async (t) => {
  const story = talking();
  t.same(story.offers('caller', 'sendonly'), [
    'gate',
    'answer-reinvite caller recvonly',
    'send-reinvite callee sendonly',
    'play callee music',
  ]);
  t.same(story.acks('caller'), NOTHING);
  t.same(story.answers('callee', 'recvonly'), ['apply-reanswer callee', 'publish hold.changed']);
});

t.test('the ACK of a phone that pressed hold may come after everything else', async (t) => {
  const story = talking();
  story.offers('caller', 'sendonly');
  t.same(story.answers('callee', 'recvonly'), ['apply-reanswer callee', 'publish hold.changed']);
  t.same(story.hold('controller'), ['publish hold.changed'].slice(1), 'nothing may be offered to the caller yet');
  t.same(story.acks('caller'), ['send-reinvite caller sendonly']);
});

t.test(
  'a resume while the hold is still on its way: no phone is left behind, and nobody is told of a hold that never was',
  async (t) => {
    const story = talking();
    story.hold('caller');
    t.same(story.resume('caller'), ['stop-sound callee']);
    t.same(story.answers('caller', 'inactive'), ['apply-reanswer caller', 'send-reinvite caller sendrecv']);
    t.same(story.answers('callee', 'recvonly'), ['apply-reanswer callee', 'send-reinvite callee sendrecv']);
    t.equal(story.confirmed.gated, true, 'both must have heard of it first');
    t.same(story.answers('caller', 'sendrecv'), ['apply-reanswer caller']);
    t.same(story.answers('callee', 'sendrecv'), ['apply-reanswer callee', 'ungate']);
    t.same(story.events(), []);
    t.equal(story.confirmed.gated, false);
  },
);

t.test('a hold while the resume is still on its way', async (t) => {
  const story = talking();
  story.hold('controller');
  story.cooperate();
  story.resume('controller');
  t.same(story.hold('controller'), ['play caller music', 'play callee music'], 'the gate was never opened');
  t.same(story.answers('caller', 'sendrecv'), ['apply-reanswer caller', 'send-reinvite caller sendonly']);
  t.same(story.answers('callee', 'sendrecv'), ['apply-reanswer callee', 'send-reinvite callee sendonly']);
  story.cooperate();
  t.equal(story.local, 'sendonly / sendonly');
  t.equal(story.events('hold.changed').length, 1, 'told once: in the end nothing has changed since');
});

for (const status of [488, 415, 500, 503, 603]) {
  t.test(`a phone that refuses the hold with ${status} is soft-held: cut off, with music, and the hold stands`, async (t) => {
    const story = talking();
    story.hold('controller');
    story.answers('caller', 'recvonly');
    t.same(story.refuses('callee', status), ['publish hold.failed', 'publish hold.changed']);
    t.match(story.events('hold.failed'), [{ leg: 'callee', status, reason: `reason ${status}` }]);
    t.match(holdView(story.confirmed).callee, { held: true, state: 'soft-held', status, direction: 'sendrecv', sound: 'music' });
    t.equal(story.confirmed.gated, true);
    t.same(story.hold('controller'), ['send-reinvite callee sendonly'], 'the same hold again asks once more whoever refused');
    t.same(story.refuses('callee', status), ['publish hold.failed']);
    t.same(story.resume('controller'), ['stop-sound caller', 'stop-sound callee', 'send-reinvite caller sendrecv']);
    t.same(story.answers('caller', 'sendrecv'), ['apply-reanswer caller', 'ungate', 'publish hold.changed']);
    t.match(holdView(story.confirmed), { reasons: [], callee: { held: false, state: 'agreed', status: undefined } });
  });
}

t.test('both phones refuse: both are soft-held, and the call lives', async (t) => {
  const story = talking();
  story.hold('controller');
  t.same(story.refuses('caller', 488), ['publish hold.failed']);
  t.same(story.refuses('callee', 500), ['publish hold.failed', 'publish hold.changed']);
  t.match(holdView(story.confirmed), {
    caller: { state: 'soft-held', status: 488 },
    callee: { state: 'soft-held', status: 500 },
  });
  t.same(story.resume('controller'), ['stop-sound caller', 'stop-sound callee', 'ungate', 'publish hold.changed']);
});

t.test('a refused resume is shown as refused, and audio passes all the same: nobody holds any more', async (t) => {
  const story = talking();
  story.hold('controller');
  story.cooperate();
  story.resume('controller');
  story.answers('caller', 'sendrecv');
  t.same(story.refuses('callee', 500), ['publish hold.failed', 'ungate', 'publish hold.changed']);
  t.match(holdView(story.confirmed), { reasons: [], callee: { held: false, state: 'refused', status: 500 } });
});

t.test(
  'a phone that refused is asked again when another hold changes what it should be told, or when it speaks itself',
  async (t) => {
    const story = talking();
    story.hold('caller');
    story.cooperate();
    story.resume('caller');
    story.answers('caller', 'sendrecv');
    story.refuses('callee', 488);
    t.same(story.hold('callee'), ['gate', 'send-reinvite caller sendonly', 'send-reinvite callee inactive', 'play caller music']);
    story.answers('caller', 'recvonly');
    story.refuses('callee', 488);
    t.same(
      story.offers('callee', 'sendrecv'),
      ['answer-reinvite callee inactive', 'publish hold.changed'],
      'its own offer is the chance',
    );
    t.match(holdView(story.confirmed).callee, { state: 'agreed', status: undefined });
  },
);

t.test('491: the window follows the Call-ID, and then it is tried again (RFC 3261 §14.1)', async (t) => {
  const story = talking();
  story.hold('controller');
  t.same(story.refuses('caller', 491), ['start-glare-timer caller']);
  t.same(story.refuses('callee', 491), ['start-glare-timer callee']);
  const timers = story.effects.filter((effect) => effect.kind === 'start-glare-timer');
  t.same(
    timers.map((effect) => [effect.leg, effect.ownsCallId]),
    [
      ['caller', false],
      ['callee', true],
    ],
    'the calling phone made the one Call-ID, we the other',
  );
  t.same(story.events(), []);
  t.equal(story.settled, false);
  t.same(story.glareEnds('caller'), ['send-reinvite caller sendonly']);
  t.same(story.glareEnds('callee'), ['send-reinvite callee sendonly']);
  story.answers('caller', 'recvonly');
  t.same(story.answers('callee', 'recvonly'), ['apply-reanswer callee', 'publish hold.changed']);
});

t.test('of a call that the API made, both Call-IDs are ours', async (t) => {
  const story = talkingApi();
  story.hold('controller');
  for (const leg of LEG_ROLES) story.refuses(leg, 491);
  const timers = story.effects.filter((effect) => effect.kind === 'start-glare-timer');
  t.same(
    timers.map((effect) => effect.ownsCallId),
    [true, true],
  );
});

t.test(
  'after a 491 it is the phone that may speak: its re-INVITE is answered with what we want, and ours is not needed',
  async (t) => {
    const story = talking();
    story.hold('controller');
    story.answers('callee', 'recvonly');
    story.refuses('caller', 491);
    t.same(story.offers('caller', 'sendonly'), [
      'stop-timer glare-caller',
      'answer-reinvite caller inactive',
      'stop-sound caller',
      'publish hold.changed',
    ]);
    t.same(story.acks('caller'), NOTHING);
    t.same(story.reasons, ['caller-phone', 'controller']);
  },
);

t.test('a wish withdrawn during the window is not tried again', async (t) => {
  const story = talking();
  story.hold('controller');
  story.answers('callee', 'recvonly');
  story.refuses('caller', 491);
  t.same(story.resume('controller'), ['stop-sound caller', 'stop-sound callee', 'send-reinvite callee sendrecv']);
  story.answers('callee', 'sendrecv');
  t.same(story.glareEnds('caller'), NOTHING);
  t.equal(story.confirmed.gated, false);
  t.ok(story.settled);
});

t.test('491 without end is a refusal: the call is soft-held after the fourth, and nobody waits for ever', async (t) => {
  const story = talking();
  story.hold('controller');
  story.answers('caller', 'recvonly');
  for (const round of [1, 2, 3]) {
    t.same(story.refuses('callee', 491), ['start-glare-timer callee'], `491 number ${round}`);
    t.same(story.glareEnds('callee'), ['send-reinvite callee sendonly']);
  }
  t.same(story.refuses('callee', 491), ['publish hold.failed', 'publish hold.changed']);
  t.match(holdView(story.confirmed).callee, { state: 'soft-held', status: 491, sound: 'music' });
  t.same(story.resume('controller').slice(-1), ['send-reinvite caller sendrecv']);
});

t.test('a glare timer that fires late means nothing', async (t) => {
  const story = talking();
  t.same(story.glareEnds('caller'), NOTHING);
  story.hold('controller');
  t.same(story.glareEnds('caller'), NOTHING);
  t.same(story.on({ kind: 'timer.fired', timer: 'ring' }), NOTHING);
});

for (const leg of LEG_ROLES) {
  for (const status of [408, 481]) {
    t.test(`${status} from the ${leg} ends the call: the dialog is gone (RFC 3261 §14.1)`, async (t) => {
      const story = talking();
      story.hold('controller');
      const effects = story.refuses(leg, status);
      t.match(effects, ['send-bye caller 16', 'send-bye callee 16', 'stop-timer ring']);
      t.match(story.call, { kind: 'terminated', cause: `${leg}-lost`, reason: `${status} reason ${status}` });
      t.same(story.events('hold.failed'), []);
    });
  }

  t.test(`a re-INVITE of the ${leg} that meets ours gets 491 (RFC 3261 §14.2)`, async (t) => {
    const story = talking();
    story.hold('controller');
    t.same(story.offers(leg, 'sendonly'), [`refuse-reinvite ${leg} 491`]);
    t.same(story.offers(leg), [`refuse-reinvite ${leg} 491`], 'with an offer or without');
    t.same(story.reasons, ['controller'], 'a refused re-INVITE holds nothing');
  });

  t.test(`a second re-INVITE of the ${leg} before the first is acknowledged gets 500 (RFC 3261 §14.2)`, async (t) => {
    const story = talking();
    story.offers(leg, 'sendonly');
    t.same(story.offers(leg, 'sendrecv'), [`refuse-reinvite ${leg} 500`]);
    t.same(story.reasons, [`${leg}-phone`]);
    story.acks(leg);
    t.same(story.offers(leg, 'sendrecv').slice(0, 1), [`answer-reinvite ${leg} sendrecv`]);
  });

  t.test(`a re-INVITE of the ${leg} while our own offer to it is unanswered gets 491 (RFC 6337 §4)`, async (t) => {
    const story = talking();
    story.offers(leg);
    t.same(story.offers(leg, 'sendonly'), [`refuse-reinvite ${leg} 491`]);
    t.same(story.acks(leg, 'sendrecv'), [`apply-reanswer ${leg}`]);
  });
}

t.test('both phones and the API hold at the same instant: three reasons, two held parties, no offer too many', async (t) => {
  const story = talking();
  story.hold('controller');
  for (const leg of LEG_ROLES) t.same(story.offers(leg, 'sendonly'), [`refuse-reinvite ${leg} 491`]);
  for (const leg of LEG_ROLES) t.same(story.refuses(leg, 491), [`start-glare-timer ${leg}`]);
  t.same(story.offers('callee', 'sendonly').slice(0, 2), ['stop-timer glare-callee', 'answer-reinvite callee inactive']);
  t.same(story.offers('caller', 'sendonly').slice(0, 2), ['stop-timer glare-caller', 'answer-reinvite caller inactive']);
  story.cooperate();
  t.same(story.reasons, ['callee-phone', 'caller-phone', 'controller']);
  t.equal(story.local, 'inactive / inactive');
  t.ok(story.settled);
});

t.test('a phone that asks for our offer while talking is offered all there is, and its answer comes in the ACK', async (t) => {
  const story = talking();
  t.same(story.offers('callee'), ['answer-reinvite callee sendrecv as our offer']);
  t.equal(story.settled, false);
  t.same(story.acks('callee', 'sendrecv'), ['apply-reanswer callee']);
  t.ok(story.settled);
  t.same(story.events(), []);
});

t.test('a held phone that asks for our offer is told of the hold, and stays held', async (t) => {
  const story = talking();
  story.hold('controller');
  story.cooperate();
  t.same(story.offers('callee'), ['answer-reinvite callee sendonly as our offer']);
  t.same(story.acks('callee', 'recvonly'), ['apply-reanswer callee']);
  t.same(story.reasons, ['controller']);
});

t.test('a phone that holds and asks for our offer may take the call back with its answer', async (t) => {
  const story = talking();
  story.offers('caller', 'sendonly');
  story.cooperate();
  t.same(story.offers('caller'), ['answer-reinvite caller sendrecv as our offer']);
  t.same(story.acks('caller', 'sendrecv'), ['apply-reanswer caller', 'stop-sound callee', 'send-reinvite callee sendrecv']);
  t.same(story.answers('callee', 'sendrecv'), ['apply-reanswer callee', 'ungate', 'publish hold.changed']);
  t.same(story.reasons, []);
});

t.test('a phone that holds, asks for our offer and answers sendonly goes on holding, and is not asked again', async (t) => {
  const story = talking();
  story.offers('caller', 'sendonly');
  story.cooperate();
  story.offers('caller');
  t.same(story.acks('caller', 'sendonly'), ['apply-reanswer caller']);
  t.same(story.reasons, ['caller-phone']);
  t.equal(story.local, 'recvonly / sendonly');
});

t.test('an answer in the ACK never begins a hold; what it says of sending and receiving is obeyed all the same', async (t) => {
  const story = talking();
  story.offers('caller');
  t.same(story.acks('caller', 'inactive'), ['apply-reanswer caller', 'mute caller', 'mute callee']);
  t.same(story.reasons, []);
  t.same(story.offers('caller', 'recvonly'), ['answer-reinvite caller sendonly', 'unmute callee'], 'it listens again');
  story.acks('caller');
  t.same(story.offers('caller', 'sendrecv'), ['answer-reinvite caller sendrecv', 'unmute caller']);
});

t.test('behind the gate nobody is muted one by one; when it opens each phone has its say again', async (t) => {
  const story = talking();
  story.offers('caller', 'recvonly');
  story.acks('caller');
  t.notOk(story.hold('controller').includes('unmute caller'));
  story.cooperate();
  story.resume('controller');
  t.ok(story.cooperate({ caller: 'sendrecv', callee: 'sendrecv' }).includes('unmute caller'), 'it took sendrecv');
  t.equal(story.confirmed.gated, false);
});

t.test('a hold that comes between our offer in a 200 and its answer in the ACK reaches the phone after the ACK', async (t) => {
  const story = talking();
  story.offers('caller');
  t.same(story.hold('controller'), ['gate', 'send-reinvite callee sendonly', 'play caller music', 'play callee music']);
  story.answers('callee', 'recvonly');
  t.equal(story.settled, false, 'the caller knows nothing of a hold yet');
  t.same(story.acks('caller', 'sendrecv'), ['apply-reanswer caller', 'send-reinvite caller sendonly']);
  t.same(story.answers('caller', 'recvonly'), ['apply-reanswer caller', 'publish hold.changed']);
});

t.test('a resume that comes between our offer in a 200 and its answer reaches the phone after the ACK', async (t) => {
  const story = talking();
  story.hold('controller');
  story.cooperate();
  story.offers('caller');
  story.resume('controller');
  story.answers('callee', 'sendrecv');
  t.same(story.acks('caller', 'recvonly'), ['apply-reanswer caller', 'send-reinvite caller sendrecv']);
  t.same(story.answers('caller', 'sendrecv'), ['apply-reanswer caller', 'ungate', 'publish hold.changed']);
});

t.test('an answer without a session description is taken at its word: the phone took the offer', async (t) => {
  const story = talking();
  story.hold('controller');
  t.same(story.answers('caller'), NOTHING, 'there is nothing to tell the media server');
  t.same(story.answers('callee'), ['publish hold.changed']);
  t.equal(story.local, 'sendonly / sendonly');
  story.offers('caller');
  t.same(story.acks('caller'), NOTHING);
  t.ok(story.settled);
});

t.test('a phone that answers sendrecv to sendonly is not hung up, and nothing it says is passed on', async (t) => {
  const story = talking();
  story.hold('controller');
  story.answers('caller', 'sendrecv');
  t.same(story.answers('callee', 'recvonly'), ['apply-reanswer callee', 'publish hold.changed']);
  t.match(holdView(story.confirmed).caller, { state: 'agreed', direction: 'sendonly', sound: 'music' });
  t.equal(story.confirmed.gated, true);
});

t.test('a phone that answers inactive hears no music, and gets it when it listens again', async (t) => {
  const story = talking();
  story.hold('controller');
  t.same(story.answers('caller', 'inactive'), ['apply-reanswer caller', 'stop-sound caller']);
  story.answers('callee', 'recvonly');
  t.match(holdView(story.confirmed).caller, { held: true, state: 'agreed', direction: 'inactive', sound: 'none' });
  t.same(story.offers('caller', 'recvonly'), ['answer-reinvite caller sendonly', 'play caller music', 'publish hold.changed']);
});

t.test('answers and refusals that nobody waits for change nothing', async (t) => {
  const story = talking();
  t.same(story.answers('caller', 'inactive'), NOTHING);
  t.same(story.refuses('caller', 481), NOTHING);
  t.same(story.acks('caller', 'inactive'), NOTHING);
  t.same(story.on({ kind: 'reinvite.answer-failed', leg: 'caller' }), NOTHING);
  t.same(story.resume('controller'), NOTHING);
  t.same(story.call, talking().call);
});

t.test('a phone hold whose answer cannot be made leaves the call as it was (RFC 3261 §14.2)', async (t) => {
  const story = talking();
  story.offers('caller', 'sendonly');
  t.same(story.on({ kind: 'reinvite.answer-failed', leg: 'caller' }), ['stop-sound callee']);
  t.same(story.reasons, []);
  t.same(story.answers('callee', 'recvonly'), ['apply-reanswer callee', 'send-reinvite callee sendrecv']);
  t.same(story.answers('callee', 'sendrecv'), ['apply-reanswer callee', 'ungate']);
  t.equal(story.local, 'sendrecv / sendrecv');
  t.same(story.events(), []);
});

t.test('a phone resume whose answer cannot be made leaves the hold as it was', async (t) => {
  const story = talking();
  story.offers('caller', 'sendonly');
  story.cooperate();
  story.offers('caller', 'sendrecv');
  story.on({ kind: 'reinvite.answer-failed', leg: 'caller' });
  story.cooperate();
  t.same(story.reasons, ['caller-phone']);
  t.equal(story.local, 'recvonly / sendonly');
  t.equal(story.sounds, 'none / music');
  t.equal(story.confirmed.gated, true);
});

t.test('a refusal of one phone is not forgotten because the answer to the other could not be made', async (t) => {
  const story = talking();
  story.hold('controller');
  story.answers('caller', 'recvonly');
  story.refuses('callee', 488);
  story.offers('caller', 'recvonly');
  t.same(story.on({ kind: 'reinvite.answer-failed', leg: 'caller' }), NOTHING);
});

t.test('an offer of ours that could not be made frees the leg again', async (t) => {
  const story = talking();
  story.offers('caller');
  story.hold('controller');
  story.answers('callee', 'recvonly');
  t.same(story.on({ kind: 'reinvite.answer-failed', leg: 'caller' }), ['send-reinvite caller sendonly']);
});

t.test('a change of codec on one leg is offered to the other', async (t) => {
  const story = talking();
  t.same(story.on({ kind: 'media.changed', leg: 'caller', peerStale: false }), NOTHING, 'a new address alone is no news');
  t.same(story.on({ kind: 'media.changed', leg: 'caller', peerStale: true }), ['send-reinvite callee sendrecv']);
  t.same(story.answers('callee', 'sendrecv'), ['apply-reanswer callee']);
  t.same(story.events(), []);
});

t.test('a change of codec that comes while our offer is out is offered after it', async (t) => {
  const story = talking();
  story.hold('controller');
  story.answers('caller', 'recvonly');
  t.same(story.on({ kind: 'media.changed', leg: 'caller', peerStale: true }), NOTHING, 'one offer at a time');
  t.same(story.answers('callee', 'recvonly'), ['apply-reanswer callee', 'send-reinvite callee sendonly']);
  t.same(story.answers('callee', 'recvonly'), ['apply-reanswer callee', 'publish hold.changed']);
});

t.test('a change of codec that comes between our offer in a 200 and its answer is offered after it', async (t) => {
  const story = talking();
  story.offers('callee');
  story.on({ kind: 'media.changed', leg: 'caller', peerStale: true });
  t.same(story.acks('callee', 'sendrecv'), ['apply-reanswer callee', 'send-reinvite callee sendrecv']);
});

t.test('a change of codec is tried again after a 491, and kept in mind after a refusal until the wish changes', async (t) => {
  const story = talking();
  story.on({ kind: 'media.changed', leg: 'caller', peerStale: true });
  story.refuses('callee', 491);
  t.same(story.glareEnds('callee'), ['send-reinvite callee sendrecv']);
  story.refuses('callee', 488);
  t.ok(story.settled);
  story.hold('caller');
  story.cooperate();
  story.resume('caller');
  story.refuses('callee', 488);
  t.equal(story.confirmed.callee.media.stale, false, 'the hold brought the new codec along');
});

t.test('a second change of codec is offered although the first was refused', async (t) => {
  const story = talking();
  story.on({ kind: 'media.changed', leg: 'caller', peerStale: true });
  story.refuses('callee', 488);
  t.same(story.on({ kind: 'media.changed', leg: 'caller', peerStale: true }), ['send-reinvite callee sendrecv']);
});

t.test('music that cannot start is told, not asked for again in the same hold, and tried again in the next', async (t) => {
  const story = talking();
  story.hold('controller');
  story.answers('caller', 'recvonly');
  t.same(story.on({ kind: 'sound.failed', leg: 'callee' }), NOTHING);
  t.same(story.answers('callee', 'recvonly'), ['apply-reanswer callee', 'publish hold.changed']);
  t.match(holdView(story.confirmed), { caller: { sound: 'music' }, callee: { sound: 'failed', state: 'agreed' } });
  t.same(story.offers('callee', 'recvonly'), ['answer-reinvite callee sendonly']);
  story.acks('callee');
  t.same(story.resume('controller').slice(0, 1), ['stop-sound caller'], 'what does not play is not stopped');
  story.cooperate();
  t.ok(story.hold('controller').includes('play callee music'));
});

t.test('music that fails after the hold was told is told again', async (t) => {
  const story = talking();
  story.hold('controller');
  story.cooperate();
  t.same(story.on({ kind: 'sound.failed', leg: 'caller' }), ['publish hold.changed']);
  t.same(story.on({ kind: 'sound.failed', leg: 'caller' }), NOTHING);
});

t.test('events say who is called what, and nothing is told twice', async (t) => {
  const story = talking();
  for (const leg of LEG_ROLES) {
    story.hold(leg);
    story.cooperate();
    story.hold(leg);
    story.offers(otherLeg(leg), 'recvonly');
    story.cooperate();
    story.resume(leg);
    story.cooperate();
  }
  const told = story.events().map((event: CallEvent) => (event.kind === 'hold.changed' ? event.hold.reasons.join() : event.kind));
  t.same(told, ['caller-api', '', 'callee-api', '']);
  t.equal(story.effects.map(brief).filter((effect) => effect === 'gate').length, 2);
});
