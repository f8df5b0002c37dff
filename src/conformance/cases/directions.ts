/**
 * directions: every direction that a phone can offer, in every state a call can be in. What a phone says it does not receive must not
 * reach it, whoever else holds; and nobody's offer lifts another's hold (RFC 3264 §8.4, RFC 6337 §5.3).
 */
import { LEGS, otherLeg, overBoth, type Case, type Leg, type Story } from '../case.js';
import type { Demand } from '../phone/heard.js';
import { modify } from '../phone/modify.js';
import type { Direction } from '../phone/sdp-reader.js';
import type { Stage } from '../stage.js';
import { holdNamed } from '../ways.js';

const DIRECTIONS: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

const STATES = ['talking', 'held', 'held-inactive', 'holding', 'api-held'] as const;
type State = (typeof STATES)[number];

const SPOKEN: Readonly<Record<State, string>> = {
  talking: 'while both talk',
  held: 'while the other holds with sendonly',
  'held-inactive': 'while the other holds with inactive',
  holding: 'while it holds itself',
  'api-held': 'while the application holds both',
};

async function bring(stage: Stage, leg: Leg, state: State): Promise<void> {
  await stage.talk();
  if (state === 'held') await stage.holds(otherLeg(leg), holdNamed('sendonly'));
  if (state === 'held-inactive') await stage.holds(otherLeg(leg), holdNamed('inactive'));
  if (state === 'holding') await stage.holds(leg, holdNamed('sendonly'));
  if (state === 'api-held') await stage.apiHold();
}

const receives = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'recvonly';

/** What the offering phone must hear, and the other, when the offer has been answered. */
function demands(stage: Stage, state: State, offered: Direction): readonly [own: Demand, other: Demand] {
  const own = receives(offered);
  if (state === 'held' || state === 'held-inactive') return [own ? heldDemand(stage, state) : 'nothing', 'nothing'];
  if (state === 'api-held') return [own ? 'no voice' : 'nothing', 'no voice'];
  if (offered === 'sendrecv') return ['voice', 'voice'];
  // A phone that only receives hears the other. That the kit's phone goes on talking is its own fault, so nothing is asked of the other ear.
  if (offered === 'recvonly') return ['voice', 'anything'];
  return ['nothing', stage.held(offered)];
}

const heldDemand = (stage: Stage, state: State): Demand => stage.held(state === 'held' ? 'sendonly' : 'inactive');

const story = (leg: Leg, state: State, offered: Direction): Story => ({
  id: `direction-${offered}-${state}-${leg}`,
  title: `the ${leg} offers ${offered} ${SPOKEN[state]}: answered rightly, and heard accordingly`,
  rfc: '3264 §6.1',
  needs: state === 'api-held' ? 'control' : 'phones',
  complaints: state === 'talking' ? [] : ['C9'],
  run: async (stage) => {
    await bring(stage, leg, state);
    stage.phone(leg).sdp.wish = offered;
    await modify(stage.phone(leg));
    const [own, other] = demands(stage, state, offered);
    await stage.hear({ [leg]: own, [otherLeg(leg)]: other });
    await stage.hangUp(leg);
  },
});

export const directions: readonly Case[] = overBoth(
  LEGS.flatMap((leg) => STATES.flatMap((state) => DIRECTIONS.map((offered) => story(leg, state, offered)))),
);
