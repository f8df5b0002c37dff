/**
 * ways-to-hold: a phone holds and resumes in every dialect that phones have; who hears what decides, not the words.
 */
import { LEGS, otherLeg, overBoth, type Case, type Leg, type Story } from '../case.js';
import { HOLDS, RESUMES, holdNamed, type Way } from '../ways.js';

const holdStory = (leg: Leg, way: Way): Story => ({
  id: `hold-${way.id}-${leg}`,
  title: `the ${leg} holds by ${way.title}: the other hears its voice no more, and both hear each other after the resume`,
  rfc: way.rfc,
  complaints: ['C6', 'C7', ...(way.id.includes('codec') ? ['C4'] : [])],
  run: async (stage) => {
    await stage.talk();
    await stage.holds(leg, way);
    // The holder said it does not receive (RFC 3264 §5.1), so nothing must reach it; what the held party gets is the target's choice.
    await stage.hear({ [leg]: 'nothing', [otherLeg(leg)]: stage.held(way.direction) });
    await stage.resumes(leg);
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp(leg);
  },
});

const resumeStory = (leg: Leg, way: Way): Story => ({
  id: `resume-${way.id}-${leg}`,
  title: `the ${leg} resumes by ${way.title}: both hear each other`,
  rfc: way.rfc,
  complaints: ['C7', 'C8', ...(way.id === 'other-codec' ? ['C19'] : [])],
  run: async (stage) => {
    await stage.talk();
    await stage.holds(leg, holdNamed('sendonly'));
    await stage.hear({ [leg]: 'nothing', [otherLeg(leg)]: stage.held('sendonly') });
    await stage.resumes(leg, way);
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp(otherLeg(leg));
  },
});

export const waysToHold: readonly Case[] = overBoth(
  LEGS.flatMap((leg) => [...HOLDS.map((way) => holdStory(leg, way)), ...RESUMES.map((way) => resumeStory(leg, way))]),
);
