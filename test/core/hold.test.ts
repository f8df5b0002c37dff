import t from 'tap';
import { DIRECTIONS, type Direction } from '#core/direction.js';
import type { HoldReason } from '#core/events.js';
import {
  apiReason,
  freshOfferDirection,
  intentOf,
  isHeld,
  NOBODY_HOLDS,
  phoneReason,
  planHold,
  wantedDirection,
  withoutReason,
  withReason,
  type HoldLedger,
} from '#core/hold.js';
import { otherLeg, type Leg } from '#core/leg.js';
import { talking, type CallStory } from '../support/call-fixture.js';

const ledger = (...reasons: HoldReason[]): HoldLedger => new Map(reasons.map((reason) => [reason, {}]));
const silent = (...reasons: HoldReason[]): HoldLedger => new Map(reasons.map((reason) => [reason, { music: null }]));

/** Every row of the table in the design: how it came about, what is done, what that leads to, and what is agreed in the end. */
type Row = Readonly<{
  situation: string;
  given: (story: CallStory) => void;
  input: (story: CallStory) => string[];
  effects: readonly string[];
  reasons: readonly HoldReason[];
  local: string;
  sounds: string;
}>;

const nobody = (): void => undefined;
const callerHoldsByApi = (story: CallStory): void => {
  story.hold('caller');
  story.cooperate();
};
const callerHoldsByBoth = (story: CallStory): void => {
  callerHoldsByApi(story);
  story.offers('caller', 'sendonly');
  story.cooperate();
};
const callerPhoneHolds = (story: CallStory): void => {
  story.offers('caller', 'sendonly');
  story.cooperate();
};
const bothPhonesHold = (story: CallStory): void => {
  callerPhoneHolds(story);
  story.offers('callee', 'inactive');
  story.cooperate();
};

