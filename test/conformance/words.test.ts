/**
 * Goal: the eyes and ears of the kit are right by themselves: what they read, hear, write and show. Method: values, no network.
 */
import t from 'tap';
import { over } from '#conformance/case.js';
import { unevenness } from '#conformance/cases/complained.js';
import { Ladder } from '#conformance/ladder.js';
import { impressionOf, meets, readRtp, type RtpPacket } from '#conformance/phone/heard.js';
import { SdpAuthor } from '#conformance/phone/sdp-author.js';
import { both, mayAnswer, mirrored, readSdp, type Direction } from '#conformance/phone/sdp-reader.js';
import { readSip } from '#conformance/phone/sip-text.js';
import { tone } from '#conformance/phone/sound.js';
import { Framer } from '#conformance/phone/wire.js';
import { escaped, reportOf } from '#conformance/report.js';
import type { Result } from '#conformance/runner.js';
import { complaintTable } from '#conformance/complaints.js';
import { Waits } from '#conformance/waits.js';
import { FakeClock } from '../support/fake-clock.js';

const ALL: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

t.test('RFC 3264 §6.1 as a table: which answers an offer allows', (t) => {
  const allowed = Object.fromEntries(ALL.map((offer) => [offer, ALL.filter((answer) => mayAnswer(offer, answer))]));
  t.strictSame(allowed, {
    sendrecv: ALL,
    sendonly: ['recvonly', 'inactive'],
    recvonly: ['sendonly', 'inactive'],
    inactive: ['inactive'],
  });
  t.strictSame(ALL.map(mirrored), ['sendrecv', 'recvonly', 'sendonly', 'inactive']);
  t.equal(both('sendonly', 'recvonly'), 'inactive');
  t.equal(both('sendrecv', 'recvonly'), 'recvonly');
  t.end();
});

t.test('a direction of the session counts where a line has none, and none at all is sendrecv', (t) => {
  const sdp = (session: string, line: string): string =>
    `v=0\r\no=- 1 7 IN IP4 h\r\ns=-\r\nc=IN IP4 h\r\n${session}t=0 0\r\nm=audio 9 RTP/AVP 0\r\n${line}`;
  t.equal(readSdp(sdp('', '')).media[0]?.direction, 'sendrecv');
  t.equal(readSdp(sdp('a=inactive\r\n', '')).media[0]?.direction, 'inactive');
  t.equal(readSdp(sdp('a=inactive\r\n', 'a=sendonly\r\n')).media[0]?.direction, 'sendonly');
  t.equal(readSdp(sdp('', '')).version, 7n);
  t.throws(() => readSdp('hello'), /expected a session description/);
  t.end();
});

t.test("a phone's o= version moves when its SDP does, and only then", (t) => {
  const author = new SdpAuthor('127.0.0.1', 4000);
  const versions = [author.offer(), author.offer(), author.repeat(), author.offer({ direction: 'sendonly' }), author.offer()];
  t.strictSame(
    versions.map((text) => readSdp(text).version),
    [1n, 1n, 1n, 2n, 3n],
  );
  t.end();
});

t.test('a phone that holds answers no more than it wants, and keeps lines it does not take with port 0', (t) => {
  const [peer, author] = [new SdpAuthor('127.0.0.1', 4000), new SdpAuthor('127.0.0.1', 5000)];
  author.wish = 'sendonly';
  const video = { kind: 'video', port: 4002, protocol: 'RTP/AVP', formats: '96', attributes: [] };
  const answer = readSdp(author.answer(peer.offer({ direction: 'sendonly', extra: [video] })));
  t.strictSame(
    answer.media.map(({ kind, port, direction }) => ({ kind, port, direction })),
    [
      { kind: 'audio', port: 5000, direction: 'inactive' },
      { kind: 'video', port: 0, direction: 'sendrecv' },
    ],
  );
  t.end();
});

const packet = (payload: Buffer, changes: Partial<RtpPacket> = {}): RtpPacket => ({
  atMs: 0,
  port: 1,
  payloadType: 0,
  sequence: 1,
  timestamp: 0,
  ssrc: 1,
  payload,
  ...changes,
});
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
const mixed = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, index) => (index % 2 === 0 ? byte : (b[index] ?? 0))));

t.test('an ear tells the other voice, its own, music and silence apart, in both codecs, also a voice within music', (t) => {
  const hear = (payload: Buffer, payloadType = 0) => impressionOf([packet(payload, { payloadType })], 450, 850);
  t.match(hear(tone(450, 77)), { voice: 1, own: 0, music: 0 });
  t.match(hear(tone(450, 77, 8), 8), { voice: 1 });
  t.match(hear(tone(850, 5)), { own: 1, voice: 0 });
  t.match(hear(tone(1200, 5)), { music: 1, voice: 0, own: 0 });
  t.match(hear(Buffer.alloc(160, 0xff)), { silence: 1, music: 0 });
  t.match(hear(mixed(tone(450, 0), tone(1200, 0))), { voice: 1 }, 'a leak under the music is a leak');
  t.end();
});

t.test('what was under way when the direction changed is forgiven, and no more', (t) => {
  const count = { packets: 10, voice: 0, own: 0, music: 0, silence: 0 };
  t.equal(meets('no voice', { ...count, voice: 2 }), true);
  t.equal(meets('no voice', { ...count, voice: 3 }), false);
  t.equal(meets('no voice', { ...count, own: 3 }), false);
  t.equal(meets('nothing', { ...count, packets: 2 }), true);
  t.equal(meets('nothing', { ...count, packets: 3 }), false);
  t.equal(meets('music', { ...count, music: 8, voice: 2 }), true);
  t.equal(meets('music', { ...count, music: 4 }), false);
  t.equal(meets('music', { ...count, silence: 10 }), false);
  t.equal(meets('voice', { ...count, voice: 8, music: 2 }), true);
  t.equal(meets('voice', { ...count, voice: 7, music: 3 }), false);
  t.equal(meets('no music', { ...count, music: 3 }), false);
  t.end();
});

