import t from 'tap';
import { answerTo, DIRECTIONS } from '#core/direction.js';
import { holdView } from '#core/hold-view.js';
import { LEG_ROLES } from '#core/leg.js';
import { CallStory, ringing, ringingApi, ringingLate, talking } from '../support/call-fixture.js';

const NOTHING: readonly string[] = [];

t.test('a phone calls a phone: rings, answers, talks', async (t) => {
  const story = new CallStory('phone');
  t.same(story.on({ kind: 'invite.received', offered: 'sendrecv', callee: 'reachable' }), [
    'dial callee from-peer',
    'start-timer ring',
  ]);
  t.same(story.on({ kind: 'leg.progressed', leg: 'callee', status: 180, earlyMedia: false }), [
    'publish call.ringing',
    'progress caller 180',
  ]);
  t.same(story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' }), [
    'stop-timer ring',
    'ack callee',
    'accept sendrecv',
    'publish call.answered',
  ]);
  t.same(story.on({ kind: 'leg.acked', leg: 'caller' }), NOTHING);
  t.match(story.call, { kind: 'confirmed', alertingMs: 3000, answeredMs: 4000, gated: false });
  t.match(story.events(), [
    { kind: 'call.ringing', leg: 'callee', parties: { caller: '101', callee: '102' } },
    { kind: 'call.answered', callId: 'call-1' },
  ]);
});

t.test('ringing is told once, whatever the phone says how often; each provisional answer passes to the caller', async (t) => {
  const story = ringing();
  for (const status of [180, 181, 180]) story.on({ kind: 'leg.progressed', leg: 'callee', status, earlyMedia: false });
  t.same(
    story.effects.flatMap((effect) => (effect.kind === 'progress' ? [effect.status] : [])),
    [180, 181, 180],
  );
  t.equal(story.events('call.ringing').length, 1);
});

t.test('early media passes to the caller', async (t) => {
  const story = ringing();
  t.same(story.on({ kind: 'leg.progressed', leg: 'callee', status: 183, earlyMedia: true }), [
    'publish call.ringing',
    'progress caller 183 early-media',
  ]);
  t.match(story.call, { kind: 'ringing', earlyMedia: true });
  t.same(story.on({ kind: 'leg.progressed', leg: 'callee', status: 180, earlyMedia: false }), ['progress caller 180']);
  t.match(story.call, { earlyMedia: true }, 'a plain 180 takes nothing away');
});

t.test('nobody is called at a number that is unknown or not registered', async (t) => {
  for (const [callee, status] of [
    ['unknown', 404],
    ['not-registered', 480],
  ] as const) {
    const story = new CallStory('phone');
    const effects = story.on({ kind: 'invite.received', offered: 'sendrecv', callee });
    t.equal(effects[0], `refuse caller ${status}`);
    t.notOk(effects.some((effect) => effect.startsWith('dial')));
    t.match(story.events(), [{ kind: 'call.ended', cause: 'refused', status, answered: false }]);
  }
});

for (const offered of DIRECTIONS) {
  t.test(`an INVITE that offers ${offered} is accepted as RFC 3264 §6.1 allows, and is no hold`, async (t) => {
    const story = ringing(offered);
    const effects = story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
    t.ok(effects.includes(`accept ${answerTo(offered, 'sendrecv')}`));
    story.on({ kind: 'leg.acked', leg: 'caller' });
    t.same(story.reasons, []);
    t.equal(story.confirmed.gated, false);
    t.ok(story.settled);
  });

  t.test(`a callee that answers ${offered} holds nobody`, async (t) => {
    const story = ringing();
    story.on({ kind: 'leg.answered', leg: 'callee', direction: offered });
    t.same(story.on({ kind: 'leg.acked', leg: 'caller' }), NOTHING);
    t.same(story.reasons, []);
  });

  t.test(`late offer: a callee that offers ${offered} in its 200 is answered as RFC 3264 §6.1 allows`, async (t) => {
    const story = ringingLate();
    story.on({ kind: 'leg.answered', leg: 'callee', direction: offered });
    story.on({ kind: 'leg.acked', leg: 'caller', direction: 'sendrecv' });
    const ack = story.effects.find((effect) => effect.kind === 'ack');
    t.match(ack, { leg: 'callee', answer: true, direction: answerTo(offered, 'sendrecv') });
    t.ok(story.settled);
  });
}

