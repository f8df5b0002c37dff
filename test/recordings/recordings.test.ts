/**
 * Goal: recordings begin and end with what asked for them, within their limits, and never in the way of a call. Method: the room with taps made
 * for the test, real files.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { EventBus, type NumberedEvent } from '#calls/event-bus.js';
import type { Tap, TapPort } from '#calls/ports.js';
import type { RecordWish } from '#calls/record-commands.js';
import type { CallEvent } from '#core/events.js';
import type { CallId } from '#core/leg.js';
import { RealClock, type Clock } from '#kit/clock.js';
import { MonotonicClock } from '#kit/monotonic-clock.js';
import { Busy, MediaFailed, RecordingNotFound, WrongMoment } from '#kit/errors.js';
import { createLogger } from '#kit/log.js';
import { Recordings, type RecordingLimits } from '#recordings/recordings.js';
import { FakeClock } from '../support/fake-clock.js';

const parties = { caller: '101', callee: '102' };
const LIMITS: RecordingLimits = { maxSeconds: 100, maxBytes: 1e9, maxFiles: 100, maxAtOnce: 2 };

/** Says nothing; counts who listens. */
class Taps implements TapPort {
  open = 0;
  refuses = false;
  /** Asked before a tap is given. */
  waits: () => Promise<void> = () => Promise.resolve();

  async tap(): Promise<Tap> {
    await this.waits();
    if (this.refuses) throw new MediaFailed('no tap');
    this.open++;
    let ended = false;
    const end = (): Promise<void> => {
      if (!ended) this.open--;
      ended = true;
      return Promise.resolve();
    };
    return { from: { address: '127.0.0.1', port: 9 }, translates: false, end };
  }
}

type Clocks = Readonly<{ clock: Clock; steady: Clock }>;

const realClocks = (): Clocks => ({ clock: new RealClock(), steady: new MonotonicClock() });

async function house(
  t: Test,
  limits: Partial<RecordingLimits> = {},
  folder = folderOf(t),
  ffmpeg?: string,
  clocks = realClocks(),
) {
  const bus = new EventBus(new RealClock(), createLogger('silent'));
  const taps = new Taps();
  const recordings = await Recordings.open({
    folder,
    limits: { ...LIMITS, ...limits },
    taps,
    address: '127.0.0.1',
    publish: (event) => bus.publish(event),
    subscribe: (listener) => bus.subscribe(listener),
    ffmpeg: () => ffmpeg,
    ...clocks,
    log: createLogger('silent'),
  });
  t.teardown(() => recordings.close());
  /** Also one that has been told already. */
  const completed = (id: string): Promise<CallEvent> =>
    new Promise((resolve) => {
      const hear = ({ event }: NumberedEvent): void => {
        if (event.kind === 'recording.completed' && event.recordingId === id) resolve(event);
      };
      bus.after(0).forEach(hear);
      bus.subscribe(hear);
    });
  const end = (callId: CallId): void =>
    bus.publish({ kind: 'call.ended', callId, parties, cause: 'caller-hung-up', answered: true });
  return { recordings, taps, bus, folder, completed, end };
}

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'recordings-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Says that its result is an MP3, whatever it is given. */
function quickFfmpeg(t: Test): string {
  const path = join(folderOf(t), 'ffmpeg');
  writeFileSync(path, '#!/bin/sh\nfor last; do :; done\necho mp3 >"${last#file:}"\n');
  chmodSync(path, 0o755);
  return path;
}

const wish = (callId: string, more: Partial<RecordWish> = {}): RecordWish => ({
  callId: callId as CallId,
  parties,
  format: 'wav',
  ...more,
});

t.test('a recording ends with its call', async (t) => {
  const { recordings, taps, completed, end, folder } = await house(t);
  const id = await recordings.start(wish('a'));
  t.match(recordings.get(id), { state: 'recording', format: 'wav', callId: 'a' });
  t.throws(() => recordings.fileOf(id), WrongMoment);
  await t.rejects(recordings.remove(id), WrongMoment);
  const event = completed(id);
  end('a' as CallId);
  t.match(await event, { callId: 'a', format: 'wav', parties });
  t.equal(taps.open, 0);
  t.match(recordings.get(id), { state: 'completed' });
  t.ok(existsSync(recordings.fileOf(id).path));
  await recordings.remove(id);
  t.throws(() => recordings.get(id), RecordingNotFound);
  t.same(readdirSync(folder), []);
});

t.test('sound has its place by how long ago it began, also when the clock on the wall is set back', async (t) => {
  const steady = new FakeClock();
  let wallMs = 1_700_000_000_000;
  const clock: Clock = { now: () => wallMs, after: (...what) => steady.after(...what) };
  const { recordings, completed, end } = await house(t, {}, undefined, undefined, { clock, steady });
  const event = completed(await recordings.start(wish('a')));
  steady.advance(2000);
  wallMs -= 3_600_000;
  steady.advance(2000);
  end('a' as CallId);
  t.match(await event, { seconds: 4 });
});

