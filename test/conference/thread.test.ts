/**
 * Goal: members on real ports hear each other through the mixer's own thread. Method: RTP over loopback, each member with a tone of its
 * own; time is counted in packets.
 */
import t, { type Test } from 'tap';
import { RealClock } from '#kit/clock.js';
import { AppError } from '#kit/errors.js';
import { createLogger } from '#kit/log.js';
import { whisper } from '#conference/hearing.js';
import type { Limits } from '#conference/limits.js';
import { startConferenceThread, type ConferenceThread, type JoinOptions } from '#conference/thread.js';
import { tone } from '../support/conference-table.js';
import { RtpEndpoint } from '../support/rtp-endpoint.js';

async function mixer(t: Test, limits: Partial<Limits> = {}): Promise<ConferenceThread> {
  const thread = await startConferenceThread({ clock: new RealClock(), log: createLogger('silent'), limits });
  t.teardown(() => thread.stop());
  return thread;
}

type Seat = Readonly<{ id: string; hertz: number; endpoint: RtpEndpoint }>;

async function sit(t: Test, thread: ConferenceThread, id: string, hertz: number, options: JoinOptions = {}): Promise<Seat> {
  const endpoint = await RtpEndpoint.open();
  t.teardown(() => endpoint.close());
  const { address, port } = await thread.join('room', id, options);
  const codec = options.codec === undefined ? '0 8' : String(options.codec);
  endpoint.obey(`c=IN IP4 ${address}\r\nm=audio ${port} RTP/AVP ${codec}\r\n`);
  endpoint.talk(hertz);
  return { id, hertz, endpoint };
}

async function table(t: Test, count: number): Promise<{ thread: ConferenceThread; seats: readonly Seat[] }> {
  const thread = await mixer(t);
  await thread.create('room');
  const seats = [];
  for (let index = 0; index < count; index++) seats.push(await sit(t, thread, String(index), 300 + 200 * index));
  return { thread, seats };
}

const PACKETS = 25;
/** Old packets, the buffer and the ramps are over after these. */
const SETTLE = 15;

/** Whom each of them hears from now on, by their tones: a tone counts when most packets have it. */
async function whom(seats: readonly Seat[]): Promise<string[]> {
  await Promise.all(seats.map(({ endpoint }) => endpoint.next(SETTLE)));
  const heard = await Promise.all(seats.map(({ endpoint }) => endpoint.next(PACKETS)));
  return heard.map((one) =>
    seats
      .filter(({ hertz }) => one.packetsWith(hertz) > PACKETS / 2)
      .map(({ id }) => id)
      .join(''),
  );
}

const codeOf = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no refusal',
    (error: unknown) => (error instanceof AppError ? error.code : 'no AppError'),
  );

t.test('three members hear the two others', async (t) => {
  const { thread, seats } = await table(t, 3);
  t.same(await whom(seats), ['12', '02', '01']);
  const { members } = await thread.stats('room');
  t.same(Object.keys(members), ['0', '1', '2']);
  for (const { id } of seats) t.match(members[id], { strangers: 0, foreign: 0, failed: 0, muted: false });
});

t.test('eight members hear the seven others', async (t) => {
  const { seats } = await table(t, 8);
  t.same(await whom(seats), ['1234567', '0234567', '0134567', '0124567', '0123567', '0123467', '0123457', '0123456']);
});

t.test('mute, hold with music, whisper and leaving are heard in the RTP', async (t) => {
  const { thread, seats } = await table(t, 3);
  await thread.mute('room', '0', true);
  t.same(await whom(seats), ['12', '2', '1'], 'muted');
  await thread.mute('room', '0', false);
  await thread.hear('room', whisper('2', ['0'], ['0', '1', '2']));
  t.same(await whom(seats), ['12', '0', '01'], 'whispered');
  await thread.hear('room', { 1: 'everyone' });
  await thread.load('music', tone(1500, 8000));
  const late = await sit(t, thread, '3', 900, { holdMusic: 'music', codec: 8 });
  await thread.hold('room', '1');
  t.same(await whom([...seats, late]), ['', '', '', ''], 'held');
  const heard = await late.endpoint.next(PACKETS);
  t.same(heard.tones(300, 700, 1500), [1500], 'the hold music of this member');
  t.same(heard.payloadTypes, [8], 'in the codec it asked for');
  t.equal(heard.perSsrc.size, 1);
  await thread.resume('room', '1');
  await thread.leave('room', '0');
  t.same(await whom([...seats.slice(1), late]), ['23', '13', '12'], 'resumed, and one has left');
});

