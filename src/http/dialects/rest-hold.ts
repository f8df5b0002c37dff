/**
 * rest-hold: the words of a hold that mean the same for one call and for many.
 */
import type { Static } from '@sinclair/typebox';
import type { MusicWish } from '#calls/commands.js';
import { BadRequest } from '#kit/errors.js';
import type { HoldBody } from '../schemas.js';

type Written = Static<typeof HoldBody>;

/** @throws BadRequest */
export function readMusic(music: Written['music'], announcement: Written['announcement']): MusicWish {
  if (music === false || music === null) return null;
  if (announcement === undefined) return typeof music === 'string' ? { music } : undefined;
  const { prompt, text, everySeconds } = announcement;
  if ((prompt === undefined) === (text === undefined))
    throw new BadRequest('announcement', 'announcement: expected either prompt or text');
  const said = prompt === undefined ? { text: text ?? '' } : { name: prompt };
  return { music: typeof music === 'string' ? music : 'default', announcement: { prompt: said, everySeconds } };
}
