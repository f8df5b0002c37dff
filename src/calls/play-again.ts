/**
 * play-again: rtpengine keeps the codec a sound was started with, so what plays to a party is started again after a change of codec, from
 * its beginning.
 */
import type { CallId, Leg } from '#core/leg.js';
import type { MediaPort } from './ports.js';

export async function playAgain(port: MediaPort, id: CallId, { role, media, playing }: Leg): Promise<void> {
  if (media.sound === 'music' && media.music !== undefined) await port.play(id, role, { kind: 'music', ...media.music });
  if (playing !== undefined) await port.playOver(id, role, playing.sound, playing.times);
}
