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
  said.ended(CALL);
  t.equal(shares(), undefined);
  t.equal(said.size, 0);
});
