/**
 * music-fan: who gets a seat, what becomes of those who have one when something fails, and that nobody is ever played to twice or left
 * in music. Method: rtpengine, the player and the copier's thread are fakes that keep what was asked of them; time is moved.
 */
import t from 'tap';
import { MediaFailed, MediaGone } from '#kit/errors.js';
import { createLogger } from '#kit/log.js';
import { FanHouse } from '#media/fan/fan-house.js';
import { LINGER_MS } from '#media/fan/streams.js';
import type { Command } from '#media/fan/messages.js';
import type { FanThreadOptions } from '#media/fan/thread.js';
import type { CallId, LegRole } from '#core/leg.js';
import { FakeClock } from '../../support/fake-clock.js';

const SDP = 'v=0\r\nm=audio 4000 RTP/AVP 0\r\n';
const JAZZ = { kind: 'music', music: 'jazz' } as const;

function place(port: number, from: number, host: string) {
  const stream = { 'local port': from, 'local address': '127.0.0.1', endpoint: { address: host, port }, flags: ['RTP'] };
  return { medias: [{ type: 'audio', protocol: 'RTP/AVP', streams: [stream] }] };
}

type Stage = ReturnType<typeof stage>;

/** `asked`: everything that was asked of anybody, in short words. */
function stage(settings: { from?: number; longFrom?: number; seats?: number; timeoutSeconds?: number } = {}) {
  const asked: string[] = [];
  const state = {
    refuses: '',
    ids: 0,
    threads: 0,
    hears: 'nothing' as 'nothing' | 'sound' | 'interjection' | 'program',
    files: 'jazz.mka',
    says: '',
    begins: true,
    stalls: '',
    release: (): void => undefined,
    hearing: {} as Record<string, 'nothing' | 'sound' | 'interjection'>,
    to: 4000,
    host: '192.0.2.7',
    from: 3000,
    gone: false,
  };
  const options: FanThreadOptions[] = [];
  const say = async <T>(words: string, result: T): Promise<T> => {
    asked.push(words);
    const refused = state.refuses;
    await Promise.resolve();
    if (state.stalls !== '' && words.startsWith(state.stalls)) await new Promise<void>((resolve) => (state.release = resolve));
    if (refused !== '' && words.startsWith(refused)) throw state.gone ? new MediaGone('gone') : new MediaFailed('no');
    return result;
  };
  const wordsOf = (command: Command): string => {
    const [name, where] = 'seat' in command ? [command.seat, 'to' in command ? ` ${command.to.port}` : ''] : [command.stream, ''];
    const from = command.kind === 'sit' && command.from.port >= 7000 ? ` from ${command.from.port}` : '';
    const joined = 'joined' in command && command.joined > 1 ? ` joins ${command.joined}` : '';
    return `${command.kind} ${name}${where}${from}${joined}`;
  };
  const clock = new FakeClock();
  const house = new FanHouse({
    ng: {
      query: (callId) =>
        say(`query ${callId}`, {
          tags: { caller: place(state.to, state.from, state.host), callee: place(state.to + 2, state.from + 2, state.host) },
        }),
      offer: (callId) => say(`offer ${callId}`, SDP),
      answer: (callId) => say(`answer ${callId}`, SDP),
      blockMedia: (callId) => say(`gate ${callId}`, undefined),
      blockDtmf: (callId) => say(`gate keys ${callId}`, undefined),
      delete: (callId) => say(`delete ${callId}`, undefined),
    },
    player: {
      play: (callId, role, sound) => say(`play ${callId} ${role} ${sound.kind === 'music' ? sound.music : ''}`, undefined),
      ended: (callId) => void asked.push(`ended ${callId}`),
      hears: (callId) => state.hearing[callId] ?? state.hears,
    },
    library: {
      musicOf: (name) => ({
        playlist: { pieces: [{ name, file: state.files, ms: 1000 }], order: 'in-order' },
        announcement: undefined,
      }),
    },
    hush: (callId, role) => say(`hush ${callId} ${role}`, undefined),
    playAlone: (callId, role, sound) => say(`alone ${callId} ${role} ${sound.music}`, undefined),
    clock,
    log: createLogger('silent'),
    newId: () => String(++state.ids),
    address: '127.0.0.1',
    settings: {
      from: settings.from ?? 2,
      seats: settings.seats ?? 100,
      packetMs: 20,
      longFrom: settings.longFrom ?? 0,
      classes: { quiet: { fanFrom: 0 } },
    },
    timeoutSeconds: settings.timeoutSeconds ?? 600,
    newThread: (given) => {
      options.push(given);
      asked.push('thread');
      return {
        ask: (command) => say(wordsOf(command), command.kind === 'open' ? 9000 : command.kind === 'count' ? 7 : undefined),
        ready: true,
        started: Promise.resolve(),
        stop: () => Promise.resolve(),
      };
    },
  });
  const taken = (): string[] => asked.splice(0);
  taken();
  const sits = (call: string, sound: Parameters<typeof house.fan.sits>[1] = JAZZ, role: LegRole = 'callee'): Promise<boolean> => {
    const callId = call as CallId;
    for (const one of ['caller', 'callee'] as const) {
      house.said.said(callId, one, SDP + state.says);
      house.said.told(callId, one, SDP);
    }
    return house.fan.sits({ callId, role }, sound).then((seated) => {
      // As RtpengineMedia does when it has played to it alone.
      if (!seated && state.begins) house.fan.begun({ callId, role });
      return seated;
    });
  };
  const left = (call: string, role: LegRole = 'callee') => house.fan.leave({ callId: call as CallId, role });
  const leaves = async (call: string, role?: LegRole) => (await left(call, role))?.sound;
  const thread = (): FanThreadOptions => options.at(-1) as FanThreadOptions;
  return { house, clock, state, taken, sits, leaves, left, thread };
}

