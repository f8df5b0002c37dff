/**
 * config-schema: every key of sip-config/*.yaml with its default and its environment variable.
 * One file of the folder is one section; the key, the default and the reason stand on one line.
 */
import { Type, type Static } from '@sinclair/typebox';
import type { OzekiConfig } from './ozeki-schema.js';
import type { AgentsConfig } from './agents-schema.js';
import type { GuardsConfig } from './guards-schema.js';
import type { LimitsConfig } from './limits-schema.js';
import type { PhlosConfig } from './phlos-schema.js';
import type { RecordsConfig } from './records-schema.js';
import { Ha1Keys, HttpHa1Keys, HttpTlsKeys, SrtpKey, TlsKeys, TokenPrint } from './secure-schema.js';
import { StoreKeys } from './store-schema.js';
import { VoipnowKeys } from './voipnow-schema.js';
import type { WebhooksConfig } from './webhooks-schema.js';

const port = (value: number) => Type.Integer({ minimum: 0, maximum: 65535, default: value });
const seconds = (value: number, minimum = 1) => Type.Integer({ minimum, maximum: 31_536_000, default: value });
const limit = (value: number) => Type.Integer({ minimum: 1, maximum: 100_000_000, default: value });
const strict = { additionalProperties: false } as const;
const oneOf = <T extends string>(...words: readonly T[]) => Type.Union(words.map((word) => Type.Literal(word)));
const secondsOrNone = (value: number) => Type.Integer({ minimum: 0, maximum: 31_536_000, default: value });

/** Music is a folder of sip-config/music, by its name. */
export const MUSIC_CLASS = '^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$';
const MusicClass = Type.String({ pattern: MUSIC_CLASS });

/** How a held party is told, when its phone wants it otherwise than RFC 3264 §8.4 says. `auto` learns from what it refuses. */
const HoldMode = oneOf('auto', 'sendonly', 'inactive', 'zero-address');
const onExpiry = { pattern: '^(resume|ring-holder|hangup|transfer:[0-9A-Za-z+*#._-]{1,64})$' };

/** Written where it differs from the default: beside an account, a trunk, or in a request. Zero seconds: never. */
const HoldPolicyKeys = Type.Object(
  {
    maxSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 31_536_000 })), // then `onExpiry`
    remindHolderEverySeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 31_536_000 })), // a beep, and an event
    onExpiry: Type.Optional(Type.String(onExpiry)), // resume, ring-holder, hangup or transfer:<number>
  },
  strict,
);

