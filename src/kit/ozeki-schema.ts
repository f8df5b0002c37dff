/**
 * ozeki-schema: every key of sip-config/ozeki.yaml with its default: what the Ozeki dialect tells applications, and what their scripts may do.
 */
import { Type, type Static } from '@sinclair/typebox';

const strict = { additionalProperties: false } as const;

const Address = Type.String({ pattern: '^(https?://[^\\s]{1,2000})?$', default: '' });
const limit = (value: number, maximum: number) => Type.Integer({ minimum: 1, maximum, default: value });

const ApiExtension = Type.Object(
  {
    number: Type.String({ pattern: '^[0-9A-Za-z+*#._-]{1,64}$' }),
    name: Type.Optional(Type.String({ maxLength: 128 })),
    url: Type.Optional(Address), // asked for a script when somebody calls; absent: urls.incomingCall
    script: Type.Optional(Type.String({ maxLength: 65_536 })), // the OzML itself, asked of nobody
  },
  strict,
);

/** sip-config/ozeki.yaml */
export const OzekiFile = Type.Object(
  {
    enabled: Type.Boolean({ default: true }), // false: nothing answers at /api
    urls: Type.Object(
      {
        routingInterception: Address, // asked before a call is routed; empty: nobody is asked
        callChanged: Address, // told of every state of every call
        incomingCall: Address, // asked what an API extension says that has neither url nor script
        recordCompleted: Address, // told of recordings that name no FinishedUrl
      },
      { ...strict, default: {} },
    ),
    allowPrivateAddresses: Type.Optional(Type.Boolean()), // absent: only while Holdfast itself listens on loopback
    publicUrl: Type.String({ pattern: '^(https?://[^\\s/]+)?$', default: '' }), // in RecordURL; empty: our own address
    apiExtensions: Type.Array(ApiExtension, { default: [], maxItems: 1000 }),
    limits: Type.Object(
      {
        scripts: limit(200, 100_000), // at once
        steps: limit(1000, 1_000_000), // of one script, every round of a loop counted
        jumps: limit(50, 10_000), // of one script: GoTo, Request, ForwardToUrl
        scriptBytes: limit(65_536, 10_000_000),
        answerSeconds: limit(10, 300), // an application answers by then
        routingSeconds: limit(2, 60), // the same before a call is routed: the caller hears nothing meanwhile
        requests: limit(100, 10_000), // under way at once
        waiting: limit(1000, 100_000), // notifications that wait for those before them
        redirects: Type.Integer({ minimum: 0, maximum: 10, default: 3 }),
      },
      { ...strict, default: {} },
    ),
  },
  strict,
);

export type OzekiConfig = Readonly<Omit<Static<typeof OzekiFile>, 'allowPrivateAddresses'> & { allowPrivateAddresses: boolean }>;
export type ApiExtensionConfig = Readonly<Static<typeof ApiExtension>>;