t.test(
  "late offer: the callee's 200 carries the offer, the caller's ACK the answer, and the callee is acknowledged with it",
  async (t) => {
    const story = new CallStory('phone');
    t.same(story.on({ kind: 'invite.received', callee: 'reachable' }), ['dial callee none', 'start-timer ring']);
    t.same(
      story.on({ kind: 'leg.progressed', leg: 'callee', status: 183, earlyMedia: true }),
      ['publish call.ringing', 'progress caller 183'],
      'there can be no early media without an offer (RFC 3262 would be needed)',
    );
    t.same(story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' }), [
      'stop-timer ring',
      'accept sendrecv',
      'publish call.answered',
    ]);
    t.same(story.on({ kind: 'leg.acked', leg: 'caller', direction: 'sendrecv' }), ['ack callee with answer']);
    t.same(story.hold('controller').slice(0, 3), ['gate', 'send-reinvite caller sendonly', 'send-reinvite callee sendonly']);
  },
);

t.test('late offer: a hold before the ACK cuts at once, and the callee learns of it with its answer', async (t) => {
  const story = ringingLate();
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.same(story.hold('controller'), ['gate'], 'nothing can be played to a phone whose first offer is open');
  t.same(story.on({ kind: 'leg.acked', leg: 'caller', direction: 'sendrecv' }), [
    'ack callee with answer',
    'send-reinvite caller sendonly',
    'play caller music',
    'play callee music',
  ]);
  t.match(
    story.effects.find((effect) => effect.kind === 'ack'),
    { direction: 'sendonly' },
  );
  t.same(story.answers('caller', 'recvonly'), ['apply-reanswer caller', 'publish hold.changed']);
  t.equal(story.local, 'sendonly / sendonly');
});

t.test('late offer: an ACK without an answer connects nobody, and both phones are told (RFC 3261 §13.2.1)', async (t) => {
  const story = ringingLate();
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.match(story.on({ kind: 'leg.acked', leg: 'caller' }), ['send-bye caller 488', 'ack callee', 'send-bye callee 488']);
  t.match(story.call, { kind: 'terminated', cause: 'refused', status: 488 });
});

t.test('late offer: a call that ends before the ACK still acknowledges the callee (RFC 3261 §13.2.2.4)', async (t) => {
  const story = ringingLate();
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.match(story.on({ kind: 'bye.received', leg: 'caller' }), ['ack callee', 'send-bye callee 16']);
  const hungUp = ringingLate();
  hungUp.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.match(hungUp.on({ kind: 'bye.received', leg: 'callee' }), ['send-bye caller 16', 'ack callee']);
});

t.test('late offer: re-INVITEs before the ACK are refused, as ours is open on one leg and theirs on the other', async (t) => {
  const story = ringingLate();
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.same(story.offers('caller', 'sendonly'), ['refuse-reinvite caller 491']);
  t.same(story.offers('callee', 'sendonly'), ['refuse-reinvite callee 500']);
});

t.test('a hold before the ACK cuts at once and reaches the caller after its ACK', async (t) => {
  const story = ringing();
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.same(story.hold('controller'), ['gate', 'send-reinvite callee sendonly', 'play caller music', 'play callee music']);
  t.same(story.answers('callee', 'recvonly'), ['apply-reanswer callee']);
  t.same(story.on({ kind: 'leg.acked', leg: 'caller' }), ['send-reinvite caller sendonly']);
  t.same(story.answers('caller', 'recvonly'), ['apply-reanswer caller', 'publish hold.changed']);
});

t.test('a hold and its resume before the ACK leave the caller alone', async (t) => {
  const story = ringing();
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  story.hold('controller');
  story.resume('controller');
  story.answers('callee', 'recvonly');
  t.same(story.answers('callee', 'sendrecv'), ['apply-reanswer callee', 'ungate']);
  t.same(story.on({ kind: 'leg.acked', leg: 'caller' }), NOTHING);
});