const settled = async (): Promise<void> => {
  for (let index = 0; index < 20; index++) await Promise.resolve();
};

/** Somebody is alone below the threshold of 2, and `b` sits. */
async function seated(options: Parameters<typeof stage>[0] = {}): Promise<Stage> {
  const made = stage(options);
  await made.sits('a');
  await made.sits('b');
  made.taken();
  return made;
}

t.test('below the threshold everybody is played to alone; who comes after it shares a stream of its class', async (t) => {
  const { sits, taken, house } = stage();
  t.equal(await sits('a'), false);
  t.same(taken(), [], 'nothing is begun for one');
  t.equal(await sits('b'), true);
  t.same(taken(), [
    'query b',
    'open fan-1',
    'offer feed-2',
    'answer feed-2',
    'gate feed-2',
    'gate keys feed-2',
    'query feed-2',
    'feed fan-1',
    'play feed-2 caller jazz',
    'sit b callee 4002',
  ]);
  t.equal(await sits('c'), true);
  t.same(taken(), ['query c', 'sit c callee 4002'], 'the stream is there already');
  t.equal(house.fan.size, 2);
});

t.test('of who is where it says rtpengine is not asked where it is', async (t) => {
  const { house, sits, taken, clock } = await seated();
  const callId = 'c' as CallId;
  const sdp = (port: number): string =>
    `v=0\r\no=- 1 1 IN IP4 10.0.0.7\r\ns=-\r\nc=IN IP4 10.0.0.7\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\n`;
  house.said.said(callId, 'callee', sdp(6000), true);
  house.said.told(callId, 'callee', sdp(7000));
  t.equal(await house.fan.sits({ callId, role: 'callee' }, JAZZ), true);
  t.same(taken(), ['sit c callee 6000 from 7000']);
  await sits('d');
  t.same(taken(), ['query d', 'sit d callee 4002'], 'of others it is');
  clock.advance(10_000);
  await settled();
  t.ok(taken().includes('query c'), 'and now and then of all');
});

t.test('both parties of a call are asked for with one query', async (t) => {
  const { sits, taken } = await seated();
  t.same(await Promise.all([sits('c'), sits('c', JAZZ, 'caller')]), [true, true]);
  t.same(taken(), ['query c', 'sit c callee 4002', 'sit c caller 4000']);
});

t.test(
  'who may not share: an announcement of its own, ringback, a program that speaks, an unknown codec, a class that says never',
  async (t) => {
    const { sits, state, house } = await seated();
    t.equal(await sits('c', { ...JAZZ, announcement: { prompt: { text: 'Wait' }, everySeconds: 5 } }), false);
    t.equal(await sits('c', { kind: 'ringback' }), false);
    t.equal(await sits('c', { kind: 'music', music: 'quiet' }), false);
    state.hears = 'program';
    t.equal(await sits('c'), false);
    state.hears = 'nothing';
    t.equal(await house.fan.sits({ callId: 'unheard' as CallId, role: 'caller' }, JAZZ), false);
    t.equal(await sits('c'), true);
  },
);

