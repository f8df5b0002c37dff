import t from 'tap';
import { AppError } from '#kit/errors.js';
import { audioCodecs, BadSdp, carriesSpeech, connectionAddress, directionOf, readSdp, sameCodec } from '#sip/sdp.js';
import { sdpText } from '../support/sdp-text.js';

t.test('a session description is read into plain values', async (t) => {
  const view = readSdp(
    sdpText({
      origin: 'alice 2890844526 2890844527 IN IP4 host.example',
      media: [
        { port: 49170, payloads: '8 101', lines: ['rtpmap:101 telephone-event/8000', 'sendonly'] },
        { kind: 'video', port: 0, payloads: '31', address: '192.0.2.9' },
      ],
    }),
  );
  t.match(view, { username: 'alice', sessionId: '2890844526', version: 2890844527n });
  t.match(view.media, [
    {
      kind: 'audio',
      port: 49170,
      protocol: 'RTP/AVP',
      payloads: ['8', '101'],
      address: '127.0.0.1',
      direction: 'sendonly',
      rejected: false,
    },
    { kind: 'video', port: 0, payloads: ['31'], address: '192.0.2.9', direction: 'sendrecv', rejected: true },
  ]);
});

t.test('the o= version keeps all its 64 bits, where a JavaScript number would round', async (t) => {
  for (const version of ['18446744073709551615', '9007199254740993', '0'])
    t.equal(readSdp(sdpText({ origin: `- 1 ${version} IN IP4 127.0.0.1` })).version, BigInt(version));
});

t.test('what is no session description is refused with 488, and with 400 over HTTP', async (t) => {
  const bad: readonly (readonly [string, string])[] = [
    ['', 'nothing'],
    ['hello', 'no SDP at all'],
    [sdpText().replace('v=0', 'v=1'), 'another version'],
    [sdpText({ media: [] }), 'no m= line'],
    [sdpText({ address: '' }), 'no c= line'],
    [sdpText().replace(/o=.*\r\n/, ''), 'no o= line'],
    [sdpText({ origin: '- 1 x IN IP4 127.0.0.1' }), 'a version that is no number'],
    [sdpText({ origin: '- 1 1' }), 'an o= line without an address'],
    [sdpText().replace('40000', 'port'), 'a port that is no number'],
    [sdpText().replace('40000', '70000'), 'a port out of range'],
    [sdpText().replace(' RTP/AVP 8', ''), 'an m= line cut short'],
    [sdpText({ media: Array.from({ length: 33 }, () => ({})) }), 'too many m= lines'],
    [sdpText({ media: [{ payloads: '8 '.repeat(129).trim() }] }), 'more formats than there are numbers'],
    [sdpText({ lines: ['x'.repeat(70_000)] }), 'too long'],
  ];
  for (const [text, what] of bad) {
    t.throws(() => readSdp(text), BadSdp, what);
    try {
      readSdp(text);
    } catch (error) {
      t.match(error, { sip: 488, http: 400, code: 'bad_sdp' }, what);
      t.ok(error instanceof AppError);
    }
  }
});

t.test('a refused line needs no address, and line ends may be bare', async (t) => {
  t.equal(readSdp(sdpText({ address: '', media: [{ port: 0 }, { address: '127.0.0.1' }] })).media.length, 2);
  t.equal(readSdp(sdpText().replaceAll('\r\n', '\n')).media.length, 1);
});

t.test('a port may have a count and an address a lifetime (RFC 4566 §5.7, §5.14)', async (t) => {
  const text = sdpText({ address: '224.2.1.1/127/3' }).replace('40000', '40000/2');
  t.match(readSdp(text).media[0], { port: 40000, address: '224.2.1.1' });
});

