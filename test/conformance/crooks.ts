/**
 * crooks: ways to misbehave, put between a good target and the kit's phones: what arrives is changed, swallowed or invented. Each names
 * a case and the judgement that must see it.
 */
import type { Control } from '#conformance/control.js';
import { impressionOf, readRtp } from '#conformance/phone/heard.js';
import { tone, type RtpTamper } from '#conformance/phone/sound.js';
import type { SipTamper } from '#conformance/phone/transactions.js';

export type Crook = Readonly<{
  does: string;
  caseId: string;
  /** What the case must say it had expected. */
  sees: RegExp;
  /** Made anew for each run, as most remember what has come before. */
  sip?: () => SipTamper;
  rtp?: () => (phone: string) => RtpTamper | undefined;
  control?: (honest: Control) => Control;
}>;

type Test = (text: string, phone: string) => boolean;

const cseq = (method: string): Test => {
  const field = new RegExp(`^CSeq: \\d+ ${method}\\r$`, 'm');
  return (text) => field.test(text);
};
const to =
  (phone: string): Test =>
  (_, one) =>
    one === phone;
const status =
  (code: number): Test =>
  (text) =>
    text.startsWith(`SIP/2.0 ${code} `);
const request =
  (method: string): Test =>
  (text) =>
    text.startsWith(`${method} `);
const inDialog: Test = (text) => /^To:.*;tag=/m.test(text);
const says =
  (pattern: RegExp): Test =>
  (text) =>
    pattern.test(text);
const all =
  (...tests: readonly Test[]): Test =>
  (text, phone) =>
    tests.every((one) => one(text, phone));

/** RFC 3261 §18.3: over TCP the length must be right. */
const measured = (text: string): string => {
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  return text.replace(/^Content-Length: \d+/m, `Content-Length: ${Buffer.byteLength(body, 'latin1')}`);
};

const change =
  (test: Test, edit: (text: string) => string): (() => SipTamper) =>
  () =>
  (text, phone) => [test(text, phone) ? measured(edit(text)) : text];

const swallow =
  (test: Test): (() => SipTamper) =>
  () =>
  (text, phone) =>
    test(text, phone) ? [] : [text];

/** The first `spared` that fit are let through. */
const swallowAfter =
  (spared: number, test: Test): (() => SipTamper) =>
  () => {
    let seen = 0;
    return (text, phone) => (test(text, phone) && ++seen > spared ? [] : [text]);
  };

const replyTo = (method: string): Test => all(status(200), cseq(method));
const reinvite = (phone: string): Test => all(to(phone), request('INVITE'), inDialog);
const field = (text: string, name: string): string => new RegExp(`^${name}: (.*)\\r$`, 'm').exec(text)?.[1] ?? '';