const ROWS: readonly Row[] = [
  {
    situation: 'talking, and the API lets the caller hold the callee',
    given: nobody,
    input: (story) => story.hold('caller'),
    effects: ['gate', 'send-reinvite caller inactive', 'send-reinvite callee sendonly', 'play callee music'],
    reasons: ['caller-api'],
    local: 'inactive / sendonly',
    sounds: 'none / music',
  },
  {
    situation: 'held by the API, and the API asks the same again',
    given: callerHoldsByApi,
    input: (story) => story.hold('caller'),
    effects: [],
    reasons: ['caller-api'],
    local: 'inactive / sendonly',
    sounds: 'none / music',
  },
  {
    situation: 'held by the API, and the API resumes',
    given: callerHoldsByApi,
    input: (story) => story.resume('caller'),
    effects: ['stop-sound callee', 'send-reinvite caller sendrecv', 'send-reinvite callee sendrecv'],
    reasons: [],
    local: 'sendrecv / sendrecv',
    sounds: 'none / none',
  },
  {
    situation: 'held by the API, and the caller refreshes with inactive',
    given: callerHoldsByApi,
    input: (story) => story.offers('caller', 'inactive'),
    effects: ['answer-reinvite caller inactive'],
    reasons: ['caller-api'],
    local: 'inactive / sendonly',
    sounds: 'none / music',
  },
  {
    situation: 'held by the API, and the callee refreshes with recvonly',
    given: callerHoldsByApi,
    input: (story) => story.offers('callee', 'recvonly'),
    effects: ['answer-reinvite callee sendonly'],
    reasons: ['caller-api'],
    local: 'inactive / sendonly',
    sounds: 'none / music',
  },
  {
    situation: 'held by the API, and the caller presses hold too',
    given: callerHoldsByApi,
    input: (story) => story.offers('caller', 'sendonly'),
    effects: ['answer-reinvite caller recvonly', 'publish hold.changed'],
    reasons: ['caller-api', 'caller-phone'],
    local: 'recvonly / sendonly',
    sounds: 'none / music',
  },
  {
    situation: 'held by the API and the phone, and the API resumes: still held by its phone',
    given: callerHoldsByBoth,
    input: (story) => story.resume('caller'),
    effects: ['publish hold.changed'],
    reasons: ['caller-phone'],
    local: 'recvonly / sendonly',
    sounds: 'none / music',
  },
  {
    situation: 'held by the phone alone after the API let go, and the phone lets go too',
    given: (story) => {
      callerHoldsByBoth(story);
      story.resume('caller');
    },
    input: (story) => story.offers('caller', 'sendrecv'),
    effects: ['answer-reinvite caller sendrecv', 'stop-sound callee', 'send-reinvite callee sendrecv'],
    reasons: [],
    local: 'sendrecv / sendrecv',
    sounds: 'none / none',
  },
  {
    situation: 'talking, and the caller offers sendonly',
    given: nobody,
    input: (story) => story.offers('caller', 'sendonly'),
    effects: ['gate', 'answer-reinvite caller recvonly', 'send-reinvite callee sendonly', 'play callee music'],
    reasons: ['caller-phone'],
    local: 'recvonly / sendonly',
    sounds: 'none / music',
  },
  {
    // The design's plan starts the music for the caller here; its phone said it does not listen, so it starts with its answer.
    situation: 'held by the caller phone, and the held callee presses hold too (inactive)',
    given: callerPhoneHolds,
    input: (story) => story.offers('callee', 'inactive'),
    effects: ['answer-reinvite callee inactive', 'stop-sound callee', 'send-reinvite caller sendonly'],
    reasons: ['callee-phone', 'caller-phone'],
    local: 'sendonly / inactive',
    sounds: 'music / none',
  },
  {
    situation: 'held by both phones, and the callee lets go with recvonly',
    given: bothPhonesHold,
    input: (story) => story.offers('callee', 'recvonly'),
    effects: ['answer-reinvite callee sendonly', 'stop-sound caller', 'send-reinvite caller recvonly', 'play callee music'],
    reasons: ['caller-phone'],
    local: 'recvonly / sendonly',
    sounds: 'none / music',
  },
  {
    situation: 'talking, and the caller offers inactive',
    given: nobody,
    input: (story) => story.offers('caller', 'inactive'),
    effects: ['gate', 'answer-reinvite caller inactive', 'send-reinvite callee sendonly', 'play callee music'],
    reasons: ['caller-phone'],
    local: 'inactive / sendonly',
    sounds: 'none / music',
  },
  {
    situation: 'talking, and the caller offers recvonly: not a hold',
    given: nobody,
    input: (story) => story.offers('caller', 'recvonly'),
    effects: ['answer-reinvite caller sendonly', 'mute caller'],
    reasons: [],
    local: 'sendonly / sendrecv',
    sounds: 'none / none',
  },
  {
    situation: 'talking, and the API holds both',
    given: nobody,
    input: (story) => story.hold('controller'),
    effects: ['gate', 'send-reinvite caller sendonly', 'send-reinvite callee sendonly', 'play caller music', 'play callee music'],
    reasons: ['controller'],
    local: 'sendonly / sendonly',
    sounds: 'music / music',
  },
  {
    situation: 'talking, and the API holds both in silence',
    given: nobody,
    input: (story) => story.hold('controller', false),
    effects: ['gate', 'send-reinvite caller inactive', 'send-reinvite callee inactive'],
    reasons: ['controller'],
    local: 'inactive / inactive',
    sounds: 'none / none',
  },
  {
    situation: 'held in silence by the API, and music is wanted after all: it starts when the phones agree to listen',
    given: (story) => {
      story.hold('controller', false);
      story.cooperate();
    },
    input: (story) => story.hold('controller', true),
    effects: ['send-reinvite caller sendonly', 'send-reinvite callee sendonly'],
    reasons: ['controller'],
    local: 'sendonly / sendonly',
    sounds: 'music / music',
  },
];

for (const row of ROWS) {
  t.test(row.situation, async (t) => {
    const story = talking();
    row.given(story);
    t.same(row.input(story), row.effects);
    story.cooperate();
    t.same(story.reasons, row.reasons);
    t.equal(story.local, row.local);
    t.equal(story.sounds, row.sounds);
    t.equal(story.confirmed.gated, row.reasons.length > 0, 'cut apart exactly while somebody holds');
    t.ok(story.settled);
    t.same(planHold(story.confirmed.hold, story.confirmed), [], 'a second plan is empty');
  });
}

