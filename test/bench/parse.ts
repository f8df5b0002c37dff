/**
 * bench/parse: microseconds per message for reading, writing and refusing. Run by hand: `node --import=tsx test/bench/parse.ts`.
 * Nothing is asserted; the figures go into commit messages, with the machine they were taken on.
 */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { parseMessage } from '#sip/parse.js';
import { readSdp } from '#sip/sdp.js';
import { writeMessage } from '#sip/write.js';

const CRLF = '\r\n';

const ROUNDS = 20_000;
const REPEATS = 7;

const torture = (name: string): string => readFileSync(new URL(`../sip/torture/${name}.dat`, import.meta.url), 'latin1');

const SDP = [
  'v=0',
  'o=101 3871 3871 IN IP4 127.0.0.1',
  's=call',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 8 0 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=sendrecv',
  '',
].join(CRLF);

/** What a phone really sends: 14 header fields and an offer. */
const INVITE = [
  'INVITE sip:102@holdfast.example;transport=udp SIP/2.0',
  'Via: SIP/2.0/UDP 127.0.0.1:40012;branch=z9hG4bK-524287-1---0f3eb40b11f97a9c;rport',
  'Max-Forwards: 70',
  'Contact: <sip:101@127.0.0.1:40012;transport=udp>',
  'To: <sip:102@holdfast.example>',
  'From: "Alice" <sip:101@holdfast.example>;tag=5e00e125',
  'Call-ID: wSSsR1c-lUjKuRhxr0iEKA..',
  'CSeq: 2 INVITE',
  'Allow: INVITE, ACK, CANCEL, BYE, NOTIFY, REFER, MESSAGE, OPTIONS, INFO, SUBSCRIBE',
  'Content-Type: application/sdp',
  'Supported: replaces, timer, outbound',
  'User-Agent: bench',
  'Allow-Events: presence, kpml',
  `Content-Length: ${SDP.length}`,
  '',
  SDP,
].join(CRLF);

const BYE = [
  'BYE sip:101@127.0.0.1:40012;transport=udp SIP/2.0',
  'Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKq1w2e3r4;rport',
  'Max-Forwards: 70',
  'To: "Alice" <sip:101@holdfast.example>;tag=5e00e125',
  'From: <sip:102@holdfast.example>;tag=a73kszlfl',
  'Call-ID: wSSsR1c-lUjKuRhxr0iEKA..',
  'CSeq: 3 BYE',
  'Content-Length: 0',
  '',
  '',
].join(CRLF);

const RINGING = BYE.replace(/^BYE.*/, 'SIP/2.0 180 Ringing').replace('3 BYE', '2 INVITE');

/** The best of several rounds: other work on the machine only ever adds. */
function microsecondsPer(work: () => void): number {
  let best = Infinity;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const start = performance.now();
    for (let round = 0; round < ROUNDS; round++) work();
    best = Math.min(best, performance.now() - start);
  }
  return (best * 1000) / ROUNDS;
}

function report(name: string, work: () => void): void {
  console.log(`${name.padEnd(34)} ${microsecondsPer(work).toFixed(2).padStart(8)} µs`);
}

/** Text as a socket gives it: made from bytes anew, so that no earlier parse has left it flattened or hashed. */
function fresh(text: string): () => string {
  const bytes = Buffer.from(text, 'latin1');
  return () => bytes.toString('latin1');
}

for (const [name, text] of Object.entries({ INVITE, BYE, RINGING, wsinv: torture('wsinv'), longreq: torture('longreq') })) {
  const bytes = fresh(text);
  report(`read ${name} (${text.length} bytes)`, () => parseMessage(bytes()));
}
const quotbal = fresh(torture('quotbal'));
report('refuse quotbal', () => parseMessage(quotbal()));
const parsed = parseMessage(INVITE);
if (parsed.kind === 'ok') report('write INVITE', () => writeMessage(parsed.message));
report('bytes to text only (INVITE)', fresh(INVITE));
report('read SDP', () => readSdp(SDP));
