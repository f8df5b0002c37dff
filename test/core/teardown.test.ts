import t from 'tap';
import { brief, CallStory, ringing, ringingApi, ringingLate, talking, talkingApi } from '../support/call-fixture.js';
import type { Input, TimerName } from '#core/inputs.js';
import { LEG_ROLES } from '#core/leg.js';
import { passedOn } from '#core/teardown.js';

const NOTHING: readonly string[] = [];

const dialled = (): CallStory => {
  const story = new CallStory('api');
  story.on({ kind: 'setup.requested' });
  return story;
};
const answered = (from: CallStory): CallStory => {
  from.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  return from;
};
const held = (): CallStory => {
  const story = talking();
  story.hold('controller');
  story.cooperate();
  return story;
};
const during = (start: (story: CallStory) => void): CallStory => {
  const story = talking();
  start(story);
  return story;
};

/** Every state a call can be ended in, and what each phone is told then when the API hangs up. */
const STATES: readonly Readonly<{ name: string; at: () => CallStory; words: readonly string[]; answered: boolean }>[] = [
  {
    name: 'a phone has called, nobody is dialled',
    at: () => new CallStory('phone'),
    words: ['refuse caller 480'],
    answered: false,
  },
  { name: 'the callee rings', at: ringing, words: ['refuse caller 480', 'cancel callee 487'], answered: false },
  { name: 'the callee rings, late offer', at: ringingLate, words: ['refuse caller 480', 'cancel callee 487'], answered: false },
  {
    name: 'answered, not acknowledged',
    at: () => answered(ringing()),
    words: ['send-bye caller 16', 'send-bye callee 16'],
    answered: true,
  },
  {
    name: 'answered, not acknowledged, late offer',
    at: () => answered(ringingLate()),
    words: ['send-bye caller 16', 'ack callee', 'send-bye callee 16'],
    answered: true,
  },
  { name: 'talking', at: talking, words: ['send-bye caller 16', 'send-bye callee 16'], answered: true },
  { name: 'held', at: held, words: ['send-bye caller 16', 'send-bye callee 16'], answered: true },
  {
    name: 'a hold is on its way',
    at: () => during((story) => story.hold('controller')),
    words: ['send-bye caller 16', 'send-bye callee 16'],
    answered: true,
  },
  {
    name: 'a phone hold is not acknowledged',
    at: () => during((story) => story.offers('caller', 'sendonly')),
    words: ['send-bye caller 16', 'send-bye callee 16'],
    answered: true,
  },
  {
    name: 'both legs wait after a 491',
    at: () =>
      during((story) => {
        story.hold('controller');
        for (const leg of LEG_ROLES) story.refuses(leg, 491);
      }),
    words: ['send-bye caller 16', 'send-bye callee 16'],
    answered: true,
  },
  { name: 'the API rings the caller', at: dialled, words: ['cancel caller 487'], answered: false },
  { name: 'the API rings the callee', at: ringingApi, words: ['send-bye caller 16', 'cancel callee 487'], answered: false },
  { name: 'talking, made by the API', at: talkingApi, words: ['send-bye caller 16', 'send-bye callee 16'], answered: true },
];

const ENDINGS: readonly Input[] = [
  { kind: 'hangup.requested' },
  { kind: 'shutdown.requested' },
  { kind: 'media.lost' },
  { kind: 'media.refused', leg: 'caller', status: 488, reason: 'no common codec' },
  ...LEG_ROLES.flatMap((leg): Input[] => [
    { kind: 'leg.lost', leg, why: 'connection closed' },
    { kind: 'bye.received', leg },
  ]),
];

