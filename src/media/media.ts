/**
 * media: builds the room and is main's only door to it: an rtpengine, ours or another's, music that has been heard once, and
 * the MediaPort on top.
 */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { LegId, MediaHealth, MediaPort, TapPort } from '#calls/ports.js';
import type { Clock } from '#kit/clock.js';
import type { Config } from '#kit/config.js';
import { newCallId } from '#kit/ids.js';
import type { Logger } from '#kit/log.js';
import { findProgram } from './find-program.js';
import { capacityProblems } from './capacity.js';
import { FanHouse, type FanHouseDeps } from './fan/fan-house.js';
import { KeyLog, type KeyListener } from './key-log.js';
import { SAMPLE_RATE, samplesOf } from './matroska.js';
import { MusicCache } from './music-cache.js';
import { MusicLibrary } from './music-library.js';
import { MusicProbe } from './music-probe.js';
import { MusicShelf } from './music-shelf.js';
import { NgClient } from './ng-client.js';
import { NgCommands } from './ng-commands.js';
import { Playbacks } from './playbacks.js';
import { Player } from './player.js';
import { Prompts } from './prompts.js';
import { RtpengineKeeper, type LifeDeps, type RtpengineLife } from './rtpengine-keeper.js';
import { checkAddresses, findRtpengine } from './rtpengine-process.js';
import { readTarget, RtpengineWatch } from './rtpengine-watch.js';
import { RtpengineMedia } from './rtpengine.js';
import { ShunnedPorts } from './shunned-ports.js';
import { SoundMaker } from './sound-maker.js';
import { Sounds } from './sounds.js';
import { Taps } from './taps.js';

type CallId = LegId['callId'];

export type Media = Readonly<{
  port: MediaPort;
  taps: TapPort;
  health: () => MediaHealth;
  music: MusicShelf;
  /** How a class of music begins: 8 kHz, 16 bit. For whoever plays it without rtpengine. */
  samplesOf: (music: string) => Promise<Int16Array>;
  /** A party has pressed a key, and its RTP says so (RFC 4733). */
  onKey: (listener: KeyListener) => void;
  /** rtpengine was lost or restarted: the media of every call is gone. */
  onLost: (listener: () => void) => void;
  /** It answers again. */
  onBack: (listener: () => void) => void;
  /** rtpengine reads nothing more that comes to a port of this call. */
  onDeaf: (listener: (callId: CallId) => void) => void;
  /** Calls that our own rtpengine has brought back, and that nobody speaks for. Another's may serve others too, and is left alone. */
  forgetOthers: (known: ReadonlySet<string>) => Promise<void>;
  /** `gone` follows when every command that waits for its turn at rtpengine now has had it. */
  afterBacklog: (gone: () => void) => void;
  /** The process id of our own rtpengine; undefined when it is another's. */
  pid: () => number | undefined;
  /** Stopping twice is stopping once. */
  stop: () => Promise<void>;
}>;

export type MediaConfig = Pick<Config, 'folder' | 'music' | 'addresses' | 'rtpengine' | 'sip'>;

/** Where programs of this machine are; undefined: not installed. */
export type Programs = Readonly<{ ffmpeg: string | undefined; espeak: string | undefined }>;

const findPrograms = (): Programs => ({ ffmpeg: findProgram('ffmpeg'), espeak: findProgram('espeak-ng') });

