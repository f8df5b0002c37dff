/**
 * Goal: the hold ledger and its plan are right in every situation, not in examples. Method: the table of the design row by row, then
 * every situation that API holds and phone offers can reach, walked exhaustively through step() with phones that obey.
 */
import t from 'tap';
import { step, type Call, type Confirmed } from '#core/call.js';
import { answerTo, DIRECTIONS, meet, mirror, receives, sends, type Direction } from '#core/direction.js';
import type { Effect } from '#core/effects.js';
import { isHeld, phoneReason, planHold, wantedDirection } from '#core/hold.js';
import { isSettled } from '#core/hold-view.js';
import type { Input } from '#core/inputs.js';
import { LEG_ROLES, localDirection, type CallId, type LegRole } from '#core/leg.js';
import { newCall } from '#core/setup.js';

/** A phone call that both sides have answered and acknowledged. */
export function talking(): Confirmed {
  const start: Call = newCall({ id: 'c' as CallId, origin: 'phone', caller: '101', callee: '102', createdMs: 0 });
  const inputs: Input[] = [
    { kind: 'invite.received', offered: 'sendrecv', callee: 'reachable' },
    { kind: 'leg.answered', leg: 'callee', direction: 'sendrecv' },
    { kind: 'leg.acked', leg: 'caller' },
  ];
  const call = inputs.reduce<Call>((current, input) => step(current, input, 1)[0], start);
  if (call.kind !== 'confirmed') throw new Error(`not confirmed but ${call.kind}`);
  return call;
}

/** Runs an input and lets both phones answer every re-INVITE at once. `holdsOn`: a phone that pressed hold itself goes on refusing to listen. @returns the settled call and all effects on the way. */
function obey(call: Confirmed, input: Input, holdsOn = false): { call: Confirmed; effects: Effect[] } {
  const effects: Effect[] = [];
  const waiting: Input[] = [input];
  let current: Call = call;
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [after, more]: readonly [Call, readonly Effect[]] = step(current, next, 2);
    current = after;
    effects.push(...more);
    for (const effect of more) {
      if (effect.kind === 'send-reinvite') {
        const pressed = holdsOn && current.kind === 'confirmed' && current.hold.has(phoneReason(effect.leg));
        const wish = pressed ? 'sendonly' : 'sendrecv';
        waiting.push({ kind: 'reinvite.answered', leg: effect.leg, status: 200, direction: answerTo(effect.direction, wish) });
      } else if (effect.kind === 'answer-reinvite') waiting.push({ kind: 'reinvite.acked', leg: effect.leg });
    }
  }
  if (current.kind !== 'confirmed') throw new Error(`not confirmed but ${current.kind}`);
  return { call: current, effects };
}

const locals = (call: Confirmed): [Direction, Direction] => [
  localDirection(call.caller.media),
  localDirection(call.callee.media),
];
const hold = (holder: 'controller' | LegRole, music = true): Input => ({
  kind: 'hold.requested',
  holder,
  music: music ? undefined : null,
});
const resume = (holder: 'controller' | LegRole): Input => ({ kind: 'resume.requested', holder });
const offers = (leg: LegRole, direction: Direction): Input => ({ kind: 'reinvite.received', leg, direction });

t.test('RFC 3264 §6.1: an answer never does more than the offer left room for', async (t) => {
  for (const offered of DIRECTIONS) {
    for (const wanted of DIRECTIONS) {
      const answer = answerTo(offered, wanted);
      t.notOk(sends(answer) && !receives(offered), `${offered}: nobody listens`);
      t.notOk(receives(answer) && !sends(offered), `${offered}: nobody sends`);
      t.equal(meet(answer, wanted), answer, 'nor more than we want');
    }
    t.equal(mirror(mirror(offered)), offered);
  }
});

