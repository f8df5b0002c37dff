import fc from 'fast-check';
import t from 'tap';
import { audioCodecs, BadSdp, connectionAddress, directionOf, readSdp } from '#sip/sdp.js';
import { answerFrom, asSendrecv, dress, sameMedia, withAllLines, withZeroAddress } from '#sip/sdp-write.js';
import { sdpText, type MediaText } from '../support/sdp-text.js';

const HELD = { direction: 'sendonly', sessionId: '77', version: 3n } as const;
const VIDEO: MediaText = { kind: 'video', port: 40002, payloads: '31', lines: ['rtpmap:31 H261/90000'] };

t.test('dress writes direction and o=, and leaves every other line as it was and where it was', async (t) => {
  const text = sdpText({
    origin: 'alice 5 6 IN IP4 192.0.2.7',
    lines: ['group:BUNDLE a', 'sendrecv', 'x-unknown:keep me'],
    media: [{ lines: ['rtpmap:8 PCMA/8000', 'sendrecv', 'ptime:20', 'candidate:1 1 UDP 1 127.0.0.1 9 typ host'] }],
  });
  const dressed = dress(text, HELD);
  t.match(dressed, /^o=- 77 3 IN IP4 192\.0\.2\.7\r$/m);
  t.equal(directionOf(dressed), 'sendonly');
  const others = (sdp: string) => sdp.split('\r\n').filter((line) => !/^o=|^a=(?:sendrecv|sendonly)$/.test(line));
  t.same(others(dressed), others(text));
  t.notMatch(dressed.split('m=')[0], /a=send/, 'no direction is left at the session');
  t.equal(dressed.match(/a=sendonly/g)?.length, 1);
});

t.test('dress writes versions up to 2^64-1 exactly, and IPv6 origins', async (t) => {
  const dressed = dress(sdpText({ origin: '- 1 1 IN IP6 ::1', address: '::1' }), { ...HELD, version: 18446744073709551615n });
  t.match(dressed, /^o=- 77 18446744073709551615 IN IP6 ::1\r$/m);
  t.equal(readSdp(dressed).version, 18446744073709551615n);
});

t.test('a hold makes streams that are not audio inactive, and a resume gives them back what they had', async (t) => {
  const text = sdpText({ media: [{}, VIDEO] });
  t.same(
    readSdp(dress(text, HELD)).media.map(({ direction }) => direction),
    ['sendonly', 'inactive'],
  );
  t.same(
    readSdp(dress(text, { ...HELD, direction: 'sendrecv' })).media.map(({ direction }) => direction),
    ['sendrecv', 'sendrecv'],
  );
});

t.test('a refused line stays refused, without a word about direction', async (t) => {
  const dressed = dress(sdpText({ media: [{}, { ...VIDEO, port: 0 }] }), HELD);
  t.notMatch(dressed.slice(dressed.indexOf('m=video')), /a=(?:send|recv|inactive)/);
  t.equal(readSdp(dressed).media[1]?.rejected, true);
});

t.test('dress of anything but a session description throws BadSdp', async (t) => {
  t.throws(() => dress('garbage', HELD), BadSdp);
});

t.test('asSendrecv lets the media server believe that everybody talks, at the last real address', async (t) => {
  const held = sdpText({
    address: '0.0.0.0',
    lines: ['inactive'],
    media: [{ address: '0.0.0.0', lines: ['rtpmap:8 PCMA/8000', 'sendonly'] }],
  });
  const open = asSendrecv(held, '192.0.2.5');
  t.equal(directionOf(open), 'sendrecv');
  t.equal(connectionAddress(open), '192.0.2.5');
  t.notMatch(open, /0\.0\.0\.0|inactive|sendonly/);
  t.match(asSendrecv(held, '2001:db8::5'), /c=IN IP6 2001:db8::5/);
  t.match(asSendrecv(held), /c=IN IP4 0\.0\.0\.0/, 'without a last address the zero stays');
  t.equal(connectionAddress(asSendrecv(sdpText({ address: '192.0.2.1' }), '192.0.2.5')), '192.0.2.1', 'a real address stays');
});

t.test('sameMedia looks past o=, s=, t= and direction, and at nothing else', async (t) => {
  const text = sdpText({ media: [{ lines: ['rtpmap:8 PCMA/8000', 'fmtp:8 x=1', 'crypto:1 AES inline:abc', 'ice-ufrag:u'] }] });
  t.ok(sameMedia(text, dress(text, HELD)));
  t.ok(sameMedia(text, text.replace('s=-', 's=other').replace('t=0 0', 't=1 2')));
  for (const [from, to] of [
    ['c=IN IP4 127.0.0.1', 'c=IN IP4 127.0.0.2'],
    ['40000', '40002'],
    ['RTP/AVP', 'RTP/SAVP'],
    ['RTP/AVP 8', 'RTP/AVP 8 0'],
    ['PCMA', 'PCMU'],
    ['x=1', 'x=2'],
    ['inline:abc', 'inline:abd'],
    ['ice-ufrag:u', 'ice-ufrag:v'],
  ] as const)
    t.notOk(sameMedia(text, text.replace(from, to)), to);
  t.notOk(sameMedia(text, sdpText({ media: [{ lines: ['rtpmap:8 PCMA/8000'] }, VIDEO] })), 'one line more');
  for (const ending of ['a=inactive', 'a=inactive\n', 'a=INACTIVE \r\n', 'a=sendonly\r', '\r\n'])
    t.ok(sameMedia(text, `${text}${ending}`), JSON.stringify(ending));
  t.ok(sameMedia(text, text.replaceAll('\r\n', '\n')), 'other ends of lines');
  t.ok(sameMedia(text, text.trimEnd()), 'no end of the last line');
  for (const more of ['a=inactively\r\n', 'b=AS:64\r\n']) t.notOk(sameMedia(text, `${text}${more}`), more.trim());
  const fmtp = (value: string): string => `${text}a=fmtp:8 x\u2028p=${value}\r\n`;
  t.notOk(sameMedia(fmtp('1'), fmtp('2')), 'only CR and LF end a line');
});