/** sip-config/holdfast.yaml */
export const HoldfastFile = Type.Object(
  {
    address: Type.String({ default: '127.0.0.1', minLength: 2 }), // where phones reach us; several separated by commas
    sip: Type.Object(
      {
        port: port(5060), // UDP and TCP; 0 takes a free one
        wsPort: port(5066), // SIP over WebSocket (RFC 7118)
        wsOrigins: Type.Array(Type.String({ pattern: '^https?://[^\\s/]+$' }), { default: [], maxItems: 100 }), // pages that may come over it (RFC 6455 §10.2), https://phone.example.com; none: any
        tlsPort: port(5061), // these two are open when tls.certificate says something
        wssPort: port(5067),
        realm: Type.String({ default: 'holdfast', minLength: 1 }), // shown to phones in digest challenges
        ringSeconds: seconds(120), // after this a call nobody answers ends with 408
        maxCalls: limit(2000), // more get 503 with Retry-After
        sessionSeconds: secondsOrNone(1800), // Session-Expires we ask for (RFC 4028); 0: no session timers
        minSessionSeconds: seconds(90, 90), // shorter ones get 422 (RFC 4028 §4)
        livenessSeconds: secondsOrNone(300), // a phone silent for so long is asked (OPTIONS in the dialog); 0: never
      },
      { ...strict, default: {} },
    ),
    tls: TlsKeys, // of SIP
    hold: Type.Object(
      {
        maxSeconds: secondsOrNone(0), // longest hold, then onExpiry; 0: no limit
        remindHolderEverySeconds: secondsOrNone(0), // 0: never
        onExpiry: Type.String({ ...onExpiry, default: 'resume' }),
      },
      { ...strict, default: {} },
    ),
    park: Type.Object(
      {
        park: Type.String({ pattern: '^[0-9*#]{1,16}$', default: '*85' }), // dialled, or transferred to: parks to the first free slot
        retrieve: Type.String({ pattern: '^[0-9*#]{1,16}$', default: '*86' }), // followed by the slot
        slots: Type.Integer({ minimum: 0, maximum: 1000, default: 20 }), // 1 to so many; 0: no parking
      },
      { ...strict, default: {} },
    ),
    registrar: Type.Object(
      {
        minExpiresSeconds: seconds(60), // shorter ones get 423 (RFC 3261 §10.3)
        maxExpiresSeconds: seconds(3600), // longer ones are cut to this
        maxContacts: limit(10), // per address-of-record
        pingSeconds: seconds(30), // OPTIONS to phones behind NAT
      },
      { ...strict, default: {} },
    ),
    http: Type.Object(
      {
        port: port(9509), // all dialects on one port
        bodyBytes: limit(65_536), // longer bodies get 413
        tls: Type.Optional(HttpTlsKeys), // with a certificate the port speaks HTTPS and nothing else
      },
      { ...strict, default: {} },
    ),
    events: Type.Object(
      {
        history: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 10_000 }), // the last so many are kept for replay and for polling
      },
      { ...strict, default: {} },
    ),
    rtpengine: Type.Object(
      {
        ng: Type.String({ default: '' }), // host:port of a running rtpengine; empty starts one of our own
        redis: Type.String({ default: '' }), // host:port/database where it keeps its calls, so that they outlive it; empty: nowhere
        keys: Type.String({ default: '' }), // host:port where that one reports keys (its --dtmf-log-dest); our own needs none
        portMin: port(30_000),
        portMax: port(39_999),
        timeoutSeconds: seconds(43_200), // rtpengine's own clean-up; longer than the longest hold
        learnAlways: Type.Boolean({ default: false }), // where a phone is, from what it sends, also where its SDP seems to say it
      },
      { ...strict, default: {} },
    ),
    drachtio: Type.Object(
      {
        host: Type.String({ default: '' }), // empty uses the embedded engine
        port: port(9022),
        secret: Type.String({ default: 'cymru' }),
      },
      { ...strict, default: {} },
    ),
    // where drachtio-srf connects; 0 takes a free one
    engine: Type.Object({ adminPort: port(0) }, { ...strict, default: {} }),
    ...StoreKeys,
    log: Type.Union(
      ['trace', 'debug', 'info', 'warn', 'error', 'silent'].map((level) => Type.Literal(level)),
      { default: 'info' },
    ),
  },
  strict,
);

const Number_ = Type.String({ pattern: '^[0-9A-Za-z+*#._-]{1,64}$' });
/** Or `file:<path>`, or `env:<NAME>`: secrets.ts. */
const Secret = Type.String({ minLength: 1, maxLength: 256 });
const Name = Type.String({ minLength: 1, maxLength: 128 });

/** sip-config/accounts.yaml */
export const AccountsFile = Type.Object(
  {
    phones: Type.Array(
      Type.Object(
        {
          number: Number_,
          name: Type.Optional(Type.String({ maxLength: 128 })),
          password: Type.Optional(Secret), // either this
          ha1: Type.Optional(Ha1Keys), // or this
          srtp: Type.Optional(SrtpKey), // true: offered over TLS; required: no call without
          requireTls: Type.Optional(Type.Boolean()), // over anything but TLS and WSS it gets 403
          music: Type.Optional(MusicClass), // what those hear whom this phone holds
          holdMode: Type.Optional(HoldMode),
          hold: Type.Optional(HoldPolicyKeys), // for holds by this phone
        },
        strict,
      ),
      { default: [] },
    ),
    http: Type.Array(Type.Object({ user: Name, password: Type.Optional(Secret), ha1: Type.Optional(HttpHa1Keys) }, strict), {
      default: [],
    }),
    tokens: Type.Array(Type.Object({ name: Name, token: Type.Optional(Secret), sha256: Type.Optional(TokenPrint) }, strict), {
      default: [],
    }),
    voipnow: VoipnowKeys,
  },
  strict,
);

