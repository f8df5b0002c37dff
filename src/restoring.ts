/**
 * restoring: what the last life has left comes back in two steps: before SIP can be spoken, and after. A part of main, for its length.
 */
import { Restorer, type RestorerDeps } from '#calls/restorer.js';
import type { StoredCall } from '#calls/store-port.js';
import type { Media } from '#media/media.js';
import type { Drachtio } from './sip-engine.js';

type Deps = Omit<RestorerDeps, 'media'> & Readonly<{ room: Media; drachtio: Drachtio; left: readonly StoredCall[] }>;

/** @returns what is to be done once SIP can be spoken; it ends when all calls are awake. */
export async function restoreCalls({ room, drachtio, left, ...deps }: Deps): Promise<() => Promise<void>> {
  const restorer = new Restorer({ ...deps, media: room.port });
  await restorer.prepare(left, drachtio.restored);
  await room
    .forgetOthers(new Set(left.map(({ call }) => call.id)))
    .catch((error: unknown) => deps.log.warn({ err: error }, 'what rtpengine has kept could not be looked through'));
  return () => {
    // Nobody speaks for a dialog of the last life whose call is not among those restored.
    drachtio.endOrphans(restorer.dialogs);
    return restorer.begin();
  };
}
