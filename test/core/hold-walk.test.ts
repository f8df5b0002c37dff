/**
 * hold-walk: every situation that API intents and phone offers can bring about in a call whose phones answer, walked to the end.
 * One input at a time is settled before the next comes: what happens when they cross is asked in call-walk.test.ts.
 */
import t from 'tap';
import type { Confirmed } from '#core/call.js';
import { answerTo, DIRECTIONS, type Direction } from '#core/direction.js';
import { wantedDirection, isHeld, planHold } from '#core/hold.js';
import { holdView } from '#core/hold-view.js';
import { LEG_ROLES, localDirection, otherLeg, type LegRole } from '#core/leg.js';
import { talking, talkingApi, type CallStory, type Holder } from '../support/call-fixture.js';

type Offered = Readonly<Record<LegRole, Direction>>;
type Situation = Readonly<{ story: CallStory; lastOffered: Offered }>;
type Move = Readonly<{
  name: string;
  leg?: LegRole;
  offered?: Direction;
  refreshed?: LegRole;
  make: (story: CallStory) => string[];
}>;

const HOLDERS: readonly Holder[] = ['controller', 'caller', 'callee'];

const HOLDS: readonly Move[] = HOLDERS.flatMap((holder) =>
  [true, false].map((music): Move => ({
    name: `API: ${holder} holds ${music ? 'with music' : 'in silence'}`,
    make: (story) => story.hold(holder, music),
  })),
);
const RESUMES: readonly Move[] = HOLDERS.map((holder) => ({
  name: `API: ${holder} resumes`,
  make: (story) => story.resume(holder),
}));
const OFFERS: readonly Move[] = LEG_ROLES.flatMap((leg) =>
  DIRECTIONS.map((offered): Move => ({
    name: `${leg} offers ${offered}`,
    leg,
    offered,
    make: (story) => story.offers(leg, offered),
  })),
);
const OFFERLESS: readonly Move[] = LEG_ROLES.map((leg) => ({
  name: `${leg} asks for our offer`,
  leg,
  make: (story) => story.offers(leg),
}));

/** RFC 4028: our turn to refresh comes; the phone takes UPDATE, or it takes only re-INVITE. The session ends with the move. */
const REFRESHES: readonly Move[] = LEG_ROLES.flatMap((refreshed) =>
  [true, false].map((byUpdate): Move => ({
    name: `${refreshed} is refreshed by ${byUpdate ? 'UPDATE' : 're-INVITE'}`,
    refreshed,
    make: (story) => {
      story.on({ kind: 'session.agreed', leg: refreshed, intervalSec: 1800, weRefresh: true, byUpdate });
      const effects = story.on({ kind: 'timer.fired', timer: `session-${refreshed}` });
      story.on({ kind: 'session.agreed', leg: refreshed, weRefresh: false, byUpdate });
      return byUpdate ? [...effects, ...story.on({ kind: 'refresh.answered', leg: refreshed })] : effects;
    },
  })),
);
const TRANSFERS: readonly Move[] = LEG_ROLES.flatMap((leaving) => [
  {
    name: `${leaving} is about to leave`,
    make: (story: CallStory) => story.on({ kind: 'transfer.requested', leaving, park: false }),
  },
  { name: `${leaving} stays after all`, make: (story: CallStory) => story.on({ kind: 'transfer.failed', leaving }) },
]);

const PLAY = { id: 'p', sound: { name: 'words', file: 'words', ms: 900 }, times: 1, ms: 900 } as const;
const SOUNDS: readonly Move[] = LEG_ROLES.flatMap((leg): Move[] => [
  ...[true, false].map((muted) => ({
    name: `API: ${leg} is ${muted ? 'muted' : 'unmuted'}`,
    make: (story: CallStory) => story.on({ kind: 'mute.requested', leg, muted }),
  })),
  { name: `API: plays to ${leg}`, make: (story) => story.on({ kind: 'play.requested', legs: [leg], play: PLAY }) },
  { name: `API: is quiet to ${leg}`, make: (story) => story.on({ kind: 'quiet.requested', legs: [leg] }) },
]);

