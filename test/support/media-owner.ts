/**
 * media-owner: a program of its own that starts the media room, prints the process id of its rtpengine and waits to be killed.
 * Its configuration comes as JSON in the first argument.
 */
import { RealClock } from '#kit/clock.js';
import { createLogger } from '#kit/log.js';
import { startMedia, type MediaConfig } from '#media/media.js';

const config = JSON.parse(process.argv[2] ?? '{}') as MediaConfig;
const media = await startMedia(config, new RealClock(), createLogger('silent'));
process.stdout.write(`${media.pid()}\n`);
