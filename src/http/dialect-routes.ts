/**
 * dialect-routes: plugs a dialect into the server: parameters in, its reply out, whatever happens in between.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CommandPort } from '#calls/commands.js';
import { AppError } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import type { ApiAccounts } from './api-accounts.js';
import type { Dialect, DialectRequest } from './dialects/dialect.js';

type Deps = Readonly<{ commands: CommandPort; accounts: ApiAccounts; log: Logger }>;

/** `home` answers GET / when it carries no command for the dialect. */
export function dialectRoutes(app: FastifyInstance, dialect: Dialect, deps: Deps, home: (reply: FastifyReply) => void): void {
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const asked = readRequest(request);
    const meant = [...asked.parameters.keys()].some((name) => name.toLowerCase() === 'command');
    if (asked.path === '/' && !meant) return home(reply);
    const answer = await answerOf(dialect, asked, deps);
    return reply.code(answer.status).header('content-type', answer.contentType).send(answer.body);
  };
  for (const path of dialect.paths) app.route({ method: ['GET', 'POST'], url: path, handler: handle });
}

async function answerOf(dialect: Dialect, asked: DialectRequest, deps: Deps) {
  try {
    const command = dialect.read(asked, (user, password) => deps.accounts.byPassword(user, password) !== undefined);
    return dialect.write(asked, await deps.commands.execute(command));
  } catch (error) {
    // Expected refusals are the dialect's to spell; a fault of ours is logged as well.
    if (error instanceof TypeError || error instanceof RangeError)
      deps.log.error({ err: error, dialect: dialect.name }, 'a dialect failed');
    else if (error instanceof AppError) deps.log.debug({ code: error.code, dialect: dialect.name }, 'refused');
    return dialect.fail(asked, error);
  }
}

/** Query and form merged; what stands in the body wins (dialects.md 1.1). */
function readRequest(request: FastifyRequest): DialectRequest {
  const parameters = new Map<string, string>();
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  for (const [name, value] of searchParams) parameters.set(name, value);
  if (typeof request.body === 'object' && request.body !== null) {
    for (const [name, value] of Object.entries(request.body)) parameters.set(name, String(value));
  }
  return { path: pathname, parameters };
}