const EVERY_MOVE = [...HOLDS, ...RESUMES, ...OFFERS, ...OFFERLESS, ...REFRESHES];

/** How phones answer our offers. `mayLie`: not as RFC 3264 §6.1 allows. */
type Manner = Readonly<{ name: string; wishes: (lastOffered: Offered) => Offered; mayLie?: (offered: Direction) => Direction }>;
const both = (direction: Direction): Offered => ({ caller: direction, callee: direction });
const OPEN: Manner = { name: 'take whatever they are offered', wishes: () => both('sendrecv') };
const STEADY: Manner = { name: 'stay with what they last offered themselves', wishes: (lastOffered) => lastOffered };
const MANNERS: readonly Manner[] = [
  OPEN,
  STEADY,
  { name: 'never want anything', wishes: () => both('inactive') },
  { name: 'answer sendrecv to everything', wishes: () => both('sendrecv'), mayLie: () => 'sendrecv' },
];

/** Two situations are one when everything that a rule looks at is the same. */
function keyOf({ story, lastOffered }: Situation): string {
  const { hold, gated, muted, caller, callee } = story.confirmed;
  const leg = ({ media, offerAnswer, refused, silenced, playing }: Confirmed['caller']): unknown => [
    media,
    offerAnswer.kind,
    refused,
    [silenced, playing?.id],
  ];
  return JSON.stringify([[...hold].sort(), gated, gated ? undefined : muted, leg(caller), leg(callee), lastOffered]);
}

type Moved = Readonly<{ to: Situation; first: string[]; then: string[] }>;

function move(from: Situation, one: Move, manner: Manner): Moved {
  const story = from.story.fork();
  const first = one.make(story);
  const lastOffered =
    one.leg === undefined || one.offered === undefined ? from.lastOffered : { ...from.lastOffered, [one.leg]: one.offered };
  const then = story.cooperate(manner.wishes(lastOffered), manner.mayLie);
  return { to: { story, lastOffered }, first, then };
}

/** What is wrong with one move, in words; nothing, it is hoped. */
function faultsOf(from: Situation, one: Move, manner: Manner, { to, first, then }: Moved): string[] {
  const call = to.story.confirmed;
  const faults: string[] = [];
  const must = (truth: boolean, law: string): void => {
    if (!truth)
      faults.push(`${law}: ${one.name}, phones ${manner.name}, ${keyOf(from)} -> ${[...first, '|', ...then].join('; ')}`);
  };
  const answer = first.find((effect) => effect.startsWith('answer-reinvite'))?.split(' ')[2] as Direction | undefined;
  if (one.offered !== undefined) {
    must(answer !== undefined && answerTo(one.offered, answer) === answer, 'every answer is legal (RFC 3264 §6.1)');
  }
  if (one.refreshed !== undefined) {
    const said = first.filter((effect) => /^send-re/.test(effect));
    const before = from.story.confirmed[one.refreshed].media.advertised;
    const right = [`send-refresh ${one.refreshed}`, `send-reinvite ${one.refreshed} ${before}`];
    must(
      said.length === 1 && right.includes(said[0] ?? ''),
      'a refresh says once what was agreed last, or nothing of the session',
    );
    must(to.story.reasons.join() === from.story.reasons.join(), 'and begins and ends no hold');
  }
  const sent = first.filter((effect) => effect.startsWith('send-reinvite'));
  must(sent.length <= 2, 'a plan has at most two re-INVITEs');
  must(!sent.some((effect) => effect.includes(one.leg ?? 'nobody')), 'no re-INVITE to the leg that is being answered');
  if (one.leg === undefined || one.offered !== undefined) {
    for (const leg of LEG_ROLES) {
      const offers = [...first, ...then].filter((effect) => effect.startsWith(`send-reinvite ${leg}`));
      must(offers.length <= 1, 'one round settles');
    }
  }
  must(call.hold.size === 0 || call.gated, 'no audio between the parties while anyone is held');
  must(call.hold.size > 0 || !call.gated, 'audio when nobody holds');
  const gateAt = first.indexOf('gate');
  must(gateAt === -1 || gateAt === 0, 'the gate comes before everything else');
  must(to.story.settled, 'one round settles');
  must(planHold(call.hold, call).length === 0, 'a second plan is empty');
  for (const leg of LEG_ROLES) {
    const { media } = call[leg];
    const byProgram = call[leg].silenced === true || call[otherLeg(leg)].playing !== undefined;
    must(!byProgram || call.gated || call.muted[leg], 'whom a program has muted, or whose peer is played to, is not heard');
    must(byProgram || call.gated || manner.mayLie !== undefined || !call.muted[leg] || silentBySdp(call, leg), 'and nobody else');
    must(media.sound !== 'music' || isHeld(call.hold, leg), 'music only for held parties');
    must(media.advertised === wantedDirection(call.hold, leg), 'each leg was told what is wanted');
    must(holdView(call)[leg].state === 'agreed', 'and nobody refused');
    if (manner.mayLie === undefined) {
      const hears = localDirection(media) === 'sendonly' || localDirection(media) === 'sendrecv';
      const wantsToSend = wantedDirection(call.hold, leg) === 'sendonly';
      must((media.sound === 'music') === (hears && wantsToSend), 'music exactly where the leg is held and we send');
    }
  }
  return faults;
}