t.test('an answer has the offer’s lines in the offer’s order; what cannot be had is refused with port 0', async (t) => {
  const offer = sdpText({ media: [VIDEO, {}, { kind: 'application', protocol: 'UDP/BFCP', payloads: '*', lines: [] }] });
  const answer = readSdp(answerFrom(offer, sdpText({ media: [{ ...VIDEO, port: 0 }, { port: 50000 }] })));
  t.same(
    answer.media.map(({ kind, port }) => [kind, port]),
    [
      ['video', 0],
      ['audio', 50000],
      ['application', 0],
    ],
  );
  t.same(answer.media[0]?.payloads, ['31'], 'a refused line still has its formats');
});

t.test('an answer never has more lines than the offer, nor another kind in a place', async (t) => {
  t.equal(readSdp(answerFrom(sdpText(), sdpText({ media: [{}, VIDEO] }))).media.length, 1);
  const swapped = readSdp(answerFrom(sdpText({ media: [{}, VIDEO] }), sdpText({ media: [{}, { port: 40004 }] })));
  t.equal(swapped.media[1]?.rejected, true);
  t.equal(
    readSdp(answerFrom(sdpText({ media: [{}, { ...VIDEO, port: 0 }] }), sdpText({ media: [{}, VIDEO] }))).media[1]?.rejected,
    true,
  );
});

t.test('codecs are matched by name, and carry the offer’s numbers; those it does not have are left out', async (t) => {
  const offer = sdpText({
    media: [
      { payloads: '8 111 97', lines: ['rtpmap:111 opus/48000/2', 'fmtp:111 minptime=10', 'rtpmap:97 telephone-event/8000'] },
    ],
  });
  const ours = sdpText({
    media: [
      {
        payloads: '96 8 0 101',
        lines: [
          'rtpmap:96 OPUS/48000/2',
          'fmtp:96 useinbandfec=1',
          'rtpmap:0 PCMU/8000',
          'rtpmap:101 telephone-event/8000',
          'fmtp:101 0-15',
          'ptime:20',
        ],
      },
    ],
  });
  const answer = answerFrom(offer, ours);
  t.same(
    audioCodecs(answer).map(({ payload, name }) => [payload, name]),
    [
      ['111', 'OPUS'],
      ['8', 'PCMA'],
      ['97', 'telephone-event'],
    ],
  );
  t.match(answer, /a=fmtp:111 useinbandfec=1\r\n/);
  t.match(answer, /a=fmtp:97 0-15\r\n/);
  t.match(answer, /a=ptime:20\r\n/);
  t.notMatch(answer, /PCMU/);
});

t.test('two formats of one codec do not become one number twice', async (t) => {
  const h264 = (payloads: string, ...numbers: string[]): MediaText => ({
    kind: 'video',
    payloads,
    lines: numbers.map((number) => `rtpmap:${number} H264/90000`),
  });
  const answer = answerFrom(
    sdpText({ media: [{}, h264('96 98', '96', '98')] }),
    sdpText({ media: [{}, h264('102 104', '102', '104')] }),
  );
  t.same(readSdp(answer).media[1]?.payloads, ['96', '98']);
});

t.test('formats that name others by number name them by the offer’s (redundancy, retransmission)', async (t) => {
  const red = (opus: number, redundant: number): MediaText => ({
    payloads: `${opus} ${redundant} 0`,
    lines: [`rtpmap:${opus} opus/48000/2`, `rtpmap:${redundant} red/48000/2`, `fmtp:${redundant} ${opus}/${opus}`],
  });
  t.match(answerFrom(sdpText({ media: [red(111, 63)] }), sdpText({ media: [red(96, 97)] })), /a=fmtp:63 111\/111\r\n/);
  const dtmf = (range: string): MediaText => ({
    payloads: '0 101',
    lines: ['rtpmap:101 telephone-event/8000', `fmtp:101 ${range}`],
  });
  t.match(
    answerFrom(sdpText({ media: [dtmf('0-16')] }), sdpText({ media: [dtmf('15')] })),
    /a=fmtp:101 15\r\n/,
    'one event is no format',
  );
});