t.test('one that was played to alone is hushed before it sits', async (t) => {
  const { sits, state, taken } = await seated();
  state.hears = 'sound';
  await sits('a');
  t.same(taken(), ['query a', 'hush a callee', 'sit a callee 4002']);
});

t.test('asking for the music that it hears already only looks where the phone is', async (t) => {
  const { sits, taken, state } = await seated();
  state.to = 5000;
  t.equal(await sits('b'), true);
  t.same(taken(), ['query b', 'move b callee 5002']);
  state.host = '192.0.2.8';
  t.equal(await sits('b'), true);
  t.same(taken(), ['query b', 'move b callee 5002'], 'another address is another place');
});

t.test('a seat whose call rtpengine has begun anew is at its new port, and one that has not moved is told nothing', async (t) => {
  const { sits, taken, state, house } = await seated();
  t.equal(await sits('b'), true);
  t.same(taken(), ['query b']);
  state.from = 7000;
  await house.fan.moved('b' as CallId);
  t.same(taken(), ['query b', 'sit b callee 4002 from 7002']);
  await house.fan.moved('b' as CallId);
  t.same(taken(), ['query b']);
});

t.test('one that cannot be sat anew is played to alone', async (t) => {
  const { taken, state, house } = await seated();
  state.from = 7000;
  state.refuses = 'sit';
  await house.fan.moved('b' as CallId);
  t.same(taken(), ['query b', 'sit b callee 4002 from 7002', 'leave b callee', 'alone b callee jazz']);
  t.equal(house.fan.size, 0);
});

t.test('another class while it is held is another seat, or none', async (t) => {
  const { sits, taken } = await seated();
  t.equal(await sits('b', { kind: 'music', music: 'blues' }), false, 'nobody else hears blues');
  t.same(taken(), ['leave b callee']);
});

t.test('a big crowd shares packets of 60 ms, those who came before it too, unless their phones name shorter ones', async (t) => {
  const { sits, taken, state } = await seated({ longFrom: 3 });
  t.equal(await sits('c'), true);
  t.same(taken(), ['pack b callee joins 3', 'query c', 'sit c callee 4002 joins 3']);
  state.says = 'a=ptime:20\r\n';
  t.equal(await sits('d'), true);
  t.same(taken(), ['query d', 'sit d callee 4002'], 'RFC 3264 §5.1: in those of 20 ms');
  state.says = '';
  t.equal(await sits('b'), true);
  t.same(taken(), ['query b'], 'whoever sits keeps its packets');
  state.says = 'a=maxptime:20\r\n';
  t.equal(await sits('c'), true);
  t.same(taken(), ['leave c callee', 'query c', 'sit c callee 4002'], 'unless its phone takes them no more');
});

t.test('one who has named a length since is not brought over to another', async (t) => {
  const { sits, house, taken } = await seated({ longFrom: 3 });
  house.said.said('b' as CallId, 'callee', `${SDP}a=ptime:20\r\n`);
  t.equal(await sits('c'), true);
  t.same(taken(), ['query c', 'sit c callee 4002 joins 3']);
});

t.test('when the crowd is big those who were alone before are brought over', async (t) => {
  const { sits, taken, state, house } = await seated({ longFrom: 3 });
  state.hearing['a'] = 'sound';
  t.equal(await sits('c'), true);
  await settled();
  const words = taken();
  t.same(
    words.filter((one) => / a( |$)/.test(one)),
    ['query a', 'hush a callee', 'sit a callee 4002 joins 3'],
    'what it hears is ended before, so that it hears nothing twice',
  );
  t.equal(house.fan.size, 3);
  await sits('d');
  await settled();
  t.same(taken(), ['query d', 'sit d callee 4002 joins 3'], 'once');
});