const ANY_INPUT: readonly Input[] = [
  ...ENDINGS,
  { kind: 'invite.received', offered: 'sendrecv', callee: 'reachable' },
  { kind: 'setup.requested' },
  { kind: 'cancel.received' },
  { kind: 'hold.requested', holder: 'controller' },
  { kind: 'resume.requested', holder: 'controller' },
  ...(['ring', 'glare-caller', 'glare-callee'] as const).map((timer): Input => ({ kind: 'timer.fired', timer })),
  ...LEG_ROLES.flatMap((leg): Input[] => [
    { kind: 'leg.progressed', leg, status: 180, earlyMedia: false },
    { kind: 'leg.answered', leg, direction: 'sendrecv' },
    { kind: 'leg.refused', leg, status: 486, reason: 'Busy Here' },
    { kind: 'leg.acked', leg },
    { kind: 'reinvite.received', leg, direction: 'sendonly' },
    { kind: 'reinvite.received', leg },
    { kind: 'reinvite.acked', leg },
    { kind: 'reinvite.answer-failed', leg },
    { kind: 'reinvite.answered', leg, status: 200, direction: 'recvonly' },
    { kind: 'reinvite.refused', leg, status: 491, reason: 'Request Pending' },
    { kind: 'media.changed', leg, peerStale: true },
    { kind: 'sound.failed', leg },
  ]),
];

const AFTERWARDS = [
  'stop-timer ring',
  'stop-timer glare-caller',
  'stop-timer glare-callee',
  'delete-media',
  'publish call.ended',
];

for (const state of STATES) {
  t.test(`${state.name}: the API hangs up, and each phone hears of it in the word that fits`, async (t) => {
    const story = state.at();
    t.same(story.on({ kind: 'hangup.requested' }), [...state.words, ...AFTERWARDS]);
    t.match(story.events('call.ended'), [{ cause: 'controller-hung-up', answered: state.answered }]);
    t.match(story.call, { kind: 'terminated', cause: 'controller-hung-up', origin: story.call.origin, createdMs: 0 });
  });

  t.test(`${state.name}: whatever ends the call, it ends once, wholly and for good`, async (t) => {
    for (const ending of ENDINGS) {
      const story = state.at();
      const effects = story.on(ending);
      const name = `${ending.kind}${'leg' in ending ? ` ${ending.leg}` : ''}`;
      t.same(effects.slice(-AFTERWARDS.length), AFTERWARDS, name);
      t.equal(story.events('call.ended').length, 1, name);
      for (const leg of LEG_ROLES) {
        const words = effects.filter((effect) => /^(refuse|cancel|send-bye) /.test(effect) && effect.includes(leg));
        const alive = state.words.some((word) => word.includes(leg));
        const gone = ending.kind === 'bye.received' && ending.leg === leg && alive && state.words.includes(`send-bye ${leg} 16`);
        t.equal(words.length, alive && !gone ? 1 : 0, `${name}: what the ${leg} is told`);
      }
      const over = story.call;
      const late = ANY_INPUT.flatMap((input) => story.on(input).map((effect) => `${input.kind}: ${effect}`));
      t.same(late, NOTHING, `${name}: nothing is done afterwards`);
      t.equal(story.call, over, 'a call that has ended is never changed again');
    }
  });
}

t.test('whatever is said in whatever state, a call has ended exactly when it said so', async (t) => {
  const faults = STATES.flatMap((state) =>
    ANY_INPUT.filter((input) => {
      const story = state.at();
      const effects = story.on(input);
      return (story.call.kind === 'terminated') !== effects.includes('publish call.ended');
    }).map((input) => `${state.name}: ${input.kind}`),
  );
  t.same(faults, [], `${STATES.length} states, ${ANY_INPUT.length} inputs`);
});

t.test("the BYE of a conference is a program's, and that of its member a phone's", async (t) => {
  const member = (): CallStory => {
    const story = talking();
    return new CallStory('phone', { ...story.call, conference: 'c1' });
  };
  for (const [leg, cause] of [
    ['caller', 'controller-hung-up'],
    ['callee', 'callee-hung-up'],
  ] as const) {
    const story = member();
    story.on({ kind: 'bye.received', leg });
    t.match(story.events('call.ended'), [{ cause }]);
  }
});

