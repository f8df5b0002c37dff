/**
 * voipnow-mount: the VoipNow dialect with what it has of its own: clients, tokens, ids and the dates of holds.
 * It may be switched off: then there is nothing at its paths.
 */
import type { FastifyInstance } from 'fastify';
import type { CallView } from '#calls/commands.js';
import type { EventBus } from '#calls/event-bus.js';
import type { Clock } from '#kit/clock.js';
import type { Config } from '#kit/config.js';
import { AccessTokens } from './access-tokens.js';
import { ApiAccounts } from './api-accounts.js';
import type { Dialect } from './dialects/dialect.js';
import { mountDialect, type MountDeps } from './dialects/mount.js';
import { eventRoutes, EventWishes } from './dialects/voipnow-events.js';
import { HeldSince } from './dialects/voipnow-holds.js';
import { Extensions } from './dialects/voipnow-scope.js';
import { voipnowToken } from './dialects/voipnow-token.js';
import { voipnow } from './dialects/voipnow.js';
import { LONG_HEX, WireIds } from './dialects/wire-ids.js';
import { SameProof } from './same-proof.js';
import type { LiveConfig } from './live-config.js';
import { FORGETFUL_NOTEBOOK } from './notebook.js';
import { CredentialsMissing, CredentialsWrong } from './refusals.js';
import { Notices } from './voipnow-notices.js';
import { isPrivateHost } from './webhooks/reachable-addresses.js';

export type VoipnowMountDeps = Omit<MountDeps, 'accounts'> &
  Readonly<{ config: Pick<Config, 'webhooks'>; live: LiveConfig; bus: EventBus; clock: Clock }>;

export function mountVoipnow(
  app: FastifyInstance,
  deps: VoipnowMountDeps,
): Readonly<{ routes: Dialect['routes']; stop: () => void }> {
  const { live, bus, clock, log } = deps;
  const { webhooks } = deps.config;
  if (!live.voipnow.enabled) return { routes: [], stop: () => undefined };
  const tokens = new AccessTokens(
    () => clock.now(),
    (name) => live.voipnow.clients.find(({ client }) => identityOf(client) === name)?.secret,
  );
  const { notes: book = FORGETFUL_NOTEBOOK } = deps;
  const left = book.leftOfCalls('voipnow-ids');
  const ids = new WireIds(undefined, undefined, LONG_HEX, { book, page: 'voipnow-ids', left });
  const held = new HeldSince(bus, book);
  const extensions = new Extensions(live);
  const wishes = new EventWishes();
  const wireId = (callId: CallView['id']): string => ids.of(callId);
  const { allowPrivateAddresses } = webhooks;
  const notices = new Notices({ wishes, extensions, wireId, clock, log, allowPrivateAddresses });
  const unsubscribe = bus.subscribe((numbered) => {
    // The last event of a call still names it, so it is told before its id is forgotten.
    notices.hear(numbered);
    ids.hear(numbered);
  });
  const accounts = new ApiAccounts();
  const proofs = new SameProof();
  live.follow(() => {
    const http = live.voipnow.clients.map(({ client, secret }) => ({ user: client, password: secret }));
    accounts.configure({ http, tokens: [] });
    const maySpeak = proofs.follow(new Map(http.map(({ user, password }) => [identityOf(user), password])));
    // Whose App is taken out, or sees fewer extensions, is told no more of them.
    wishes.keepOnly(({ identity, numbers }) => maySpeak(identity) && seesAll(live, identity, numbers));
  });
  const token = voipnowToken({
    get seconds() {
      return live.voipnow.tokenSeconds;
    },
    issue: (identity) => tokens.issue(identity, live.voipnow.tokenSeconds),
  });
  const urlAllowed = (url: URL): boolean => allowPrivateAddresses || !isPrivateHost(url);
  const calls = voipnow(
    {
      get config() {
        return live.voipnow;
      },
      extensions,
      wireId,
      findWireId: (given) => ids.find(given),
      heldSince: (callId) => held.of(callId),
    },
    eventRoutes({ wishes, extensions, urlAllowed }),
  );
  mountDialect(app, token, { ...deps, accounts });
  mountDialect(app, calls, { ...deps, accounts: { identify: (offered) => bearer(offered, tokens) } });
  const stop = (): void => {
    held.stop();
    unsubscribe();
    notices.close();
  };
  // A misprint, and what catches the rest, are nothing to read about.
  const documented = calls.routes.filter(({ path }) => !/^\/uapi(\/phoneCall\/.*|\/\*)?$/.test(path));
  return { routes: [...token.routes, ...documented], stop };
}

type Offered = Parameters<ApiAccounts['identify']>[0];

/** Nothing but a token of ours opens this dialect. @throws CredentialsMissing, CredentialsWrong */
function bearer(offered: Offered, tokens: AccessTokens): string {
  if (offered.kind === 'none') throw new CredentialsMissing();
  if (offered.kind !== 'token') throw new CredentialsWrong();
  return tokens.nameOf(offered.token);
}

function seesAll({ voipnow, names }: LiveConfig, identity: string, numbers: ReadonlySet<string>): boolean {
  const client = voipnow.clients.find((one) => identityOf(one.client) === identity);
  const seen = client?.extensions === undefined ? names : new Set(client.extensions);
  return client !== undefined && [...numbers].every((number) => seen.has(number));
}

/** As api-accounts.ts names them. */
const identityOf = (client: string): string => `user:${client}`;