t.test('the API makes a call: RFC 3725 flow IV, so that nobody waits for an ACK while people are rung', async (t) => {
  const story = new CallStory('api');
  t.same(story.on({ kind: 'setup.requested' }), ['dial caller our-own', 'start-timer ring']);
  t.same(story.on({ kind: 'leg.progressed', leg: 'caller', status: 180, earlyMedia: false }), ['publish call.ringing']);
  t.same(story.on({ kind: 'leg.progressed', leg: 'caller', status: 180, earlyMedia: false }), NOTHING);
  t.same(story.on({ kind: 'leg.answered', leg: 'caller', direction: 'sendrecv' }), [
    'ack caller',
    'apply-answer caller',
    'play caller ringback',
    'dial callee from-peer',
    'start-timer ring',
  ]);
  t.same(story.on({ kind: 'leg.progressed', leg: 'callee', status: 180, earlyMedia: false }), ['publish call.ringing']);
  t.same(story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' }), [
    'stop-timer ring',
    'ack callee',
    'stop-sound caller',
    'apply-answer callee',
    'publish call.answered',
  ]);
  t.match(story.events(), [
    { kind: 'call.ringing', leg: 'caller' },
    { kind: 'call.ringing', leg: 'callee' },
    { kind: 'call.answered' },
  ]);
  t.ok(story.settled);
  t.equal(story.sounds, 'none / none');
  t.same(story.hold('controller').slice(0, 3), ['gate', 'send-reinvite caller sendonly', 'send-reinvite callee sendonly']);
});

t.test("an API call: the callee's early media takes the place of our ringback, once", async (t) => {
  const story = ringingApi();
  t.same(story.on({ kind: 'leg.progressed', leg: 'callee', status: 183, earlyMedia: true }), [
    'publish call.ringing',
    'stop-sound caller',
    'bridge-early',
  ]);
  t.same(story.on({ kind: 'leg.progressed', leg: 'callee', status: 183, earlyMedia: true }), NOTHING);
  t.same(story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' }), [
    'stop-timer ring',
    'ack callee',
    'apply-answer callee',
    'publish call.answered',
  ]);
});

t.test('an API call whose caller answers that it does not listen: no ringback, and an answer is no hold', async (t) => {
  for (const direction of ['sendonly', 'inactive'] as const) {
    const story = ringingApi(direction);
    t.notOk(story.effects.some((effect) => effect.kind === 'play'));
    story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
    t.same(story.reasons, [], direction);
    t.equal(story.confirmed.gated, false);
    t.ok(story.settled);
  }
});

t.test(
  'an API caller that presses hold while the callee rings: ringback stops, and the hold counts from the answer on',
  async (t) => {
    const story = ringingApi();
    t.same(story.offers('caller', 'sendonly'), ['answer-reinvite caller recvonly', 'stop-sound caller']);
    t.same(story.acks('caller'), NOTHING);
    t.same(story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' }), [
      'stop-timer ring',
      'ack callee',
      'apply-answer callee',
      'publish call.answered',
      'gate',
      'send-reinvite callee sendonly',
      'play callee music',
    ]);
    t.same(story.answers('callee', 'recvonly'), ['apply-reanswer callee', 'publish hold.changed']);
    t.same(story.reasons, ['caller-phone']);
    t.equal(story.local, 'recvonly / sendonly');
    t.same(story.offers('caller', 'sendrecv').slice(0, 1), ['answer-reinvite caller sendrecv'], 'the ACK of the first was heard');
  },
);

t.test('an API caller that lets go again before the answer hears ringback again, and talks', async (t) => {
  const story = ringingApi();
  story.offers('caller', 'inactive');
  story.acks('caller');
  t.same(story.offers('caller', 'sendrecv'), ['answer-reinvite caller sendrecv', 'play caller ringback']);
  story.acks('caller');
  const effects = story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.ok(effects.includes('stop-sound caller'));
  t.same(story.reasons, []);
  t.ok(story.settled);
});

