/**
 * restoring: what the last life has left comes back in two steps: before SIP can be spoken, and after. A part of main, for its length.
 */
import { Restorer, type RestorerDeps } from '#calls/restorer.js';
import type { StoredCall } from '#calls/store-port.js';
import { noLongerThan } from '#kit/no-longer-than.js';
import type { Media } from '#media/media.js';
import type { Drachtio } from './sip-engine.js';

type Deps = Omit<RestorerDeps, 'media'> &
  Readonly<{ room: Media; drachtio: Drachtio; left: readonly StoredCall[]; written: () => Promise<unknown> }>;

/** So long a start waits for a disk that does not answer. */
const WRITTEN_MS = 2000;

/** @returns what is to be done once SIP can be spoken; it ends when all calls are awake. */
export async function restoreCalls({ room, drachtio, left, written, ...deps }: Deps): Promise<() => Promise<void>> {
  const restorer = new Restorer({ ...deps, media: room.port });
  await restorer.prepare(left, drachtio.restored);
  await room
    .forgetOthers(new Set(left.map(({ call }) => call.id)))
    .catch((error: unknown) => deps.log.warn({ err: error }, 'what rtpengine has kept could not be looked through'));
  // What was raised (versions of o=, the number of the next event) is on the disk before anybody hears it: this life may be short.
  await noLongerThan(WRITTEN_MS, 'what was raised is written', deps.clock, written());
  return () => {
    // Nobody speaks for a dialog of the last life whose call is not among those restored.
    drachtio.endOrphans(restorer.dialogs);
    return restorer.begin();
  };
}