t.test('what is said to one is not cut off; the next who comes brings it over, or the next second', async (t) => {
  for (const how of ['comes', 'waits'] as const) {
    const { sits, taken, state, clock } = await seated({ longFrom: 3 });
    state.hearing['a'] = 'interjection';
    await sits('c');
    clock.advance(1000);
    await settled();
    t.notOk(taken().includes('query a'));
    state.hearing['a'] = 'sound';
    if (how === 'comes') await sits('d');
    else clock.advance(1000);
    await settled();
    t.ok(taken().includes('sit a callee 4002 joins 3'), how);
  }
});

t.test('nor what is said to it while its seat is made ready', async (t) => {
  const { sits, taken, state, clock, house } = await seated({ longFrom: 3 });
  state.hearing['a'] = 'sound';
  state.stalls = 'query a';
  await sits('c');
  state.hearing['a'] = 'interjection';
  state.release();
  await settled();
  t.notOk(taken().some((words) => words.startsWith('hush a') || words.startsWith('alone a')));
  t.equal(house.fan.size, 2);
  state.stalls = '';
  state.hearing['a'] = 'sound';
  clock.advance(1000);
  await settled();
  t.ok(taken().includes('sit a callee 4002 joins 3'), 'a second later');
});

t.test('music that has not begun yet, or never will, is not taken for what can be ended', async (t) => {
  const { sits, taken, state, house } = stage({ longFrom: 3 });
  state.begins = false;
  await sits('a');
  state.hearing['a'] = 'sound';
  for (const call of ['b', 'c', 'd']) await sits(call);
  await settled();
  t.notOk(taken().includes('query a'));
  house.fan.begun({ callId: 'a' as CallId, role: 'callee' });
  await sits('e');
  await settled();
  t.ok(taken().includes('sit a callee 4002 joins 3'));
});

t.test('one that is alone and names a length comes over to packets of that length', async (t) => {
  const { sits, taken, state, house } = await seated({ longFrom: 3 });
  state.hearing['a'] = 'sound';
  house.said.said('a' as CallId, 'callee', `${SDP}a=ptime:20\r\n`);
  await sits('c');
  await settled();
  t.ok(taken().includes('sit a callee 4002'));
});

t.test('one whose codec is another by now is not brought over', async (t) => {
  const { sits, taken, state, house } = await seated({ longFrom: 3 });
  state.hearing['a'] = 'sound';
  for (const role of ['caller', 'callee'] as const) {
    house.said.said('a' as CallId, role, SDP.replace('AVP 0', 'AVP 8'));
    house.said.told('a' as CallId, role, SDP.replace('AVP 0', 'AVP 8'));
  }
  await sits('c');
  await settled();
  t.notOk(taken().includes('query a'));
});

t.test('nobody is brought over while the class rests, where no seat is left, or without the thread', async (t) => {
  const { sits, taken, state, thread, clock } = await seated({ longFrom: 3 });
  state.hearing['a'] = 'interjection';
  await sits('c');
  thread().heard({ kind: 'silent', stream: 'fan-1' });
  await settled();
  state.hearing['a'] = 'sound';
  await sits('d');
  clock.advance(1000);
  await settled();
  t.notOk(taken().includes('query a'), 'it rests');

  const full = await seated({ longFrom: 3, seats: 2 });
  full.state.hearing['a'] = 'sound';
  await full.sits('c');
  full.clock.advance(1000);
  await settled();
  t.notOk(full.taken().includes('query a'), 'it is full');

  const lost = await seated({ longFrom: 3 });
  lost.state.hearing['a'] = 'interjection';
  await lost.sits('c');
  lost.state.hearing['a'] = 'sound';
  lost.thread().gone('it fell over');
  lost.clock.advance(1000);
  await settled();
  const words = lost.taken();
  t.ok(words.includes('alone c callee jazz'));
  t.notOk(words.includes('alone a callee jazz') || words.includes('query a'), 'it has gone on hearing its music');
});

t.test('one that sits down while the crowd becomes big has long packets', async (t) => {
  const { sits, taken, state } = await seated({ longFrom: 4 });
  state.stalls = 'query c';
  const sitting = sits('c');
  await settled();
  await sits('d');
  state.release();
  t.equal(await sitting, true);
  const words = taken();
  t.ok(words.includes('sit c callee 4002 joins 3'));
  t.notOk(words.includes('pack c callee joins 3'), 'it is told when it sits');
});

