/**
 * media-lines: more than one m= line: every line is answered in its place, a refused one keeps it with port 0, none is ever lost, and a
 * hold holds them all (RFC 3264 §5.1, §6, §8). SDES keys stay what they were (RFC 4568 §6.1).
 */
import { LEGS, otherLeg, overBoth, type Case, type Leg, type Story } from '../case.js';
import { expect, Skipped } from '../failed.js';
import { refuse } from '../phone/manners.js';
import { modify } from '../phone/modify.js';
import { OWN_KEY, type ExtraLine } from '../phone/sdp-author.js';
import { readSdp, type Direction } from '../phone/sdp-reader.js';
import type { Sip } from '../phone/sip-text.js';
import type { Stage } from '../stage.js';

export const VIDEO: ExtraLine = {
  kind: 'video',
  port: 40_400,
  protocol: 'RTP/AVP',
  formats: '96',
  attributes: ['a=rtpmap:96 H264/90000'],
};
const NO_VIDEO: ExtraLine = { ...VIDEO, port: 0 };
const UNKNOWN: ExtraLine = {
  kind: 'application',
  port: 9_999,
  protocol: 'TCP/BFCP',
  formats: '*',
  attributes: ['a=floorctrl:c-s'],
};

const WORDS: readonly Direction[] = ['sendonly', 'inactive'];

type Lines = Readonly<{ id: string; title: string; first: readonly ExtraLine[]; hold: readonly ExtraLine[]; taken: boolean }>;

const LINES: readonly Lines[] = [
  { id: 'video', title: 'audio and video', first: [VIDEO], hold: [VIDEO], taken: true },
  { id: 'video-refused', title: 'audio and a video that the other does not take', first: [VIDEO], hold: [VIDEO], taken: false },
  { id: 'video-dropped', title: 'audio and a video that the hold ends', first: [VIDEO], hold: [NO_VIDEO], taken: true },
  { id: 'video-added', title: 'audio and a video that the hold begins', first: [], hold: [VIDEO], taken: true },
  { id: 'unknown-line', title: 'audio and a line of a kind that nobody takes', first: [UNKNOWN], hold: [UNKNOWN], taken: false },
];

const story = (leg: Leg, direction: Direction, { id, title, first, hold, taken }: Lines): Story => ({
  id: `lines-${id}-${direction}-${leg}`,
  title: `a call with ${title}; the ${leg} holds with ${direction} and resumes: every line keeps its place`,
  rfc: '3264 §8',
  run: async (stage) => {
    for (const phone of [stage.caller, stage.callee]) {
      phone.sdp.takes = taken ? ['video'] : [];
      phone.sdp.usual = { ...phone.sdp.usual, extra: first };
    }
    await stage.talk();
    const phone = stage.phone(leg);
    phone.sdp.wish = direction;
    const answer = await modify(phone, { words: { extra: hold } });
    judgeLines(answer, hold);
    await stage.hear({ [leg]: 'nothing', [otherLeg(leg)]: stage.held(direction) });
    phone.sdp.wish = 'sendrecv';
    await modify(phone, { words: { extra: hold } });
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp(leg);
  },
});

/** The rest of RFC 3264 §6 is a law that every answer is judged by. */
function judgeLines(answer: Sip, offered: readonly ExtraLine[]): void {
  const { media } = readSdp(answer.body);
  expect(media.length === 1 + offered.length, `${1 + offered.length} m= lines in the answer`, `${media.length}`);
  const receiving = media.find(({ port, direction }) => port !== 0 && (direction === 'sendonly' || direction === 'sendrecv'));
  expect(receiving === undefined, 'no line that would send to who holds', receiving?.kind ?? '');
}