t.test('an announcement is heard by all', async (t) => {
  const { thread, seats } = await table(t, 2);
  await thread.load('beep', tone(1900, 8000));
  await thread.play('room', 'beep', { loop: true });
  const heard = await Promise.all(seats.map(({ endpoint }) => endpoint.next(PACKETS * 2)));
  for (const one of heard) t.ok(one.packetsWith(1900) > PACKETS);
  await thread.stopSound('room', 'beep');
});

t.test('a stranger who finds the port is neither heard nor sent to', async (t) => {
  const { thread, seats } = await table(t, 2);
  await whom(seats);
  const stranger = await RtpEndpoint.open();
  t.teardown(() => stranger.close());
  const target = seats[0]?.endpoint.target;
  stranger.obey(`c=IN IP4 127.0.0.1\r\nm=audio ${target?.port} RTP/AVP 0\r\n`);
  stranger.talk(1300);
  const heard = await seats[1]?.endpoint.next(PACKETS);
  t.same(heard?.tones(300, 1300), [300]);
  t.equal(stranger.heard.count, 0);
  t.ok(((await thread.stats('room')).members['0']?.strangers ?? 0) > 0, 'and it is counted');
});

t.test('joining again moves the member, on the same port', async (t) => {
  const { thread, seats } = await table(t, 2);
  const [first, second] = seats;
  const moved = await RtpEndpoint.open();
  t.teardown(() => moved.close());
  const port = await thread.join('room', '0', { rtpFrom: { address: '127.0.0.1', port: moved.port } });
  t.equal(port.port, first?.endpoint.target?.port);
  moved.obey(`c=IN IP4 127.0.0.1\r\nm=audio ${port.port} RTP/AVP 0\r\n`);
  moved.talk(1100);
  await second?.endpoint.next(SETTLE);
  t.same((await second?.endpoint.next(PACKETS))?.tones(300, 1100), [1100]);
  t.ok((await moved.next(PACKETS)).packetsWith(500) > 0);
});

t.test('what is not there, and what would be too many, is refused by name', async (t) => {
  const thread = await mixer(t, { conferences: 1, members: 2, sounds: 1, soundSamples: 100 });
  await thread.create('room');
  t.equal(await codeOf(thread.create('room')), 'conference_exists');
  t.equal(await codeOf(thread.create('second')), 'busy');
  t.equal(await codeOf(thread.join('nowhere', 'a')), 'conference_not_found');
  t.equal(await codeOf(thread.mute('room', 'a', true)), 'member_not_found');
  t.equal(await codeOf(thread.join('room', 'a', { holdMusic: 'none' })), 'sound_not_found');
  t.equal(await codeOf(thread.load('long', new Int16Array(101))), 'busy');
  const joins = await Promise.all(['a', 'b', 'c', 'a'].map((id) => codeOf(thread.join('room', id))));
  t.same(joins, ['no refusal', 'no refusal', 'busy', 'no refusal'], 'all at once; joining twice is joining once');
  await thread.end('room');
  await thread.end('room');
  t.equal(await codeOf(thread.stats('room')), 'conference_not_found');
});

t.test('a port that cannot be had is a failure without inner words, and the mixer goes on', async (t) => {
  const thread = await startConferenceThread({ clock: new RealClock(), log: createLogger('silent'), address: '203.0.113.1' });
  t.teardown(() => thread.stop());
  await thread.create('room');
  await t.rejects(thread.join('room', 'a'), { code: 'mixer_failed', http: 500, message: 'the mixer failed' });
  t.same((await thread.stats('room')).members, {});
});

t.test('a mixer that was stopped refuses, and stopping twice is stopping once', async (t) => {
  const thread = await mixer(t);
  await Promise.all([thread.stop(), thread.stop()]);
  t.equal(await codeOf(thread.create('room')), 'mixer_gone');
});
