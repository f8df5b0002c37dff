/**
 * rest: our own REST API. Reads commands, writes outcomes; schemas here are what requests are checked against and what
 * /openapi.json shows.
 */
import { Type, type Static } from '@sinclair/typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Command, CommandPort, Holder, Outcome } from '#calls/commands.js';
import type { CallId } from '#core/leg.js';
import { BadRequest } from '#kit/errors.js';
import type { Metrics } from './metrics.js';
import type { RegistrationsPort } from './read-models.js';

const Number_ = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[0-9A-Za-z+*#._-]+$',
  description: 'an extension, or a number a trunk takes',
});

const SetupBody = Type.Object(
  {
    caller: Number_,
    callee: Number_,
    autoAnswer: Type.Optional(Type.Boolean({ description: "ask the caller's phone to answer by itself" })),
  },
  { additionalProperties: false },
);

const HOLDERS = ['controller', 'caller', 'callee'] as const;
const Holder_ = Type.Union(
  HOLDERS.map((word) => Type.Literal(word)),
  { description: 'who holds; controller (the default) holds both parties' },
);

const HoldBody = Type.Object(
  {
    holder: Type.Optional(Holder_),
    music: Type.Optional(Type.Union([Type.Boolean(), Type.Null()], { description: 'false or null: silence, and a=inactive' })),
  },
  { additionalProperties: false },
);

const IdParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) });
const ResumeQuery = Type.Object({ holder: Type.Optional(Holder_) }, { additionalProperties: false });

export type RestDeps = Readonly<{
  commands: CommandPort;
  registrations: RegistrationsPort;
  metrics: Metrics;
  userOf: (request: FastifyRequest) => string;
}>;

const idOf = (request: FastifyRequest): CallId => (request.params as Static<typeof IdParams>).id as CallId;

export function restRoutes(app: FastifyInstance, deps: RestDeps): void {
  const ask = (command: Command): Promise<Outcome> => deps.commands.execute(command);

  app.post(
    '/calls',
    { schema: { summary: 'Set up a call: the caller rings first, then the callee', body: SetupBody } },
    async (request, reply) => {
      const body = request.body as Static<typeof SetupBody>;
      const outcome = await ask({
        kind: 'call.setup',
        ...body,
        idempotencyKey: idempotencyKey(request),
        owner: deps.userOf(request),
      });
      if (outcome.kind !== 'call.accepted') throw new Error('call.setup gave another outcome');
      if (outcome.repeated) void reply.header('idempotent-replayed', 'true');
      return reply.code(202).header('location', `/calls/${outcome.call.id}`).send(outcome.call);
    },
  );

  app.get('/calls', { schema: { summary: 'Live calls' } }, async () => {
    const outcome = await ask({ kind: 'call.list' });
    return outcome.kind === 'call.listed' ? { calls: outcome.calls } : {};
  });

  app.get('/calls/:id', { schema: { summary: 'One call, also a while after it ended', params: IdParams } }, async (request) => {
    const outcome = await ask({ kind: 'call.get', callId: idOf(request) });
    return outcome.kind === 'call.found' ? outcome.call : {};
  });

  app.delete('/calls/:id', { schema: { summary: 'Hang up both legs', params: IdParams } }, async (request, reply) => {
    await ask({ kind: 'call.hangup', callId: idOf(request) });
    return reply.code(204).send();
  });

  app.put(
    '/calls/:id/hold',
    { schema: { summary: 'Hold; answers with the proof of hold', params: IdParams, body: Type.Union([HoldBody, Type.Null()]) } },
    (request) => {
      const body = (request.body ?? {}) as Static<typeof HoldBody>;
      return proof({
        kind: 'call.hold',
        callId: idOf(request),
        holder: body.holder ?? 'controller',
        music: body.music ?? body.music === undefined,
      });
    },
  );

  app.delete(
    '/calls/:id/hold',
    { schema: { summary: 'Resume; answers with the proof', params: IdParams, querystring: ResumeQuery } },
    (request) => {
      const holder: Holder = (request.query as Static<typeof ResumeQuery>).holder ?? 'controller';
      return proof({ kind: 'call.resume', callId: idOf(request), holder });
    },
  );

  app.get('/registrations', { schema: { summary: 'Who is registered, and from where' } }, () =>
    Promise.resolve({ registrations: deps.registrations.list() }),
  );

  async function proof(command: Command): Promise<unknown> {
    const outcome = await ask(command);
    if (outcome.kind !== 'hold.done') throw new Error('a hold gave another outcome');
    deps.metrics.observe(outcome.proof);
    return outcome.proof;
  }
}

function idempotencyKey(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || key === '' || key.length > 256)
    throw new BadRequest('Idempotency-Key', 'the key must be 1 to 256 characters');
  return key;
}