t.test('CANCEL ends a call that rings; the engine has answered the INVITE with 487 already (RFC 3261 §9.2)', async (t) => {
  for (const story of [ringing(), ringingLate()]) {
    t.same(story.on({ kind: 'cancel.received' }), ['cancel callee 487', ...AFTERWARDS]);
    t.match(story.events('call.ended'), [{ cause: 'caller-cancelled', status: 487, answered: false }]);
  }
  const early = new CallStory('phone');
  t.same(early.on({ kind: 'cancel.received' }), AFTERWARDS, 'nobody was dialled yet');
});

t.test('a CANCEL that crosses our 200 changes nothing: the phone hangs up with a BYE', async (t) => {
  const story = answered(ringing());
  t.same(story.on({ kind: 'cancel.received' }), NOTHING);
  t.match(story.on({ kind: 'bye.received', leg: 'caller' }), ['send-bye callee 16', ...AFTERWARDS]);
});

t.test('a BYE in a call that rings still leaves an INVITE to be answered (RFC 3261 §15.1.2)', async (t) => {
  const byCaller = ringing();
  t.same(byCaller.on({ kind: 'bye.received', leg: 'caller' }), ['refuse caller 487', 'cancel callee 487', ...AFTERWARDS]);
  t.match(byCaller.events('call.ended'), [{ cause: 'caller-hung-up', answered: false }]);
  const byCallee = ringing();
  t.same(byCallee.on({ kind: 'bye.received', leg: 'callee' }), ['refuse caller 487', 'cancel callee 487', ...AFTERWARDS]);
  const api = ringingApi();
  t.same(api.on({ kind: 'bye.received', leg: 'caller' }), ['cancel callee 487', ...AFTERWARDS], 'this caller has answered');
});

t.test('a BYE inside a hold ends the other leg too', async (t) => {
  const story = talking();
  story.hold('controller');
  t.same(story.on({ kind: 'bye.received', leg: 'callee' }), ['send-bye caller 16', ...AFTERWARDS]);
  t.same(story.events(), [
    {
      kind: 'call.ended',
      callId: 'call-1',
      parties: { caller: '101', callee: '102' },
      cause: 'callee-hung-up',
      status: undefined,
      reason: undefined,
      answered: true,
    },
  ]);
});

t.test('the first to hang up names the cause', async (t) => {
  const story = talking();
  story.on({ kind: 'bye.received', leg: 'caller' });
  t.same(story.on({ kind: 'bye.received', leg: 'callee' }), NOTHING);
  t.match(story.call, { cause: 'caller-hung-up' });
});

t.test('what a refusal of the callee becomes on the caller leg', async (t) => {
  const become = (statuses: readonly number[]): number[] => statuses.map(passedOn);
  t.same(become([300, 301, 302, 305, 380]), [480, 480, 480, 480, 480], 'redirects are not followed');
  const asTheyAre = [400, 403, 404, 408, 410, 415, 480, 482, 483, 484, 486, 487, 488, 500, 504, 600, 603, 604, 606];
  t.same(become(asTheyAre), asTheyAre, 'what speaks of the called person passes');
  t.same(become([401, 407]), [500, 500], 'a challenge to us is none to the caller');
  t.same(become([405, 420, 421, 422, 423, 481, 489, 491, 494]), Array(9).fill(500), 'what speaks of our own request stays');
  t.same(become([503]), [500], 'RFC 3261 §16.7 step 6');
});