t.test('the same rows hold with the legs changed over, except for who is named', async (t) => {
  const changedOver = (text: string): string =>
    text.replaceAll(/caller|callee/g, (role) => (role === 'caller' ? 'callee' : 'caller'));
  const story = talking();
  const other = talking();
  t.same(story.offers('caller', 'sendonly').map(changedOver).sort(), other.offers('callee', 'sendonly').sort());
  t.same(story.cooperate().map(changedOver).sort(), other.cooperate().sort());
  t.same(story.hold('callee').map(changedOver).sort(), other.hold('caller').sort());
  t.same(story.cooperate().map(changedOver).sort(), other.cooperate().sort());
  t.equal(story.local, other.local.split(' / ').reverse().join(' / '));
});

t.test('a leg is held by whoever else holds the call, and never by itself', async (t) => {
  for (const role of ['caller', 'callee'] as const) {
    t.equal(isHeld(NOBODY_HOLDS, role), false);
    t.equal(isHeld(ledger('controller'), role), true);
    for (const reason of [apiReason(role), phoneReason(role)])
      t.equal(isHeld(ledger(reason), role), false, `${role} by ${reason}`);
    for (const reason of [apiReason(otherLeg(role)), phoneReason(otherLeg(role))])
      t.equal(isHeld(ledger(reason), role), true, `${role} by ${reason}`);
  }
});

t.test('what we wish to write to a leg, for every ledger', async (t) => {
  const wish = (held: HoldLedger): string => `${wantedDirection(held, 'caller')} / ${wantedDirection(held, 'callee')}`;
  t.equal(wish(NOBODY_HOLDS), 'sendrecv / sendrecv');
  t.equal(wish(ledger('controller')), 'sendonly / sendonly');
  t.equal(wish(silent('controller')), 'inactive / inactive');
  t.equal(wish(ledger('caller-api')), 'inactive / sendonly');
  t.equal(wish(silent('caller-api')), 'inactive / inactive');
  t.equal(wish(ledger('callee-api')), 'sendonly / inactive');
  t.equal(wish(ledger('caller-phone')), 'recvonly / sendonly');
  t.equal(wish(ledger('callee-phone')), 'sendonly / recvonly');
  t.equal(wish(ledger('caller-api', 'caller-phone')), 'recvonly / sendonly', 'its own phone knows best what it hears');
  t.equal(wish(ledger('caller-phone', 'callee-phone')), 'sendonly / sendonly', 'each holds the other');
  t.equal(wish(ledger('caller-phone', 'controller')), 'sendonly / sendonly');
  t.equal(wish(ledger('caller-api', 'callee-api')), 'sendonly / sendonly');
});

t.test('music plays to a held party when at least one of those who hold it wants music', async (t) => {
  const both = new Map([...silent('controller'), ...ledger('caller-phone')]);
  t.equal(wantedDirection(both, 'callee'), 'sendonly', 'the caller phone asks for music');
  t.equal(wantedDirection(both, 'caller'), 'inactive', 'nobody asks for music for the caller');
});

t.test('what a phone means by its offer while its leg is free, held, or holding', async (t) => {
  const meant = (held: HoldLedger, leg: Leg): string =>
    DIRECTIONS.map((offered) => `${offered}: ${intentOf(held, leg, offered)}`).join(', ');
  const free = talking();
  t.equal(
    meant(free.confirmed.hold, free.confirmed.caller),
    'sendrecv: none, sendonly: hold, recvonly: none, inactive: hold',
    'talking: inactive refuses what we send',
  );
  const silenced = talking();
  silenced.hold('controller', false);
  silenced.cooperate();
  t.equal(
    meant(silenced.confirmed.hold, silenced.confirmed.caller),
    'sendrecv: none, sendonly: hold, recvonly: none, inactive: none',
    'nothing is sent to it: inactive is a refresh',
  );
  const entertained = talking();
  entertained.hold('controller');
  entertained.cooperate();
  t.equal(
    meant(entertained.confirmed.hold, entertained.confirmed.caller),
    'sendrecv: none, sendonly: hold, recvonly: none, inactive: hold',
    'music is sent to it: inactive refuses it',
  );
  const holding = talking();
  callerPhoneHolds(holding);
  t.equal(
    meant(holding.confirmed.hold, holding.confirmed.caller),
    'sendrecv: resume, sendonly: none, recvonly: resume, inactive: none',
    'it holds: only what listens again is a resume',
  );
  t.equal(
    meant(holding.confirmed.hold, holding.confirmed.callee),
    'sendrecv: none, sendonly: hold, recvonly: none, inactive: hold',
    'what one phone holds, the other cannot resume',
  );
});