t.test('without a common audio codec there is no answer: 488; key presses are no codec', async (t) => {
  const dtmf = 'rtpmap:101 telephone-event/8000';
  const offer = sdpText({ media: [{ payloads: '0 101', lines: [dtmf] }] });
  t.throws(
    () => answerFrom(offer, sdpText({ media: [{ payloads: '8 101', lines: [dtmf] }] })),
    new BadSdp('the offer has no codec that the other party has'),
  );
  const answer = readSdp(
    answerFrom(sdpText({ media: [{}, VIDEO] }), sdpText({ media: [{}, { ...VIDEO, payloads: '34', lines: [] }] })),
  );
  t.equal(answer.media[1]?.rejected, true, 'video without a common codec is refused alone');
  const second = readSdp(answerFrom(sdpText({ media: [{ payloads: '0', lines: [] }, {}] }), sdpText({ media: [{}, {}] })));
  t.same(
    second.media.map(({ rejected }) => rejected),
    [true, false],
    'one audio line in common is enough',
  );
});

t.test('t= is the offer’s (RFC 3264 §6)', async (t) => {
  t.match(answerFrom(sdpText().replace('t=0 0', 't=3338481189 3370017201'), sdpText()), /^t=3338481189 3370017201\r$/m);
});

t.test('whatever is dressed reads back as it was told, and is then dressed the same again', async (t) => {
  const direction = fc.constantFrom('sendrecv', 'sendonly', 'recvonly', 'inactive');
  const line = fc.record({
    kind: fc.constantFrom('audio', 'video'),
    port: fc.constantFrom(0, 40000, 65534),
    payloads: fc.constantFrom('0', '8 0', '8 0 101'),
    address: fc.constantFrom('', '192.0.2.3', '::1'),
    lines: fc.array(fc.constantFrom('sendonly', 'inactive', 'ptime:20', 'rtpmap:101 telephone-event/8000', 'x-y'), {
      maxLength: 3,
    }),
  });
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 4 }),
      fc.option(direction),
      direction,
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (media, session, wanted, version) => {
        const text = sdpText({ media, lines: session === null ? [] : [session] });
        const once = dress(text, { direction: wanted, sessionId: '9', version });
        const view = readSdp(once);
        const audio = view.media.filter(({ kind, rejected }) => kind === 'audio' && !rejected);
        if (view.version !== version || audio.some((one) => one.direction !== wanted)) throw new Error(once);
        if (view.media.length !== media.length || !sameMedia(text, once)) throw new Error(once);
        if (dress(once, { direction: wanted, sessionId: '9', version }) !== once) throw new Error(`not stable: ${once}`);
      },
    ),
    { numRuns: 500, seed: 3264 },
  );
  t.pass('500 descriptions');
});

t.test('lines that were agreed on before and are missing now count as refused (RFC 3264 §8)', async (t) => {
  const session = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n';
  const audio = 'm=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n';
  const video = 'm=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n';
  const padded = withAllLines(session + audio, session + audio + video);
  t.equal(padded, `${session}${audio}m=video 0 RTP/AVP 96\r\n`);
  t.equal(withAllLines(padded, session + audio + video), padded, 'once is enough');
  t.equal(withAllLines(session + audio + video, session + audio), session + audio + video, 'more lines are more lines');
  t.equal(withAllLines(session + audio, undefined), session + audio);
});

t.test('the hold of phones that read no direction tells them to send nowhere, on every line (RFC 2543)', async (t) => {
  const text =
    'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP6 ::1\r\n';
  const zero = withZeroAddress(text);
  t.match(zero, /c=IN IP4 0\.0\.0\.0\r\n/);
  t.match(zero, /c=IN IP6 ::\r\n/);
  t.match(zero, /^o=- 1 1 IN IP4 127\.0\.0\.1\r$/m, 'who made it is not where it sends');
});

t.test(
  'an answer sends on no line what the offer does not want, nor receives what it does not send (RFC 3264 §6.1)',
  async (t) => {
    const lines = (...directions: readonly string[]): string =>
      ['v=0', 'o=p 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0']
        .concat(
          ['audio', 'audio', 'video'].flatMap((kind, at) => [`m=${kind} ${5000 + at} RTP/AVP 0`, `a=${directions[at]}`]),
          '',
        )
        .join('\r\n');
    const ours = lines('sendrecv', 'sendrecv', 'sendrecv');
    const said = (direction: 'sendrecv' | 'sendonly', offer?: string): readonly string[] =>
      readSdp(dress(ours, { direction, sessionId: '1', version: 1n, offer })).media.map((line) => line.direction);
    t.same(said('sendrecv', lines('sendrecv', 'inactive', 'recvonly')), ['sendrecv', 'inactive', 'sendonly']);
    t.same(said('sendrecv', lines('sendonly', 'sendrecv', 'sendonly')), ['recvonly', 'sendrecv', 'recvonly']);
    t.same(said('sendonly', lines('sendrecv', 'sendonly', 'sendrecv')), ['sendonly', 'inactive', 'inactive']);
    t.same(said('sendrecv'), ['sendrecv', 'sendrecv', 'sendrecv'], 'an offer of ours');
  },
);
