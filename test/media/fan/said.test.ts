/** said: what a party can share follows what was said last on either side. */
import t from 'tap';
import type { CallId } from '#core/leg.js';
import { SaidAndTold } from '#media/fan/said.js';

const sdp = (codecs: string, more = ''): string => `v=0\r\nm=audio 4000 RTP/AVP ${codecs}\r\n${more}`;
const CALL = 'c' as CallId;

t.test('what is shared is made out of what was said last, however often it is asked for', async (t) => {
  const said = new SaidAndTold(20);
  const shares = () => said.sharingOf(CALL, 'caller');
  t.equal(shares(), undefined, 'nobody has said anything');
  said.said(CALL, 'caller', sdp('0 8'));
  t.equal(shares(), undefined, 'it was told nothing yet');
  said.told(CALL, 'caller', sdp('0 8'));
  for (const _ of [1, 2]) t.same(shares(), { codec: 0, long: true });
  said.told(CALL, 'caller', sdp('8'));
  for (const _ of [1, 2]) t.same(shares(), { codec: 8, long: true });
  said.said(CALL, 'caller', sdp('8', 'a=ptime:20\r\n'));
  t.same(shares(), { codec: 8, long: false });
  said.said(CALL, 'caller', sdp('8', 'a=ptime:30\r\n'));
  for (const _ of [1, 2]) t.equal(shares(), undefined);
  t.equal(said.sharingOf(CALL, 'callee'), undefined, 'the other party is another');
  const plain = sdp('8').replace('v=0\r\n', 'v=0\r\no=- 1 1 IN IP4 10.0.0.7\r\ns=-\r\nc=IN IP4 10.0.0.7\r\nt=0 0\r\n');
  said.said(CALL, 'caller', plain);
  said.told(CALL, 'caller', plain);
  t.equal(said.placeOf(CALL, 'caller'), undefined, 'where it is rtpengine knows');
  said.said(CALL, 'caller', plain, true);
  for (const _ of [1, 2]) t.same(said.placeOf(CALL, 'caller')?.to, { address: '10.0.0.7', port: 4000 }, 'it is where it says');
  said.said(CALL, 'caller', plain.replace('4000', '4002'), true);
  t.equal(said.placeOf(CALL, 'caller')?.to.port, 4002, 'it has moved');
  said.told(CALL, 'caller', plain.replace('4000', '5000'));
  t.equal(said.placeOf(CALL, 'caller')?.from.port, 5000, 'it goes on staying where it says when it is told something');
  said.ended(CALL);
  t.equal(said.placeOf(CALL, 'caller'), undefined);
  t.equal(shares(), undefined);
  t.equal(said.size, 0);
});
