/**
 * agent-mount: the AgentGateway dialect with what it has of its own: agents, their sessions and events; and what is below its root
 * without being a route. It may be switched off: then there is nothing at its paths.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { EventBus } from '#calls/event-bus.js';
import type { Clock } from '#kit/clock.js';
import type { AppError } from '#kit/errors.js';
import { Agents } from './agents/agents.js';
import { AllowedMethods } from './allowed-methods.js';
import { ApiAccounts, type Offered } from './api-accounts.js';
import { refuse } from './dialects/agent-codes.js';
import { spell, type AgentEvent } from './dialects/agent-events.js';
import { ROOT } from './dialects/agent-route.js';
import { agentSignIn } from './dialects/agent-sign-in.js';
import { agent } from './dialects/agent.js';
import type { Dialect } from './dialects/dialect.js';
import { mountDialect, type MountDeps } from './dialects/mount.js';
import { pathOf } from './framework-errors.js';
import { SameProof } from './same-proof.js';
import type { LiveConfig } from './live-config.js';
import { CredentialsWrong, HttpRefusal } from './refusals.js';

export type AgentMountDeps = Omit<MountDeps, 'accounts'> & Readonly<{ live: LiveConfig; bus: EventBus; clock: Clock }>;

export function mountAgent(
  app: FastifyInstance,
  deps: AgentMountDeps,
): Readonly<{ routes: Dialect['routes']; stop: () => void }> {
  const { live, bus, clock } = deps;
  if (!live.agents.enabled) return { routes: [], stop: () => undefined };
  const agents: Agents<AgentEvent> = new Agents<AgentEvent>({
    get limits() {
      return live.agents;
    },
    isPhone: live.isPhone,
    bus,
    clock,
    notes: deps.notes,
    spell: (news, session, atMs) => spell(news, session, (callId) => agents.ids.of(callId), atMs),
  });
  const dialectDeps = {
    get config() {
      return live.agents;
    },
    agents,
    isPhone: live.isPhone,
    nowMs: () => clock.now(),
  };
  const passwords = new ApiAccounts();
  const proofs = new SameProof();
  live.follow(() => {
    const known = live.agents.agents.map(({ agent: user, password }) => ({ user, password }));
    passwords.configure({ http: known, tokens: [] });
    agents.onlyThose(proofs.follow(new Map(known.map(({ user, password }) => [user, password]))));
  });
  const methods = new AllowedMethods(app);
  const signIn = agentSignIn(dialectDeps);
  const desk = agent(dialectDeps);
  mountDialect(app, signIn, { ...deps, accounts: passwords });
  mountDialect(app, desk, { ...deps, accounts: { identify: (offered) => holder(offered, agents) } });
  mountTheRest(app, methods);
  return { routes: [...signIn.routes, ...desk.routes], stop: () => agents.close() };
}

/** @throws CredentialsMissing, CredentialsWrong */
function holder(offered: Offered, agents: Agents<AgentEvent>): string {
  if (offered.kind !== 'token') throw new CredentialsWrong();
  const [agentId = '', ...guid] = offered.token.split(' ');
  return agents.admit(agentId, guid.join(' '));
}

/** Unknown paths and methods are refused before a body is read. */
function mountTheRest(app: FastifyInstance, methods: AllowedMethods): void {
  const refusal = (request: FastifyRequest): AppError => {
    const path = pathOf(request.url);
    const allow = path.startsWith(`${ROOT}/`) ? methods.at(path).join(', ') : '';
    if (allow === '') return new HttpRefusal('not_found', 'there is nothing at this address');
    return new HttpRefusal('method_not_allowed', `${request.method} is not answered here; try ${allow}`, { allow });
  };
  for (const url of ['/agentgateway', '/agentgateway/*'])
    app.route({
      method: app.supportedMethods,
      url,
      exposeHeadRoute: false,
      onRequest: async (request, reply) => {
        const { status, headers, body } = refuse(refusal(request));
        return reply.code(status).headers(headers).send(body);
      },
      handler: () => undefined, // answered already
    });
}
