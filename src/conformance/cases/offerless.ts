/**
 * offerless: a re-INVITE without an SDP, as transfers and music servers send it (RFC 7088): the 200 brings a full offer of what the
 * target wants now (RFC 6337 §5.1), and the answer in the ACK counts.
 */
import { LEGS, otherLeg, overBoth, type Case, type Leg, type Story } from '../case.js';
import { expect } from '../failed.js';
import { tryOnce } from '../phone/modify.js';
import { audioOf, readSdp } from '../phone/sdp-reader.js';
import type { Stage } from '../stage.js';
import { holdNamed } from '../ways.js';

/** @returns the offer in the 200; our answer went with the ACK. */
async function asksForOffer(stage: Stage, leg: Leg): Promise<string> {
  const ok = await tryOnce(stage.phone(leg), { body: '' });
  expect(ok.status === 200, 'the re-INVITE without an offer answered 200 (RFC 3261 §14.2)', ok.line);
  const audio = audioOf(readSdp(ok.body));
  expect(audio !== undefined, 'an offer with an audio line in the 200 (RFC 3261 §14.2)', ok.body);
  expect(
    audio.formats.includes('0'),
    'a full offer, with the codec in use (RFC 3261 §14.2)',
    `formats ${audio.formats.join(' ')}`,
  );
  return ok.body;
}

const directionOf = (offer: string): string => readSdp(offer).media[0]?.direction ?? 'none';

const stories = (leg: Leg): readonly Story[] => [
  {
    id: `offerless-talking-${leg}`,
    title: `the ${leg} sends a re-INVITE without an offer: it is offered sendrecv and both go on hearing each other`,
    rfc: '3261 §14.2',
    run: async (stage) => {
      await stage.talk();
      const offer = await asksForOffer(stage, leg);
      expect(directionOf(offer) === 'sendrecv', 'an offer of sendrecv (RFC 6337 §5.1)', directionOf(offer));
      await stage.hear({ caller: 'voice', callee: 'voice' });
      await stage.hangUp(leg);
    },
  },
  {
    id: `offerless-new-port-${leg}`,
    title: `the ${leg} answers in the ACK with a new port: it hears the other there`,
    rfc: '3264 §8.3.1',
    complaints: ['C8'],
    run: async (stage) => {
      await stage.talk();
      const { sound, sdp } = stage.phone(leg);
      await sound.move();
      sdp.usual = { ...sdp.usual, port: sound.port };
      await asksForOffer(stage, leg);
      await stage.hear({ caller: 'voice', callee: 'voice' });
      const heard = await sound.listen(10);
      const strays = heard.filter(({ port }) => port !== sound.port).length;
      expect(strays === 0, `all RTP at the new port ${sound.port}`, `${strays} of ${heard.length} packets at the old one`);
      await stage.hangUp(leg);
    },
  },
  {
    id: `offerless-held-${leg}`,
    title: `the ${leg} is held and asks for an offer: the hold of the other stays`,
    rfc: '6337 §5.1',
    complaints: ['C17'],
    run: async (stage) => {
      await stage.talk();
      await stage.holds(otherLeg(leg), holdNamed('sendonly'));
      await stage.hear({ [leg]: stage.held('sendonly'), [otherLeg(leg)]: 'nothing' });
      await asksForOffer(stage, leg);
      await stage.hear({ [leg]: stage.held('sendonly'), [otherLeg(leg)]: 'nothing' });
      await stage.resumes(otherLeg(leg));
      await stage.hear({ caller: 'voice', callee: 'voice' });
      await stage.hangUp(leg);
    },
  },
  {
    id: `offerless-ends-hold-${leg}`,
    title: `the ${leg} holds, asks for an offer and answers that it wants to talk: the hold is over`,
    rfc: '7088 §2',
    complaints: ['C17'],
    run: async (stage) => {
      await stage.talk();
      await stage.holds(leg, holdNamed('sendonly'));
      await stage.hear({ [leg]: 'nothing', [otherLeg(leg)]: stage.held('sendonly') });
      stage.phone(leg).sdp.wish = 'sendrecv';
      const offer = await asksForOffer(stage, leg);
      expect(
        directionOf(offer) === 'sendrecv',
        'an offer of what the target wants, which is to talk (RFC 6337 §5.1)',
        directionOf(offer),
      );
      await stage.hear({ caller: 'voice', callee: 'voice' });
      await stage.hangUp(leg);
    },
  },
  {
    id: `offerless-keeps-hold-${leg}`,
    title: `the ${leg} holds, asks for an offer and answers sendonly: the hold goes on`,
    rfc: '7088 §2',
    run: async (stage) => {
      await stage.talk();
      await stage.holds(leg, holdNamed('sendonly'));
      await asksForOffer(stage, leg);
      await stage.hear({ [leg]: 'nothing', [otherLeg(leg)]: stage.held('sendonly') });
      await stage.resumes(leg);
      await stage.hear({ caller: 'voice', callee: 'voice' });
      await stage.hangUp(leg);
    },
  },
  {
    id: `offerless-begins-hold-${leg}`,
    title: `the ${leg} answers sendonly in the ACK while both talk: what it does not want to receive is not sent`,
    rfc: '3264 §6.1',
    run: async (stage) => {
      await stage.talk();
      stage.phone(leg).sdp.wish = 'sendonly';
      await asksForOffer(stage, leg);
      await stage.hear({ [leg]: 'nothing' });
      await stage.resumes(leg);
      await stage.hear({ caller: 'voice', callee: 'voice' });
      await stage.hangUp(leg);
    },
  },
  {
    id: `offerless-api-held-${leg}`,
    title: `the application holds both and the ${leg} asks for an offer: nobody hears the other, and the offer says hold`,
    rfc: '6337 §5.1',
    needs: 'control',
    complaints: ['C17'],
    run: async (stage) => {
      await stage.talk();
      await stage.apiHold();
      const offer = await asksForOffer(stage, leg);
      expect(directionOf(offer) !== 'sendrecv', 'an offer of sendonly or inactive', directionOf(offer));
      await stage.hear({ caller: 'music', callee: 'music' });
      await stage.apiResume();
      await stage.hear({ caller: 'voice', callee: 'voice' });
      await stage.hangUp(leg);
    },
  },
];

export const offerless: readonly Case[] = overBoth(LEGS.flatMap(stories));
