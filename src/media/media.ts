/**
 * media: builds the room and is main's only door to it: an rtpengine, ours or another's, music that has been heard once, and
 * the MediaPort on top.
 */
import type { MediaHealth, MediaPort } from '#calls/ports.js';
import type { Clock } from '#kit/clock.js';
import type { Config } from '#kit/config.js';
import type { Logger } from '#kit/log.js';
import { findProgram } from './find-program.js';
import { capacityProblems } from './capacity.js';
import { openMusicLibrary } from './music-library.js';
import { MusicProbe } from './music-probe.js';
import { NgClient } from './ng-client.js';
import { NgCommands } from './ng-commands.js';
import { Playbacks } from './playbacks.js';
import { RtpengineKeeper, type LifeDeps, type RtpengineLife } from './rtpengine-keeper.js';
import { checkAddresses, findRtpengine } from './rtpengine-process.js';
import { readTarget, RtpengineWatch } from './rtpengine-watch.js';
import { RtpengineMedia } from './rtpengine.js';
import { Sounds } from './sounds.js';

export type Media = Readonly<{
  port: MediaPort;
  health: () => MediaHealth;
  /** rtpengine was lost or restarted: the media of every call is gone. */
  onLost: (listener: () => void) => void;
  /** The process id of our own rtpengine; undefined when it is another's. */
  pid: () => number | undefined;
  /** Stopping twice is stopping once. */
  stop: () => Promise<void>;
}>;

export type MediaConfig = Pick<Config, 'folder' | 'music' | 'addresses' | 'rtpengine' | 'sip'>;

/**
 * @param findFfmpeg gives undefined when it is not installed.
 * @throws ConfigError or MediaFailed when there is no rtpengine to be had; nothing is left running then.
 */
export async function startMedia(
  config: MediaConfig,
  clock: Clock,
  log: Logger,
  findFfmpeg: () => string | undefined = () => findProgram('ffmpeg'),
): Promise<Media> {
  const newRtpengine = await chooseRtpengine(config);
  const playbacks = new Playbacks(clock);
  const listeners = new Set<() => void>();
  const onLost = (): void => {
    playbacks.clear();
    listeners.forEach((listener) => listener());
  };
  const ng = new NgClient(undefined, clock, log, config.rtpengine.ng === '' ? '127.0.0.1' : undefined);
  const commands = new NgCommands(ng);
  const life = newRtpengine({ ng, commands, clock, log, onLost });
  const stop = async (): Promise<void> => {
    await life.stop();
    ng.close();
  };
  try {
    const [library] = await Promise.all([openMusicLibrary({ config, clock, log, ffmpeg: findFfmpeg() }), life.start()]);
    const sounds = new Sounds(library, log);
    const address = config.addresses[0] ?? '127.0.0.1';
    const { countsSent, problems } = await new MusicProbe(commands, address, clock).check(sounds);
    const standing = [...problems, ...(life.pid === undefined ? [] : await capacityProblems(config))];
    for (const problem of [...sounds.problems, ...standing]) log.warn({ problem }, 'media');
    return {
      port: new RtpengineMedia({ ng: commands, sounds, playbacks, address, countsSent }),
      health: () => ({
        rtpengine: life.state,
        ...(life.version === undefined ? {} : { version: life.version }),
        music: sounds.source,
        problems: [...sounds.problems, ...standing],
      }),
      onLost: (listener) => void listeners.add(listener),
      pid: () => life.pid,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type NewRtpengine = (deps: LifeDeps) => RtpengineLife;

/**
 * One that runs already when the configuration names it, else one of our own.
 * @throws ConfigError before anything is opened.
 */
async function chooseRtpengine({ rtpengine, addresses }: MediaConfig): Promise<NewRtpengine> {
  const { ng, portMin, portMax, timeoutSeconds } = rtpengine;
  if (ng !== '') {
    const target = readTarget(ng);
    return (deps) => new RtpengineWatch(target, deps);
  }
  const options = { program: findRtpengine(), addresses, portMin, portMax, timeoutSeconds };
  await checkAddresses(addresses);
  return (deps) => new RtpengineKeeper(options, deps);
}
