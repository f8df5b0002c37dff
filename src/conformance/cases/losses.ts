/**
 * losses: answers and acknowledgements that the network loses, doubles or delays (RFC 3261 §13.2.2.4, §13.3.1.4, §17).
 */
import { LEGS, otherLeg, over, overBoth, type Case, type Leg, type Story } from '../case.js';
import { expect } from '../failed.js';
import { accept, both, later, refuse } from '../phone/manners.js';
import { cseqOf, header } from '../phone/sip-text.js';
import { holdNamed } from '../ways.js';

const sendonly = holdNamed('sendonly');

const lost2xx = (leg: Leg): Story => ({
  id: `lost-2xx-${leg}`,
  title: `the 200 of the ${leg} to the hold is lost once: it comes again, and the hold stands`,
  rfc: '3261 §13.3.1.4',
  needs: 'control',
  run: async (stage) => {
    await stage.talk();
    stage.phone(leg).sip.lose((one) => one.status === 200 && cseqOf(one).method === 'INVITE');
    await stage.apiHold();
    await stage.hear({ caller: 'music', callee: 'music' });
    const { state } = (await stage.call()).hold[leg];
    expect(state === 'agreed', `the ${leg} agreed`, state);
    await stage.apiResume();
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
});

const lostAck = (leg: Leg): Story => ({
  id: `lost-ack-${leg}`,
  title: `the ACK of the ${leg} to the answer of its hold is lost: the 200 is sent again until it comes`,
  rfc: '3261 §13.3.1.4',
  run: async (stage) => {
    await stage.talk();
    const { sip } = stage.phone(leg);
    sip.lose((one) => one.what === 'ACK');
    const answer = await stage.holds(leg, sendonly);
    await stage.hear({ [leg]: 'nothing', [otherLeg(leg)]: stage.held('sendonly') });
    const cseq = header(answer, 'cseq');
    const ofHold = (): number => sip.times((one) => one.status === 200 && header(one, 'cseq') === cseq);
    for (let windows = 0; windows < 10 && ofHold() < 2; windows++) await stage.listen(10);
    expect(ofHold() >= 2, 'the 200 a second time (RFC 3261 §13.3.1.4)', `${ofHold()} time`);
    await stage.resumes(leg);
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp(leg);
  },
});

const neverAck = (leg: Leg): Story => ({
  id: `never-ack-${leg}`,
  title: `the ${leg} never acknowledges the answer to its hold: after 64*T1 the call is ended on both legs`,
  rfc: '3261 §13.3.1.4',
  mostMs: 60_000,
  run: async (stage) => {
    await stage.talk();
    stage.phone(leg).sip.lose((one) => one.what === 'ACK', 100);
    await stage.holds(leg, sendonly);
    await Promise.all(LEGS.map((each) => stage.ends(each, 45_000)));
  },
});

const doubled2xx = (leg: Leg): Story => ({
  id: `doubled-2xx-${leg}`,
  title: `the ${leg} sends its 200 to the hold twice: each is acknowledged, and the hold is one`,
  rfc: '3261 §13.2.2.4',
  needs: 'control',
  run: async (stage) => {
    await stage.talk();
    const phone = stage.phone(leg);
    const mark = phone.sip.mark();
    await stage.apiHold();
    const offer = await stage.offered(leg, mark);
    await stage.acknowledged(leg, offer);
    const acks = (): number => phone.sip.times((one) => one.what === 'ACK' && cseqOf(one).number === cseqOf(offer).number);
    const before = acks();
    phone.sip.repeat(offer);
    for (let windows = 0; windows < 10 && acks() === before; windows++) await stage.listen(5);
    expect(acks() > before, 'an ACK for the repeated 200', 'none');
    await stage.hear({ caller: 'music', callee: 'music' });
    await stage.apiResume();
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
});

const provisional = (leg: Leg): Story => ({
  id: `provisional-${leg}`,
  title: `the ${leg} answers the hold with 100 and 183 before the 200`,
  rfc: '3261 §14.1',
  needs: 'control',
  run: async (stage) => {
    await stage.talk();
    stage.next(leg, 'INVITE', both(both(refuse(100), refuse(183)), later(400, accept())));
    await stage.apiHold();
    await stage.hear({ caller: 'music', callee: 'music' });
    await stage.apiResume();
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
});

const retried = (leg: Leg, status: 500 | 503): Story => ({
  id: `retry-after-${status}-${leg}`,
  title: `the ${leg} answers ${status} with Retry-After: 1 to the hold: it is asked again, and the hold stands`,
  rfc: '3261 §14.1, §20.33',
  needs: 'control',
  run: async (stage) => {
    await stage.talk();
    stage.next(leg, 'INVITE', refuse(status, { 'Retry-After': '1' }));
    await stage.apiHold();
    await stage.hear({ caller: 'music', callee: 'music' });
    let state = '';
    for (let tries = 0; tries < 25 && state !== 'agreed'; tries++) {
      await stage.listen(10);
      state = (await stage.call()).hold[leg].state;
    }
    expect(state === 'agreed', `the ${leg} agreed after a second asking`, state);
    await stage.apiResume();
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
});

export const losses: readonly Case[] = [
  over('udp', neverAck('caller')),
  over('tcp', neverAck('callee')),
  ...overBoth(
    LEGS.flatMap((leg) => [lost2xx(leg), lostAck(leg), doubled2xx(leg), provisional(leg), retried(leg, 500), retried(leg, 503)]),
  ),
];
