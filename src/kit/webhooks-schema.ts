/**
 * webhooks-schema: every key of sip-config/webhooks.yaml with its default. The other files of the folder are config-schema.ts.
 */
import { Type, type Static, type TInteger } from '@sinclair/typebox';

const strict = { additionalProperties: false } as const;

type Whole = (from: number, to: number, usual: number) => TInteger;

/** How hard one webhook is tried. Each key has its name in refusals and dead letters. */
const hookLimits = (whole: Whole) => ({
  queue: whole(1, 100_000, 1000), // events waiting; more go to the dead letters (queue-full)
  parallel: whole(1, 256, 8), // requests at once; those of one call never overlap
  attempts: whole(1, 50, 10), // then the dead letters
  timeoutSeconds: whole(1, 3600, 10), // for one request, from the name's look-up to the end of the answer
  firstRetrySeconds: whole(1, 86_400, 1), // doubled with every attempt, with jitter
  maxRetrySeconds: whole(1, 86_400, 300), // no wait is longer, except one that Retry-After asks for
  responseBytes: whole(1, 100_000_000, 65_536), // an answer is thrown away; one that is longer is cut off
});
const described = (minimum: number, maximum: number) => ({
  minimum,
  maximum,
  description: `a whole number from ${minimum} to ${maximum}`,
});
const HookLimits = Type.Object(
  hookLimits((from, to, usual) => Type.Integer({ ...described(from, to), default: usual })),
  { ...strict, default: {} },
);
/** Without defaults: what one webhook does not say is what the house says. */
export const SomeHookLimits = Type.Partial(Type.Object(hookLimits((from, to) => Type.Integer(described(from, to)))), strict);

/** A name stands in paths of the API. */
export const WEBHOOK_NAME = '^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$';
/** Credentials in front of the host would be shown to everybody who may list webhooks. */
export const WEBHOOK_URL = '^https?://[^\\s/?#@]+([/?#]\\S*)?$';

/** sip-config/webhooks.yaml */
export const WebhooksFile = Type.Object(
  {
    allowPrivateAddresses: Type.Optional(Type.Boolean()), // absent: only while Holdfast itself is on loopback
    limits: HookLimits, // for each webhook that says nothing else
    deadLetters: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1000 }), // kept for all webhooks together; the oldest are dropped
    webhooks: Type.Array(
      Type.Object(
        {
          name: Type.String({ pattern: WEBHOOK_NAME }),
          url: Type.String({ pattern: WEBHOOK_URL, maxLength: 2048 }),
          secret: Type.String({ minLength: 16, maxLength: 256 }), // signs every request
          events: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })), // kinds; absent: all
          limits: Type.Optional(SomeHookLimits),
        },
        strict,
      ),
      { default: [] }, // how many there may be is said in limits.yaml
    ),
  },
  strict,
);

export type HookLimits = Static<typeof HookLimits>;

export type WebhooksConfig = Static<typeof WebhooksFile> & { allowPrivateAddresses: boolean };
