/** place: where rtpengine sends from and to, and in which codec. */
import t from 'tap';
import { placeOf, placeSaid, sharingOf, type Said } from '#media/fan/place.js';

const reply = (media: object, stream: object = {}) => ({
  tags: {
    callee: {
      medias: [
        {
          type: 'audio',
          protocol: 'RTP/AVP',
          streams: [
            {
              'local port': 30000,
              'local address': '192.0.2.1',
              endpoint: { family: 'IPv4', address: '198.51.100.7', port: 4000 },
              'advertised endpoint': { family: 'IPv4', address: '10.0.0.7', port: 5000 },
              flags: ['RTP', 'filled', 'confirmed'],
              ...stream,
            },
            { 'local port': 30001, 'local address': '192.0.2.1', flags: ['RTCP'] },
          ],
          ...media,
        },
      ],
    },
  },
});

t.test('a phone behind NAT is where rtpengine has heard it, not where it says', async (t) => {
  t.same(placeOf(reply({}), 'callee'), {
    from: { address: '192.0.2.1', port: 30000 },
    to: { address: '198.51.100.7', port: 4000 },
  });
});

const sdpAt = (address: string, port: number, protocol = 'RTP/AVP'): string =>
  `v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}\r\nt=0 0\r\nm=audio ${port} ${protocol} 0\r\n`;

t.test('of who is where it says it is enough to read what both have said', async (t) => {
  const told = sdpAt('192.0.2.1', 30_000);
  t.same(placeSaid({ said: sdpAt('10.0.0.7', 5000), told }), {
    from: { address: '192.0.2.1', port: 30_000 },
    to: { address: '10.0.0.7', port: 5000 },
  });
  t.equal(placeSaid({ said: sdpAt('10.0.0.7', 5000) }), undefined, 'it was told nothing yet');
  t.equal(placeSaid({ told }), undefined, 'it has said nothing yet');
  for (const said of [sdpAt('10.0.0.7', 5000, 'RTP/SAVP'), sdpAt('0.0.0.0', 5000), sdpAt('fd00::7', 5000), sdpAt('10.0.0.7', 0)])
    t.equal(placeSaid({ said, told }), undefined);
  t.equal(placeSaid({ said: sdpAt('10.0.0.7', 5000), told: sdpAt('192.0.2.1', 30_000, 'RTP/SAVP') }), undefined);
  t.equal(placeSaid({ said: `${sdpAt('10.0.0.7', 5000)}c=IN IP6 fd00::7\r\n`, told }), undefined, 'its line says otherwise');
  const second = `${sdpAt('10.0.0.7', 0)}m=audio 5002 RTP/AVP 0\r\n`;
  t.equal(placeSaid({ said: second, told: `${told}m=audio 30002 RTP/AVP 0\r\n` }), undefined, 'another of several lines');
});

t.test('nobody sends in the place of rtpengine where it encrypts, where IPv6 is spoken, and where nobody is', async (t) => {
  t.equal(placeOf(reply({ protocol: 'RTP/SAVP' }), 'callee'), undefined);
  t.equal(placeOf(reply({ protocol: 'UDP/TLS/RTP/SAVPF' }), 'callee'), undefined);
  t.equal(placeOf(reply({ type: 'video' }), 'callee'), undefined);
  t.equal(placeOf(reply({}, { 'local address': '2001:db8::1' }), 'callee'), undefined);
  t.equal(placeOf(reply({}, { endpoint: { address: '2001:db8::7', port: 4000 } }), 'callee'), undefined);
  t.equal(placeOf(reply({}, { endpoint: { address: '0.0.0.0', port: 4000 } }), 'callee'), undefined);
  t.equal(placeOf(reply({}, { endpoint: { address: '198.51.100.7', port: 0 } }), 'callee'), undefined);
  t.equal(placeOf(reply({}, { flags: ['RTCP'] }), 'callee'), undefined);
  t.equal(placeOf(reply({}), 'caller'), undefined);
  t.equal(placeOf({}, 'caller'), undefined);
});

const sdp = (formats: string, ...lines: string[]): string =>
  ['v=0', 'c=IN IP4 192.0.2.1', 't=0 0', `m=audio 4000 RTP/AVP ${formats}`, ...lines, 'a=sendrecv', ''].join('\r\n');
const codecOf = (said: Said, packetMs?: number) => sharingOf(said, packetMs)?.codec;
const OPUS = 'a=rtpmap:96 opus/48000/2';

t.test('the codec is the first of its own that the phone was told of too', async (t) => {
  t.equal(codecOf({ said: sdp('0 8'), told: sdp('8 0') }), 0);
  t.equal(codecOf({ said: sdp('8 0'), told: sdp('0') }), 0);
  t.equal(codecOf({ said: sdp('8 0 101', 'a=rtpmap:101 telephone-event/8000'), told: sdp('8 101') }), 8);
  t.equal(codecOf({ said: sdp('101 9', 'a=rtpmap:101 telephone-event/8000'), told: sdp('9 101') }), 9, 'keys are no speech');
  t.equal(codecOf({ said: sdp('96 0', OPUS), told: sdp('0') }), 0, 'Opus was not taken');
});

t.test('a codec whose number each phone chooses, or packets of another length, are for one alone', async (t) => {
  t.equal(codecOf({ said: sdp('96 0', OPUS), told: sdp('111 0', 'a=rtpmap:111 opus/48000/2') }), undefined);
  t.equal(codecOf({ said: sdp('18 0'), told: sdp('18 0') }), undefined);
  t.equal(codecOf({ said: sdp('0', 'a=ptime:40'), told: sdp('0') }), undefined);
  t.equal(codecOf({ said: sdp('0', 'a=ptime:20'), told: sdp('0') }), 0);
  t.equal(codecOf({ said: sdp('8'), told: sdp('0') }), undefined);
  t.equal(codecOf({ said: sdp('0') }), undefined);
  t.equal(codecOf({}), undefined);
});

t.test('a phone is sent no packets longer than it takes', async (t) => {
  const most = (ms: number) => ({ said: sdp('0', 'a=ptime:20', `a=maxptime:${ms}`), told: sdp('0') });
  t.equal(codecOf(most(20), 20), 0);
  t.equal(codecOf(most(20), 40), undefined, 'two packets as one are too long');
  t.equal(codecOf(most(40), 40), 0);
  t.equal(codecOf(most(10), 20), undefined);
  t.equal(codecOf({ said: sdp('0'), told: sdp('0', 'a=maxptime:20') }, 40), 0, 'what it was told is about the other direction');
  t.equal(codecOf({ said: `${sdp('0')}m=video 5000 RTP/AVP 96\r\na=maxptime:20\r\n`, told: sdp('0') }, 40), 0);
});

t.test('long packets are for those who name no shorter ones', async (t) => {
  const long = (...lines: string[]) =>
    sharingOf({ said: sdp('0', ...lines), told: sdp('0', 'a=ptime:20', 'a=maxptime:20') })?.long;
  t.equal(long(), true, 'what it was told is about the other direction');
  t.equal(long('a=ptime:20'), false, 'RFC 3264 §5.1: it would like to receive these');
  t.equal(long('a=maxptime:40'), false);
  t.equal(long('a=maxptime:60'), true);
});

t.test('what stands in a video line is no codec of the audio', async (t) => {
  const video = 'm=video 5000 RTP/AVP 8\r\na=rtpmap:0 VP8/90000\r\na=ptime:40\r\n';
  t.equal(codecOf({ said: sdp('8 0') + video, told: sdp('0') + video }), 0);
});
