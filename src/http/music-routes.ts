/**
 * music-routes: classes of music over the REST API: looked at, a file brought or taken away. What a file must be is the media room's
 * business; here it is only a stream of bytes.
 */
import { Readable } from 'node:stream';
import { Type } from '@sinclair/typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Identify } from './identify.js';
import type { DocumentedRoute } from './openapi.js';
import type { MusicPort } from './read-models.js';
import { HttpRefusal } from './refusals.js';
import { NoQuery } from './schemas.js';

export type MusicRoutesDeps = Readonly<{ identify: Identify; music: MusicPort }>;

const strict = { additionalProperties: false } as const;
const UploadQuery = Type.Object(
  {
    name: Type.Optional(
      Type.String({ minLength: 1, maxLength: 255, description: 'what the file is called: 1 to 255 characters' }),
    ),
  },
  strict,
);
const MusicFile = Type.Object({
  name: Type.String(),
  seconds: Type.Optional(Type.Number({ description: 'absent: it cannot be played' })),
  problem: Type.Optional(Type.String()),
});
const MusicList = Type.Object({
  classes: Type.Array(
    Type.Object({
      name: Type.String(),
      order: Type.String({ enum: ['in-order', 'shuffled'] }),
      files: Type.Array(MusicFile),
      problems: Type.Array(Type.String()),
    }),
  ),
  missing: Type.Array(Type.String(), {
    description: 'classes that were asked for in the last ten minutes and have nothing to play; `default` was heard',
  }),
});
const Brought = Type.Object({
  class: Type.String(),
  name: Type.String({ description: 'as it is kept: the last part of the name sent, in plain letters' }),
  seconds: Type.Number(),
  replaced: Type.Boolean({ description: 'there was a file of this name' }),
});

export function mountMusicRoutes(app: FastifyInstance, { identify, music }: MusicRoutesDeps): void {
  void app.register((scope, _options, done) => {
    scope.addHook('onRequest', identify);
    // The body is left on the wire until somebody reads it: it may be longer than anybody wants.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, body, parsed) => parsed(null, body));
    scope.get('/music', { schema: { querystring: NoQuery }, exposeHeadRoute: true }, (_request, reply) =>
      reply.send({ classes: music.list(), missing: music.missing() }),
    );
    scope.put('/music/:class', { schema: { querystring: UploadQuery } }, async (request, reply) => {
      const { class: musicClass } = request.params as { class: string };
      const { name } = request.query as { name?: string };
      try {
        const { replaced, ...made } = await music.bring(musicClass, name, bodyOf(request));
        const location = `/music/${musicClass}/${encodeURIComponent(made.name)}`;
        return await reply
          .code(201)
          .header('location', location)
          .send({ ...made, replaced });
      } catch (error) {
        // RFC 9110 §15.5.14: the rest of a body that nobody wants is not waited for.
        void reply.header('connection', 'close');
        throw error;
      }
    });
    scope.delete('/music/:class/:file', { schema: { querystring: NoQuery } }, async (request, reply) => {
      const { class: musicClass, file } = request.params as { class: string; file: string };
      await music.takeAway(musicClass, file);
      return reply.code(204).send();
    });
    done();
  });
}

/** `curl -T` names no type at all. */
const AUDIO = /^(audio\/|application\/(octet-stream|ogg)\b)/i;

function bodyOf(request: FastifyRequest): AsyncIterable<Uint8Array> {
  const type = request.headers['content-type'];
  if (type !== undefined && !AUDIO.test(type)) {
    const found = type.slice(0, 100);
    throw new HttpRefusal(
      'unsupported_media_type',
      `content type ${found} is no audio; send audio/* or application/octet-stream`,
    );
  }
  return request.body instanceof Readable ? (request.body as AsyncIterable<Uint8Array>) : Readable.from([]);
}

export const MUSIC_DOCS: readonly DocumentedRoute[] = [
  {
    method: 'GET',
    path: '/music',
    doc: {
      summary: 'Which music there is',
      safe: true,
      answers: { 200: { description: 'every class with its files, and what is wrong with them', schema: MusicList } },
    },
  },
  {
    method: 'PUT',
    path: '/music/:class',
    schema: { querystring: UploadQuery },
    doc: {
      summary: 'Bring a file of music',
      description:
        'The body is the file itself, in any form ffmpeg reads (`curl -T file.mp3`); type `audio/*`, `application/octet-stream` or none. ' +
        'A class that does not exist is made. The file is played from then on, by holds that begin or change their music.',
      answers: {
        201: { description: 'decoded, and in the class', schema: Brought, headers: { Location: 'for taking it away' } },
      },
      errors: ['bad_request', 'music_full', 'body_too_large', 'unsupported_media_type', 'media_failed', 'busy'],
    },
  },
  {
    method: 'DELETE',
    path: '/music/:class/:file',
    doc: {
      summary: 'Take a file of music away',
      answers: { 204: { description: 'gone; who hears it hears it to its end' } },
      errors: ['music_not_found', 'media_failed'],
    },
  },
];
