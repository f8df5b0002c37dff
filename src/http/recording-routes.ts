/**
 * recording-routes: recordings over the REST API: listed, looked at, listened to, deleted. They are begun and ended by commands
 * (dialects/rest-records.ts).
 */
import { open } from 'node:fs/promises';
import { Type } from '@sinclair/typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RecordingNotFound } from '#kit/errors.js';
import type { Identify } from './identify.js';
import { byteRange } from './byte-range.js';
import { readsJson } from './json-bodies.js';
import type { DocumentedRoute } from './openapi.js';
import { pageLimit } from './page-limit.js';
import type { RecordingsPort } from './read-models.js';
import { NoBody, NoQuery } from './schemas.js';

export type RecordingRoutesDeps = Readonly<{ identify: Identify; recordings: RecordingsPort }>;

const AUDIO_TYPES = { wav: 'audio/wav', mp3: 'audio/mpeg' } as const;

const WholeNumber = (description: string) => Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,14}$', description }));
const ListQuery = Type.Object(
  { page: WholeNumber('a whole number from 1; the newest are on page 1'), limit: WholeNumber('a whole number from 1 to 1000') },
  { additionalProperties: false },
);
const Recording = Type.Object({
  id: Type.String(),
  callId: Type.String(),
  parties: Type.Object({ caller: Type.String(), callee: Type.String() }),
  startedAt: Type.String({ format: 'date-time' }),
  state: Type.String({ enum: ['recording', 'completed'] }),
  format: Type.String({ enum: ['wav', 'mp3'], description: 'of the file; an mp3 is a wav until the recording is completed' }),
  seconds: Type.Number(),
  bytes: Type.Integer(),
  problem: Type.Optional(Type.String({ description: 'why it is not whole, or not what was asked for' })),
});
const RecordingList = Type.Object({ total: Type.Integer(), page: Type.Integer(), recordings: Type.Array(Recording) });

export function mountRecordingRoutes(app: FastifyInstance, { identify, recordings }: RecordingRoutesDeps): void {
  void app.register((scope, _options, done) => {
    readsJson(scope);
    scope.addHook('onRequest', identify);
    scope.get('/recordings', { schema: { querystring: ListQuery }, exposeHeadRoute: true }, (request, reply) => {
      const { page: asked, limit: text } = request.query as { page?: string; limit?: string };
      const limit = pageLimit(text);
      const page = Number(asked ?? 1);
      return reply.send({ page, ...recordings.list((page - 1) * limit, limit) });
    });
    const schema = { querystring: NoQuery };
    scope.get('/recordings/:id', { schema, exposeHeadRoute: true }, (request, reply) =>
      reply.send(recordings.get(idOf(request))),
    );
    scope.get('/recordings/:id/audio', { schema }, (request, reply) => sendAudio(recordings, request, reply));
    scope.delete('/recordings/:id', { schema: { ...schema, body: NoBody } }, async (request, reply) => {
      await recordings.remove(idOf(request));
      return reply.code(204).send();
    });
    done();
  });
}

const idOf = (request: FastifyRequest): string => (request.params as { id: string }).id;

/** An id is looked up, and never becomes a path by itself. */
async function sendAudio(recordings: RecordingsPort, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { path, facts } = recordings.fileOf(idOf(request));
  const file = await open(path, 'r').catch((error: unknown) => {
    // It made room for a newer one since it was looked up.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new RecordingNotFound(facts.id);
    throw error;
  });
  const { size } = await file.stat();
  const range = byteRange(request.headers.range, size);
  const { first, last } = range ?? { first: 0, last: size - 1 };
  void reply.headers({
    'content-type': AUDIO_TYPES[facts.format],
    'content-length': last - first + 1,
    'content-disposition': `attachment; filename="${facts.id}.${facts.format}"`,
    'accept-ranges': 'bytes',
  });
  if (range !== undefined) void reply.code(206).header('content-range', `bytes ${first}-${last}/${size}`);
  return reply.send(file.createReadStream({ start: first, end: last }));
}

export const RECORDING_DOCS: readonly DocumentedRoute[] = [
  {
    method: 'GET',
    path: '/recordings',
    schema: { querystring: ListQuery },
    doc: {
      summary: 'Recordings',
      description: 'Newest first, page by page (`limit`: 100 when absent); also those that go on.',
      safe: true,
      answers: { 200: { description: 'one page, and how many there are in all', schema: RecordingList } },
      errors: ['bad_request'],
    },
  },
  {
    method: 'GET',
    path: '/recordings/:id',
    doc: {
      summary: 'One recording',
      safe: true,
      answers: { 200: { description: 'what is known of it', schema: Recording } },
      errors: ['recording_not_found'],
    },
  },
  {
    method: 'GET',
    path: '/recordings/:id/audio',
    doc: {
      summary: 'Listen to a recording',
      description: 'Stereo, 8 kHz: the caller is left and the callee right.',
      headers: { Range: '`bytes=0-999`: a part of it' },
      answers: {
        200: { description: 'the file', contentType: 'audio/wav', orAs: 'audio/mpeg' },
        206: { description: 'the part of it that was asked for', contentType: 'audio/wav', orAs: 'audio/mpeg' },
      },
      errors: ['recording_not_found', 'wrong_moment'],
    },
  },
  {
    method: 'DELETE',
    path: '/recordings/:id',
    schema: { querystring: NoQuery, body: NoBody },
    doc: {
      summary: 'Delete a recording',
      answers: { 204: { description: 'gone' } },
      errors: ['recording_not_found', 'wrong_moment'],
    },
  },
];
