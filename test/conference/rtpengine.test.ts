/**
 * Goal: the way src/conference/README.md describes is a way: phones with different codecs, each in an rtpengine call of its own whose
 * other party is the mixer, hear each other. Method: a real rtpengine, RTP of three phones with a tone each.
 */
import t, { type Test } from 'tap';
import { RealClock } from '#kit/clock.js';
import { createLogger } from '#kit/log.js';
import { startConferenceThread, type ConferenceThread } from '#conference/thread.js';
import { NgClient } from '#media/ng-client.js';
import { findRtpengine, RtpengineProcess } from '#media/rtpengine-process.js';
import { tone } from '../support/conference-table.js';
import { freePorts } from '../support/free-ports.js';
import { openPhone } from '../support/media-fixture.js';
import { PCMA, PCMU, type RtpEndpoint } from '../support/rtp-endpoint.js';

const PHONES = [
  { id: 'a', hertz: 400, codec: PCMU },
  { id: 'b', hertz: 800, codec: PCMA },
  { id: 'c', hertz: 1200, codec: PCMA },
] as const;

/** What the mixer says of itself in SDP: one codec, its port, and that RTCP would be for the same port (RFC 5761 §5.1.1). */
const mixerSdp = (port: number): string =>
  [
    'v=0',
    `o=- ${port} 1 IN IP4 127.0.0.1`,
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP 0`,
    'a=rtpmap:0 PCMU/8000',
    'a=ptime:20',
    'a=rtcp-mux',
    'a=sendrecv',
    '',
  ].join('\r\n');

const TREATMENT = { flags: ['port-latching'], replace: ['origin', 'SDP-version', 'session-connection'], ICE: 'remove' };

type Dial = Readonly<{ ng: NgClient; mixer: ConferenceThread }>;

/** One phone into the conference: its offer, the mixer's answer. */
async function dial(t: Test, { ng, mixer }: Dial, { id, hertz, codec }: (typeof PHONES)[number]): Promise<RtpEndpoint> {
  const phone = await openPhone(t);
  const call = { 'call-id': `conference-${id}`, 'from-tag': id, 'to-tag': 'mixer', ...TREATMENT };
  const offer = { ...call, sdp: phone.sdp({ payloadTypes: [codec] }), codec: { mask: ['all'], transcode: ['PCMU'] } };
  const offered = await ng.request('offer', offer);
  const [, port] = /^m=audio (\d+) RTP\/AVP 0\s/m.exec(String(offered['sdp'])) ?? [];
  const seat = await mixer.join('room', id, { rtpFrom: { address: '127.0.0.1', port: Number(port) }, holdMusic: 'music' });
  const answered = await ng.request('answer', { ...call, sdp: mixerSdp(seat.port) });
  phone.obey(String(answered['sdp']));
  phone.talk(hertz);
  return phone;
}

t.test('phones with µ-law and A-law hear each other and the hold music through rtpengine and the mixer', async (t) => {
  const clock = new RealClock();
  const log = createLogger('silent');
  const options = { program: findRtpengine(), addresses: ['127.0.0.1'], timeoutSeconds: 60, ...(await freePorts()) };
  const rtpengine = await RtpengineProcess.start(options, clock, log);
  t.teardown(() => rtpengine.stop());
  const ng = new NgClient(rtpengine.target, clock, log, '127.0.0.1');
  t.teardown(() => ng.close());
  const mixer = await startConferenceThread({ clock, log });
  t.teardown(() => mixer.stop());
  await mixer.load('music', tone(1600, 8000));
  await mixer.create('room');
  const phones: RtpEndpoint[] = [];
  for (const phone of PHONES) phones.push(await dial(t, { ng, mixer }, phone));

  await Promise.all(phones.map((phone) => phone.next(25)));
  const heard = await Promise.all(phones.map((phone) => phone.next(25)));
  PHONES.forEach(({ id, codec, hertz }, index) => {
    const tones = [400, 800, 1200, 1600].filter((one) => (heard[index]?.packetsWith(one) ?? 0) > 12);
    t.same(
      tones,
      [400, 800, 1200].filter((one) => one !== hertz),
      `${id} hears the two others`,
    );
    t.same(heard[index]?.payloadTypes, [codec], `${id} in its own codec`);
  });

  await mixer.hold('room', 'c');
  await Promise.all(phones.map((phone) => phone.next(15)));
  const held = await Promise.all(phones.map((phone) => phone.next(25)));
  t.same(
    held.map((one) => [400, 800, 1200, 1600].filter((hertz) => one.packetsWith(hertz) > 12)),
    [[1600], [1600], []],
    'while c holds',
  );
});