/** A BYE of the target in the dialog of this 200. */
const byeAfter = (ok: string): string =>
  [
    'BYE sip:phone@127.0.0.1 SIP/2.0',
    'Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKcrook',
    `From: ${field(ok, 'To')}`,
    `To: ${field(ok, 'From')}`,
    `Call-ID: ${field(ok, 'Call-ID')}`,
    'CSeq: 2000000000 BYE',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');

const hangsUpAfterHold = (): SipTamper => {
  let done = false;
  return (text) => {
    if (done || !all(replyTo('INVITE'), says(/a=recvonly/))(text, '')) return [text];
    done = true;
    return [text, byeAfter(text)];
  };
};

// ---- sound --------------------------------------------------------------------------------------------------------------------------

const HERTZ: Readonly<Record<string, number>> = { caller: 450, callee: 850 };
const other = (phone: string): string => (phone === 'caller' ? 'callee' : 'caller');

/** The payload of a packet replaced. */
const sounding = (packet: Buffer, payload: Buffer): Buffer => Buffer.concat([packet.subarray(0, 12), payload]);
const SILENCE = Buffer.alloc(160, 0xff);

const toEar =
  (ear: string, edit: (packet: Buffer) => Buffer | undefined): (() => (phone: string) => RtpTamper | undefined) =>
  () =>
  (phone) =>
    phone === ear ? (packet) => (packet === undefined ? undefined : edit(packet)) : undefined;

/** µ-law, whatever was agreed: payload type 0. */
const inTone = (hertz: number, packet: Buffer): Buffer => {
  const changed = sounding(packet, tone(hertz, packet.readUInt32BE(4)));
  changed.writeUInt8(0, 1);
  return changed;
};

const leak = (ear: string) => toEar(ear, (packet) => inTone(HERTZ[other(ear)] ?? 0, packet));

/** Packets that no target sent. */
const haunt =
  (ear: string): (() => (phone: string) => RtpTamper | undefined) =>
  () => {
    let number = 0;
    return (phone) => {
      if (phone !== ear) return undefined;
      return (packet) => {
        if (packet !== undefined) return packet;
        const made = Buffer.alloc(12);
        made.writeUInt8(0x80, 0);
        made.writeUInt16BE(++number & 0xffff, 2);
        made.writeUInt32BE(number * 160, 4);
        return sounding(made, tone(HERTZ[other(ear)] ?? 0, number * 160));
      };
    };
  };

type Kind = 'voice' | 'music';
const isKind = (packet: Buffer, ear: string, kind: Kind): boolean => {
  const rtp = readRtp(packet, 0, 0);
  return rtp !== undefined && impressionOf([rtp], HERTZ[other(ear)] ?? 0, HERTZ[ear] ?? 0)[kind] > 0;
};

/** Of this kind so many packets pass; what comes after is done this to. */
const endsAfter =
  (
    ear: string,
    kind: Kind,
    most: number,
    edit: (packet: Buffer) => Buffer | undefined,
  ): (() => (phone: string) => RtpTamper | undefined) =>
  () => {
    let heard = 0;
    return toEar(ear, (packet) => (isKind(packet, ear, kind) && ++heard > most ? edit(packet) : packet))();
  };

const silenced = (packet: Buffer): Buffer => sounding(packet, SILENCE);
const swallowed = (): undefined => undefined;

/** Its numbers and times are broken at each tenth packet. */
const broken = (ear: string, edit: (packet: Buffer) => void) => () => {
  let count = 0;
  return toEar(ear, (packet) => {
    const copy = Buffer.from(packet);
    if (++count % 10 === 0) edit(copy);
    return copy;
  })();
};

const lies =
  (words: Partial<Control>) =>
  (honest: Control): Control => ({
    find: (...args) => honest.find(...args),
    get: (...args) => honest.get(...args),
    setup: (...args) => honest.setup(...args),
    hold: (...args) => honest.hold(...args),
    resume: (...args) => honest.resume(...args),
    hangUp: (...args) => honest.hangUp(...args),
    ...words,
  });

const shown =
  (edit: (text: string) => string) =>
  (honest: Control): Control => ({
    ...lies({})(honest),
    find: async (...args) =>
      JSON.parse(edit(JSON.stringify((await honest.find(...args)) ?? null))) as Awaited<ReturnType<Control['find']>>,
    get: async (id) => JSON.parse(edit(JSON.stringify(await honest.get(id)))) as Awaited<ReturnType<Control['get']>>,
    hold: async (...args) => JSON.parse(edit(JSON.stringify(await honest.hold(...args)))) as Awaited<ReturnType<Control['hold']>>,
    resume: async (...args) =>
      JSON.parse(edit(JSON.stringify(await honest.resume(...args)))) as Awaited<ReturnType<Control['resume']>>,
  });

const setsDirection = (word: string) => (text: string) => text.replace(/a=(sendrecv|sendonly|recvonly|inactive)/g, `a=${word}`);
const strips = (name: string) => (text: string) => text.replace(new RegExp(`^${name}:.*\\r\\n`, 'gim'), '');

export const CROOKS: readonly Crook[] = [
  {
    does: 'answers sendonly with sendrecv',
    caseId: 'hold-sendonly-caller-udp',
    sees: /§6.1/,
    sip: change(all(to('caller'), replyTo('INVITE'), says(/a=recvonly/)), setsDirection('sendrecv')),
  },
  {
    does: 'answers sendonly with sendrecv over TCP',
    caseId: 'hold-sendonly-callee-tcp',
    sees: /§6.1/,
    sip: change(all(to('callee'), replyTo('INVITE')), setsDirection('sendrecv')),
  },
  {
    does: 'answers inactive with recvonly',
    caseId: 'hold-inactive-caller-udp',
    sees: /§6.1/,
    sip: change(all(to('caller'), replyTo('INVITE'), says(/a=inactive/)), setsDirection('recvonly')),
  },
  {
    does: 'answers an UPDATE with sendrecv',
    caseId: 'hold-update-sendonly-caller-udp',
    sees: /§6.1/,
    sip: change(replyTo('UPDATE'), setsDirection('sendrecv')),
  },
  {
    does: 'refuses a hold',
    caseId: 'hold-sendonly-caller-udp',
    sees: /answered 200/,
    sip: change(all(replyTo('INVITE'), says(/a=recvonly/)), (text) => text.replace('200 OK', '488 No')),
  },
  {
    does: 'never answers a hold',
    caseId: 'hold-sendonly-callee-udp',
    sees: /a final answer/,
    sip: swallow(all(to('callee'), replyTo('INVITE'))),
  },
  {
    does: 'hangs up when hold is pressed',
    caseId: 'hold-sendonly-caller-udp',
    sees: /goes on|answered 200/,
    sip: () => hangsUpAfterHold(),
  },
  {
    does: 'never acknowledges the callee',
    caseId: 'hold-sendonly-callee-udp',
    sees: /the ACK/,
    sip: swallow(all(to('callee'), request('ACK'))),
  },
  {
    does: 'leaks the voice of the holder',
    caseId: 'hold-sendonly-caller-udp',
    sees: /the callee hears no voice/,
    rtp: leak('callee'),
  },
  {
    does: 'sends to a phone that holds',
    caseId: 'hold-inactive-caller-udp',
    sees: /the caller hears nothing/,
    rtp: haunt('caller'),
  },
  {
    does: 'gives a phone its own voice',
    caseId: 'resume-sendrecv-caller-udp',
    sees: /the callee hears voice/,
    rtp: toEar('callee', (packet) => inTone(HERTZ['callee'] ?? 0, packet)),
  },
  {
    does: 'is silent after the resume',
    caseId: 'resume-sendrecv-callee-udp',
    sees: /the callee hears voice/,
    rtp: endsAfter('callee', 'voice', 6, swallowed),
  },
  {
    does: 'lifts a hold of the other',
    caseId: 'double-sendonly-caller-then-sendonly-first-resumes-first-udp',
    sees: /nothing/,
    rtp: haunt('callee'),
  },
  {
    does: 'answers a direction wrongly while held',
    caseId: 'direction-inactive-held-caller-udp',
    sees: /§6.1/,
    sip: change(all(to('caller'), replyTo('INVITE'), says(/a=inactive/)), setsDirection('sendonly')),
  },
  {
    does: 'leaks while the application holds',
    caseId: 'direction-sendrecv-api-held-caller-udp',
    sees: /no voice/,
    rtp: leak('caller'),
  },
  {
    does: 'gives no offer where one is asked for',
    caseId: 'offerless-held-callee-udp',
    sees: /session description/,
    sip: change(all(to('callee'), replyTo('INVITE')), (text) => text.replace(/\r\n\r\n[^]*/, '\r\n\r\n')),
  },
  {
    does: 'offers inactive to who wants to talk',
    caseId: 'offerless-talking-callee-udp',
    sees: /sendrecv/,
    sip: change(all(to('callee'), replyTo('INVITE')), setsDirection('inactive')),
  },
  {
    does: 'offers a part of what it has',
    caseId: 'offerless-talking-callee-tcp',
    sees: /full offer/,
    sip: change(all(to('callee'), replyTo('INVITE')), (text) => text.replace(/(m=audio \d+ RTP\/AVP) .*/, '$1 8')),
  },
  {
    does: 'keeps a hold that is over',
    caseId: 'offerless-ends-hold-callee-udp',
    sees: /offer of what the target wants/,
    sip: change(all(to('callee'), replyTo('INVITE'), says(/a=sendrecv/)), setsDirection('inactive')),
  },
  {
    does: 'plays no music',
    caseId: 'api-hold-udp',
    sees: /the callee hears music/,
    rtp: endsAfter('callee', 'music', 0, silenced),
  },
  {
    does: 'sends no packet of music',
    caseId: 'api-hold-for-caller-udp',
    sees: /the callee hears music/,
    rtp: endsAfter('callee', 'music', 0, swallowed),
  },
  { does: 'mixes the voice into the music at once', caseId: 'api-hold-tcp', sees: /no voice/, rtp: leak('callee') },
  {
    does: 'offers sendrecv for a hold',
    caseId: 'api-hold-udp',
    sees: /offered sendonly/,
    sip: change(reinvite('caller'), setsDirection('sendrecv')),
  },
  {
    does: 'offers sendonly where silence was asked for',
    caseId: 'api-hold-silent-udp',
    sees: /offered inactive/,
    sip: change(reinvite('callee'), setsDirection('sendonly')),
  },
  {
    does: 'says that a repeated hold changed something',
    caseId: 'api-hold-twice-udp',
    sees: /changed: false/,
    control: shown((text) => text.replace('"changed":false', '"changed":true')),
  },
  {
    does: 'names another holder',
    caseId: 'api-hold-for-callee-udp',
    sees: /named as holder/,
    control: shown((text) => text.replaceAll('callee-api', 'controller')),
  },
  {
    does: 'calls a phone that has not answered agreed',
    caseId: 'api-hold-slow-caller-udp',
    sees: /pending/,
    control: shown((text) => text.replaceAll('"pending"', '"agreed"')),
  },
  {
    does: 'shows a refusal as a hold',
    caseId: 'refused-488-callee-udp',
    sees: /soft-held/,
    control: shown((text) => text.replaceAll('"soft-held"', '"agreed"')),
  },
  {
    does: 'hides the status of a refusal',
    caseId: 'refused-503-caller-udp',
    sees: /status 503/,
    control: shown((text) => text.replaceAll('"status":503', '"status":500')),
  },
  { does: 'lets a voice through when a phone refuses', caseId: 'refused-603-both-udp', sees: /no voice/, rtp: leak('caller') },
  {
    does: 'ends the call because the held phone refused',
    caseId: 'refused-488-by-held-callee-udp',
    sees: /goes on|answered 200/,
    sip: () => hangsUpAfterHold(),
  },
  {
    does: 'leaves the other leg when a phone is gone',
    caseId: 'gone-481-callee-udp',
    sees: /a BYE/,
    sip: swallow(request('BYE')),
  },
  {
    does: 'does not ask again after a 491',
    caseId: 'glare-491-caller-udp',
    sees: /a second re-INVITE|music/,
    sip: swallowAfter(1, reinvite('caller')),
  },
  {
    does: 'never says that 491 for ever is soft-held',
    caseId: 'glare-491-forever-caller-udp',
    sees: /soft-held within/,
    control: shown((text) => text.replaceAll('"soft-held"', '"pending"')),
  },
  {
    does: 'forgets one of two holds that met',
    caseId: 'glare-both-hold-sendonly-sendonly-udp',
    sees: /nothing/,
    rtp: haunt('callee'),
  },
  {
    does: 'loses a BYE that follows a hold',
    caseId: 'glare-bye-inside-hold-caller-udp',
    sees: /a BYE/,
    sip: swallow(request('BYE')),
  },
  {
    does: 'does not send a lost 200 again',
    caseId: 'lost-ack-caller-udp',
    sees: /a second time/,
    sip: swallowAfter(1, all(to('caller'), replyTo('INVITE'), says(/a=recvonly/))),
  },
  {
    does: 'does not acknowledge a 200 that comes again',
    caseId: 'doubled-2xx-callee-udp',
    sees: /repeated 200/,
    sip: swallowAfter(2, all(to('callee'), request('ACK'))),
  },
  {
    does: 'lets a voice through after a bad answer',
    caseId: 'answer-sendrecv-callee-udp',
    sees: /no voice/,
    rtp: leak('callee'),
  },
  {
    does: 'drops a media line in its answer',
    caseId: 'lines-video-sendonly-caller-udp',
    sees: /2 m= lines/,
    sip: change(all(to('caller'), replyTo('INVITE'), says(/a=recvonly/)), (text) => text.replace(/m=video[^]*/, '')),
  },
  {
    does: 'takes a line back that was refused',
    caseId: 'lines-video-dropped-sendonly-caller-udp',
    sees: /port 0|no line that would send/,
    sip: change(all(to('caller'), replyTo('INVITE'), says(/m=video 0/)), (text) => text.replace('m=video 0', 'm=video 40000')),
  },
  {
    does: 'changes the number of telephone-event',
    caseId: 'lines-events-renumbered-caller-udp',
    sees: /97/,
    sip: change(
      all(to('caller'), replyTo('INVITE'), says(/a=recvonly/)),
      (text) => `${text}a=rtpmap:101 telephone-event/8000\r\n`,
    ),
  },
  {
    does: 'makes a new SRTP key at each answer',
    caseId: 'lines-sdes-sendonly-udp',
    sees: /key of the first answer/,
    sip: change(all(to('caller'), replyTo('INVITE'), says(/a=recvonly/)), (text) =>
      text.replace(/inline:.{8}/, 'inline:AAAAAAAA'),
    ),
  },
  {
    does: 'answers an UPDATE without an offer with an SDP',
    caseId: 'refresh-update-held-caller-udp',
    sees: /no SDP/,
    sip: change(replyTo('UPDATE'), (text) => `${text}v=0\r\n`),
  },
  {
    does: 'refuses a refresh',
    caseId: 'refresh-update-talking-callee-udp',
    sees: /answered 200/,
    sip: change(replyTo('UPDATE'), (text) => text.replace('200 OK', '500 No')),
  },
  {
    does: 'ends a hold at a refresh',
    caseId: 'refresh-reinvite-holding-caller-udp',
    sees: /the caller hears nothing/,
    rtp: haunt('caller'),
  },
  {
    does: 'takes an interval that is too short',
    caseId: 'timer-422-udp',
    sees: /90/,
    sip: change(status(422), (text) => text.replace(/^Min-SE: .*\r$/m, 'Min-SE: 30\r')),
  },
  {
    does: 'grants more than was asked for',
    caseId: 'timer-granted-uac-udp',
    sees: /1800/,
    sip: change(replyTo('INVITE'), (text) => text.replace('Session-Expires: 1800', 'Session-Expires: 3600')),
  },
  {
    does: 'changes the refresher',
    caseId: 'timer-granted-uas-udp',
    sees: /refresher=uas/,
    sip: change(replyTo('INVITE'), (text) => text.replace('refresher=uas', 'refresher=uac')),
  },
  {
    does: 'does not require what it grants',
    caseId: 'timer-granted-uac-tcp',
    sees: /Require/,
    sip: change(replyTo('INVITE'), strips('Require')),
  },
  {
    does: 'takes a hold of a call that rings',
    caseId: 'early-api-hold-udp',
    sees: /409/,
    control: (honest) => lies({ hold: async (id) => ({ ...(await honest.hold(id)), status: 200 }) })(honest),
  },
  {
    does: 'plays music over early media',
    caseId: 'early-media-sendonly-udp',
    sees: /no music/,
    rtp: toEar('caller', (packet) => inTone(1200, packet)),
  },
  {
    does: 'does not tell the callee that the caller gave up',
    caseId: 'early-cancel-udp',
    sees: /a CANCEL/,
    sip: swallow(request('CANCEL')),
  },
  {
    does: 'answers an early UPDATE with sendrecv',
    caseId: 'early-update-udp',
    sees: /recvonly or inactive/,
    sip: change(replyTo('UPDATE'), setsDirection('sendrecv')),
  },
  {
    does: 'answers for a callee that refused',
    caseId: 'early-refused-486-udp',
    sees: /a refusal/,
    sip: change(all(to('caller'), status(486)), (text) => text.replace(/^SIP\/2.0 486 .*/, 'SIP/2.0 200 OK')),
  },
  {
    does: 'keeps one leg when the other hangs up',
    caseId: 'bye-held-caller-udp',
    sees: /the BYE of the other/,
    sip: swallow(request('BYE')),
  },
  { does: 'plays on after the end', caseId: 'bye-api-held-callee-udp', sees: /nothing/, rtp: haunt('callee') },
  {
    does: 'does not know OPTIONS in a dialog',
    caseId: 'options-held-caller-udp',
    sees: /OPTIONS answered 200/,
    sip: change(replyTo('OPTIONS'), (text) => text.replace('200 OK', '404 Not Found')),
  },
  {
    does: 'gives the holder the music',
    caseId: 'music-for-held-only-caller-udp',
    sees: /the caller hears nothing/,
    rtp: haunt('caller'),
  },
  {
    does: 'stops the music at a change of codec',
    caseId: 'music-survives-codec-callee-udp',
    sees: /music/,
    rtp: endsAfter('callee', 'music', 14, swallowed),
  },
  {
    does: 'jumps in the numbers of the music',
    caseId: 'music-even-caller-udp',
    sees: /one SSRC/,
    rtp: broken('caller', (packet) => void packet.writeUInt16BE(7, 2)),
  },
  {
    does: 'jumps in the time of the music',
    caseId: 'music-even-callee-udp',
    sees: /one SSRC/,
    rtp: broken('callee', (packet) => void packet.writeUInt32BE(7, 4)),
  },
  {
    does: 'begins a second stream of music',
    caseId: 'music-even-callee-tcp',
    sees: /one SSRC/,
    rtp: broken('callee', (packet) => void packet.writeUInt32BE(7, 8)),
  },
  {
    does: 'does not show the application a hold of a phone',
    caseId: 'hold-seen-caller-udp',
    sees: /by the phone of the caller/,
    control: shown((text) => text.replaceAll('"caller-phone"', '"controller"')),
  },
  {
    does: 'forgets that a hold has an end',
    caseId: 'hold-with-an-end-udp',
    sees: /an end of the hold/,
    control: shown((text) => text.replaceAll('"reasons":[]', '"reasons":["controller"]')),
  },
  {
    does: 'leaves the first leg of a click in limbo',
    caseId: 'click-to-call-refused-udp',
    sees: /a BYE/,
    sip: swallow(all(to('caller'), request('BYE'))),
  },
  {
    does: 'uses an o= version for two descriptions',
    caseId: 'hold-sendonly-caller-udp',
    sees: /same as before/,
    sip: change(reinvite('callee'), (text) => text.replace(/^(o=\S+ \S+) \d+/m, '$1 1')),
  },
  {
    does: 'skips versions',
    caseId: 'hold-sendonly-caller-tcp',
    sees: /has o= version/,
    sip: change(reinvite('callee'), (text) => text.replace(/^(o=\S+ \S+) (\d+)/m, '$1 9$2')),
  },
  {
    does: 'begins a new o= line',
    caseId: 'hold-sendonly-callee-udp',
    sees: /keeps o=/,
    sip: change(reinvite('caller'), (text) => text.replace(/^o=\S+/m, 'o=crook')),
  },
  {
    does: 'offers fewer lines than before',
    caseId: 'lines-video-sendonly-caller-tcp',
    sees: /at least 2 m= lines/,
    sip: change(reinvite('callee'), (text) => text.replace(/m=video[^]*/, '')),
  },
  {
    does: 'gives a payload number a new meaning',
    caseId: 'hold-inactive-callee-udp',
    sees: /payload 101/,
    sip: change(reinvite('caller'), (text) => text.replaceAll('101 telephone-event', '101 opus')),
  },
  {
    does: 'answers with a format that was not offered',
    caseId: 'hold-one-codec-caller-udp',
    sees: /a format of/,
    sip: change(all(to('caller'), replyTo('INVITE'), says(/a=recvonly/)), (text) =>
      text.replace(/(m=audio \d+ RTP\/AVP) .*/, '$1 77'),
    ),
  },
  {
    does: 'answers with another protocol',
    caseId: 'hold-session-sendonly-caller-udp',
    sees: /has RTP\/AVP/,
    sip: change(all(to('caller'), replyTo('INVITE'), says(/a=recvonly/)), (text) => text.replace('RTP/AVP', 'RTP/SAVP')),
  },
  {
    does: 'has no Contact in its re-INVITE',
    caseId: 'hold-sendonly-caller-udp',
    sees: /a Contact/,
    sip: change(reinvite('callee'), strips('Contact')),
  },
  {
    does: 'uses a CSeq twice',
    caseId: 'bye-talking-caller-udp',
    sees: /a CSeq above/,
    sip: change(all(to('callee'), request('BYE')), (text) => text.replace(/^CSeq: \d+/m, 'CSeq: 1')),
  },
  {
    does: 'says that a transfer has worked which has not',
    caseId: 'transfer-to-busy-caller-udp',
    sees: /a NOTIFY of a failure/,
    sip: change(request('NOTIFY'), (text) => text.replace(/^SIP\/2.0 4\d\d.*/m, 'SIP/2.0 200 OK')),
  },
  {
    does: 'sends a re-INVITE that nobody can read',
    caseId: 'glare-both-hold-sendonly-inactive-udp',
    sees: /./,
    sip: change(all(request('INVITE'), inDialog), (text) => text.replace(/\r\n\r\n[^]*/, '\r\n\r\nhello')),
  },
];
