/**
 * agent-sign-in: PUT /onlineagent/{agentid} and .../forcelogin: an agent changes its password into a Guid.
 * It is a dialect of its own: its credentials are a field of the body, and a wrong one has a code of its own.
 */
import { isIP } from 'node:net';
import { Unauthorized } from '#kit/errors.js';
import type { SignInTerms } from '../agents/agent-session.js';
import { AgentRefusal, done, refuse } from './agent-codes.js';
import * as docs from './agent-docs.js';
import { agentId, fieldsOf, flag, needed, phoneNumber, text, whole, type Fields } from './agent-fields.js';
import { ROOT, type AgentDeps } from './agent-route.js';
import type { Ask, AskingRoute, Dialect, DialectReply, DialectRequest } from './dialect.js';

export function agentSignIn(deps: AgentDeps): Dialect {
  const route = (path: string, doc: AskingRoute['doc'], force: boolean): AskingRoute => ({
    method: 'PUT',
    path: `${ROOT}/onlineagent/:agentid${path}`,
    doc,
    answer: (request, ask) => signIn(request, ask, deps, force),
  });
  return {
    name: 'agentgateway',
    credentialsIn: 'parameters',
    body: 'json',
    credentials: (request) => ({
      kind: 'password',
      user: agentId(request),
      password: needed(fieldsOf(request, '100-001'), 'password', '100-001', 256),
    }),
    refuse: (error) => refuse(error instanceof Unauthorized ? new AgentRefusal('100-004') : error),
    event: () => undefined,
    routes: [route('', docs.signIn, false), route('/forcelogin', docs.forceLogin, true)],
  };
}

async function signIn(request: DialectRequest, ask: Ask, deps: AgentDeps, force: boolean): Promise<DialectReply> {
  const { agents, nowMs } = deps;
  const terms = termsOf(agentId(request), fieldsOf(request, '100-001'), deps);
  const listed = await ask({ kind: 'call.list' });
  const signedIn = agents.signIn(terms, listed.kind === 'call.listed' ? listed.calls : [], force);
  if (signedIn.kind === 'already') throw new AgentRefusal('100-002');
  if (signedIn.kind === 'phone-taken') throw new AgentRefusal(force ? '100-015' : '100-003');
  const result = {
    vdnid: 1,
    workno: terms.agent,
    mediatype: 'TTF',
    loginTime: String(nowMs()),
    isForceChange: false,
    serverName: '',
    timeRemaining: '0',
  };
  return done(result, guidHeaders(signedIn.session.guid));
}

/** The client sends it back as `Guid`, without what stands before it here. */
export const guidHeaders = (guid: string): Readonly<Record<string, string>> => ({
  'set-guid': `JSESSIONID=${guid}`,
  // Some clients keep it like this; it is no credential here, so that no page of somebody else can use it.
  'set-cookie': `JSESSIONID=${guid}; Path=/agentgateway; HttpOnly; SameSite=Strict`,
});

const MODES = { 3: 'busy', 4: 'ready', 5: 'work' } as const;

function termsOf(agent: string, fields: Fields, { config, isPhone }: AgentDeps): SignInTerms {
  const phone = phoneNumber(needed(fields, 'phonenum', '100-001'), '100-013');
  const autoAnswer = flag(fields, 'autoanswer', true, '100-001');
  const autoIdle = flag(fields, 'autoenteridle', true, '100-001');
  flag(fields, 'releasephone', true, '100-001'); // phones here are on hook between calls, whatever is wished
  if (![4, 11].includes(whole(fields, 'agenttype', '100-012') ?? 4)) throw new AgentRefusal('100-012');
  const status = whole(fields, 'status', '100-011') ?? 4;
  if (status !== 3 && status !== 4 && status !== 5) throw new AgentRefusal('100-011');
  const ip = text(fields, 'ip', '100-016');
  if (ip !== undefined && isIP(ip) === 0) throw new AgentRefusal('100-016');
  if (!isPhone(phone)) throw new AgentRefusal('100-014');
  const seat = config.agents.find((one) => one.agent === agent)?.phone;
  if (seat !== undefined && seat !== phone) throw new AgentRefusal('100-013');
  return {
    agent,
    phone,
    mode: MODES[status],
    autoAnswer,
    autoIdle,
    phoneLinkage: isLinked(text(fields, 'phonelinkage', '100-001')),
  };
}

export const isLinked = (word: string | undefined): boolean => word === '1' || word === 'true';