/** RFC 3264 §8.3.2: the answer uses the numbers of the offer, also when the phone counts anew. */
const renumbered = (leg: Leg): Story => ({
  id: `lines-events-renumbered-${leg}`,
  title: `the ${leg} holds and numbers telephone-event anew: the answer uses the number of the offer`,
  rfc: '3264 §6.1',
  run: async (stage) => {
    await stage.talk();
    const phone = stage.phone(leg);
    phone.sdp.wish = 'sendonly';
    const offer = phone.sdp.offer().replaceAll(/\b101\b(?= telephone-event| 0-16|\r\n)/g, '97');
    const answer = await modify(phone, { body: offer });
    const audio = readSdp(answer.body).media[0];
    const maps = audio?.attributes.filter((one) => one.includes('telephone-event')) ?? [];
    expect(
      maps.every((one) => one.startsWith('a=rtpmap:97 ')),
      'telephone-event as 97, if at all',
      maps.join(', '),
    );
    await stage.hear({ [leg]: 'nothing', [otherLeg(leg)]: stage.held('sendonly') });
    await stage.resumes(leg);
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp(leg);
  },
});

const keyIn = (body: string): string => /a=crypto:\d+ \S+ (inline:[^\s|]+)/.exec(body)?.[1] ?? 'none';

const sdes = (direction: Direction): Story => ({
  id: `lines-sdes-${direction}`,
  title: `a call with SDES-SRTP; the caller holds with ${direction} and resumes: its key is answered with the same key each time`,
  rfc: '4568 §6.1',
  complaints: ['C18'],
  run: async (stage) => {
    const { caller } = stage;
    const words = { protocol: 'RTP/SAVP', attributes: [`a=crypto:1 AES_CM_128_HMAC_SHA1_80 ${OWN_KEY}`] };
    caller.sdp.usual = { ...caller.sdp.usual, ...words };
    const first = await securely(stage);
    for (const wish of [direction, 'sendrecv' as const]) {
      caller.sdp.wish = wish;
      const answer = await modify(caller);
      expect(keyIn(answer.body) === keyIn(first.body), `the key of the first answer while ${wish}`, keyIn(answer.body));
    }
    await stage.hangUp();
  },
});

/** A target without SRTP says so with 488 or with a refused line; no RFC demands more. */
async function securely(stage: Stage): Promise<Sip> {
  const { caller, callee } = stage;
  const { dialog, answer } = caller.invite(callee.number);
  const ok = await answer;
  if (ok.status === 488 || ok.status === 415) throw new Skipped('the target does not take RTP/SAVP');
  expect(ok.status === 200, 'the call answered with 200', ok.line);
  caller.ack(dialog, ok);
  if (keyIn(ok.body) === 'none') throw new Skipped('the target does not take RTP/SAVP');
  return ok;
}

/** The other end cannot follow a codec: 488, and the session is as it was. */
const uncommon = (leg: Leg): Story => ({
  id: `lines-no-common-codec-${leg}`,
  title: `the ${leg} holds with a codec that the other does not have: refused or taken, both hear each other after the resume`,
  rfc: '3261 §14.1',
  complaints: ['C15', 'C19'],
  run: async (stage) => {
    await stage.talk();
    const [phone, other] = [stage.phone(leg), stage.phone(otherLeg(leg))];
    for (const method of ['INVITE', 'UPDATE']) other.always(method, refuse(488));
    const { answer } = await phone.authenticated(phone.dialog, 'INVITE', phone.sdp.offer({ direction: 'sendonly', codecs: [9] }));
    if (answer.status < 300) phone.ack(phone.dialog, answer);
    for (const method of ['INVITE', 'UPDATE']) other.always(method, undefined);
    await stage.resumes(leg);
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp(leg);
  },
});

export const mediaLines: readonly Case[] = overBoth([
  ...LEGS.flatMap((leg) => WORDS.flatMap((direction) => LINES.map((lines) => story(leg, direction, lines)))),
  ...LEGS.flatMap((leg) => [renumbered(leg), uncommon(leg)]),
  ...WORDS.map(sdes),
]);
