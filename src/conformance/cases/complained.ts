/**
 * complained: complaints of users that no other family asks about, each as a case of its own (complaints.ts has all 25).
 */
import { LEGS, otherLeg, over, overBoth, type Case, type Leg, type Story } from '../case.js';
import { expect } from '../failed.js';
import { refuse } from '../phone/manners.js';
import { modify, tryOnce } from '../phone/modify.js';
import type { RtpPacket } from '../phone/heard.js';
import { holdNamed } from '../ways.js';

const sendonly = holdNamed('sendonly');

const musicForHeld = (leg: Leg): Story => ({
  id: `music-for-held-only-${leg}`,
  title: `the ${leg} holds by its phone: the other hears music, and the ${leg} nothing`,
  rfc: '5359 §2.3',
  complaints: ['C1', 'C2', 'C3'],
  run: async (stage) => {
    stage.needsMusic();
    await stage.talk();
    await stage.holds(leg, sendonly);
    await stage.hear({ [leg]: 'nothing', [otherLeg(leg)]: 'music' });
    await stage.hangUp(leg);
  },
});

const codecChange = (leg: Leg): Story => ({
  id: `music-survives-codec-${leg}`,
  title: `the ${leg}, held by the application, changes codec: the music goes on, and both hear each other after the resume`,
  rfc: '3264 §8.3.2',
  needs: 'control',
  complaints: ['C4', 'C19'],
  run: async (stage) => {
    await stage.talk();
    await stage.apiHold();
    await stage.hear({ caller: 'music', callee: 'music' });
    await modify(stage.phone(leg), { words: { codecs: [8], direction: 'recvonly' } });
    await stage.hear({ caller: 'music', callee: 'music' });
    await stage.apiResume();
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
});

/** RFC 3550 §5.1: one stream, whose numbers and times go on evenly. */
const evenMusic = (leg: Leg): Story => ({
  id: `music-even-${leg}`,
  title: `the music that reaches the ${leg} is one even RTP stream`,
  rfc: '3550 §5.1',
  complaints: ['C25'],
  run: async (stage) => {
    stage.needsMusic();
    await stage.talk();
    await stage.holds(otherLeg(leg), sendonly);
    await stage.hear({ [leg]: 'music' });
    const packets = await stage.phone(leg).sound.listen(40);
    const fault = unevenness(packets);
    expect(fault === undefined, 'one SSRC, numbers growing by 1 and times by what was played', fault ?? '');
    await stage.hangUp(leg);
  },
});

export function unevenness(packets: readonly RtpPacket[]): string | undefined {
  if (packets.length < 20) return `${packets.length} packets only`;
  for (const [index, packet] of packets.entries()) {
    const before = packets[index - 1];
    if (before === undefined) continue;
    if (packet.ssrc !== before.ssrc) return 'a second SSRC';
    if (packet.sequence !== ((before.sequence + 1) & 0xffff)) return `number ${packet.sequence} after ${before.sequence}`;
    const step = (packet.timestamp - before.timestamp) >>> 0;
    if (step !== before.payload.length) return `a step of ${step} in time after ${before.payload.length} samples`;
  }
  return undefined;
}

const meetsRefresh = (leg: Leg): Story => ({
  id: `hold-meets-refresh-${leg}`,
  title: `the application holds in the instant in which the ${leg} refreshes its session: both happen, and the call lives`,
  rfc: '3261 §14.1',
  needs: 'control',
  complaints: ['C13'],
  run: async (stage) => {
    await stage.talk();
    await stage.call();
    const phone = stage.phone(leg);
    await Promise.all([stage.apiHold(), tryOnce(phone, { body: phone.sdp.repeat() })]);
    await stage.hear({ caller: 'no voice', callee: 'no voice' });
    await stage.apiResume();
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
});

const afterRounds = (leg: Leg): Story => ({
  id: `refresh-after-resume-${leg}`,
  title: `the ${leg} refreshes after a hold and a resume: both go on hearing each other`,
  rfc: '4028 §7.4',
  complaints: ['C14'],
  run: async (stage) => {
    await stage.talk();
    for (const each of LEGS) {
      await stage.holds(each, sendonly);
      await stage.resumes(each);
    }
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await modify(stage.phone(leg), { body: stage.phone(leg).sdp.repeat() });
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp(leg);
  },
});

/** Systems that were complained about gave up after 30 s. */
const SILENT_PACKETS = 33 * 50;

const silentHold: Story = {
  id: 'held-without-rtp',
  title: 'a held call in which no phone sends RTP for 33 s is not ended',
  rfc: '3264 §8.4',
  complaints: ['C16'],
  mostMs: 60_000,
  run: async (stage) => {
    await stage.talk();
    await stage.holds('caller', sendonly);
    for (const leg of LEGS) stage.phone(leg).sound.mute(true);
    for (let packets = 0; packets < SILENT_PACKETS; packets += 50) await stage.listen(50);
    for (const leg of LEGS) stage.phone(leg).sound.mute(false);
    await stage.resumes('caller');
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
};

const forgotten: Story = {
  id: 'hold-with-an-end',
  title: 'a hold of two seconds ends by itself after that and not before',
  rfc: '3264 §8.4',
  needs: 'control',
  complaints: ['C22'],
  run: async (stage) => {
    await stage.talk();
    await stage.apiHold({ maxSeconds: 2, onExpiry: 'resume' });
    await stage.hear({ caller: 'music', callee: 'music' });
    const { hold } = await stage.call();
    expect(hold.reasons.includes('controller'), 'still held after less than two seconds', hold.reasons.join());
    await stage.callOnce('an end of the hold within 5 s', (call) => call.hold.reasons.length === 0);
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp();
  },
};

const seen = (leg: Leg): Story => ({
  id: `hold-seen-${leg}`,
  title: `the application sees that the phone of the ${leg} holds, and that it resumes`,
  rfc: '6337 §5.3',
  needs: 'control',
  complaints: ['C23'],
  run: async (stage) => {
    await stage.talk();
    await stage.holds(leg, sendonly);
    await stage.callOnce(
      `held, by the phone of the ${leg}`,
      ({ state, hold }) => state === 'held' && hold.reasons.join() === `${leg}-phone`,
    );
    await stage.resumes(leg);
    await stage.callOnce('held by nobody', ({ state, hold }) => state === 'in-call' && hold.reasons.length === 0);
    await stage.hangUp();
  },
});

const clickToCall: Story = {
  id: 'click-to-call-refused',
  title: 'the application connects two phones, and the second refuses with 486: the first is hung up, and the cause is told',
  rfc: '3725 §4.4',
  needs: 'control',
  complaints: ['C24'],
  run: async (stage) => {
    const { caller, callee, control } = stage;
    stage.mayEnd();
    callee.always('INVITE', refuse(486));
    const { status, body } = await control.setup(caller.number, callee.number);
    expect(status === 202 || status === 201, 'the call accepted', String(status));
    await stage.ends('caller', 8_000);
    const { end } = (await control.get(body.id)).body;
    expect(end?.status === 486, 'an end with status 486', JSON.stringify(end ?? 'no end'));
  },
};

export const complained: readonly Case[] = [
  ...overBoth([
    ...LEGS.flatMap((leg) => [
      musicForHeld(leg),
      codecChange(leg),
      evenMusic(leg),
      meetsRefresh(leg),
      afterRounds(leg),
      seen(leg),
    ]),
    forgotten,
    clickToCall,
  ]),
  over('udp', silentHold),
];
