/**
 * laws: what must be true of every message of every call, whatever the case was about; judged from the ladder when the case is over.
 * The laws that need sound or an application are in the cases.
 */
import { expect } from './failed.js';
import type { Ladder, Rung } from './ladder.js';
import { mayAnswer, readSdp, type Sdp } from './phone/sdp-reader.js';
import { cseqOf, header, type Sip } from './phone/sip-text.js';

export type Liberties = Readonly<{
  /** From when on the target may end the call by itself. */
  mayEndMs: number;
}>;

export function judge(ladder: Ladder, { mayEndMs }: Liberties): void {
  const rungs = ladder.rungs.filter(({ again, way }) => !again && way !== 'lost');
  for (const dialog of dialogsOf(rungs)) {
    requestsAreNumbered(dialog);
    targetsAreNamed(dialog);
    descriptionsGrow(dialog);
    answersFit(dialog);
    numbersKeepTheirCodec(dialog);
    nobodyIsDropped(dialog, mayEndMs);
  }
}

/** What one phone saw of one call. */
function dialogsOf(rungs: readonly Rung[]): readonly (readonly Rung[])[] {
  const dialogs = new Map<string, Rung[]>();
  for (const rung of rungs) {
    const key = `${rung.phone} ${header(rung.message, 'call-id')}`;
    dialogs.set(key, [...(dialogs.get(key) ?? []), rung]);
  }
  return [...dialogs.values()].filter((dialog) => dialog.some(({ message }) => message.what === 'INVITE'));
}

/** RFC 3261 §12.2.1.1: strictly growing; a number that comes again is read as a retransmission, and the phone stays on hold. */
function requestsAreNumbered(dialog: readonly Rung[]): void {
  let last = -1;
  for (const { phone, way, message } of dialog) {
    if (way !== 'in' || message.status > 0 || message.what === 'ACK' || message.what === 'CANCEL') continue;
    const { number } = cseqOf(message);
    expect(number > last, `a CSeq above ${last} in ${message.what} to the ${phone} (RFC 3261 §12.2.1.1)`, `CSeq ${number}`);
    last = number;
  }
}

/** RFC 3261 §12.1.1, §13.2.1: without a Contact nobody knows where the next request goes. */
function targetsAreNamed(dialog: readonly Rung[]): void {
  for (const { phone, way, message } of dialog) {
    const begins =
      message.what === 'INVITE' || (message.status >= 200 && message.status < 300 && cseqOf(message).method === 'INVITE');
    if (way !== 'in' || !begins) continue;
    expect(header(message, 'contact') !== '', `a Contact in ${message.line} to the ${phone} (RFC 3261 §12.1.1)`, 'none');
  }
}

/** RFC 3264 §8: o= stays but for the version; the version moves by one with every change and only then; no m= line is ever lost. */
function descriptionsGrow(dialog: readonly Rung[]): void {
  let agreed: Sdp | undefined;
  let highest = 0n;
  for (const rung of dialog) {
    const { phone, way, message } = rung;
    if (way !== 'in' || !isSdp(message)) continue;
    const sdp = readSdp(message.body);
    const where = `the SDP of ${message.line.slice(0, 40)} to the ${phone}`;
    if (agreed !== undefined) {
      expect(sdp.origin === agreed.origin, `${where} keeps o=${agreed.origin} (RFC 3264 §8)`, `o=${sdp.origin}`);
      expect(
        sdp.media.length >= agreed.media.length,
        `${where} has at least ${agreed.media.length} m= lines (RFC 3264 §8)`,
        `${sdp.media.length}`,
      );
      const same = sdp.text.trim() === agreed.text.trim();
      if (sdp.version === agreed.version)
        expect(same, `${where} with version ${sdp.version} is the same as before (RFC 3264 §8)`, sdp.text);
      else
        expect(
          sdp.version > agreed.version && sdp.version <= highest + 1n,
          `${where} has o= version ${highest + 1n} (RFC 3264 §8)`,
          `version ${sdp.version}`,
        );
    }
    if (sdp.version > highest) highest = sdp.version;
    // An offer that was refused has changed nothing (RFC 3261 §14.1); its version may be used again or not.
    if (agreed === undefined || !wasRefused(dialog, message)) agreed = sdp;
  }
}