t.test('an API caller that refreshes while the callee rings is answered, and its ACK frees the leg for a hold', async (t) => {
  const story = ringingApi();
  t.same(story.offers('caller', 'sendrecv'), ['answer-reinvite caller sendrecv']);
  t.same(story.offers('caller', 'sendrecv'), ['refuse-reinvite caller 500'], 'a second one before the ACK');
  story.acks('caller');
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.ok(story.hold('controller').includes('send-reinvite caller sendonly'));
});

t.test('an API caller whose ACK comes only after the callee answered is offered the hold then', async (t) => {
  const story = ringingApi();
  story.offers('caller', 'sendrecv');
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.notOk(story.hold('controller').includes('send-reinvite caller sendonly'));
  t.same(story.acks('caller'), ['send-reinvite caller sendonly']);
});

t.test('an API caller that asks for our offer while the callee rings', async (t) => {
  const story = ringingApi();
  t.same(story.offers('caller'), ['answer-reinvite caller sendrecv as our offer']);
  t.same(story.offers('caller', 'sendrecv'), ['refuse-reinvite caller 491']);
  t.same(story.acks('caller', 'inactive'), ['apply-reanswer caller', 'stop-sound caller'], 'it does not listen: no ringback');
  t.same(story.offers('caller', 'sendonly'), ['answer-reinvite caller recvonly']);
  story.acks('caller');
  story.offers('caller');
  t.same(story.acks('caller', 'sendrecv'), ['apply-reanswer caller', 'play caller ringback'], 'and its answer may end its hold');
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.same(story.reasons, []);
});

t.test('an API caller whose early re-INVITE could not be answered is as before', async (t) => {
  const story = ringingApi();
  story.offers('caller', 'sendonly');
  t.same(story.on({ kind: 'reinvite.answer-failed', leg: 'caller' }), ['play caller ringback']);
  story.offers('caller');
  t.same(story.on({ kind: 'reinvite.answer-failed', leg: 'caller' }), NOTHING);
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.same(story.reasons, []);
  t.ok(story.hold('controller').includes('send-reinvite caller sendonly'));
});

t.test(
  'a re-INVITE where there is no dialog yet: 500 where their INVITE is open, 491 where ours is (RFC 3261 §14.2)',
  async (t) => {
    const phone = ringing();
    t.same(phone.offers('caller', 'sendonly'), ['refuse-reinvite caller 500']);
    t.same(phone.offers('callee', 'sendonly'), ['refuse-reinvite callee 491']);
    const api = new CallStory('api');
    api.on({ kind: 'setup.requested' });
    t.same(api.offers('caller', 'sendonly'), ['refuse-reinvite caller 491']);
    t.same(ringingApi().offers('callee', 'sendonly'), ['refuse-reinvite callee 491']);
  },
);

t.test(
  'a phone that was answered reliably before its 200 may hold then (RFC 3311 §5.2), and the hold counts from the answer on',
  async (t) => {
    for (const leg of LEG_ROLES) {
      const story = ringing();
      story.on({ kind: 'leg.progressed', leg: 'callee', status: 183, earlyMedia: true });
      t.same(story.offers(leg, 'sendonly'), [`answer-reinvite ${leg} recvonly`]);
      t.same(story.offers(leg, 'sendrecv'), [`refuse-reinvite ${leg} 500`], 'one at a time');
      t.same(story.acks(leg), [], 'an UPDATE has no ACK; that its 200 went out is told the same way');
      story.on({ kind: 'leg.answered', leg: 'callee', direction: leg === 'callee' ? 'sendonly' : 'sendrecv' });
      story.on({ kind: 'leg.acked', leg: 'caller' });
      story.cooperate({ caller: 'sendrecv', callee: 'sendrecv', [leg]: 'sendonly' });
      t.same(story.reasons, [`${leg}-phone`]);
      t.equal(story.local, leg === 'caller' ? 'recvonly / sendonly' : 'sendonly / recvonly');
      t.equal(story.confirmed.gated, true);
    }
  },
);