/** sip-config/trunks.yaml */
export const TrunksFile = Type.Object(
  {
    trunks: Type.Array(
      Type.Object(
        {
          name: Type.String({ minLength: 1, maxLength: 64 }),
          uri: Type.String({ pattern: '^sips?:[^\\s@]+$' }), // host and port of the peer: sip:10.0.0.5:5060;transport=tcp
          from: Type.Array(Type.String({ minLength: 2 }), { default: [] }), // source addresses (address or address:port) trusted without digest
          prefix: Type.Optional(Type.String({ pattern: '^[0-9A-Za-z+*#]{0,32}$' })), // dialled numbers beginning so go here
          stripPrefix: Type.Boolean({ default: true }),
          transit: Type.Boolean({ default: false }), // may it call out through other trunks? At whose cost?
          username: Type.Optional(Type.String({ maxLength: 128 })),
          password: Type.Optional(Secret),
          srtp: Type.Optional(SrtpKey), // the same, where uri says TLS
          register: Type.Boolean({ default: false }), // register there with the credentials above
          registerSeconds: seconds(300, 60),
          music: Type.Optional(MusicClass), // what callers over this trunk hear when they are held
          holdMode: Type.Optional(HoldMode),
          hold: Type.Optional(HoldPolicyKeys), // for holds by the far end
        },
        strict,
      ),
      { default: [] },
    ),
  },
  strict,
);

/** Between the music of a class, unless a hold names one of its own. Exactly one of `prompt` and `text`. */
const ClassAnnouncement = Type.Object(
  {
    prompt: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })), // a name of `prompts`
    text: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })), // spoken by espeak-ng
    everySeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
  },
  { ...strict, minProperties: 2, maxProperties: 2 },
);

/** As espeak-ng names them: `espeak-ng --voices`. */
const VOICE = '^[0-9A-Za-z][0-9A-Za-z_+-]{0,31}$';
const Voice = Type.String({ pattern: VOICE });

/** sip-config/music.yaml */
export const MusicFile = Type.Object(
  {
    default: Type.String({ default: 'music/default', minLength: 1 }), // folder with the audio of class `default`, relative to this file
    cache: Type.String({ default: '', maxLength: 4096 }), // where transcoded music is kept; empty: <config>/music-cache
    classes: Type.Record(
      Type.String({ pattern: MUSIC_CLASS }),
      Type.Object(
        {
          folder: Type.Optional(Type.String({ minLength: 1, maxLength: 4096 })), // absent: music/<class>
          order: Type.Optional(oneOf('in-order', 'shuffled')), // absent: in the order of the names
          announcement: Type.Optional(ClassAnnouncement),
          fanFrom: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })), // absent: fan.from
        },
        strict,
      ),
      { ...strict, default: {} },
    ),
    prompts: Type.Record(
      Type.String({ pattern: MUSIC_CLASS }),
      Type.Object(
        {
          text: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })), // either this, spoken,
          voice: Type.Optional(Voice),
          language: Type.Optional(Voice),
          file: Type.Optional(Type.String({ minLength: 1, maxLength: 4096 })), // or this, relative to this file
        },
        { ...strict, minProperties: 1 },
      ),
      { ...strict, default: {} },
    ),
    language: Type.String({ pattern: VOICE, default: 'en' }), // what texts are spoken in that say nothing else
    fan: Type.Object(
      {
        packetMs: Type.Union([Type.Literal(20), Type.Literal(40), Type.Literal(60)], { default: 20 }), // 60: a third of the packets and of the work; a phone should take up to 200 (RFC 3551 §4.2)
        from: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 5 }), // so many listeners of one class share one stream of it; 0: never
        longFrom: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 50 }), // from so many on, all whose phones name no a=ptime are sent packets of 60 ms; 0: never
        seats: limit(4000), // listeners of shared streams, each of which takes a file descriptor; more are played to alone
      },
      { ...strict, default: {} },
    ),
    limits: Type.Object(
      {
        maxUploadBytes: limit(50_000_000), // of one file sent over HTTP; more gets 413
        maxSeconds: limit(3600), // of one file; an upload that is longer is refused, of a file in a folder the rest is not played
        maxFiles: limit(100), // in one class
        maxClasses: limit(100),
        maxPrompts: limit(500), // spoken texts kept in the cache; those not used for longest go first
      },
      { ...strict, default: {} },
    ),
  },
  strict,
);

export type Config = Readonly<
  Static<typeof HoldfastFile> & {
    folder: string;
    addresses: readonly string[];
    accounts: Static<typeof AccountsFile>;
    trunks: Static<typeof TrunksFile>['trunks'];
    music: Static<typeof MusicFile>;
    webhooks: WebhooksConfig;
    plivo: PhlosConfig;
    ozeki: OzekiConfig;
    records: RecordsConfig;
    agents: AgentsConfig;
    guards: GuardsConfig;
    limits: LimitsConfig;
  }
>;

export type TrunkConfig = Config['trunks'][number];
