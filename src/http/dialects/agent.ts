/**
 * agent: the AgentGateway of Huawei's contact centre (CC-Gateway, seed 002), for agent desktops written for it.
 *
 *   PUT  /agentgateway/resource/onlineagent/{agentid}                 sign in (agent-sign-in.ts)
 *   ...  /agentgateway/resource/onlineagent/{agentid}/...             state, Guid, sign out       GET .../agentevent/{agentid}
 *   ...  /agentgateway/resource/voicecall/{agentid}/...               calls and their holds
 *   GET  /agentgateway/resource/calldata/{agentid}/...                what calls there are
 *
 * An agent is the party whose phone it signed in at. Who it is stands in the header Guid; a cookie is no credential here.
 */
import { CredentialsMissing } from '../refusals.js';
import { AgentRefusal, refuse } from './agent-codes.js';
import { dataRoutes } from './agent-data.js';
import { agentId, guidOf } from './agent-fields.js';
import { holdRoutes } from './agent-hold.js';
import { onlineRoutes } from './agent-online.js';
import type { AgentDeps } from './agent-route.js';
import { transferRoutes } from './agent-transfer.js';
import { voiceRoutes } from './agent-voice.js';
import type { Dialect } from './dialect.js';

export function agent(deps: AgentDeps): Dialect {
  return {
    name: 'agentgateway',
    root: '/agentgateway',
    credentialsIn: 'header',
    body: 'json',
    // Whose Guid it is stands in the path, so both are offered together.
    credentials: (request) => ({ kind: 'token', token: `${agentId(request)} ${guidOf(request)}` }),
    refuse: (error, request) => {
      const goes = request.method === 'DELETE' && /\/(force)?logout\/?$/.test(request.path);
      const out = goes && error instanceof CredentialsMissing && guidOf(request) !== '';
      return refuse(out ? new AgentRefusal('100-008') : error);
    },
    event: () => undefined, // each agent is told by its own poll: agent-events.ts
    routes: [...onlineRoutes(deps), ...holdRoutes(deps), ...voiceRoutes(deps), ...transferRoutes(deps), ...dataRoutes(deps)],
  };
}
