/**
 * stored-call: what is kept of a call beside its value, as two ordinary phones leave it.
 */
import type { StoredCall } from '#calls/store-port.js';
import type { LegSdp } from '#calls/media-session.js';
import type { PhoneTraits } from '#calls/ports.js';
import type { Call } from '#core/call.js';

const phone: PhoneTraits = { kind: 'phone', music: undefined, holdMode: 'auto', refusedMusic: false, policy: {} };

/** As long as those of real phones: several codecs and a few candidates' worth of lines. */
export const sdpOf = (port: number, direction = 'sendrecv'): string =>
  [
    'v=0',
    `o=- 4711 3 IN IP4 127.0.0.1`,
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP 8 0 9 96 101`,
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:9 G722/8000',
    'a=rtpmap:96 opus/48000/2',
    'a=fmtp:96 useinbandfec=1;minptime=10',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-16',
    `a=rtcp:${port + 1}`,
    'a=ptime:20',
    `a=${direction}`,
    '',
  ].join('\r\n');

const legSdp = (port: number): LegSdp => ({
  fromPhone: sdpOf(port),
  heard: undefined,
  heardBefore: undefined,
  address: '127.0.0.1',
  made: sdpOf(port + 10_000),
  sent: sdpOf(port + 10_000, 'sendonly'),
  sessionId: '184467440737',
  version: 3n,
});

export function storedCall(call: Call, more: Partial<StoredCall> = {}): StoredCall {
  if (call.kind === 'terminated') throw new Error('what has ended is not kept');
  return {
    call,
    dialFacts: { fromName: 'Alice', autoAnswer: false, maxForwards: 70, asker: 'inside', privacy: false, trunk: undefined },
    phones: { caller: phone, callee: phone },
    sdp: { caller: legSdp(20_000), callee: legSdp(20_002) },
    keysIn: false,
    dueMs: new Map(),
    ...more,
  };
}
