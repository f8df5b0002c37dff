/**
 * teardown: a call may end in every state of hold: both legs hear of it, and no sound goes on.
 */
import { LEGS, otherLeg, overBoth, type Case, type Leg, type Story } from '../case.js';
import { expect } from '../failed.js';
import type { Stage } from '../stage.js';
import { holdNamed } from '../ways.js';

const STATES = ['talking', 'held', 'holding', 'both-hold', 'api-held'] as const;
type State = (typeof STATES)[number];

async function bring(stage: Stage, leg: Leg, state: State): Promise<void> {
  await stage.talk();
  if (state === 'held' || state === 'both-hold') await stage.holds(otherLeg(leg), holdNamed('sendonly'));
  if (state === 'holding' || state === 'both-hold') await stage.holds(leg, holdNamed('sendonly'));
  if (state === 'api-held') await stage.apiHold();
}

const bye = (leg: Leg, state: State): Story => ({
  id: `bye-${state}-${leg}`,
  title: `the ${leg} hangs up (${state}): the other gets a BYE, and all sound ends`,
  rfc: '3261 §15',
  needs: state === 'api-held' ? 'control' : 'phones',
  run: async (stage) => {
    await bring(stage, leg, state);
    await stage.hangUp(leg);
    await stage.hear({ caller: 'nothing', callee: 'nothing' });
  },
});

const byApi = (state: State): Story => ({
  id: `bye-by-api-${state}`,
  title: `the application hangs up (${state}): both phones get a BYE, and all sound ends`,
  rfc: '3261 §15',
  needs: 'control',
  run: async (stage) => {
    await bring(stage, 'caller', state);
    const { id } = await stage.call();
    const ended = Promise.all(LEGS.map((leg) => stage.ends(leg, 5_000)));
    await stage.control.hangUp(id);
    await ended;
    await stage.hear({ caller: 'nothing', callee: 'nothing' });
  },
});

/** RFC 3261 §11: a question in the dialog is answered and changes nothing. */
const asked = (leg: Leg): Story => ({
  id: `options-held-${leg}`,
  title: `the ${leg} asks OPTIONS in the dialog while it is held: answered, and the hold stays`,
  rfc: '3261 §11',
  run: async (stage) => {
    await stage.talk();
    await stage.holds(otherLeg(leg), holdNamed('sendonly'));
    const phone = stage.phone(leg);
    const answer = await phone.final(phone.ask(phone.dialog, 'OPTIONS'));
    expect(answer.status === 200, 'OPTIONS answered 200', answer.line);
    await stage.hear({ [leg]: stage.held('sendonly'), [otherLeg(leg)]: 'nothing' });
    await stage.hangUp(leg);
  },
});

export const teardown: readonly Case[] = overBoth([
  ...LEGS.flatMap((leg) => STATES.map((state) => bye(leg, state))),
  ...STATES.map(byApi),
  ...LEGS.map(asked),
]);
