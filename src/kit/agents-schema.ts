/**
 * agents-schema: every key of sip-config/agents.yaml with its default: who may sign in through the AgentGateway dialect, and at which phone.
 */
import { Type, type Static } from '@sinclair/typebox';

const strict = { additionalProperties: false } as const;
const seconds = (value: number, maximum = 31_536_000) => Type.Integer({ minimum: 1, maximum, default: value });

const Agent = Type.Object(
  {
    agent: Type.String({ pattern: '^(?!100$)[1-9][0-9]{2,5}$' }), // the vendor's range: 101 to 999999
    password: Type.String({ minLength: 1, maxLength: 256 }),
    phone: Type.Optional(Type.String({ pattern: '^[0-9A-Za-z+*#._-]{1,64}$' })), // signs in there only; absent: at any phone of accounts.yaml
  },
  strict,
);

/** sip-config/agents.yaml */
export const AgentsFile = Type.Object(
  {
    enabled: Type.Boolean({ default: true }), // false: nothing answers at /agentgateway
    // The vendor's text can be read both ways: connecthold joins the held and the talking call, or holds. auto: whatever fits the agent's calls.
    connectHold: Type.Union([Type.Literal('auto'), Type.Literal('join'), Type.Literal('hold')], { default: 'auto' }),
    authMode: Type.Union([Type.Literal(1), Type.Literal(2)], { default: 1 }), // 2: every poll renews the Guid
    waitSeconds: seconds(10, 60), // a poll without an event is answered after so long
    pollSeconds: seconds(120), // who has polled, and does not for so long, is signed out
    graceSeconds: seconds(43_200), // who was never seen to poll is signed out after so long without any request
    agents: Type.Array(Agent, { default: [], maxItems: 10_000 }),
  },
  strict,
);

export type AgentsConfig = Readonly<Static<typeof AgentsFile>>;
