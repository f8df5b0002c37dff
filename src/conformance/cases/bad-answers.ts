/**
 * bad-answers: phones that agree to a hold with an SDP that does not: whatever it says, nobody hears the other, the call lives, and
 * resume works.
 */
import { LEGS, overBoth, type Case, type Leg, type Story } from '../case.js';
import { accept, type Acceptance } from '../phone/manners.js';
import { VIDEO } from './media-lines.js';

type Bad = Readonly<{ id: string; title: string; acceptance: Acceptance; video?: boolean }>;

const BAD: readonly Bad[] = [
  { id: 'sendrecv', title: 'sendrecv', acceptance: { direction: 'sendrecv' } },
  { id: 'sendonly', title: 'sendonly, which sendonly forbids', acceptance: { direction: 'sendonly' } },
  {
    id: 'no-direction',
    title: 'no direction at all',
    acceptance: { body: (right) => right.replace(/a=(recvonly|inactive)\r\n/, '') },
  },
  {
    id: 'wrong-payload',
    title: 'a payload number that was not offered',
    acceptance: { body: (right) => right.replace(/RTP\/AVP .*/, 'RTP/AVP 77') },
  },
  { id: 'garbage', title: 'what is no SDP at all', acceptance: { body: () => 'hello\r\n' } },
  { id: 'empty', title: 'no SDP', acceptance: { body: () => '' } },
  {
    id: 'same-version',
    title: 'an o= version that did not move',
    acceptance: { body: (right) => right.replace(/^(o=\S+ \d+) \d+/m, '$1 1') },
  },
  { id: 'port-0', title: 'its only stream refused', acceptance: { body: (right) => right.replace(/m=audio \d+/, 'm=audio 0') } },
  {
    id: 'fewer-lines',
    title: 'fewer m= lines than offered',
    acceptance: { body: (right) => right.replace(/m=video[^]*/, '') },
    video: true,
  },
];

const story = (leg: Leg, { id, title, acceptance, video = false }: Bad): Story => ({
  id: `answer-${id}-${leg}`,
  title: `the ${leg} answers the hold with ${title}: nobody hears the other, the call lives, resume works`,
  rfc: '3264 §6.1',
  needs: 'control',
  complaints: ['C10', 'C6'],
  run: async (stage) => {
    if (video) for (const phone of [stage.caller, stage.callee]) phone.sdp.takes = ['video'];
    await stage.talk(video ? { extra: [VIDEO] } : {});
    stage.next(leg, 'INVITE', accept(acceptance));
    await stage.apiHold();
    await stage.hearAtOnce({ caller: 'no voice', callee: 'no voice' });
    await stage.apiResume();
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
});

export const badAnswers: readonly Case[] = overBoth(LEGS.flatMap((leg) => BAD.map((bad) => story(leg, bad))));
