/**
 * media-fixture: the media room with a real rtpengine on free ports, music that is a tone of 1200 Hz, and two phones in a call.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { CallId } from '#core/leg.js';
import { RealClock } from '#kit/clock.js';
import { newCallId } from '#kit/ids.js';
import { createLogger } from '#kit/log.js';
import { startMedia, type Media, type MediaConfig } from '#media/media.js';
import { freePorts } from './free-ports.js';
import { RtpEndpoint, type Heard } from './rtp-endpoint.js';
import { toneWav } from './wav.js';

export const CALLER_HERTZ = 400;
export const CALLEE_HERTZ = 800;
export const MUSIC_HERTZ = 1200;
export const RINGBACK_HERTZ = 425;
export const TONES = [CALLER_HERTZ, CALLEE_HERTZ, MUSIC_HERTZ] as const;

export type MusicConfig = MediaConfig['music'];

/** music.yaml when it says nothing. */
export const PLAIN_MUSIC: MusicConfig = {
  default: 'music/default',
  cache: '',
  classes: {},
  prompts: {},
  language: 'en',
  fan: { from: 0, seats: 100, packetMs: 20, longFrom: 0 },
  limits: { maxUploadBytes: 5_000_000, maxSeconds: 60, maxFiles: 20, maxClasses: 10, maxPrompts: 20 },
};

type Teardown = { teardown: (fn: () => void | Promise<void>) => void };
export type TestMedia = Media & Readonly<{ config: MediaConfig }>;

/** What lies in the music folders, and what music.yaml says of it. */
export type MusicSetup = Readonly<{ files?: Readonly<Record<string, Buffer | string>>; music?: Partial<MusicConfig> }>;

export async function startTestMedia(
  t: Teardown,
  change: Partial<MediaConfig['rtpengine']> = {},
  setup: MusicSetup = {},
): Promise<TestMedia> {
  const config = await testMediaConfig(t, change, setup);
  const media = await startMedia(config, new RealClock(), createLogger('silent'));
  t.teardown(() => media.stop());
  return { ...media, config };
}

/** A configuration of its own folder, with one file of music. */
export async function testMediaConfig(
  t: Teardown,
  change: Partial<MediaConfig['rtpengine']> = {},
  { files = {}, music = {} }: MusicSetup = {},
): Promise<MediaConfig> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-media-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'music/default'), { recursive: true });
  writeFileSync(join(folder, 'music/default/tone.wav'), toneWav({ hertz: MUSIC_HERTZ, seconds: 2 }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return {
    folder,
    addresses: ['127.0.0.1'],
    music: { ...PLAIN_MUSIC, ...music },
    rtpengine: { ng: '', keys: '', redis: '', timeoutSeconds: 3600, learnAlways: false, ...(await freePorts()), ...change },
    sip: {
      port: 0,
      tlsPort: 0,
      wssPort: 0,
      wsPort: 0,
      wsOrigins: [],
      realm: 'test',
      ringSeconds: 60,
      maxCalls: 10,
      sessionSeconds: 0,
      minSessionSeconds: 90,
      livenessSeconds: 0,
    },
  };
}

export async function openPhone(t: Teardown): Promise<RtpEndpoint> {
  const phone = await RtpEndpoint.open();
  t.teardown(() => phone.close());
  return phone;
}

export type TalkingPhones = Readonly<{ callId: CallId; caller: RtpEndpoint; callee: RtpEndpoint }>;

/** Two phones whose audio goes through rtpengine; both transmit their tone, and go on whatever happens. */
export async function talkingPhones(t: Teardown, media: Media): Promise<TalkingPhones> {
  const callId = newCallId() as CallId;
  const caller = await openPhone(t);
  const callee = await openPhone(t);
  callee.obey(await media.port.offer(callId, 'caller', caller.sdp()));
  caller.obey(await media.port.answer(callId, 'caller', callee.sdp({ payloadTypes: [0, 101] })));
  caller.talk(CALLER_HERTZ);
  callee.talk(CALLEE_HERTZ);
  await Promise.all([caller.next(5), callee.next(5)]);
  return { callId, caller, callee };
}

/** Each hears the other's tone and nothing else, once what was on its way has come. */
export async function hearEachOther(
  t: Pick<Test, 'same'>,
  caller: RtpEndpoint,
  callee: RtpEndpoint,
): Promise<{ atCaller: Heard; atCallee: Heard }> {
  await Promise.all([caller.next(2), callee.next(2)]);
  const [atCaller, atCallee] = await Promise.all([caller.next(15), callee.next(15)]);
  t.same(atCaller.tones(...TONES), [CALLEE_HERTZ], 'the caller hears the callee');
  t.same(atCallee.tones(...TONES), [CALLER_HERTZ], 'the callee hears the caller');
  return { atCaller, atCallee };
}