/** RFC 3264 §8.3.2: a dynamic payload number means one codec for as long as the session lasts. */
function numbersKeepTheirCodec(dialog: readonly Rung[]): void {
  const codecs = new Map<string, string>();
  for (const { phone, way, message } of dialog) {
    if (way !== 'in' || !isSdp(message)) continue;
    readSdp(message.body).media.forEach(({ attributes }, index) => {
      for (const attribute of attributes) {
        const [, number, codec = ''] = /^a=rtpmap:(\d+) (\S+)/.exec(attribute) ?? [];
        if (number === undefined) continue;
        const before = codecs.get(`${index} ${number}`) ?? codec.toLowerCase();
        expect(before === codec.toLowerCase(), `payload ${number} still ${before} to the ${phone} (RFC 3264 §8.3.2)`, codec);
        codecs.set(`${index} ${number}`, before);
      }
    });
  }
}

function wasRefused(dialog: readonly Rung[], offer: Sip): boolean {
  if (offer.what !== 'INVITE' && offer.what !== 'UPDATE') return false;
  const answer = dialog.find((one) => one.way === 'out' && one.message.status >= 200 && sameExchange(one.message, offer));
  return answer === undefined || answer.message.status >= 300;
}

const isSdp = (message: Sip): boolean => message.body.startsWith('v=') && /sdp/i.test(header(message, 'content-type'));
const sameExchange = (a: Sip, b: Sip): boolean => header(a, 'cseq').split(' ')[0] === header(b, 'cseq').split(' ')[0];

/** RFC 3264 §6: an answer to each of our offers, line by line. */
function answersFit(dialog: readonly Rung[]): void {
  for (const { phone, way, message } of dialog) {
    if (way !== 'in' || !isSdp(message)) continue;
    const offer = offerFor(dialog, message);
    if (offer !== undefined) answerFits(readSdp(offer.body), readSdp(message.body), `the answer to the ${phone}`);
  }
}

/** Ours to which this is the answer: of a 2xx or 1xx the request, of an ACK the 2xx. */
function offerFor(dialog: readonly Rung[], answer: Sip): Sip | undefined {
  const outs = dialog.filter(({ way, message }) => way === 'out' && isSdp(message)).map(({ message }) => message);
  const { number, method } = cseqOf(answer);
  if (answer.status > 0) return outs.findLast((one) => one.what === method && cseqOf(one).number === number);
  if (answer.what !== 'ACK') return undefined;
  return outs.findLast((one) => one.status === 200 && cseqOf(one).number === number && cseqOf(one).method === 'INVITE');
}

export function answerFits(offer: Sdp, answer: Sdp, where: string): void {
  expect(
    answer.media.length === offer.media.length,
    `${where} has ${offer.media.length} m= lines (RFC 3264 §6)`,
    `${answer.media.length}`,
  );
  offer.media.forEach((asked, index) => {
    const given = answer.media[index];
    if (given === undefined) return;
    const line = `m= line ${index + 1} of ${where}`;
    expect(given.kind === asked.kind, `${line} is ${asked.kind} (RFC 3264 §6)`, given.kind);
    expect(asked.port !== 0 || given.port === 0, `${line} stays refused with port 0 (RFC 3264 §6)`, `port ${given.port}`);
    if (given.port === 0) return;
    expect(given.protocol === asked.protocol, `${line} has ${asked.protocol} (RFC 3264 §6)`, given.protocol);
    expect(
      given.formats.some((one) => asked.formats.includes(one)),
      `${line} has a format of ${asked.formats.join(' ')} (RFC 3264 §6.1)`,
      given.formats.join(' '),
    );
    // Behind c=0.0.0.0 a direction has no meaning of its own (RFC 3264 §8.4).
    const fits = asked.address === '0.0.0.0' || mayAnswer(asked.direction, given.direction);
    expect(fits, `${line} answers ${asked.direction} rightly (RFC 3264 §6.1)`, `a=${given.direction}`);
  });
}

/** Nobody who held, resumed or refused something wanted the call to end. */
function nobodyIsDropped(dialog: readonly Rung[], mayEndMs: number): void {
  const bye = dialog.find(({ way, atMs, message }) => way === 'in' && message.what === 'BYE' && atMs < mayEndMs);
  expect(bye === undefined, `the call of the ${bye?.phone ?? ''} goes on`, 'a BYE of the target');
}