t.test('nobody is brought over to a crowd that has become small again', async (t) => {
  const { sits, leaves, taken, state, clock } = await seated({ longFrom: 4 });
  state.hearing['a'] = 'interjection';
  for (const call of ['c', 'd']) await sits(call);
  for (const call of ['c', 'd']) await leaves(call);
  state.hearing['a'] = 'sound';
  taken();
  clock.advance(1000);
  await settled();
  t.notOk(taken().includes('hush a callee'));
});

t.test(
  'a resume wins over being brought over, wherever it meets it: no music is left, and it is told whether any plays alone',
  async (t) => {
    for (const [stalls, heard] of [
      ['query a', undefined],
      ['hush a', JAZZ],
      ['sit a', JAZZ],
    ] as const) {
      const { sits, leaves, taken, state, house } = await seated({ longFrom: 3 });
      state.hearing['a'] = 'sound';
      state.stalls = stalls;
      await sits('c');
      await settled();
      const leaving = leaves('a');
      let left = false;
      void leaving.then(() => (left = true));
      await settled();
      t.equal(left, stalls !== 'hush a', 'it waits until what it heard has ended');
      state.release();
      t.same(await leaving, heard, stalls);
      await settled();
      const words = taken();
      t.notOk(words.includes('alone a callee jazz'));
      t.ok(words.lastIndexOf('leave a callee') > words.lastIndexOf('sit a callee 4002 joins 3'), 'its seat is free');
      t.equal(words.includes('hush a callee'), heard !== undefined);
      t.equal(house.fan.size, 2);
    }
  },
);

t.test('where what it heard alone may not have ended, whoever takes it from its seat is told', async (t) => {
  const { sits, left, taken, state, house } = await seated({ longFrom: 3 });
  state.hearing['a'] = 'sound';
  state.stalls = 'hush a';
  state.refuses = 'hush a';
  await sits('c');
  await settled();
  const leaving = left('a');
  state.release();
  t.same(await leaving, { sound: JAZZ, mayPlay: true });
  t.same(await left('b'), { sound: JAZZ, mayPlay: false });
  await settled();
  t.notOk(taken().includes('alone a callee jazz'));
  t.equal(house.fan.size, 1);
});

t.test('and music of another class that follows it ends that first', async (t) => {
  const blues = { kind: 'music', music: 'blues' } as const;
  const { sits, taken, state } = await seated({ longFrom: 3 });
  await sits('x', blues);
  state.hearing['a'] = 'sound';
  state.stalls = 'hush a';
  state.refuses = 'hush a';
  await sits('c');
  await settled();
  state.hearing['a'] = 'nothing'; // so the player thinks
  const again = sits('a', blues);
  Object.assign(state, { stalls: '', refuses: '' });
  state.release();
  await settled();
  t.equal(await again, true);
  const words = taken().filter((one) => / a( |$)/.test(one));
  t.same(words.slice(-2), ['hush a callee', 'sit a callee 4002'], 'before it sits');
  t.equal(words.filter((one) => one === 'hush a callee').length, 2);
});

t.test('a call that ends while one of it is brought over leaves nothing behind', async (t) => {
  const { sits, taken, state, house } = await seated({ longFrom: 3 });
  state.hearing['a'] = 'sound';
  state.stalls = 'hush a';
  state.refuses = 'hush a';
  await sits('c');
  await settled();
  house.fan.ended('a' as CallId);
  state.release();
  await settled();
  t.notOk(taken().includes('alone a callee jazz'));
  t.equal(house.fan.size, 2);
});

t.test('a resume waits for a seat that is being given up', async (t) => {
  const { leaves, state, thread } = await seated();
  state.stalls = 'leave b';
  thread().heard({ kind: 'silent', stream: 'fan-1' });
  await settled();
  let left = false;
  const leaving = leaves('b').then((sound) => {
    left = true;
    return sound;
  });
  await settled();
  t.equal(left, false, 'the copier has not said that it sends nothing more');
  state.release();
  t.same(await leaving, JAZZ);
});

t.test('when its phone cannot be found one that is alone goes on hearing what it hears', async (t) => {
  const { sits, taken, state, house } = await seated({ longFrom: 3 });
  state.hearing['a'] = 'sound';
  state.refuses = 'query a';
  t.equal(await sits('c'), true);
  await settled();
  t.notOk(taken().some((words) => words.startsWith('hush a') || words.startsWith('alone a')));
  t.equal(house.fan.size, 2);
});