t.test('an answer never begins a hold, whatever direction it says', async (t) => {
  const answersSeen: Direction[] = [];
  for (const answer of DIRECTIONS) {
    const story = talking();
    story.hold('controller');
    story.answers('caller', answer);
    story.answers('callee', 'recvonly');
    t.same(story.reasons, ['controller'], `answered ${answer}`);
    story.resume('controller');
    story.answers('caller', answer);
    story.answers('callee', 'sendrecv');
    t.same(story.reasons, [], `and the resume answered ${answer}`);
    t.equal(story.confirmed.gated, false);
    answersSeen.push(story.confirmed.caller.media.remote);
  }
  t.same(answersSeen, DIRECTIONS, 'what each answer said is kept all the same');
});

t.test('a phone that asks for our offer is offered room to lift its own hold, and no more', async (t) => {
  t.equal(freshOfferDirection(NOBODY_HOLDS, 'caller'), 'sendrecv');
  t.equal(freshOfferDirection(ledger('caller-phone'), 'caller'), 'sendrecv');
  t.equal(freshOfferDirection(ledger('controller', 'caller-phone'), 'caller'), 'sendonly');
  t.equal(freshOfferDirection(ledger('callee-phone'), 'caller'), 'sendonly', "its peer's hold is not its own to lift");
  t.equal(freshOfferDirection(silent('controller'), 'caller'), 'inactive');
});

t.test('holds by different owners leave the same ledger in any order, and each lifts only its own', async (t) => {
  const reasons: readonly HoldReason[] = ['controller', 'caller-api', 'callee-api', 'caller-phone', 'callee-phone'];
  for (const one of reasons) {
    for (const other of reasons) {
      const forth = withReason(withReason(NOBODY_HOLDS, one, {}), other, {});
      const back = withReason(withReason(NOBODY_HOLDS, other, {}), one, {});
      t.same(new Set(forth.keys()), new Set(back.keys()));
      t.same([...withoutReason(forth, one).keys()], one === other ? [] : [other]);
    }
  }
  t.equal(NOBODY_HOLDS.size, 0, 'a ledger is never changed in place');
});

t.test('a hold that a phone does not answer in time is told as it stands, and again once it is whole', async (t) => {
  const timers = (story: CallStory): string[] =>
    story.effects.flatMap((effect) =>
      effect.kind.endsWith('-timer') && 'timer' in effect ? `${effect.kind} ${effect.timer}` : [],
    );
  const story = talking();
  story.hold('controller');
  t.same(timers(story), ['start-timer untold']);
  story.answers('callee', 'recvonly');
  t.same(story.events('hold.changed'), []);
  story.on({ kind: 'timer.fired', timer: 'untold' });
  t.match(story.events('hold.changed'), [
    { hold: { reasons: ['controller'], caller: { held: true, state: 'pending' }, callee: { held: true, state: 'agreed' } } },
  ]);
  story.answers('caller', 'recvonly');
  t.match(story.events('hold.changed').slice(1), [{ hold: { caller: { state: 'agreed' } } }]);
  story.on({ kind: 'timer.fired', timer: 'untold' });
  t.equal(story.events('hold.changed').length, 2, 'a late timer says nothing');

  story.resume('controller');
  story.on({ kind: 'timer.fired', timer: 'untold' });
  t.equal(story.events('hold.changed').length, 2, 'they are not together yet');
  story.cooperate();
  t.match(story.events('hold.changed').slice(2), [{ hold: { reasons: [], caller: { state: 'agreed' } } }]);
  story.hold('callee');
  story.cooperate();
  t.same(timers(story).slice(-2), ['start-timer untold', 'stop-timer untold'], 'who answers in time ends the wait');
  t.equal(story.events('hold.changed').length, 4);
});
