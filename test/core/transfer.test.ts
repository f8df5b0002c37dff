/**
 * transfer: calls that lose a party, and the calls in which the party that stays goes on.
 */
import t from 'tap';
import { holdView } from '#core/hold-view.js';
import { LEG_ROLES, otherLeg, type CallId, type Leg } from '#core/leg.js';
import { newCall } from '#core/setup.js';
import { CallStory, talking } from '../support/call-fixture.js';

const NEW = { id: 'call-2' as CallId, createdMs: 0 } as const;

/** The call in which the caller of another one, who waits there, is connected with 110. */
function joining(adopted?: Leg): CallStory {
  const facts = { ...NEW, origin: 'transfer', caller: '101', callee: '110' } as const;
  return new CallStory('phone', newCall(adopted === undefined ? facts : { ...facts, adopted }));
}

const bye = (leg: 'caller' | 'callee') => ({ kind: 'bye.received', leg }) as const;

for (const leaving of LEG_ROLES) {
  const staying = otherLeg(leaving);

  t.test(`while the ${leaving} transfers, the ${staying} hears music and the two are cut apart`, async (t) => {
    const story = talking();
    const effects = story.on({ kind: 'transfer.requested', leaving, park: false });
    t.same(
      new Set(effects),
      new Set(['gate', `send-reinvite ${staying} sendonly`, `send-reinvite ${leaving} inactive`, `play ${staying} music`]),
    );
    story.cooperate();
    t.same(story.reasons, [`${leaving}-transfer`]);
    t.same(story.on({ kind: 'transfer.requested', leaving, park: false }), [], 'asking twice is asking once');
  });

  t.test(
    `the ${leaving} may hang up then: the ${staying} goes on waiting, with music, and can be held and let go by the API`,
    async (t) => {
      const story = talking();
      story.on({ kind: 'transfer.requested', leaving, park: false });
      story.cooperate();
      t.same(story.on(bye(leaving)), [`stop-timer glare-${leaving}`, `stop-timer session-${leaving}`]);
      t.match(holdView(story.confirmed)[staying], { held: true, state: 'agreed', sound: 'music' });
      t.same(story.hold('controller'), ['publish hold.changed'], 'nobody is left to be told');
      t.same(story.resume('controller'), ['publish hold.changed']);
      t.ok(story.settled);
      const ended = story.on(bye(staying));
      t.notOk(
        ended.some((effect) => effect.startsWith('send-bye')),
        'the last one out needs no BYE',
      );
      t.match(story.events('call.ended'), [{ cause: `${staying}-hung-up` }]);
    },
  );

  t.test(`the ${staying} hangs up while the ${leaving} transfers: both are gone`, async (t) => {
    const story = talking();
    story.on({ kind: 'transfer.requested', leaving, park: false });
    story.cooperate();
    t.ok(story.on(bye(staying)).includes(`send-bye ${leaving} 16`));
  });

  t.test(`nobody was found: the ${leaving} has the ${staying} again`, async (t) => {
    const story = talking();
    story.on({ kind: 'transfer.requested', leaving, park: false });
    story.cooperate();
    story.on({ kind: 'transfer.failed', leaving });
    story.cooperate();
    t.equal(story.local, 'sendrecv / sendrecv');
    t.same(story.reasons, []);
  });

  t.test(`nobody was found, and the ${leaving} had held first: its own hold stands`, async (t) => {
    const story = talking();
    story.offers(leaving, 'sendonly');
    story.cooperate();
    t.notOk(story.on({ kind: 'transfer.requested', leaving, park: false }).some((effect) => effect.startsWith('send-reinvite')));
    story.on({ kind: 'transfer.failed', leaving });
    t.same(story.reasons, [`${leaving}-phone`]);
  });

  t.test(`the ${staying} goes on in another call: this one is over, and the ${leaving} hears BYE`, async (t) => {
    const story = talking();
    story.on({ kind: 'transfer.requested', leaving, park: false });
    story.cooperate();
    const effects = story.on({ kind: 'leg.moved', leg: staying });
    t.ok(effects.includes(`send-bye ${leaving} 16`));
    t.notOk(effects.includes(`send-bye ${staying} 16`));
    t.match(story.events('call.ended'), [{ cause: 'transferred' }]);
  });

  t.test('both go on as members of a conference: this call is over, and nobody hears BYE', async (t) => {
    const story = talking();
    const effects = story.on({ kind: 'legs.moved', conferenceId: 'room' });
    t.same(
      effects.filter((effect) => effect.startsWith('send-bye')),
      [],
    );
    t.ok(effects.includes('delete-media'));
    t.match(story.events('call.ended'), [{ cause: 'conference', conferenceId: 'room' }]);
    t.same(story.events('hold.changed'), [], 'nobody held it');
  });

  t.test('and who held it holds nobody any more, which is told', async (t) => {
    const story = talking();
    story.hold('controller');
    story.cooperate();
    story.on({ kind: 'legs.moved', conferenceId: 'room' });
    t.match(story.events('hold.changed').at(-1), { holders: [], hold: { reasons: [] } });
  });

  t.test(`parked: the ${leaving} is dismissed and the ${staying} waits`, async (t) => {
    const story = talking();
    story.on({ kind: 'transfer.requested', leaving, park: true });
    story.cooperate();
    t.ok(story.on({ kind: 'leg.dismissed', leg: leaving }).includes(`send-bye ${leaving} 16`));
    t.same(story.on({ kind: 'leg.dismissed', leg: leaving }), [], 'once');
    t.same(story.on({ kind: 'leg.lost', leg: leaving, why: 'late' }), [], 'who has left cannot be lost');
    t.same(story.reasons, [`${leaving}-park`]);
    t.same(story.offers(staying, 'recvonly'), [`answer-reinvite ${staying} sendonly`], 'its phone may refresh');
  });
}