/** @throws ConfigError or MediaFailed when there is no rtpengine to be had; nothing is left running then. */
export async function startMedia(
  config: MediaConfig,
  clock: Clock,
  log: Logger,
  programs: () => Programs = findPrograms,
): Promise<Media> {
  const keys = await openKeyLog(config, log);
  const closers: (() => Promise<void> | void)[] = [() => keys?.close()];
  const newRtpengine = await chooseRtpengine(config, keys).catch((error: unknown) => {
    keys?.close();
    throw error;
  });
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  const listeners = new Set<() => void>();
  const ng = new NgClient(undefined, clock, log, config.rtpengine.ng === '' ? '127.0.0.1' : undefined);
  closers.push(() => ng.close());
  const commands = new NgCommands(ng);
  const backs = new Set<() => void>();
  const deaf = new Set<(callId: CallId) => void>();
  const onLost = (): void => listeners.forEach((listener) => listener());
  const onBack = (): void => backs.forEach((listener) => listener());
  const onDeaf = (callId: string): void => deaf.forEach((listener) => listener(callId as CallId));
  const life = newRtpengine({ ng, commands, clock, log, onLost, onBack, onDeaf });
  closers.push(() => life.stop());
  try {
    const { ffmpeg, espeak } = programs();
    const cache = await MusicCache.open(config, clock, ffmpeg);
    const prompts = new Prompts({ config, cache, clock, findEspeak: () => espeak ?? programs().espeak });
    const opening = MusicLibrary.open({ config, cache, clock, log });
    // It is opened while rtpengine starts, and closed also when that fails.
    closers.push(() =>
      opening.then(
        (opened) => opened.close(),
        () => undefined,
      ),
    );
    const [library] = await Promise.all([opening, life.start()]);
    const onGone = (): void => void library.rescan();
    const sounds = new Sounds({ ng: commands, head: cache.head, standIn: library.standIn, onGone, log });
    const address = config.addresses[0] ?? '127.0.0.1';
    const probe = new MusicProbe(commands, address, clock);
    const { countsSent, problems } = await probe.check(sounds, [library.first, library.ringback]);
    const standing = [...problems, ...(life.pid === undefined ? [] : await capacityProblems(config))];
    for (const problem of [...library.problems, ...prompts.problems, ...sounds.problems, ...standing])
      log.warn({ problem }, 'media');
    const playbacks = new Playbacks(clock);
    const player = new Player({ ng: commands, sounds, library, prompts, playbacks, clock, random: Math.random, log });
    const shunned = new ShunnedPorts(clock, log, portsToSpare(config));
    closers.push(() => shunned.release());
    const forgetsGates = config.rtpengine.redis !== '';
    const maker = new SoundMaker({ config, prompts, beep: library.beep });
    const playAlone: FanHouseDeps['playAlone'] = (callId, role, sound) => {
      playbacks.asked(callId, role, undefined);
      return player.play(callId, role, sound);
    };
    const hush: FanHouseDeps['hush'] = (callId, role) => {
      playbacks.stopped(callId, role);
      return player.stop(callId, role);
    };
    const settings = { ...config.music.fan, classes: config.music.classes };
    const { timeoutSeconds } = config.rtpengine;
    const house = mayGiveOut(config, life)
      ? new FanHouse({
          ng: commands,
          player,
          library,
          playAlone,
          hush,
          clock,
          log,
          newId: newCallId,
          address,
          settings,
          timeoutSeconds,
        })
      : undefined;
    listeners.add(() => {
      house?.clear();
      playbacks.clear();
      player.clear();
    });
    closers.push(() => player.clear());
    closers.push(() => house?.stop());
    return {
      port: new RtpengineMedia({
        ng: commands,
        player,
        playbacks,
        maker,
        clock,
        address,
        countsSent,
        forgetsGates,
        shunned,
        house,
      }),
      taps: new Taps(commands),
      health: () => ({
        rtpengine: life.state,
        ...(life.version === undefined ? {} : { version: life.version }),
        music: sounds.standsInFor(library.first) ? 'generated-tone' : library.source,
        problems: [...library.problems, ...prompts.problems, ...sounds.problems, ...standing],
      }),
      samplesOf: async (music) => {
        const [piece] = library.musicOf(music).playlist.pieces;
        return piece === undefined ? new Int16Array(0) : samplesOf(await readFile(piece.file), SAMPLES_AT_MOST);
      },
      music: new MusicShelf({ library, cache, limits: config.music.limits, log }),
      afterBacklog: (gone) => ng.afterBacklog(gone),
      onKey: (listener) => keys?.onKey(listener),
      onLost: (listener) => void listeners.add(listener),
      onBack: (listener) => void backs.add(listener),
      onDeaf: (listener) => void deaf.add(listener),
      forgetOthers: async (known) => {
        if (!forgetsGates || life.pid === undefined) return;
        const others = (await commands.list()).filter((callId) => !known.has(callId));
        await Promise.all(others.map((callId) => commands.delete(callId)));
        if (others.length > 0) log.info({ calls: others.length }, 'calls that rtpengine kept and nobody knows are deleted');
      },
      pid: () => life.pid,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whose ports are to be borrowed must be a process of this machine; and the source needs an address of IPv4. */
const mayGiveOut = ({ music, addresses }: MediaConfig, life: RtpengineLife): boolean =>
  life.pid !== undefined &&
  isIP(addresses[0] ?? '') === 4 &&
  (music.fan.from > 0 || Object.values(music.classes).some(({ fanFrom = 0 }) => fanFrom > 0));

/** Two minutes, and again. */
const SAMPLES_AT_MOST = 120 * SAMPLE_RATE;

/** Of one port of each pair: phones that have to move need others meanwhile. */
const portsToSpare = ({ rtpengine: { portMin, portMax } }: MediaConfig): number => Math.floor((portMax - portMin) / 4);

type NewRtpengine = (deps: LifeDeps) => RtpengineLife;

const LOOPBACK = '127.0.0.1';

/** Our own rtpengine is told where to report keys; another's has to be, and then we listen where the configuration says. @throws ConfigError */
async function openKeyLog({ rtpengine }: MediaConfig, log: Logger): Promise<KeyLog | undefined> {
  if (rtpengine.ng === '') return KeyLog.open({ host: LOOPBACK, port: 0 }, log, LOOPBACK);
  if (rtpengine.keys === '') return undefined;
  const { host } = readTarget(rtpengine.ng);
  const target = readTarget(rtpengine.keys, 'rtpengine.keys (RTPENGINE_KEYS)');
  return KeyLog.open(target, log, isIP(host) === 0 ? undefined : host);
}

/**
 * One that runs already when the configuration names it, else one of our own.
 * @throws ConfigError before anything is opened.
 */
async function chooseRtpengine({ rtpengine, addresses }: MediaConfig, keys: KeyLog | undefined): Promise<NewRtpengine> {
  const { ng, portMin, portMax, timeoutSeconds, redis } = rtpengine;
  if (ng !== '') {
    const target = readTarget(ng);
    return (deps) => new RtpengineWatch(target, deps);
  }
  const ours = { program: findRtpengine(), addresses, portMin, portMax, timeoutSeconds, keysTo: keys?.address };
  const options = redis === '' ? ours : { ...ours, redis };
  await checkAddresses(addresses);
  return (deps) => new RtpengineKeeper(options, deps);
}
