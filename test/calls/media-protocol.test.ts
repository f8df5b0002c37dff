import t from 'tap';
import { firstProtocol, protocolToward } from '#calls/media-protocol.js';

const sdp = (protocol: string): string =>
  `v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 ${protocol} 0\r\n`;

/** What is offered, what the other leg has said, whether it wishes SRTP → what the offer is turned into. */
const ROWS: readonly (readonly [string, string | undefined, boolean, string | undefined])[] = [
  ['RTP/AVP', undefined, false, undefined],
  ['RTP/SAVP', undefined, false, 'RTP/AVP'],
  ['RTP/AVP', undefined, true, 'RTP/SAVP'],
  ['RTP/SAVP', undefined, true, 'RTP/SAVP'],
  ['RTP/SAVP', 'RTP/AVP', true, 'RTP/AVP'],
  ['RTP/AVP', 'RTP/SAVP', false, 'RTP/SAVP'],
  ['RTP/AVP', 'RTP/SAVPF', false, 'RTP/SAVPF'],
  ['RTP/SAVP', 'RTP/SAVPF', false, undefined],
  ['RTP/AVPF', 'RTP/AVP', true, undefined],
  ['UDP/TLS/RTP/SAVPF', undefined, false, undefined],
  ['RTP/AVP', 'UDP/TLS/RTP/SAVPF', false, undefined],
];

t.test('an offer reaches each leg in the profile that this leg speaks', async (t) => {
  for (const [offered, said, wishes, wanted] of ROWS) {
    const found = protocolToward(sdp(offered), {
      said: said === undefined ? undefined : sdp(said),
      made: undefined,
      wishesSrtp: wishes,
    });
    t.equal(found, wanted, `${offered} toward ${said ?? (wishes ? 'one that wishes SRTP' : 'a stranger')}`);
  }
  const bare = sdp('RTP/AVP').replace('audio', 'video');
  t.equal(protocolToward(bare, { said: undefined, made: undefined, wishesSrtp: false }), undefined, 'no audio is left alone');
});

t.test('a leg that was offered SRTP and is asked again without is named: rtpengine would go on as it began', async (t) => {
  const made = sdp('RTP/SAVP');
  t.equal(protocolToward(sdp('RTP/AVP'), { said: undefined, made, wishesSrtp: false }), 'RTP/AVP');
  t.equal(protocolToward(sdp('RTP/AVP'), { said: undefined, made: sdp('RTP/AVP'), wishesSrtp: true }), 'RTP/SAVP');
  t.equal(firstProtocol(true), 'RTP/SAVP');
  t.equal(firstProtocol(false), 'RTP/AVP');
});