for (const refuses of ['hush a', 'sit a']) {
  t.test(`when "${refuses}" fails while it is brought over it is played to alone again`, async (t) => {
    const { sits, taken, state, house } = await seated({ longFrom: 3 });
    state.hearing['a'] = 'sound';
    state.refuses = refuses;
    t.equal(await sits('c'), true, 'nobody else minds');
    await settled();
    t.equal(taken().at(-1), 'alone a callee jazz');
    t.equal(house.fan.size, 2);
  });
}

t.test('a seat that cannot be given longer packets is played to alone', async (t) => {
  const { sits, taken, state } = await seated({ longFrom: 3 });
  state.refuses = 'pack';
  t.equal(await sits('c'), true);
  await settled();
  t.ok(taken().includes('alone b callee jazz'));
});

t.test('who has left before the crowd is big is not brought over', async (t) => {
  const { sits, leaves, taken, state } = await seated({ longFrom: 3 });
  state.hearing['a'] = 'sound';
  await leaves('a');
  await leaves('b');
  for (const call of ['c', 'd', 'e']) await sits(call);
  await settled();
  t.same(
    taken().filter((one) => / [ab]( |$)/.test(one)),
    ['leave b callee'],
  );
});

t.test('when a stream falls silent its class rests, whatever the packets', async (t) => {
  const { sits, thread, state } = await seated({ longFrom: 3 });
  await sits('c');
  thread().heard({ kind: 'silent', stream: 'fan-1' });
  await settled();
  t.equal(await sits('d'), false);
  state.says = 'a=ptime:20\r\n';
  t.equal(await sits('e'), false);
});

t.test('who leaves hears nothing more, and is told what it has heard', async (t) => {
  const { leaves, taken } = await seated();
  t.same(await leaves('b'), JAZZ);
  t.same(taken(), ['leave b callee']);
  t.equal(await leaves('b'), undefined);
  t.equal(await leaves('a'), undefined, 'it has no seat');
  t.same(taken(), []);
});

t.test('who leaves while it sits down has left, and is not played to alone either', async (t) => {
  const { sits, leaves, taken, house } = await seated();
  const sitting = sits('c');
  await leaves('c');
  t.equal(await sitting, true);
  t.notOk(taken().includes('sit c callee 4002'));
  t.equal(house.fan.size, 1);
});

for (const refuses of ['open', 'offer', 'play', 'query b', 'sit']) {
  t.test(`when "${refuses}" fails it is played to alone, and nothing is left of the try`, async (t) => {
    const { sits, state, taken, house, clock } = stage();
    state.refuses = refuses;
    await sits('a');
    t.equal(await sits('b'), false);
    t.equal(house.fan.size, 0);
    state.refuses = '';
    taken();
    clock.advance(LINGER_MS);
    t.same(clock.pending(), []);
    t.equal(await sits('b'), true, 'the next one tries anew');
  });
}

t.test('no more sit than there are seats', async (t) => {
  const { sits } = await seated({ seats: 1 });
  t.equal(await sits('c'), false);
});

t.test('when a stream falls silent all who sit at it are played to alone, and the class rests', async (t) => {
  const { thread, taken, sits, house, clock } = await seated();
  await sits('c');
  taken();
  thread().heard({ kind: 'silent', stream: 'fan-1' });
  await settled();
  const words = taken();
  t.ok(words.includes('alone b callee jazz') && words.includes('alone c callee jazz'));
  t.ok(words.indexOf('leave b callee') < words.indexOf('alone b callee jazz'), 'never both');
  t.ok(words.includes('close fan-1') && words.includes('delete feed-2'));
  t.equal(house.fan.size, 0);
  t.equal(await sits('d'), false);
  clock.advance(60_001);
  t.equal(await sits('e'), true);
});

t.test('a resume that meets the fall-back wins: no music begins after it', async (t) => {
  const { thread, taken, leaves } = await seated();
  thread().heard({ kind: 'silent', stream: 'fan-1' });
  t.same(await leaves('b'), JAZZ);
  await settled();
  t.notOk(taken().includes('alone b callee jazz'));
});