/** Rows of architecture.md section 7: input → local directions of caller and callee, reached from the row before. */
const STORIES: readonly (readonly [name: string, rows: readonly (readonly [Input, Direction, Direction])[]])[] = [
  [
    'the caller holds through the API, presses hold too, and lets go in the other order',
    [
      [hold('caller'), 'inactive', 'sendonly'],
      [hold('caller'), 'inactive', 'sendonly'],
      [offers('caller', 'inactive'), 'inactive', 'sendonly'],
      [offers('callee', 'recvonly'), 'inactive', 'sendonly'],
      [offers('caller', 'sendonly'), 'recvonly', 'sendonly'],
      [resume('caller'), 'recvonly', 'sendonly'],
      [offers('caller', 'sendrecv'), 'sendrecv', 'sendrecv'],
    ],
  ],
  [
    'both phones press hold, and let go one after the other',
    [
      [offers('caller', 'sendonly'), 'recvonly', 'sendonly'],
      [offers('callee', 'inactive'), 'sendonly', 'inactive'],
      [offers('callee', 'recvonly'), 'recvonly', 'sendonly'],
      [offers('caller', 'sendrecv'), 'sendrecv', 'sendrecv'],
    ],
  ],
  ['a phone holds with inactive', [[offers('caller', 'inactive'), 'inactive', 'sendonly']]],
  ['a phone that only wants to listen holds nobody', [[offers('caller', 'recvonly'), 'sendonly', 'sendrecv']]],
  [
    'the API holds both, with and without music',
    [
      [hold('controller'), 'sendonly', 'sendonly'],
      [hold('controller', false), 'inactive', 'inactive'],
      [resume('controller'), 'sendrecv', 'sendrecv'],
    ],
  ],
];

for (const [name, rows] of STORIES) {
  t.test(name, async (t) => {
    let call = talking();
    for (const [input, caller, callee] of rows) {
      call = obey(call, input).call;
      t.same(locals(call), [caller, callee], JSON.stringify(input));
    }
  });
}

t.test('every situation that API holds and phone offers reach', async (t) => {
  const inputs: Input[] = [
    ...(['controller', 'caller', 'callee'] as const).flatMap((holder) => [hold(holder), hold(holder, false), resume(holder)]),
    ...LEG_ROLES.flatMap((role) => DIRECTIONS.map((direction) => offers(role, direction))),
  ];
  const key = (call: Confirmed): string =>
    JSON.stringify([[...call.hold].sort(), call.gated, ...LEG_ROLES.map((role) => call[role].media)]);
  const seen = new Map([[key(talking()), talking()]]);
  const wrong: string[] = [];
  let transitions = 0;
  for (const call of seen.values()) {
    for (const input of inputs) {
      transitions++;
      const after = obey(call, input, true);
      for (const fault of faultsOf(after.call, after.effects, input))
        wrong.push(`${fault}: ${key(call)} ${JSON.stringify(input)}`);
      seen.set(key(after.call), after.call);
    }
  }
  t.same(wrong.slice(0, 5), []);
  t.ok(seen.size > 100, `${seen.size} situations`);
  t.ok(transitions > 1200, `${transitions} transitions`);
});

function faultsOf(call: Confirmed, effects: readonly Effect[], input: Input): string[] {
  const faults: string[] = [];
  const held = call.hold.size > 0;
  if (held && !call.gated) faults.push('held and not cut');
  if (!held && call.gated) faults.push('cut and not held');
  if (!isSettled(call)) faults.push('one round does not settle');
  if (planHold(call.hold, call).length > 0) faults.push('a second plan is not empty');
  const reinvites = effects.filter((effect) => effect.kind === 'send-reinvite');
  if (reinvites.length > 2) faults.push('more than two re-INVITEs');
  if (input.kind === 'reinvite.received' && reinvites.some((effect) => 'leg' in effect && effect.leg === input.leg)) {
    faults.push('a re-INVITE to the phone that was answered');
  }
  const gate = effects.findIndex((effect) => effect.kind === 'gate');
  const sip = effects.findIndex((effect) => effect.kind === 'send-reinvite' || effect.kind === 'answer-reinvite');
  if (gate > sip && sip >= 0 && gate >= 0) faults.push('SIP before the gate');
  for (const role of LEG_ROLES) {
    const { media } = call[role];
    const hears = sends(localDirection(media));
    const should = isHeld(call.hold, role) && sends(wantedDirection(call.hold, role)) && hears;
    if ((media.sound === 'music') !== should) faults.push(`music of the ${role} is wrong`);
  }
  if (input.kind === 'reinvite.received' && input.direction !== undefined) {
    const answer = effects.find((effect) => effect.kind === 'answer-reinvite');
    if (answer?.kind !== 'answer-reinvite') faults.push('an offer without an answer');
    else if (answerTo(input.direction, answer.direction) !== answer.direction) faults.push('an answer RFC 3264 §6.1 forbids');
  }
  return faults;
}

t.test('holds by different holders commute', async (t) => {
  const one = obey(obey(talking(), hold('caller'), true).call, offers('callee', 'sendonly'), true).call;
  const other = obey(obey(talking(), offers('callee', 'sendonly'), true).call, hold('caller'), true).call;
  t.same([...one.hold.keys()].sort(), [...other.hold.keys()].sort());
  t.same(locals(one), locals(other));
});
