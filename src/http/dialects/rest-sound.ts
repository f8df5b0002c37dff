/**
 * rest-sound: the REST routes for the sound of a call that is up: mute a party, play and speak to it, press keys.
 */
import type { Static } from '@sinclair/typebox';
import type { Command } from '#calls/commands.js';
import type { SoundWish } from '#calls/sound-commands.js';
import { BadRequest } from '#kit/errors.js';
import type { RouteDoc } from '../openapi.js';
import { NoBody, NoQuery } from '../schemas.js';
import { Accepted, KeysBody, Listener, MuteBody, PlayBody, PlayStarted, QuietQuery } from '../sound-schemas.js';
import { callId } from './rest-connect.js';
import type { DialectRequest, DialectRoute } from './dialect.js';

export function soundRoutes(write: DialectRoute['write']): readonly DialectRoute[] {
  return [
    muteRoute('mute', true, write),
    muteRoute('unmute', false, write),
    {
      method: 'POST',
      path: '/calls/:callId/play',
      schema: { body: PlayBody, querystring: NoQuery },
      doc: playDoc,
      read: readPlay,
      write,
    },
    {
      method: 'DELETE',
      path: '/calls/:callId/play',
      schema: { body: NoBody, querystring: QuietQuery },
      doc: quietDoc,
      read: (request) => {
        const to = (request.query.get('to') ?? 'all') as Static<typeof Listener>;
        return { kind: 'call.quiet', callId: callId(request), to };
      },
      write,
    },
    {
      method: 'POST',
      path: '/calls/:callId/keys',
      schema: { body: KeysBody, querystring: NoQuery },
      doc: keysDoc,
      read: (request) => {
        const { to, keys } = request.body as Static<typeof KeysBody>;
        return { kind: 'call.keys', callId: callId(request), to, keys };
      },
      write,
    },
  ];
}

const muteRoute = (name: 'mute' | 'unmute', muted: boolean, write: DialectRoute['write']): DialectRoute => ({
  method: 'POST',
  path: `/calls/:callId/${name}`,
  schema: { body: MuteBody, querystring: NoQuery },
  doc: muted ? muteDoc : unmuteDoc,
  read: (request) => {
    const { party } = request.body as Static<typeof MuteBody>;
    return { kind: 'call.mute', callId: callId(request), party, muted };
  },
  write,
});

function readPlay(request: DialectRequest): Command {
  const body = request.body as Static<typeof PlayBody>;
  const { to = 'all', times, maxSec, hangUpAfter } = body;
  return {
    kind: 'call.play',
    callId: callId(request),
    to,
    what: readWish(body),
    times,
    maxSec,
    ...(hangUpAfter === true ? { hangUpAfter } : {}),
  };
}

function readWish({ prompt, text, language, voice, file, beep }: Static<typeof PlayBody>): SoundWish {
  const wishes: SoundWish[] = [
    ...(prompt === undefined ? [] : [{ prompt }]),
    ...(text === undefined ? [] : [{ text, language, voice }]),
    ...(file === undefined ? [] : [{ file }]),
    ...(beep === undefined ? [] : [{ beep }]),
  ];
  const [wish] = wishes;
  if (wish === undefined || wishes.length > 1)
    throw new BadRequest('text', `expected one of prompt, text, file and beep, found ${wishes.length}`);
  if (text === undefined && (language ?? voice) !== undefined)
    throw new BadRequest('language', 'language and voice belong to a text');
  return wish;
}

const COMMON_ERRORS = ['bad_request', 'malformed_json', 'call_not_found', 'wrong_moment'] as const;
const accepted = { 202: { description: 'it is done', schema: Accepted } };

const muteDoc: RouteDoc = {
  summary: 'Mute a party',
  description:
    'Its peer hears neither its voice nor its keys; it still hears its peer. That has nothing to do with holds: a resume does not ' +
    'unmute, and who unmutes opens no hold. It goes along when the party is transferred.',
  answers: accepted,
  errors: [...COMMON_ERRORS],
};

const unmuteDoc: RouteDoc = {
  summary: 'Unmute a party',
  description: 'Its peer hears it again, unless somebody holds the call.',
  answers: accepted,
  errors: [...COMMON_ERRORS],
};

const playDoc: RouteDoc = {
  summary: 'Play or speak to a party',
  description:
    'One of `prompt`, `text`, `file` and `beep`, to the caller, the callee or both (`to`: `all`, or absent). While it plays its listener ' +
    'hears nothing else: not the peer, and no music on hold; both come back when it ends. A second one takes the place of the ' +
    'first. `play.ended` tells how it ended; of a call that has become a conference it comes of each member call, with one `playId`.',
  answers: { 202: { description: 'it is heard now', schema: PlayStarted } },
  errors: [...COMMON_ERRORS, 'media_failed', 'media_gone'],
};

const quietDoc: RouteDoc = {
  summary: 'Stop what plays',
  description: 'Ends what was begun with POST; nothing playing is no error.',
  answers: accepted,
  errors: ['bad_request', 'malformed_json', 'call_not_found'],
};

const keysDoc: RouteDoc = {
  summary: 'Press keys',
  description:
    '`to` hears them as keys of its peer: RFC 4733 events of 100 ms with pauses of 100 ms; audible tones where its phone has not ' +
    'negotiated any. Not while the call is held.',
  answers: accepted,
  errors: [...COMMON_ERRORS, 'busy', 'media_failed', 'media_gone'],
};
