import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { RealClock } from '#kit/clock.js';
import { createLogger } from '#kit/log.js';
import { startMedia } from '#media/media.js';
import { RtpengineProcess, findRtpengine } from '#media/rtpengine-process.js';
import { wasRestarted, type Seen } from '#media/rtpengine-watch.js';
import { freePorts } from '../support/free-ports.js';
import { CALLEE_HERTZ, MUSIC_HERTZ, startTestMedia, talkingPhones, testMediaConfig, TONES } from '../support/media-fixture.js';
import { isAlive, until } from '../support/until.js';

const alive = (pid: number): boolean => isAlive(pid, (path) => readFileSync(path, 'utf8'));

t.test('an rtpengine that is killed is started again; everybody hears of it at once, and new calls work', async (t) => {
  const media = await startTestMedia(t);
  const first = media.pid() ?? 0;
  const lost = new Promise<string>((resolve) => media.onLost(() => resolve(media.health().rtpengine)));
  const { callId } = await talkingPhones(t, media);
  await media.port.gate(callId);
  await media.port.play(callId, 'caller', { kind: 'music', music: 'default' });
  process.kill(first, 'SIGKILL');
  t.equal(await lost, 'restarting');
  await t.rejects(media.port.gate(callId), { code: 'media_failed' }, 'no command waits for one that is not there');
  await until('rtpengine is up again', () => media.health().rtpengine === 'up');
  t.not(media.pid(), first);
  await t.rejects(media.port.gate(callId), { code: 'media_gone' }, 'the old call is unknown');
  t.same(await media.port.musicPackets(callId), { caller: 0, callee: 0 });

  const { callId: second, caller, callee } = await talkingPhones(t, media);
  t.same((await caller.next(10)).tones(...TONES), [CALLEE_HERTZ]);
  await media.port.gate(second);
  await media.port.play(second, 'callee', { kind: 'music', music: 'default' });
  await caller.during(2);
  t.same((await callee.next(10)).tones(...TONES), [MUSIC_HERTZ]);
});

t.test('an rtpengine that lives and does not answer is replaced', async (t) => {
  const media = await startTestMedia(t);
  const first = media.pid() ?? 0;
  let lost = 0;
  media.onLost(() => lost++);
  process.kill(first, 'SIGSTOP');
  await until('another rtpengine is up', () => media.pid() !== first && media.health().rtpengine === 'up', 20_000);
  t.equal(lost, 1);
  t.notOk(alive(first));
});

t.test('stopping ends rtpengine, and stopping twice is stopping once', async (t) => {
  const media = await startTestMedia(t);
  const pid = media.pid() ?? 0;
  t.ok(alive(pid));
  await media.stop();
  t.notOk(alive(pid));
  await media.stop();
  t.equal(media.health().rtpengine, 'down');
});

t.test('stopping while it is being started again leaves none running', async (t) => {
  const media = await startTestMedia(t);
  const first = media.pid() ?? 0;
  const lost = new Promise<void>((resolve) => media.onLost(resolve));
  process.kill(first, 'SIGKILL');
  await lost;
  await media.stop();
  t.equal(media.health().rtpengine, 'down');
  t.equal(media.pid(), first, 'no other was started');
  t.notOk(alive(first));
});

t.test('one that does not obey is ended all the same', async (t) => {
  const media = await startTestMedia(t);
  const pid = media.pid() ?? 0;
  process.kill(pid, 'SIGSTOP'); // a stopped process does not see SIGTERM
  await media.stop();
  t.notOk(alive(pid));
});