/** Its phone, or its peer's, has said so itself. */
const silentBySdp = (call: Confirmed, leg: LegRole): boolean =>
  /inactive|recvonly/.test(call[leg].media.remote) || /inactive|sendonly/.test(call[otherLeg(leg)].media.remote);

type Walked = Readonly<{ situations: readonly Situation[]; faults: readonly string[] }>;

const walked = new Map<Manner, Walked>();

/** The walk of a call between two phones, done once for each manner. */
function walkOf(manner: Manner): Walked {
  const known = walked.get(manner) ?? walk(talking(), manner);
  walked.set(manner, known);
  return known;
}

function walk(start: CallStory, manner: Manner, moves = EVERY_MOVE): Walked {
  const first: Situation = { story: start, lastOffered: both('sendrecv') };
  const seen = new Map<string, Situation>([[keyOf(first), first]]);
  const faults: string[] = [];
  for (const situation of seen.values()) {
    for (const one of moves) {
      const moved = move(situation, one, manner);
      faults.push(...faultsOf(situation, one, manner, moved));
      const key = keyOf(moved.to);
      if (!seen.has(key)) seen.set(key, moved.to);
    }
  }
  return { situations: [...seen.values()], faults };
}

for (const manner of MANNERS) {
  t.test(`every situation is left lawfully by every move while phones ${manner.name}`, async (t) => {
    const { situations, faults } = walkOf(manner);
    t.same(faults.slice(0, 5), [], `${faults.length} faults in ${situations.length * EVERY_MOVE.length} moves`);
    t.ok(situations.length >= 100, `${situations.length} situations were reached`);
    t.comment(`${situations.length} situations, ${situations.length * EVERY_MOVE.length} moves`);
  });
}

t.test(
  'a party that is about to leave is one more holder: every situation is left lawfully, also with both about to',
  async (t) => {
    const moves = [...EVERY_MOVE, ...TRANSFERS];
    const { situations, faults } = walk(talking(), STEADY, moves);
    t.same(faults.slice(0, 5), [], `${faults.length} faults in ${situations.length * moves.length} moves`);
    t.ok(situations.length > 3 * walkOf(STEADY).situations.length, `${situations.length} situations were reached`);
  },
);

