/**
 * bulk-schemas: what goes over the REST API about many calls at once, in TypeBox; schemas.ts holds the rest.
 */
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { MOST_IDS, type BulkReport } from '#calls/bulk-commands.js';
import { HoldBody, HolderName, PhoneNumber } from './schemas.js';

const strict = { additionalProperties: false } as const;
const oneOf = <T extends string>(...values: readonly T[]) => Type.Unsafe<T>({ type: 'string', enum: values });
const StateName = oneOf('in-call', 'held');
const Trunk = Type.String({ minLength: 1, maxLength: 64, description: 'the calls that came in over this trunk' });

const { music, announcement, maxSeconds, remindHolderEverySeconds, onExpiry } = HoldBody.properties;

const filter = {
  ids: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: MOST_IDS, description: 'these calls' }),
  ),
  number: Type.Optional(PhoneNumber),
  trunk: Type.Optional(Trunk),
  state: Type.Optional(StateName),
  all: Type.Optional(Type.Literal(true, { description: 'every call that is up' })),
  holder: Type.Optional(HolderName),
};

export const BulkHoldBody = Type.Object(
  { ...filter, music, announcement, maxSeconds, remindHolderEverySeconds, onExpiry },
  { ...strict, $id: 'BulkHold' },
);
export const BulkResumeBody = Type.Object(filter, { ...strict, $id: 'BulkResume' });
/** For clients and proxies that send no body with DELETE. */
export const BulkResumeQuery = Type.Object(
  {
    number: Type.Optional(PhoneNumber),
    trunk: Type.Optional(Trunk),
    state: Type.Optional(StateName),
    all: Type.Optional(oneOf('true')),
    holder: Type.Optional(HolderName),
  },
  strict,
);

const BulkLeg = Type.Object(
  {
    held: Type.Boolean(),
    state: oneOf('agreed', 'pending', 'soft-held', 'refused'),
    sound: oneOf('none', 'ringback', 'music', 'failed'),
  },
  { $id: 'BulkLeg' },
);

export const BulkDone = Type.Object(
  {
    matched: Type.Integer({ description: 'calls that fitted the filter' }),
    counts: Type.Object({
      done: Type.Integer(),
      unchanged: Type.Integer({ description: 'already in the asked state' }),
      pending: Type.Integer({ description: 'begun, and a phone has not answered yet' }),
      failed: Type.Integer(),
    }),
    music: Type.Integer({ description: 'parties that hear music now' }),
    ms: Type.Number({ minimum: 0 }),
    calls: Type.Array(
      Type.Object({
        callId: Type.String(),
        result: oneOf('done', 'unchanged', 'pending', 'failed'),
        caller: Type.Optional(BulkLeg),
        callee: Type.Optional(BulkLeg),
        code: Type.Optional(Type.String({ description: 'why it failed, as a hold of this call alone would have been refused' })),
        detail: Type.Optional(Type.String()),
      }),
    ),
  },
  { $id: 'BulkDone' },
);

export const BULK_SCHEMAS: readonly TSchema[] = [BulkHoldBody, BulkResumeBody, BulkLeg, BulkDone];

/** Compiles only while the schema has every part of the report. */
export type Described = keyof BulkReport extends keyof Static<typeof BulkDone> ? true : never;
