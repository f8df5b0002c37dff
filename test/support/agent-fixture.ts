/**
 * agent-fixture: the AgentGateway with a scripted house behind it: agents 101 and 102 at their phones, 291 at any, and the events of
 * calls as a test wants them.
 */
import type { Test } from 'tap';
import type { CallView, Command, Outcome } from '#calls/commands.js';
import type { NumberedEvent } from '#calls/event-bus.js';
import { buildApp, type HttpDeps } from '#http/app.js';
import type { AgentsConfig } from '#kit/config.js';
import { callView, FakeCalls, NO_HOLD } from './fake-calls.js';
import { fixture, NO_AGENTS } from './http-fixture.js';

type CallId = CallView['id'];
type Reasons = CallView['hold']['reasons'];
type Event = NumberedEvent['event'];

export const PHONES = ['101', '102', '103', '104'];
export const AGENTS: AgentsConfig = {
  ...NO_AGENTS,
  agents: [
    { agent: '101', password: 'demo-101', phone: '101' },
    { agent: '102', password: 'demo-102', phone: '102' },
    { agent: '291', password: 'secret-291' },
  ],
};
export const ROOT = '/agentgateway/resource';

/** As FakeCalls, with everything built: what has no answer of its own there is done. */
export class BuiltCalls extends FakeCalls {
  override async execute(command: Command): Promise<Outcome> {
    try {
      return await super.execute(command);
    } catch (error) {
      if (this.failure !== undefined || (error as { code?: string }).code !== 'not_built') throw error;
      return {
        kind: 'call.done',
        callId: command.kind !== 'history.find' && 'callId' in command ? command.callId : ('new' as CallId),
      };
    }
  }
}

export type Answered = Readonly<{
  status: number;
  /** The header Set-GUID. */
  setGuid: string;
  headers: Readonly<Record<string, unknown>>;
  body: Readonly<{ message: string; retcode: string; result?: unknown; event?: Told | null }>;
}>;
export type Told = Readonly<{ eventType: string; workNo: string; eventGenTime: number; content: unknown }>;

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export async function agentFixture(
  t: Test,
  config: Partial<AgentsConfig> = {},
  calls: FakeCalls = new BuiltCalls(),
  more: Partial<HttpDeps> = {},
) {
  const parts = fixture(calls);
  const accounts = {
    ...parts.deps.config.accounts,
    phones: PHONES.map((number) => ({ number, name: number, password: `phone-${number}` })),
  };
  const all = { ...parts.deps.config, accounts, agents: { ...AGENTS, ...config } };
  const http = await buildApp({ ...parts.deps, ...more, config: all });
  t.teardown(() => http.stop());
  /** As after POST /reload. */
  const reads = (agents: AgentsConfig['agents']): void => http.live.configure({ ...all, agents: { ...all.agents, agents } });
  const { bus } = parts;
  const guids = new Map<string, string>();

  const ask = async (method: Method, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answered> => {
    const agent = path.split(/[/?]/)[2] ?? '';
    const guid = guids.get(agent);
    const answer = await http.app.inject({
      method,
      url: `${ROOT}${path}`,
      headers: {
        ...(guid === undefined ? {} : { guid }),
        ...(body === undefined ? {} : { 'content-type': 'application/json; charset=UTF-8' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const setGuid = answer.headers['set-guid'];
    const { statusCode: status, headers: told } = answer;
    return { status, setGuid: typeof setGuid === 'string' ? setGuid : '', headers: told, body: answer.json() };
  };

  const signIn = async (agent = '101', more: Readonly<Record<string, unknown>> = {}, path = ''): Promise<Answered> => {
    const secret = agent === '291' ? 'secret-291' : `demo-${agent}`;
    const answer = await ask('PUT', `/onlineagent/${agent}${path}`, { password: secret, phonenum: agent, ...more });
    const [, guid] = /^JSESSIONID=(.*)$/.exec(answer.setGuid) ?? [];
    if (guid !== undefined) guids.set(agent, guid);
    return answer;
  };

  /** Events that wait, without waiting for more. */
  const told = async (agent = '101'): Promise<Told[]> => {
    const events: Told[] = [];
    for (;;) {
      const polled = ask('GET', `/agentevent/${agent}`);
      await new Promise((resolve) => setImmediate(resolve));
      parts.clock.advance(10_000);
      const { event } = (await polled).body;
      if (event === null || event === undefined) return events;
      events.push(event);
    }
  };
  const types = async (agent?: string): Promise<string[]> => (await told(agent)).map(({ eventType }) => eventType);

  /** Says what happens to a call, and lets the house know it as it is then. */
  const happens = (call: CallView, event: Event): CallView => {
    calls.calls.set(call.id, call);
    bus.publish(event);
    return call;
  };
  const facts = ({ id, parties }: CallView) => ({ callId: id, parties });
  const house = {
    rings: (id: string, caller: string, callee: string, leg: 'caller' | 'callee' = 'callee'): CallView => {
      const call = callView({ id: id as CallId, state: 'ringing', parties: { caller, callee } });
      return happens(call, { kind: 'call.ringing', ...facts(call), leg });
    },
    answers: (call: CallView): CallView => happens({ ...call, state: 'in-call' }, { kind: 'call.answered', ...facts(call) }),
    talks: (id: string, caller: string, callee: string): CallView => house.answers(house.rings(id, caller, callee)),
    held: (call: CallView, ...reasons: Reasons): CallView => {
      const hold = { ...NO_HOLD, reasons };
      const next = { ...call, state: reasons.length > 0 ? ('held' as const) : ('in-call' as const), hold };
      return happens(next, { kind: 'hold.changed', ...facts(call), holders: [], hold });
    },
    ends: (call: CallView, cause: Extract<Event, { kind: 'call.ended' }>['cause'], answered = true): void => {
      calls.calls.delete(call.id);
      bus.publish({ kind: 'call.ended', ...facts(call), cause, answered });
    },
  };
  /** The callid that the agent knows a call by: the newest unless said. */
  const callids = async (agent = '101'): Promise<string[]> =>
    (await ask('GET', `/calldata/${agent}/allcallid`)).body.result as string[];
  return { ...parts, app: http.app, calls, ask, signIn, reads, told, types, house, guids, callids };
}