t.test('RTCP is not sound', (t) => {
  const rtp = Buffer.concat([Buffer.from([0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]), Buffer.alloc(160)]);
  t.equal(readRtp(rtp, 0, 1)?.payload.length, 160);
  rtp.writeUInt8(200, 1);
  t.equal(readRtp(rtp, 0, 1), undefined);
  t.equal(readRtp(Buffer.from('hello'), 0, 1), undefined);
  t.end();
});

t.test('music is even when its numbers grow by one, also over the end, and its times by what was played', (t) => {
  const even = times(30, (index) =>
    packet(Buffer.alloc(160), { sequence: (65_530 + index) & 0xffff, timestamp: (4_294_967_000 + 160 * index) >>> 0 }),
  );
  t.equal(unevenness(even), undefined);
  t.match(unevenness(even.filter((_, index) => index !== 12)), /number/);
  t.match(unevenness(even.map((one, index) => (index === 12 ? { ...one, ssrc: 2 } : one))), /SSRC/);
  t.match(unevenness(even.map((one, index) => (index === 12 ? { ...one, timestamp: 0 } : one))), /step/);
  t.match(unevenness(even.slice(0, 3)), /3 packets only/);
  t.end();
});

t.test('a stream is cut into messages however the network cut it, with pings between them', (t) => {
  const one = 'BYE sip:a SIP/2.0\r\nContent-Length: 5\r\n\r\nhello';
  const two = 'SIP/2.0 200 OK\r\nl: 0\r\n\r\n';
  for (let size = 1; size < 40; size++) {
    const framer = new Framer();
    const text = `${one}${two}\r\n\r\n${one}`;
    const messages = text.match(new RegExp(`[^]{1,${size}}`, 'g'))?.flatMap((piece) => framer.push(piece));
    t.strictSame(messages, [one, two, '\r\n\r\n', one], `pieces of ${size}`);
  }
  t.end();
});

t.test('compact and folded headers are read by their full names', (t) => {
  const message = readSip('INVITE sip:a SIP/2.0\r\nf: <sip:b>;\r\n tag=1\r\ni: x\r\nVia: one\r\nv: two\r\n\r\n');
  t.equal(message.headers.get('from'), '<sip:b>; tag=1');
  t.equal(message.headers.get('call-id'), 'x');
  t.equal(message.headers.get('via'), 'one, two');
  t.end();
});

t.test('a wait has an end and says what was there instead; closing ends all, once', async (t) => {
  const clock = new FakeClock();
  const waits = new Waits(clock);
  let there: string | undefined;
  const wish = { name: 'a letter', ms: 100, look: () => there, seen: () => 'an empty box' };
  const late = waits.until(wish);
  clock.advance(100);
  await t.rejects(late, /expected a letter; seen an empty box \(after 100 ms\)$/);
  const soon = waits.until(wish);
  there = 'hello';
  waits.wake();
  t.equal(await soon, 'hello');
  t.same(clock.pending(), [], 'no timer is left');
  there = undefined;
  const never = waits.until(wish);
  waits.close('over');
  waits.close('again');
  await t.rejects(never, /seen over/);
  await t.rejects(waits.until(wish), /seen over/);
  t.same(clock.pending(), []);
});

const result = (verdict: Result['verdict'], seen: string, complaints: readonly string[] = []): Result => {
  const ladder = new Ladder();
  const message = readSip(
    'SIP/2.0 200 <script>alert(1)</script>\r\nAuthorization: Digest response="0123"\r\nCSeq: 1 INVITE\r\n\r\n',
  );
  ladder.add({ atMs: 1000, phone: 'caller', way: 'in', again: false, message });
  ladder.note(1001, '<b>');
  const story = { id: `case-${verdict}`, title: 'a <title>', rfc: '3264', complaints, run: () => Promise.resolve() };
  return { case: over('udp', story), verdict, expected: '<i>', seen, ms: 1, ladder };
};

t.test('nothing that a target sent is markup in the report, and no digest is in it', (t) => {
  const html = reportOf([result('failed', '<script>alert(2)</script>'), result('skipped', '"&')], 'sip:<x>', 'today');
  t.notMatch(html, /<script|<i>|<b>|<x>|a <title>/);
  t.match(html, /&lt;script&gt;alert\(1\)/, 'it is shown');
  t.notMatch(html, /0123/);
  t.equal(escaped('a\u0000\r\n<>&"\''), 'a·\n&lt;&gt;&amp;&quot;&#39;');
  t.end();
});

t.test('a complaint can be said of a target as soon as one of its cases failed', (t) => {
  const verdictOf = (...results: readonly Result[]): string | undefined =>
    complaintTable(results).find(({ id }) => id === 'C6')?.verdict;
  t.equal(verdictOf(result('passed', '', ['C6'])), 'passed');
  t.equal(verdictOf(result('passed', '', ['C6']), result('failed', '', ['C6'])), 'failed');
  t.equal(verdictOf(result('skipped', '', ['C6'])), 'not judged');
  t.equal(verdictOf(result('passed', '', ['C7'])), 'not judged');
  t.end();
});
