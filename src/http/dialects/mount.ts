/**
 * mount: puts a dialect on fastify: credentials, read, execute, write, and its own dress for every error.
 * The only file where dialects and fastify meet; each dialect gets a scope of its own.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Command, CommandPort } from '#calls/commands.js';
import type { Logger } from '#kit/log.js';
import type { ApiAccounts } from '../api-accounts.js';
import { toAppError } from '../framework-errors.js';
import { readsFields } from '../field-bodies.js';
import { readsJson } from '../json-bodies.js';
import type { LoginGuard } from '../login-guard.js';
import type { Notebook } from '../notebook.js';
import type { Dresses } from './dresses.js';
import type { AskingRoute, Dialect, DialectReply, DialectRequest, DialectRoute } from './dialect.js';

export type MountDeps = Readonly<{
  commands: CommandPort;
  accounts: Pick<ApiAccounts, 'identify'>;
  guard: LoginGuard;
  dresses: Dresses;
  log: Logger;
  /** Absent: a restart forgets what dialects know of calls. */
  notes?: Notebook | undefined;
}>;

export function mountDialect(app: FastifyInstance, dialect: Dialect, deps: MountDeps): void {
  deps.dresses.add(dialect);
  const commands = inNameOf(deps.commands, dialect.name);
  void app.register((scope, _options, done) => {
    if (dialect.body === 'json') readsJson(scope);
    else if (dialect.body === 'form') readsForms(scope);
    else readsFields(scope);
    const identify = async (request: FastifyRequest): Promise<void> => {
      const offered = dialect.credentials(toDialectRequest(request));
      request.identity = await deps.guard.admit(request.ip, offered, (one) => deps.accounts.identify(one));
    };
    // In a header they are known before the body is read, so a stranger's body is never read.
    if (dialect.credentialsIn === 'header') scope.addHook('onRequest', identify);
    else scope.addHook('preValidation', identify);
    scope.setErrorHandler((error, request, reply) => {
      const refusal = toAppError(error, request, deps.log);
      void send(reply, dialect.refuse(refusal, toDialectRequest(request)));
    });
    for (const route of dialect.routes) {
      if ('answer' in route) mountAsking(scope, route, commands);
      else mountRoute(scope, route, commands);
    }
    done();
  });
}

/** Programs of different dialects hold one call independently: none of them lifts what another holds. */
export const inNameOf = (commands: CommandPort, by: string): CommandPort => ({
  execute: (command) => commands.execute(holdsOrResumes(command) ? { ...command, by } : command),
});

const HOLDING = ['call.hold', 'call.resume', 'calls.hold', 'calls.resume'] as const;
type Holding = Extract<Command, Readonly<{ kind: (typeof HOLDING)[number] }>>;
const holdsOrResumes = (command: Command): command is Holding => HOLDING.some((kind) => kind === command.kind);

function mountRoute(scope: FastifyInstance, route: DialectRoute, commands: CommandPort): void {
  scope.route({
    method: route.method,
    url: route.path,
    schema: route.schema ?? {},
    // A dialect's GET may hang up a call, so only routes that say they are safe answer HEAD too.
    exposeHeadRoute: route.doc.safe === true,
    ...(route.whenQueryHas === undefined ? {} : { constraints: { queryHas: route.whenQueryHas } }),
    handler: async (request, reply) => {
      const asked = toDialectRequest(request);
      const outcome = await commands.execute(route.read(asked));
      return send(reply, route.write(outcome, asked));
    },
  });
}

function mountAsking(scope: FastifyInstance, route: AskingRoute, commands: CommandPort): void {
  scope.route({
    method: route.method,
    url: route.path,
    exposeHeadRoute: route.doc.safe === true,
    ...(route.whenQueryHas === undefined ? {} : { constraints: { queryHas: route.whenQueryHas } }),
    handler: async (request, reply) =>
      send(reply, await route.answer(toDialectRequest(request), (command) => commands.execute(command))),
  });
}

function readsForms(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );
}

function send(reply: FastifyReply, { status, headers, body }: DialectReply): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}

export function toDialectRequest(request: FastifyRequest): DialectRequest {
  const [path = '', ...query] = request.url.split('?');
  return {
    method: request.method,
    path,
    params: request.params as Readonly<Record<string, string>>,
    query: new URLSearchParams(query.join('?')),
    body: request.body,
    header: (name) => {
      const value = request.headers[name];
      return typeof value === 'string' ? value : undefined;
    },
    whenGone: (listener) => {
      request.socket.once('close', listener);
      return () => request.socket.off('close', listener);
    },
    identity: request.identity,
  };
}