t.test('when our process is killed by kill -9, its rtpengine dies with it', async (t) => {
  const config = await testMediaConfig(t);
  const program = fileURLToPath(new URL('../support/media-owner.ts', import.meta.url));
  const owner = spawn(process.execPath, ['--import=tsx', program, JSON.stringify(config)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => owner.kill('SIGKILL'));
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  t.ok(alive(pid));
  owner.kill('SIGKILL');
  await until('rtpengine is gone', () => !alive(pid));
  t.notOk(alive(pid));
});

t.test('an rtpengine that cannot start ends with its own words', async (t) => {
  const options = { program: findRtpengine(), addresses: ['127.0.0.1'], timeoutSeconds: 60, ...(await freePorts()) };
  const taken = createSocket('udp4').bind(0, '127.0.0.1');
  await once(taken, 'listening');
  t.teardown(() => void taken.close());
  const failed = await RtpengineProcess.start(options, new RealClock(), createLogger('silent'), taken.address().port);
  t.match(await failed.ended, /ended with code 255: .*[Aa]ddress already in use/);
  t.notOk(failed.alive);
});

t.test('an address this machine does not have is a configuration error: rtpengine itself would start with it', async (t) => {
  const config = await testMediaConfig(t);
  const elsewhere = { ...config, addresses: ['127.0.0.1', '192.0.2.77'] };
  await t.rejects(startMedia(elsewhere, new RealClock(), createLogger('silent')), {
    code: 'config_error',
    message: /192\.0\.2\.77/,
  });
});

t.test('an rtpengine of somebody else is asked, not started; its restart is noticed, however young it died', async (t) => {
  const log = createLogger('silent');
  const clock = new RealClock();
  const range = await freePorts();
  const options = { program: findRtpengine(), addresses: ['127.0.0.1'], timeoutSeconds: 60, ...range };
  const theirs = await RtpengineProcess.start(options, clock, log);
  t.teardown(() => theirs.stop());
  const { port } = theirs.target;
  await until('their rtpengine is old enough', async () => answersOn(port));
  const media = await startTestMedia(t, { ng: `localhost:${port}` });
  t.equal(media.pid(), undefined);
  t.equal(media.health().rtpengine, 'up');
  const { caller } = await talkingPhones(t, media);
  t.same((await caller.next(10)).tones(...TONES), [CALLEE_HERTZ]);

  let lost = 0;
  media.onLost(() => lost++);
  await theirs.stop();
  await until('silence is noticed', () => media.health().rtpengine === 'down');
  const again = await RtpengineProcess.start(options, clock, log, port);
  t.teardown(() => again.stop());
  await until('it is back', () => media.health().rtpengine === 'up');
  t.equal(lost, 1);
});

t.test('only an rtpengine that is younger than its last answer was restarted', async (t) => {
  const seen = (uptimeSec: number, atSec: number, timesAsked?: number): Seen => ({ uptimeSec, atSec, timesAsked });
  const before = seen(100, 50);
  t.notOk(wasRestarted(before, seen(102, 52)));
  t.notOk(wasRestarted(before, seen(101, 52)), 'whole seconds');
  t.notOk(wasRestarted(before, seen(60, 52)), 'its clock was set back');
  t.ok(wasRestarted(before, seen(1, 52)));
  t.ok(wasRestarted(before, seen(29, 80)), 'it was silent for half a minute');
  t.ok(wasRestarted(seen(2, 50), seen(4, 55)));
  t.notOk(wasRestarted(seen(0, 50), seen(2, 52)), 'young, and the same');
  t.notOk(wasRestarted(seen(0, 50, 0), seen(2, 52, 1)), 'young, and it remembers that we asked');
  t.ok(wasRestarted(seen(0, 50, 0), seen(1, 52, 0)), 'another one, which died in its first second');
});

t.test('an address of rtpengine that nobody can read is a configuration error', async (t) => {
  for (const ng of ['127.0.0.1', 'host:', ':22222', 'host:99999', 'host:0', 'a b:1']) {
    const config = await testMediaConfig(t, { ng });
    await t.rejects(startMedia(config, new RealClock(), createLogger('silent')), {
      code: 'config_error',
      message: /RTPENGINE_NG/,
    });
  }
});

t.test('an rtpengine that is configured and not there fails the start', async (t) => {
  const nobody = createSocket('udp4').bind(0, '127.0.0.1');
  await once(nobody, 'listening');
  t.teardown(() => void nobody.close());
  const config = await testMediaConfig(t, { ng: `127.0.0.1:${nobody.address().port}` });
  await t.rejects(startMedia(config, new RealClock(), createLogger('silent')), {
    code: 'media_failed',
    message: /no rtpengine answers/,
  });
});

let asked = 0; // a cookie that was used before would bring the answer of that time

/** One question of our own, without the room's client. */
async function ask(port: number, command: string): Promise<string> {
  const socket = createSocket('udp4');
  socket.send(`t${++asked} d7:command${command.length}:${command}e`, port, '127.0.0.1');
  const silence = new Promise<string>((resolve) => setTimeout(resolve, 100, ''));
  const answer = await Promise.race([once(socket, 'message').then(([bytes]) => String(bytes)), silence]);
  socket.close();
  return answer;
}

const answersOn = async (port: number): Promise<boolean> => (await ask(port, 'ping')).includes('pong');