t.test('one of a call at a time, and so many at once', async (t) => {
  const { recordings, completed } = await house(t);
  const first = recordings.start(wish('a'));
  await t.rejects(recordings.start(wish('a')), WrongMoment, 'also while it begins');
  await recordings.start(wish('b'));
  await t.rejects(recordings.start(wish('c')), Busy);
  const event = completed(await first);
  t.equal(recordings.stop('a' as CallId), true);
  t.equal(recordings.stop('a' as CallId), false);
  await event;
  t.ok(await recordings.start(wish('c')), 'there is room again');
  t.equal(recordings.list(0, 1).total, 3);
});

t.test('what rtpengine refuses leaves nothing behind', async (t) => {
  const { recordings, taps, folder } = await house(t);
  taps.refuses = true;
  await t.rejects(recordings.start(wish('a')), MediaFailed);
  t.same([readdirSync(folder), taps.open, recordings.isRecording('a' as CallId)], [[], 0, false]);
  taps.refuses = false;
  t.ok(await recordings.start(wish('a')));
});

t.test('a call that ends while its recording begins takes it along', async (t) => {
  const { recordings, taps, end, bus } = await house(t);
  let ended: CallEvent | undefined;
  const completed = new Promise<void>((resolve) => {
    bus.subscribe(({ event }) => {
      if (event.kind !== 'recording.completed') return;
      ended = event;
      resolve();
    });
  });
  taps.waits = () => {
    end('a' as CallId);
    return Promise.resolve();
  };
  const id = await recordings.start(wish('a'));
  await completed;
  t.match(ended, { recordingId: id });
  t.equal(taps.open, 0);
});

t.test('one that is stopped while it begins, and begun again, is two recordings that both end', async (t) => {
  const { recordings, taps, completed } = await house(t);
  let go: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (go = resolve));
  taps.waits = () => gate;
  const first = recordings.start(wish('a'));
  t.equal(recordings.stop('a' as CallId), true);
  const second = recordings.start(wish('a'));
  go();
  const ids = await Promise.all([first, second]);
  await completed(ids[0]);
  t.match(recordings.get(ids[1]), { state: 'recording' });
  const event = completed(ids[1]);
  recordings.stop('a' as CallId);
  await event;
  t.equal(taps.open, 0);
});

t.test('an MP3 that cannot be made is kept as WAV, and says why', async (t) => {
  for (const ffmpeg of [undefined, '/bin/false', '/nowhere/ffmpeg']) {
    const { recordings, completed } = await house(t, {}, folderOf(t), ffmpeg);
    const id = await recordings.start(wish('a', { format: 'mp3' }));
    const event = completed(id);
    recordings.stop('a' as CallId);
    t.match(await event, { format: 'wav' }, String(ffmpeg));
    t.match(recordings.get(id), { format: 'wav', problem: /ffmpeg/ });
    t.ok(existsSync(recordings.fileOf(id).path));
  }
});

t.test('an MP3 of which nothing can be written, as on a full disk, is heard now, and after a restart as WAV', async (t) => {
  const [folder, ffmpeg] = [folderOf(t), quickFfmpeg(t)];
  const { recordings, completed } = await house(t, {}, folder, ffmpeg);
  const id = await recordings.start(wish('a', { format: 'mp3' }));
  const inTheWay = join(folder, `${id}.json.part`);
  mkdirSync(inTheWay);
  const event = completed(id);
  recordings.stop('a' as CallId);
  t.match(await event, { format: 'mp3' });
  t.equal(readFileSync(recordings.fileOf(id).path, 'utf8'), 'mp3\n');
  await recordings.close();

  rmSync(inTheWay, { recursive: true });
  const again = (await house(t, {}, folder, ffmpeg)).recordings;
  t.match(again.get(id), { state: 'completed', format: 'wav' });
  t.equal(again.fileOf(id).path, join(folder, `${id}.wav`));
  t.same(readdirSync(folder).sort(), [`${id}.json`, `${id}.wav`], 'and no MP3 that nothing knows of');
});

t.test('an MP3 that is known is all that is left', async (t) => {
  const [folder, ffmpeg] = [folderOf(t), quickFfmpeg(t)];
  const { recordings, completed } = await house(t, {}, folder, ffmpeg);
  const id = await recordings.start(wish('a', { format: 'mp3' }));
  const event = completed(id);
  recordings.stop('a' as CallId);
  await event;
  t.same(readdirSync(folder).sort(), [`${id}.json`, `${id}.mp3`]);
});

t.test('a conversion does not keep the program from ending', async (t) => {
  const folder = folderOf(t);
  const slow = join(folder, 'slow-ffmpeg');
  writeFileSync(slow, '#!/bin/sh\nexec sleep 60\n');
  chmodSync(slow, 0o755);
  const { recordings } = await house(t, {}, join(folder, 'sound'), slow);
  const id = await recordings.start(wish('a', { format: 'mp3' }));
  recordings.stop('a' as CallId);
  await recordings.close();
  await recordings.close();
  t.match(recordings.get(id), { state: 'completed', format: 'wav' });
  await t.rejects(recordings.start(wish('b')), Busy);
});

t.test('a folder that cannot be written refuses a recording and nothing else', async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'file'), '');
  const { recordings, taps } = await house(t, {}, join(folder, 'file', 'below'));
  await t.rejects(recordings.start(wish('a')), MediaFailed);
  t.equal(taps.open, 0);
});