t.test('nobody who does not leave is dismissed', async (t) => {
  const story = talking();
  t.same(story.on({ kind: 'leg.dismissed', leg: 'caller' }), []);
});

t.test(
  'the new call dials with the music still playing elsewhere, and fetches the waiting party when it is answered',
  async (t) => {
    const old = talking();
    old.offers('callee', 'sendonly');
    old.cooperate();
    const story = joining();
    t.same(story.on({ kind: 'setup.requested' }), ['dial callee from-peer', 'start-timer ring']);
    t.same(story.on({ kind: 'leg.progressed', leg: 'callee', status: 180, earlyMedia: true }), ['publish call.ringing']);
    t.same(story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' }), [
      'stop-timer ring',
      'ack callee',
      'apply-answer callee',
      'take-over caller',
      'publish call.answered',
    ]);
    t.same(
      story.on({ kind: 'leg.arrived', leg: 'caller', value: old.confirmed.caller }),
      ['send-reinvite caller sendrecv'],
      'out of the hold',
    );
    story.answers('caller', 'sendrecv');
    t.equal(story.local, 'sendrecv / sendrecv');
    t.same(story.on({ kind: 'leg.arrived', leg: 'caller', value: old.confirmed.caller }), [], 'it arrives once');
  },
);

t.test('who arrives with an offer of ours still open is told the news after its answer', async (t) => {
  const old = talking();
  old.offers('callee', 'sendonly');
  const story = joining();
  story.on({ kind: 'setup.requested' });
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.same(story.on({ kind: 'leg.arrived', leg: 'caller', value: old.confirmed.caller }), []);
  t.same(story.answers('caller', 'recvonly'), ['apply-reanswer caller', 'send-reinvite caller sendrecv']);
});

t.test('who arrives while a 491 is waited out is told at once: the wait was for another offer', async (t) => {
  const old = talking();
  old.offers('callee', 'sendonly');
  old.refuses('caller', 491);
  const story = joining();
  story.on({ kind: 'setup.requested' });
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.same(story.on({ kind: 'leg.arrived', leg: 'caller', value: old.confirmed.caller }), ['send-reinvite caller sendrecv']);
});

t.test('a session that arrives is refreshed on time in its new call', async (t) => {
  const old = talking();
  old.on({ kind: 'session.agreed', leg: 'caller', intervalSec: 1800, weRefresh: true, byUpdate: true });
  const story = joining();
  story.on({ kind: 'setup.requested' });
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.ok(story.on({ kind: 'leg.arrived', leg: 'caller', value: old.confirmed.caller }).includes('start-timer session-caller'));
});

