/** music-fan: one stream for many seats, begun with the first and ended some time after the last. */
import t from 'tap';
import { MediaFailed } from '#kit/errors.js';
import { LINGER_MS, MusicFan, SEATS_LIMIT } from '#media/music-fan.js';
import { FakeClock } from '../support/fake-clock.js';

const PUBLISHED = 'v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 40000 RTP/AVP 0\r\n';

/** What was asked of rtpengine and of the player, in short words. */
function fan() {
  const asked: string[] = [];
  const state: { refuses: string | undefined; seats: number; ids: number } = { refuses: undefined, seats: 0, ids: 0 };
  const say = <T>(words: string, result: T): Promise<T> => {
    asked.push(words);
    return state.refuses !== undefined && words.startsWith(state.refuses)
      ? Promise.reject(new MediaFailed('no'))
      : Promise.resolve(result);
  };
  const clock = new FakeClock();
  const music = new MusicFan({
    ng: {
      publish: (callId, tag) => say(`publish ${callId} ${tag}`, PUBLISHED),
      offer: (callId, from, _to, sdp) => say(`offer ${callId} ${from} ${/m=audio \d+/.exec(sdp)?.[0] ?? ''}`, ''),
      subscribe: (callId, tag) => say(`subscribe ${callId} ${tag}`, { sdp: `seat ${++state.seats}`, tag: `t${state.seats}` }),
      subscribeAnswer: (callId, tag, sdp) => say(`answer ${callId} ${tag} ${sdp}`, undefined),
      unsubscribe: (callId, tag) => say(`unsubscribe ${callId} ${tag}`, undefined),
      delete: (callId) => say(`delete ${callId}`, undefined),
    },
    player: {
      play: (callId, role, sound) => say(`play ${callId} ${role} ${sound.kind === 'music' ? sound.music : ''}`, undefined),
      ended: (callId) => void asked.push(`ended ${callId}`),
    },
    clock,
    newId: () => String(++state.ids),
  });
  const taken = (): string[] => asked.splice(0);
  return { music, clock, state, taken };
}

const START = ['publish fan-1 music', 'offer feed-2 caller m=audio 40000', 'play feed-2 caller jazz'];

t.test('the first seat starts the stream, whose packets go to the port that was published', async (t) => {
  const { music, taken } = fan();
  const seat = await music.seat('jazz');
  t.same(taken(), [...START, 'subscribe fan-1 music']);
  t.equal(seat.offer, 'seat 1');
  await seat.sit('the answer');
  t.same(taken(), ['answer fan-1 t1 the answer']);
});

t.test('many seats at one class share one stream, also when they come at once', async (t) => {
  const { music, taken } = fan();
  await Promise.all([music.seat('jazz'), music.seat('jazz'), music.seat('jazz')]);
  t.same(taken(), [...START, ...Array<string>(3).fill('subscribe fan-1 music')]);
  t.equal(music.seats('jazz'), 3);
  await music.seat('blues');
  t.equal(taken()[0], 'publish fan-3 music', 'another class is another stream');
});

t.test('a stream outlives its last listener for a while, then everything of it is deleted', async (t) => {
  const { music, taken, clock } = fan();
  const seat = await music.seat('jazz');
  taken();
  await Promise.all([seat.leave(), seat.leave()]);
  t.same(taken(), ['unsubscribe fan-1 t1'], 'leaving twice is leaving once');
  clock.advance(LINGER_MS - 1);
  const again = await music.seat('jazz');
  t.same(taken(), ['subscribe fan-1 music'], 'the stream goes on');
  clock.advance(LINGER_MS);
  t.same(taken(), [], 'somebody listens');
  await again.leave();
  clock.advance(LINGER_MS);
  t.same(taken(), ['unsubscribe fan-1 t2', 'ended feed-2', 'delete feed-2', 'delete fan-1']);
  t.same(clock.pending(), []);
});

t.test('a seat that cannot be had is told, and the stream begins anew with the next', async (t) => {
  const { music, taken, state } = fan();
  state.refuses = 'play';
  await t.rejects(music.seat('jazz'), MediaFailed);
  t.equal(music.seats('jazz'), 0);
  t.same(taken().slice(-2), ['delete feed-2', 'delete fan-1'], 'nothing of it is left in rtpengine');
  state.refuses = undefined;
  await music.seat('jazz');
  t.equal(taken()[0], 'publish fan-3 music');
});

t.test('a listener that rtpengine does not know any more leaves all the same', async (t) => {
  const { music, state } = fan();
  const seat = await music.seat('jazz');
  state.refuses = 'unsubscribe';
  await seat.leave();
  t.equal(music.seats('jazz'), 0);
});

t.test('there is an end to the seats of one class', async (t) => {
  const { music } = fan();
  for (let index = 0; index < SEATS_LIMIT; index++) await music.seat('jazz');
  await t.rejects(music.seat('jazz'), { code: 'busy' });
  t.equal(music.seats('jazz'), SEATS_LIMIT);
});

t.test('when rtpengine is lost nothing is waited for, and the next seat begins anew', async (t) => {
  const { music, taken, clock } = fan();
  await (await music.seat('jazz')).leave();
  taken();
  music.clear();
  t.same(taken(), ['ended feed-2']);
  t.same(clock.pending(), []);
  await music.seat('jazz');
  t.equal(taken()[0], 'publish fan-3 music');
});