t.test('when the thread dies everybody is played to alone, and it is started again some time after', async (t) => {
  const { thread, taken, clock, sits } = await seated();
  thread().gone('it fell over');
  await settled();
  t.ok(taken().includes('alone b callee jazz'));
  t.equal(await sits('c'), false);
  clock.advance(10_000);
  t.same(taken(), ['thread']);
  t.equal(await sits('d'), true);
});

t.test('a thread that does not stop music when it is told to is ended', async (t) => {
  const { state, leaves, taken, clock, sits } = await seated();
  await sits('c');
  state.refuses = 'leave';
  t.same(await leaves('b'), JAZZ);
  await settled();
  t.ok(taken().includes('alone c callee jazz'), 'the others go on');
  clock.advance(10_000);
  t.ok(taken().includes('thread'));
});

t.test('a seat whose port does not work is played to alone', async (t) => {
  const { thread, taken } = await seated();
  thread().heard({ kind: 'lost', seat: 'b callee', why: 'a packet for rtpengine came to us' });
  thread().heard({ kind: 'lost', seat: 'nobody callee', why: 'late' });
  await settled();
  t.same(taken(), ['leave b callee', 'alone b callee jazz']);
});

t.test('a phone that moves while it is held is followed within ten seconds', async (t) => {
  const { clock, taken, state } = await seated();
  state.to = 6000;
  clock.advance(10_000);
  await settled();
  t.ok(taken().includes('move b callee 6002'));
});

t.test('a call that rtpengine does not know any more gives its seat back; no answer is no reason to', async (t) => {
  const { house, taken, state } = await seated();
  state.refuses = 'query b';
  await house.fan.moved('b' as CallId);
  t.equal(house.fan.size, 1);
  state.gone = true;
  await house.fan.moved('b' as CallId);
  await settled();
  t.equal(house.fan.size, 0);
  t.notOk(
    taken().some((words) => words.startsWith('alone')),
    'there is nobody to play to',
  );
});

t.test('packets are those that were copied, for whoever sits', async (t) => {
  const { house } = await seated();
  t.same(await house.fan.packets('b' as CallId), { callee: 7 });
  t.same(await house.fan.packets('a' as CallId), {});
});

t.test('a stream outlives its last listener for a while', async (t) => {
  const { leaves, sits, clock, taken } = await seated();
  await leaves('b');
  clock.advance(LINGER_MS - 1);
  await sits('a');
  t.equal(await sits('b'), true);
  t.notOk(taken().includes('open fan-3'));
  await leaves('b');
  await leaves('a');
  taken();
  clock.advance(LINGER_MS + 20_000);
  t.same(taken(), ['ended feed-2', 'delete feed-2', 'close fan-1']);
  t.same(clock.pending(), []);
});

t.test('a source is begun anew long before rtpengine deletes it, and the old one ends after that', async (t) => {
  const { clock, taken, state } = await seated({ timeoutSeconds: 600 });
  clock.advance(300_000);
  await settled();
  const words = taken();
  t.ok(words.indexOf('play feed-3 caller jazz') >= 0);
  t.ok(words.indexOf('delete feed-2') > words.indexOf('play feed-3 caller jazz'));
  state.files = 'another.mka';
  t.ok(clock.pending().includes('renew of jazz'));
});

t.test('a file that was dropped into the class is heard by all from the next listener on', async (t) => {
  const { state, sits, taken } = await seated();
  state.files = 'jazz.mka\nnew.mka';
  await sits('c');
  await settled();
  t.ok(taken().includes('play feed-3 caller jazz'));
});

t.test('when rtpengine is lost nobody is waited for, and the next crowd begins anew', async (t) => {
  const { house, clock, taken, sits } = await seated();
  house.clear();
  await settled();
  t.notOk(taken().some((words) => words.startsWith('alone')));
  t.equal(house.fan.size, 0);
  t.same(clock.pending(), []);
  await sits('a');
  t.equal(await sits('b'), true);
  t.ok(taken().includes('play feed-4 caller jazz'));
});

t.test('a call that has ended takes its seats along', async (t) => {
  const { house, taken } = await seated();
  house.fan.ended('b' as CallId);
  house.said.ended('b' as CallId);
  await settled();
  t.same(taken(), ['leave b callee']);
  t.equal(house.fan.size, 0);
});