t.test('the new call fails: nobody is hung up who waits elsewhere', async (t) => {
  for (const input of [
    { kind: 'leg.refused', leg: 'callee', status: 486, reason: 'Busy Here' },
    { kind: 'timer.fired', timer: 'ring' },
    { kind: 'hangup.requested' },
  ] as const) {
    const story = joining();
    story.on({ kind: 'setup.requested' });
    const effects = story.on(input);
    t.notOk(
      effects.some((effect) => / caller /.test(effect)),
      `${input.kind}: ${effects.join('; ')}`,
    );
    t.equal(story.events('call.ended').length, 1);
  }
});

t.test('both parties come from other calls: the callee is asked by re-INVITE, and hears BYE when it will not', async (t) => {
  const other = talking();
  const story = joining(other.confirmed.callee);
  story.on({ kind: 'setup.requested' });
  const willing = story.fork();
  t.ok(willing.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' }).includes('take-over caller'));
  t.ok(story.on({ kind: 'leg.refused', leg: 'callee', status: 488, reason: 'no' }).includes('send-bye callee 488'));
});

t.test(
  'a phone that asks something itself at that moment is asked again, three times at most, and not at all once the call is over',
  async (t) => {
    const story = joining(talking().confirmed.callee);
    story.on({ kind: 'setup.requested' });
    const met = { kind: 'leg.refused', leg: 'callee', status: 491, reason: 'Request Pending' } as const;
    for (let time = 1; time <= 3; time++) {
      t.same(story.on(met), ['start-glare-timer callee'], 'RFC 3261 14.1');
      t.same(story.on({ kind: 'timer.fired', timer: 'glare-callee' }), ['dial callee from-peer']);
    }
    const willing = story.fork();
    t.ok(willing.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' }).includes('take-over caller'));
    t.ok(story.on(met).includes('send-bye callee 491'));
    t.same(story.on({ kind: 'timer.fired', timer: 'glare-callee' }), []);
  },
);

t.test('a phone takes the place of another: its INVITE is answered with what the party that waits says', async (t) => {
  const other = talking();
  const facts = { ...NEW, origin: 'phone', caller: '103', callee: '102', adopted: other.confirmed.callee } as const;
  const story = new CallStory('phone', newCall(facts));
  t.same(story.on({ kind: 'invite.received', offered: 'sendrecv', callee: 'reachable' }), [
    'dial callee from-peer',
    'start-timer ring',
  ]);
  const answered = story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  t.ok(answered.includes('accept sendrecv'));
  story.on({ kind: 'leg.acked', leg: 'caller' });
  story.hold('controller');
  story.cooperate();
  t.equal(story.local, 'sendonly / sendonly');
});

t.test('a transferor that is lost leaves as one that hangs up: who stays waits on', async (t) => {
  for (const lost of [
    { kind: 'leg.lost', leg: 'caller', why: 'no answer to OPTIONS' },
    { kind: 'reinvite.refused', leg: 'caller', status: 481, reason: 'No' },
  ] as const) {
    const story = talking();
    story.on({ kind: 'transfer.requested', leaving: 'caller', park: false });
    story.answers('callee', 'recvonly');
    t.equal(story.on(lost)[0], 'send-bye caller 16');
    t.equal(story.call.kind, 'confirmed');
    t.match(holdView(story.confirmed).callee, { held: true, sound: 'music' });
  }
});

t.test('who is parked waits for whoever comes, however long its holder wanted to wait', async (t) => {
  const story = talking();
  const policy = { maxSeconds: 60, onExpiry: { kind: 'hangup' } } as const;
  story.on({ kind: 'hold.requested', holder: 'caller', policy });
  story.cooperate();
  const said = story.on({ kind: 'transfer.requested', leaving: 'caller', park: true });
  t.ok(said.includes('stop-timer hold-max-caller-api'), said.join());
  t.notOk(said.some((word) => word.startsWith('start-timer hold-max')));
});