t.test(
  'programs that mute and play neither begin nor end a hold, in no situation, and no hold lets a muted party be heard',
  async (t) => {
    const moves = [...HOLDS.filter((one) => one.name.endsWith('with music')), ...RESUMES, ...SOUNDS];
    const few = walk(talking(), STEADY, [...moves, ...OFFERS.filter((one) => /sendonly|sendrecv/.test(one.name))]);
    t.same(few.faults.slice(0, 5), [], `${few.faults.length} faults`);
    const faults: string[] = [];
    for (const from of few.situations) {
      for (const one of SOUNDS) {
        const { to } = move(from, one, STEADY);
        const [before, after] = [from.story, to.story].map((story) => [story.reasons, story.local, story.sounds].join());
        if (before !== after) faults.push(`${one.name}: ${before} became ${after}`);
      }
    }
    t.same(faults.slice(0, 5), []);
    t.ok(few.situations.length > 1000, `${few.situations.length} situations were reached`);
  },
);

t.test('a call that the API made behaves as one that a phone made', async (t) => {
  const { situations, faults } = walk(talkingApi(), STEADY);
  t.same(faults.slice(0, 5), []);
  t.equal(situations.length, walkOf(STEADY).situations.length);
});

t.test('holds by different holders commute, wherever the call stands', async (t) => {
  const { situations } = walkOf(STEADY);
  const presses = OFFERS.filter((one) => one.offered === 'sendonly');
  const holds = [...HOLDS.filter((one) => one.name.endsWith('with music')), ...presses];
  const outcome = (from: Situation, ...moves: readonly Move[]): string => {
    const { story } = moves.reduce((at, one) => move(at, one, STEADY).to, from);
    return JSON.stringify([story.reasons, story.confirmed.gated, story.local, story.sounds]);
  };
  const faults: string[] = [];
  for (const from of situations) {
    for (const [index, one] of holds.entries()) {
      for (const other of holds.slice(index + 1)) {
        const forth = outcome(from, one, other);
        const back = outcome(from, other, one);
        if (forth !== back) faults.push(`${one.name}, ${other.name}: ${forth}; the other way ${back}; from ${keyOf(from)}`);
      }
    }
  }
  t.same(faults.slice(0, 5), [], `${situations.length} situations, ${(holds.length * (holds.length - 1)) / 2} pairs each`);
});

t.test('from every situation each owner can lift its own hold, and then both parties talk', async (t) => {
  const { situations } = walkOf(OPEN);
  const faults: string[] = [];
  const letGo = [...RESUMES, ...OFFERS.filter((one) => one.offered === 'sendrecv')];
  for (const from of situations) {
    const { story } = letGo.reduce((at, one) => move(at, one, OPEN).to, from);
    const told = [story.local, story.sounds, story.reasons.length, story.confirmed.gated].join(' ');
    if (told !== 'sendrecv / sendrecv none / none 0 false') faults.push(`${told} from ${keyOf(from)}`);
  }
  t.same(faults.slice(0, 5), [], `${situations.length} situations`);
});

t.test("one party's resume never lets the other out of somebody else's hold", async (t) => {
  const { situations } = walkOf(OPEN);
  const faults: string[] = [];
  for (const from of situations) {
    for (const leg of LEG_ROLES) {
      const others = from.story.reasons.filter((reason) => !reason.startsWith(leg));
      for (const one of [...OFFERS, ...OFFERLESS].filter((offer) => offer.leg === leg)) {
        const { story } = move(from, one, OPEN).to;
        const left = story.reasons.filter((reason) => !reason.startsWith(leg));
        if (left.join() !== others.join()) faults.push(`${one.name}: ${others.join()} became ${left.join()}`);
        if (isHeld(from.story.confirmed.hold, leg) && !isHeld(story.confirmed.hold, leg)) faults.push(`${one.name} freed ${leg}`);
        if (story.reasons.includes(`${otherLeg(leg)}-phone`) !== from.story.reasons.includes(`${otherLeg(leg)}-phone`))
          faults.push(`${one.name} moved the other phone's hold`);
      }
    }
  }
  t.same(faults.slice(0, 5), []);
});
