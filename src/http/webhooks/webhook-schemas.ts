/**
 * webhook-schemas: what goes over the API of webhooks and dead letters, in TypeBox, and the views that are answered.
 */
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { SomeHookLimits, WEBHOOK_NAME, WEBHOOK_URL } from '#kit/webhooks-schema.js';
import { EVENT_KINDS } from '../event-kinds.js';
import type { DeadLetter } from './dead-letters.js';
import type { ListedHook } from './webhooks.js';

const strict = { additionalProperties: false } as const;
const kinds = Type.Array(Type.String(), { description: `kinds of events: ${EVENT_KINDS.join(', ')}` });

export const WebhookBody = Type.Object(
  {
    name: Type.Optional(Type.String({ pattern: WEBHOOK_NAME, description: '1 to 64 of 0-9 A-Z a-z _ -' })),
    url: Type.String({
      pattern: WEBHOOK_URL,
      maxLength: 2048,
      description: 'an http or https address, without user and password',
    }),
    secret: Type.Optional(Type.String({ minLength: 16, maxLength: 256, description: '16 to 256 characters' })),
    events: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 100, description: 'a list of kinds of events' })),
    limits: Type.Optional(SomeHookLimits),
  },
  { ...strict, $id: 'WebhookWish' },
);

export const WebhookSchema = Type.Object(
  {
    name: Type.String(),
    url: Type.String(),
    events: kinds,
    limits: Type.Required(SomeHookLimits),
    configured: Type.Boolean({ description: 'it stands in webhooks.yaml' }),
    queued: Type.Integer({ description: 'events that wait, or are under way' }),
    delivered: Type.Integer(),
    retried: Type.Integer(),
    dead: Type.Integer(),
    secret: Type.Optional(Type.String({ description: 'only in the answer that made it, and only when it was made up here' })),
  },
  { $id: 'Webhook' },
);
export const WebhookList = Type.Object({ webhooks: Type.Array(WebhookSchema) }, { $id: 'WebhookList' });

const DeadLetterSchema = Type.Object(
  {
    id: Type.Integer(),
    webhook: Type.String(),
    at: Type.String({ format: 'date-time', description: 'when it was given up' }),
    reason: Type.String({ description: 'queue-full, refused, redirected, address-refused, attempts-used-up or webhook-gone' }),
    why: Type.String({ description: 'the last answer, or what there was instead of one' }),
    attempts: Type.Integer(),
    event: Type.Unknown({ description: 'the event as it would have been sent' }),
  },
  { $id: 'DeadLetter' },
);
export const DeadLetterList = Type.Object(
  {
    deadLetters: Type.Array(DeadLetterSchema),
    next: Type.Integer({ description: 'ask `after` this one next' }),
    dropped: Type.Integer({ description: 'how many were lost because there was no room' }),
  },
  { $id: 'DeadLetterList' },
);
export const DeadLetterQueued = Type.Object(
  { id: Type.Integer(), webhook: Type.String(), retry: Type.Literal('queued') },
  { $id: 'DeadLetterQueued' },
);

const number = (description: string) => Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$', description }));
export const PageQuery = Type.Object(
  { after: number('an id: a whole number from 0'), limit: number('a whole number from 1 to 1000; 100 when absent') },
  strict,
);

export const WEBHOOK_SCHEMAS: readonly TSchema[] = [
  WebhookBody,
  WebhookSchema,
  WebhookList,
  DeadLetterSchema,
  DeadLetterList,
  DeadLetterQueued,
];

/** Never with the secret. */
export function hookView({ hook, figures }: ListedHook): Static<typeof WebhookSchema> {
  const { name, url, events = EVENT_KINDS, limits, configured } = hook;
  return { name, url, events: [...events], limits, configured, ...figures };
}

export function deadLetterView({ id, webhook, at, reason, why, letter }: DeadLetter): Static<typeof DeadLetterSchema> {
  const event: unknown = JSON.parse(letter.body);
  return { id, webhook, at, reason, why, attempts: letter.attempts, event };
}