t.test('the direction stands at the media line, else at the session, else it is sendrecv', async (t) => {
  const direction = (session: readonly string[], media: readonly string[]) =>
    directionOf(sdpText({ lines: session, media: [{ lines: media }] }));
  for (const word of ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const) {
    t.equal(direction([], [word]), word);
    t.equal(direction([word], []), word, 'inherited');
    t.equal(direction(['inactive'], [word]), word, 'the media line wins');
  }
  t.equal(direction([], []), 'sendrecv', 'RFC 3264 §5.1');
  t.equal(direction([], ['SendOnly ']), 'sendonly');
});

t.test('c=0.0.0.0 says that its author does not receive (RFC 3264 §8.4)', async (t) => {
  const direction = (word: string, address: string) => directionOf(sdpText({ media: [{ address, lines: [word] }] }));
  for (const address of ['0.0.0.0', '::', '0:0:0:0:0:0:0:0']) {
    t.equal(direction('sendrecv', address), 'sendonly', address);
    t.equal(direction('sendonly', address), 'sendonly');
    t.equal(direction('recvonly', address), 'inactive');
    t.equal(direction('inactive', address), 'inactive');
  }
  t.equal(directionOf(sdpText({ address: '0.0.0.0' })), 'sendonly', 'at the session too');
  t.equal(
    directionOf(sdpText({ address: '0.0.0.0', media: [{ address: '127.0.0.1' }] })),
    'sendrecv',
    'the line’s own address wins',
  );
});

t.test('the direction is that of the first audio line that is not refused; all refused is inactive', async (t) => {
  const video = { kind: 'video', lines: ['recvonly'] };
  t.equal(directionOf(sdpText({ media: [video, { lines: ['sendonly'] }] })), 'sendonly');
  t.equal(directionOf(sdpText({ media: [{ port: 0, lines: ['inactive'] }, { lines: ['sendonly'] }] })), 'sendonly');
  t.equal(directionOf(sdpText({ media: [{ port: 0 }, video] })), 'recvonly');
  t.equal(directionOf(sdpText({ media: [{ port: 0 }, { port: 0, kind: 'video' }] })), 'inactive');
});

t.test('codecs have a name even where their number alone says it (RFC 3551)', async (t) => {
  const text = sdpText({
    media: [{ payloads: '0 8 9 18 96 101 99', lines: ['rtpmap:96 opus/48000/2', 'rtpmap:101 telephone-event/8000'] }],
  });
  t.same(audioCodecs(text), [
    { payload: '0', name: 'PCMU', rate: 8000, channels: 1 },
    { payload: '8', name: 'PCMA', rate: 8000, channels: 1 },
    { payload: '9', name: 'G722', rate: 8000, channels: 1 },
    { payload: '18', name: 'G729', rate: 8000, channels: 1 },
    { payload: '96', name: 'opus', rate: 48000, channels: 2 },
    { payload: '101', name: 'telephone-event', rate: 8000, channels: 1 },
  ]);
  t.same(audioCodecs(sdpText({ media: [{ port: 0 }] })), [], 'a refused line has no audio');
});

t.test('codecs are compared by name, rate and channels; comfort noise and key presses are no speech', async (t) => {
  const opus = { payload: '96', name: 'opus', rate: 48000, channels: 2 };
  t.ok(sameCodec(opus, { ...opus, payload: '111', name: 'OPUS' }));
  t.notOk(sameCodec(opus, { ...opus, rate: 16000 }));
  t.notOk(sameCodec(opus, { ...opus, channels: 1 }));
  t.ok(carriesSpeech(opus));
  t.notOk(carriesSpeech({ ...opus, name: 'CN' }));
  t.notOk(carriesSpeech({ ...opus, name: 'Telephone-Event' }));
});

t.test('the address is that of the audio line', async (t) => {
  t.equal(
    connectionAddress(sdpText({ media: [{ kind: 'video', address: '192.0.2.1' }, { address: '192.0.2.2' }] })),
    '192.0.2.2',
  );
  t.equal(connectionAddress(sdpText({ media: [{ kind: 'video' }] })), undefined);
});
