/**
 * agent-route: what the routes of a signed-in agent share: whose session it is, one call of an interface at a time, and the envelope.
 */
import type { Command, Outcome } from '#calls/commands.js';
import type { AgentsConfig } from '#kit/config.js';
import type { AgentSession } from '../agents/agent-session.js';
import type { Agents } from '../agents/agents.js';
import type { RouteDoc } from '../openapi.js';
import { AgentRefusal, done, inCodes, type Codes } from './agent-codes.js';
import type { AgentEvent } from './agent-events.js';
import { agentId } from './agent-fields.js';
import type { Ask, AskingRoute, DialectReply, DialectRequest, Method } from './dialect.js';

export const ROOT = '/agentgateway/resource';

export type AgentDeps = Readonly<{
  config: AgentsConfig;
  agents: Agents<AgentEvent>;
  /** Numbers of phones of our own. */
  isPhone: (number: string) => boolean;
  nowMs: () => number;
}>;

export type Session = AgentSession<AgentEvent>;

/** One request of an agent that is signed in. */
export type Asked = Readonly<{
  request: DialectRequest;
  session: Session;
  ask: Ask;
  /** Asks, and refuses in the codes of this interface. */
  command: (command: Command, codes: Codes) => Promise<Outcome>;
  deps: AgentDeps;
}>;

/** @returns what goes into `result`; nothing is an empty object. */
export type Answer = (asked: Asked) => unknown;

export function agentRoute(method: Method, path: string, doc: RouteDoc, answer: Answer, deps: AgentDeps): AskingRoute {
  return rawRoute(method, path, doc, async (asked) => done((await answer(asked)) ?? {}), deps);
}

/** For answers with more than a result. */
export function rawRoute(
  method: Method,
  path: string,
  doc: RouteDoc,
  answer: (asked: Asked) => Promise<DialectReply> | DialectReply,
  deps: AgentDeps,
): AskingRoute {
  return {
    method,
    path: `${ROOT}${path}`,
    doc,
    answer: (request, ask) => {
      const session = sessionOf(request, deps);
      const command: Asked['command'] = (wanted, codes) => inCodes(codes, ask(wanted));
      return answer({ request, session, ask, command, deps });
    },
  };
}

/** A call is changed by one request of an interface at a time: whoever presses twice is told so. */
export function oneAtATime(name: string, answer: Answer): Answer {
  return async (asked) => {
    const { underWay } = asked.session;
    if (underWay.has(name)) throw new AgentRefusal('000-007');
    underWay.add(name);
    try {
      return await answer(asked);
    } finally {
      underWay.delete(name);
    }
  };
}

/** Credentials have been checked; it may still have been signed out while the request was read. */
export function sessionOf(request: DialectRequest, { agents }: AgentDeps): Session {
  const session = agents.find(agentId(request));
  if (session === undefined) throw new AgentRefusal('100-006');
  return session;
}