t.test('a phone that holds and lets go before the answer is not held by itself', async (t) => {
  const story = ringing();
  story.on({ kind: 'leg.progressed', leg: 'callee', status: 183, earlyMedia: true });
  for (const direction of ['sendonly', 'sendrecv'] as const) {
    story.offers('caller', direction);
    story.acks('caller');
  }
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.same(story.reasons, []);
});

t.test('a 200 without a session description connects nobody: it is acknowledged and hung up', async (t) => {
  const phone = ringing();
  t.match(phone.on({ kind: 'leg.answered', leg: 'callee' }), ['ack callee', 'refuse caller 488', 'send-bye callee 488']);
  const late = ringingLate();
  t.match(late.on({ kind: 'leg.answered', leg: 'callee' }), ['ack callee', 'refuse caller 488', 'send-bye callee 488']);
  const api = ringingApi();
  t.match(api.on({ kind: 'leg.answered', leg: 'callee' }), ['ack callee', 'send-bye caller 488', 'send-bye callee 488']);
  const first = new CallStory('api');
  first.on({ kind: 'setup.requested' });
  t.match(first.on({ kind: 'leg.answered', leg: 'caller' }), ['ack caller', 'send-bye caller 488', 'stop-timer ring']);
  for (const story of [phone, late, api, first]) {
    t.match(story.events('call.ended'), [{ cause: 'refused', status: 488, answered: false }]);
  }
});

t.test('words that come twice, too late or from the wrong leg change nothing', async (t) => {
  const story = ringing();
  t.same(story.on({ kind: 'invite.received', offered: 'sendrecv', callee: 'reachable' }), NOTHING);
  t.same(story.on({ kind: 'setup.requested' }), NOTHING);
  t.same(story.on({ kind: 'leg.answered', leg: 'caller', direction: 'sendrecv' }), NOTHING);
  t.same(story.on({ kind: 'leg.progressed', leg: 'caller', status: 180, earlyMedia: false }), NOTHING);
  t.same(story.on({ kind: 'leg.acked', leg: 'caller' }), NOTHING);
  t.same(story.hold('controller'), NOTHING, 'a call that rings cannot be held');
  t.same(story.resume('controller'), NOTHING);
  t.same(story.on({ kind: 'media.changed', leg: 'callee', peerStale: true }), NOTHING);
  t.same(story.on({ kind: 'sound.failed', leg: 'caller' }), NOTHING);
  t.same(story.call, ringing().call);
  const confirmed = talking();
  t.same(confirmed.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' }), NOTHING);
  t.same(confirmed.on({ kind: 'leg.progressed', leg: 'callee', status: 180, earlyMedia: false }), NOTHING);
  t.same(confirmed.on({ kind: 'leg.refused', leg: 'callee', status: 486, reason: 'Busy Here' }), NOTHING);
  t.same(confirmed.on({ kind: 'leg.acked', leg: 'caller' }), NOTHING);
  t.same(confirmed.on({ kind: 'leg.acked', leg: 'callee' }), NOTHING);
  t.same(confirmed.call, talking().call);
});

t.test('a call is of the kind that made it: what belongs to the other kind is not heard', async (t) => {
  const phone = new CallStory('phone');
  t.same(phone.on({ kind: 'leg.answered', leg: 'caller', direction: 'sendrecv' }), NOTHING);
  t.same(phone.on({ kind: 'leg.refused', leg: 'caller', status: 486, reason: 'Busy Here' }), NOTHING);
  t.same(phone.on({ kind: 'leg.progressed', leg: 'caller', status: 180, earlyMedia: false }), NOTHING);
  const api = new CallStory('api');
  t.same(api.on({ kind: 'invite.received', offered: 'sendrecv', callee: 'reachable' }), NOTHING);
});

t.test('an answered call shows no hold', async (t) => {
  const story = talking();
  t.match(holdView(story.confirmed), {
    reasons: [],
    caller: { held: false, state: 'agreed', direction: 'sendrecv', sound: 'none' },
    callee: { held: false, state: 'agreed', direction: 'sendrecv', sound: 'none' },
  });
});
