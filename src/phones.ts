/**
 * phones: builds what knows phones and trunks: accounts, registrar, authentication, pings. A part of main, for its length.
 */
import { readPolicy } from '#calls/written-policy.js';
import type { Asker, BindingsPort, DialPlanAnswer, PhoneTraits } from '#calls/ports.js';
import { route } from '#core/dial-plan.js';
import type { RegistrationEvent } from '#core/events.js';
import type { Clock } from '#kit/clock.js';
import type { Config } from '#kit/config.js';
import { systemRandom } from '#kit/ids.js';
import type { Logger } from '#kit/log.js';
import { isTlsUri } from '#kit/secure-config.js';
import { Accounts, type Account } from '#registrar/accounts.js';
import type { BindingKeeper } from '#registrar/binding-keeper.js';
import { DigestGuard, type PasswordWatcher } from '#registrar/digest-guard.js';
import { Registrar } from '#registrar/registrar.js';
import { SealedBindings } from '#registrar/sealed-bindings.js';
import { Trunks } from '#registrar/trunks.js';
import { Authenticator, type AskWatcher } from '#signaling/authenticate.js';
import { Pinger } from '#signaling/ping.js';
import { registerHandler } from '#signaling/register.js';
import type { RequestHandler, Srf, SrfRequest } from '#signaling/srf.js';
import { TrunkRegistrations } from '#signaling/trunk-registrations.js';
import type { Reloadable } from './reload.js';

export type Phones = Readonly<{
  reloadable: Reloadable;
  registrar: Registrar;
  bindings: BindingsPort;
  authenticator: Authenticator;
  onRegister: RequestHandler;
  /** Once SIP flows. */
  begin: () => void;
  stop: () => Promise<void>;
}>;

type Deps = Readonly<{
  /** Who fails, and who asks too often. */
  watch: PasswordWatcher & AskWatcher;
  config: Config;
  clock: Clock;
  srf: Srf;
  log: Logger;
  publish: (event: RegistrationEvent) => void;
  /** Hears of every REGISTER that was granted. */
  granted: (request: SrfRequest) => void;
  /** Absent: a restart forgets who was registered. */
  keeper?: BindingKeeper | undefined;
}>;

export function buildPhones({ config, clock, srf, log, publish, granted, watch, keeper }: Deps): Phones {
  const accounts = new Accounts(config.accounts.phones, config.sip.realm);
  const trunks = new Trunks(config.trunks);
  const { minExpiresSeconds, maxExpiresSeconds, maxContacts, pingSeconds } = config.registrar;
  const limits = { minSec: minExpiresSeconds, maxSec: maxExpiresSeconds, maxContacts };
  const sealed = keeper === undefined ? undefined : new SealedBindings(keeper, accounts);
  const registrar = new Registrar(clock, limits, publish, sealed);
  // An account that has been taken out of the configuration meanwhile has no phone.
  registrar.restore((aor) => accounts.numbers.has(aor));
  const authenticator = new Authenticator(new DigestGuard(accounts, config.sip.realm, clock, systemRandom, watch), trunks, watch);
  const pinger = new Pinger(srf, registrar, clock, pingSeconds);
  const registrations = new TrunkRegistrations(srf, config.trunks, clock, log);
  let current = config;
  const reloadable: Reloadable = {
    keys: ['accounts.phones', 'trunks'],
    prepare: (next) => {
      const [newAccounts, newTrunks] = [new Accounts(next.accounts.phones, config.sip.realm), new Trunks(next.trunks)];
      return () => {
        current = next;
        const sameProof = new Set([...accounts.numbers].filter((number) => accounts.sameProof(number, newAccounts)));
        accounts.replaceBy(newAccounts);
        registrar.forget((aor, transport) => sameProof.has(aor) && mayUse(accounts.find(aor), transport));
        trunks.replaceBy(newTrunks);
        registrations.replace(next.trunks);
      };
    },
  };
  return {
    reloadable,
    registrar,
    bindings: {
      find: (number, asker) => find(number, asker, accounts, trunks, registrar),
      traits: (number, trunk) => traitsOf(current, number, trunk, accounts, trunks, registrar),
      holdRefused: (number) => registrar.holdRefused(number),
    },
    authenticator,
    onRegister: registerHandler(registrar, authenticator, granted),
    begin: () => {
      pinger.begin();
      registrations.begin();
    },
    stop: async () => {
      pinger.stop();
      registrar.close();
      await registrations.stop();
    },
  };
}

function traitsOf(
  config: Config,
  number: string,
  trunk: string | undefined,
  accounts: Accounts,
  trunks: Trunks,
  registrar: Registrar,
): PhoneTraits {
  const planned = trunk === undefined ? route(number, accounts.numbers, trunks.all) : ({ kind: 'trunk', name: trunk } as const);
  if (planned.kind === 'unknown') return { kind: 'stranger', holdMode: 'auto', refusedMusic: false };
  const found =
    planned.kind === 'trunk'
      ? config.trunks.find((one) => one.name === planned.name)
      : config.accounts.phones.find((one) => one.number === number);
  return {
    kind: planned.kind === 'trunk' ? 'trunk' : 'phone',
    music: found?.music,
    holdMode: found?.holdMode ?? 'auto',
    refusedMusic: planned.kind !== 'trunk' && registrar.refusedMusic(number),
    policy: readPolicy(found?.hold ?? {}),
    at: config.rtpengine.learnAlways
      ? undefined
      : planned.kind === 'trunk'
        ? trunks.addresses(planned.name)
        : registrar.sources(number),
    ...(found === undefined ? {} : srtpOf(found, registrar)),
  };
}

function find(number: string, asker: Asker, accounts: Accounts, trunks: Trunks, registrar: Registrar): DialPlanAnswer {
  const planned = route(number, accounts.numbers, trunks.all);
  if (planned.kind === 'unknown') return { kind: 'unknown' };
  if (planned.kind === 'trunk') {
    if (asker === 'trunk') return { kind: 'unknown' };
    const target = trunks.target(planned.name, planned.number);
    return target === undefined ? { kind: 'unknown' } : { kind: 'targets', targets: [target] };
  }
  const all = registrar.targets(planned.number);
  // A registration from before TLS was required of the account is not used any more.
  const plainToo = accounts.find(planned.number)?.requireTls !== true;
  const targets = plainToo ? all : all.filter(({ nextHop, uri }) => isTlsUri(nextHop ?? uri));
  return targets.length === 0 ? { kind: 'not-registered' } : { kind: 'targets', targets };
}

/** An account that has to come over TLS from now on comes anew. */
const mayUse = (account: Account | undefined, transport: string): boolean =>
  account?.requireTls !== true || transport === 'tls' || transport === 'wss';

type Party = Config['trunks'][number] | Config['accounts']['phones'][number];

/** Keys are offered where TLS hides them: to a trunk by its uri; to a number at all its phones, because one offer rings at every one of them. */
function srtpOf(found: Party, registrar: Registrar): Pick<PhoneTraits, 'srtp'> {
  if (found.srtp === 'required') return { srtp: 'required' };
  if (found.srtp !== true) return {};
  const uris = 'uri' in found ? [found.uri] : registrar.targets(found.number).map((one) => one.nextHop ?? one.uri);
  return uris.length > 0 && uris.every(isTlsUri) ? { srtp: 'offered' } : {};
}
