/**
 * guards-schema: every key of sip-config/guards.yaml with its default: who is kept out, how often anybody may ask, and who may call
 * whom over a trunk, how often. 0 is "no limit" where a limit may be left away.
 */
import { Type, type Static } from '@sinclair/typebox';

const strict = { additionalProperties: false } as const;
const whole = (from: number, to: number, usual: number) => Type.Integer({ minimum: from, maximum: to, default: usual });
const PREFIX = '^[0-9A-Za-z+*#]{1,32}$';
/** IPv4 or IPv6, alone or with the length of its prefix; guard/address-set.ts reads it in full. */
const NETWORK = '^[0-9A-Fa-f:.]{2,45}(/[0-9]{1,3})?$';
const Networks = (usual: readonly string[]) =>
  Type.Array(Type.String({ pattern: NETWORK }), { maxItems: 10_000, default: [...usual] });
const Prefixes = Type.Array(Type.String({ pattern: PREFIX }), { maxItems: 1000, default: [] });

const rate = (perSecond: number, burst: number) =>
  Type.Object({ perSecond: whole(0, 1_000_000, perSecond), burst: whole(1, 1_000_000, burst) }, { ...strict, default: {} });

/** What programs write that look for open telephone systems: begins like this, without case. */
const SCANNERS = [
  ...['friendly-scanner', 'friendly-request', 'sipvicious', 'sipsak', 'sipcli', 'sip-scan', 'sundayddr', 'iwar', 'sivus', 'gulp'],
  ...['smap', 'vaxsipuseragent', 'vaxasip', 'pplsip', 'siparmyknife', 'test agent', 'cscan', 'eyebeam release 1011d'],
];

/** sip-config/guards.yaml */
export const GuardsFile = Type.Object(
  {
    addresses: Type.Object(
      {
        deny: Networks([]), // nothing from here is read, and no connection taken
        only: Networks([]), // not empty: nothing from elsewhere is read but answers to us, trunks and `trusted` apart
        trusted: Networks(['127.0.0.0/8', '::1/128']), // never banned, no rates; the sources of trunks are too
      },
      { ...strict, default: {} },
    ),
    scanners: Type.Array(Type.String({ minLength: 3, maxLength: 64 }), { maxItems: 200, default: SCANNERS }), // beginnings of User-Agent
    bans: Type.Object(
      {
        failures: whole(0, 10_000, 20), // wrong passwords of one address in a window; 0: nobody is banned
        accountFailures: whole(0, 10_000, 50), // of one account from wherever; who was right before is let in all the same
        unprovenNumbers: whole(0, 10_000, 100), // different numbers that one address has asked for in a window and proven none of
        windowSeconds: whole(1, 86_400, 60),
        firstSeconds: whole(1, 86_400, 60), // doubled with every further ban
        longestSeconds: whole(1, 604_800, 3600),
        remembered: whole(10, 1_000_000, 10_000), // addresses, and accounts; the oldest are forgotten
      },
      { ...strict, default: {} },
    ),
    rates: Type.Object(
      {
        invite: rate(20, 100), // new calls of one address, as a bucket that fills; more get 503 with Retry-After
        register: rate(50, 500), // of one address
        other: rate(50, 500), // OPTIONS, MESSAGE, SUBSCRIBE, PUBLISH of one address
        accountInvite: rate(0, 50), // new calls of one account
        accountRegister: rate(0, 50),
        http: rate(200, 1000), // requests of one address; more get 429
        remembered: whole(10, 1_000_000, 20_000), // addresses, and accounts, that have a bucket
      },
      { ...strict, default: {} },
    ),
    calls: Type.Object(
      {
        deny: Prefixes, // numbers nobody may call over a trunk; written as they are dialled
        perAccount: Type.Object(
          {
            concurrent: whole(0, 100_000, 0), // calls that one account has made and that go on
            outsidePerDay: whole(0, 1_000_000, 0), // over trunks, in one day of UTC
          },
          { ...strict, default: {} },
        ),
        accounts: Type.Array(
          Type.Object(
            {
              number: Type.String({ pattern: '^[0-9A-Za-z+*#._-]{1,64}$' }),
              allow: Prefixes, // not empty: nothing else over trunks
              deny: Prefixes, // the longest prefix that fits decides; of two that are equal this one
              concurrent: Type.Optional(whole(0, 100_000, 0)),
              outsidePerDay: Type.Optional(whole(0, 1_000_000, 0)),
            },
            strict,
          ),
          { maxItems: 100_000, default: [] },
        ),
        trunks: Type.Array(
          Type.Object({ name: Type.String({ minLength: 1, maxLength: 64 }), concurrent: whole(1, 100_000, 100) }, strict),
          { maxItems: 1000, default: [] },
        ),
      },
      { ...strict, default: {} },
    ),
  },
  strict,
);

export type GuardsConfig = Static<typeof GuardsFile>;