for (const status of [302, 401, 404, 408, 480, 486, 488, 503, 600, 603]) {
  t.test(
    `the callee refuses with ${status}: the caller of a phone call is refused, the caller of an API call hung up`,
    async (t) => {
      const refusal: Input = { kind: 'leg.refused', leg: 'callee', status, reason: `reason ${status}` };
      for (const story of [ringing(), ringingLate()]) {
        t.same(story.on(refusal), [`refuse caller ${passedOn(status)}`, ...AFTERWARDS]);
        const words = story.effects.find((effect) => effect.kind === 'refuse');
        t.match(
          words,
          { reason: passedOn(status) === status ? `reason ${status}` : undefined },
          'another status has its own phrase',
        );
        t.match(story.events('call.ended'), [{ cause: 'refused', status, reason: `reason ${status}`, answered: false }]);
      }
      const api = ringingApi();
      t.same(api.on(refusal), [`send-bye caller ${status}`, ...AFTERWARDS]);
      const first = dialled();
      t.same(first.on({ ...refusal, leg: 'caller' }), AFTERWARDS, 'the caller itself refused: nobody else knows of it');
      t.match(first.events('call.ended'), [{ cause: 'refused', status }]);
    },
  );
}

t.test('nobody answers: the ring timer ends the call with 408', async (t) => {
  const ended = (story: CallStory): string[] => story.on({ kind: 'timer.fired', timer: 'ring' });
  t.same(ended(ringing()), ['refuse caller 408', 'cancel callee 408', ...AFTERWARDS]);
  t.same(ended(dialled()), ['cancel caller 408', ...AFTERWARDS]);
  t.same(ended(ringingApi()), ['send-bye caller 408', 'cancel callee 408', ...AFTERWARDS]);
  t.same(ended(talking()), NOTHING, 'somebody did');
});

t.test('the callee of an API call gets as long to answer as the caller had', async (t) => {
  const timers = ringingApi().effects.flatMap((effect) => (effect.kind === 'start-timer' ? [effect.timer] : []));
  t.same(timers, ['ring', 'ring'] satisfies TimerName[]);
});

t.test('a server that closes says 503 itself, and a call without media 500', async (t) => {
  t.match(ringing().on({ kind: 'shutdown.requested' }), ['refuse caller 503', 'cancel callee 503']);
  t.match(talking().on({ kind: 'shutdown.requested' }), ['send-bye caller 503', 'send-bye callee 503']);
  t.match(ringing().on({ kind: 'media.lost' }), ['refuse caller 500', 'cancel callee 500']);
  t.match(talking().on({ kind: 'media.lost' }), ['send-bye caller 500', 'send-bye callee 500']);
});

t.test(
  'media that cannot be had ends the call: the fault of an SDP is a refusal, the fault of the media server is ours',
  async (t) => {
    const refused = ringing();
    refused.on({ kind: 'media.refused', leg: 'callee', status: 488, reason: 'no common codec' });
    t.match(refused.call, { cause: 'refused', status: 488, reason: 'no common codec' });
    const broken = ringing();
    broken.on({ kind: 'media.refused', leg: 'callee', status: 500, reason: 'rtpengine said no' });
    t.match(broken.call, { cause: 'media-lost', status: 500 });
  },
);

t.test('a phone that is lost is sent a BYE all the same, and so is the other', async (t) => {
  const story = talking();
  t.same(story.on({ kind: 'leg.lost', leg: 'caller', why: 'no ACK' }), [
    'send-bye caller 16',
    'send-bye callee 16',
    ...AFTERWARDS,
  ]);
  t.match(story.events('call.ended'), [{ cause: 'caller-lost', reason: 'no ACK', answered: true }]);
  t.match(story.effects.map(brief), ['send-bye caller 16']);
});

t.test('an ended call remembers when it rang, was answered and ended', async (t) => {
  const story = ringing();
  story.on({ kind: 'leg.progressed', leg: 'callee', status: 180, earlyMedia: false });
  story.on({ kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' });
  story.on({ kind: 'bye.received', leg: 'callee' });
  t.match(story.call, { kind: 'terminated', createdMs: 0, alertingMs: 3000, answeredMs: 4000, endedMs: 5000 });
});
