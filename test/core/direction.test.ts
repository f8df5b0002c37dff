import t from 'tap';
import { answerTo, DIRECTIONS, direction, meet, mirror, receives, sends, type Direction } from '#core/direction.js';

/** RFC 3264 §6.1, written out: for each offer the answers it leaves room for. */
const LEGAL: Readonly<Record<Direction, readonly Direction[]>> = {
  sendrecv: ['sendrecv', 'sendonly', 'recvonly', 'inactive'],
  sendonly: ['recvonly', 'inactive'],
  recvonly: ['sendonly', 'inactive'],
  inactive: ['inactive'],
};

/** The sixteen answers: what we write when that is offered and this is wanted. */
const ANSWERS: Readonly<Record<Direction, Readonly<Record<Direction, Direction>>>> = {
  sendrecv: { sendrecv: 'sendrecv', sendonly: 'sendonly', recvonly: 'recvonly', inactive: 'inactive' },
  sendonly: { sendrecv: 'recvonly', sendonly: 'inactive', recvonly: 'recvonly', inactive: 'inactive' },
  recvonly: { sendrecv: 'sendonly', sendonly: 'sendonly', recvonly: 'inactive', inactive: 'inactive' },
  inactive: { sendrecv: 'inactive', sendonly: 'inactive', recvonly: 'inactive', inactive: 'inactive' },
};

for (const offered of DIRECTIONS) {
  t.test(`an offer of ${offered} is answered as RFC 3264 §6.1 allows, whatever is wanted`, async (t) => {
    for (const wanted of DIRECTIONS) {
      const answer = answerTo(offered, wanted);
      t.equal(answer, ANSWERS[offered][wanted], `${wanted} wanted: ${answer}`);
      t.ok(LEGAL[offered].includes(answer), `${answer} is among ${LEGAL[offered].join(', ')}`);
    }
  });
}

t.test('what the offer leaves room for is answered as wanted', async (t) => {
  for (const offered of DIRECTIONS) {
    for (const wanted of LEGAL[offered]) t.equal(answerTo(offered, wanted), wanted, `${wanted} to ${offered}`);
  }
});

t.test('there are four directions, each its own, and a direction is its two halves', async (t) => {
  t.same(new Set(DIRECTIONS), new Set(['sendrecv', 'sendonly', 'recvonly', 'inactive']));
  t.equal(DIRECTIONS.length, 4);
  for (const one of DIRECTIONS) t.equal(direction(sends(one), receives(one)), one);
  t.same(
    DIRECTIONS.map((one) => [one, sends(one), receives(one)]),
    [
      ['sendrecv', true, true],
      ['sendonly', true, false],
      ['recvonly', false, true],
      ['inactive', false, false],
    ],
  );
});

t.test('a mirror swaps sending and receiving, and twice is the same again', async (t) => {
  t.same(DIRECTIONS.map(mirror), ['sendrecv', 'recvonly', 'sendonly', 'inactive']);
  for (const one of DIRECTIONS) {
    t.equal(mirror(mirror(one)), one);
    t.equal(sends(mirror(one)), receives(one));
    t.equal(receives(mirror(one)), sends(one));
  }
});

t.test(
  'two directions meet in what both allow: sendrecv asks nothing, inactive leaves nothing, the order does not matter',
  async (t) => {
    for (const a of DIRECTIONS) {
      t.equal(meet(a, a), a);
      t.equal(meet(a, 'sendrecv'), a);
      t.equal(meet(a, 'inactive'), 'inactive');
      for (const b of DIRECTIONS) {
        t.equal(meet(a, b), meet(b, a));
        t.equal(mirror(meet(a, b)), meet(mirror(a), mirror(b)), 'both ends see the same stream');
        for (const c of DIRECTIONS) t.equal(meet(a, meet(b, c)), meet(meet(a, b), c));
      }
    }
  },
);

t.test('who answers and who offered agree on what was agreed', async (t) => {
  for (const offered of DIRECTIONS) {
    for (const wanted of DIRECTIONS) {
      const answer = answerTo(offered, wanted);
      t.equal(meet(offered, mirror(answer)), mirror(meet(answer, mirror(offered))));
      t.equal(answerTo(offered, answer), answer, 'answering again with the answer as the wish changes nothing');
    }
  }
});
