/**
 * schemas: what goes over the REST API, in TypeBox. Requests are validated with these; answers are described by them, and
 * the compiler checks that they describe the views that calls really give.
 */
import { Type, type Static, type TSchema } from '@sinclair/typebox';
import type { CallView, HoldProof, LegProof } from '#calls/commands.js';
import { MUSIC_CLASS } from '#kit/config-schema.js';
import type { Problem } from './error-reply.js';
import { EndCauseName, HoldReasonName, HoldSchema, LegHold, legHoldParts, oneOf, Time } from './hold-schemas.js';
import type { HealthView, RegistrationView } from './read-models.js';

const strict = { additionalProperties: false } as const;
const Optional = <T extends TSchema>(schema: T) => Type.Optional(schema);
const Milliseconds = Type.Number({ minimum: 0 });

export const PhoneNumber = Type.String({
  pattern: '^[0-9A-Za-z+*#._-]{1,64}$',
  description: 'a number: 1 to 64 of 0-9 A-Z a-z + * # . _ -',
});

export const NoBody = Type.Object({}, strict);
export const NoQuery = Type.Object({}, strict);

const MusicClass = Type.String({ pattern: MUSIC_CLASS, description: 'a class of music: a folder of sip-config/music' });
const Seconds = Type.Integer({ minimum: 0, maximum: 31_536_000, description: 'seconds; 0: never' });

export const SetupBody = Type.Object(
  {
    caller: PhoneNumber,
    callee: PhoneNumber,
    autoAnswer: Optional(Type.Boolean({ description: "ask the caller's phone to answer by itself" })),
    music: Optional(MusicClass),
  },
  { ...strict, $id: 'CallSetup' },
);

export const HolderName = oneOf(['controller', 'caller', 'callee']);
export const HoldBody = Type.Object(
  {
    holder: Optional(HolderName),
    // true or absent: the music that is due; a class: that one; false or null: silence (a=inactive).
    music: Optional(
      Type.Unsafe<string | boolean | null>({
        anyOf: [{ type: ['boolean', 'null'] }, { type: 'string', pattern: MUSIC_CLASS }],
        description: 'a class of music, true, false or null',
      }),
    ),
    announcement: Optional(
      Type.Object(
        {
          prompt: Optional(Type.String({ minLength: 1, maxLength: 64, description: 'a prompt of sip-config/music.yaml' })),
          text: Optional(Type.String({ minLength: 1, maxLength: 500, description: 'or a text, which is spoken' })),
          everySeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
        },
        strict,
      ),
    ),
    byPhone: Optional(Type.Literal(true, { description: "the holder's phone is asked to press its own hold key (NOTIFY)" })),
    maxSeconds: Optional(Seconds),
    remindHolderEverySeconds: Optional(Seconds),
    onExpiry: Optional(
      Type.String({
        pattern: '^(resume|ring-holder|hangup|transfer:[0-9A-Za-z+*#._-]{1,64})$',
        description: 'resume, ring-holder, hangup or transfer:<number>',
      }),
    ),
  },
  { ...strict, $id: 'Hold' },
);
export const ResumeBody = Type.Object(
  { holder: Optional(HolderName), byPhone: Optional(Type.Literal(true)) },
  { ...strict, $id: 'Resume' },
);
export const ResumeQuery = Type.Object({ holder: Optional(HolderName) }, strict);
export const EventsQuery = Type.Object(
  {
    after: Optional(Type.String({ pattern: '^[0-9]{1,15}$', description: 'a sequence number: a whole number from 0' })),
    limit: Optional(Type.String({ pattern: '^[0-9]{1,15}$', description: 'of a page: a whole number from 1 to 1000' })),
  },
  strict,
);
export const Call = Type.Object(
  {
    id: Type.String(),
    origin: oneOf(['phone', 'api', 'transfer', 'conference']),
    state: oneOf(['trying', 'ringing', 'in-call', 'held', 'ended']),
    parties: Type.Object({ caller: Type.String(), callee: Type.String() }),
    createdAt: Time,
    ringingAt: Optional(Time),
    answeredAt: Optional(Time),
    endedAt: Optional(Time),
    hold: HoldSchema,
    muted: Optional(Type.Object({ caller: Type.Boolean(), callee: Type.Boolean() }, { description: 'absent: nobody is muted' })),
    conference: Optional(Type.String({ description: 'its caller is this conference' })),
    end: Optional(Type.Object({ cause: EndCauseName, status: Optional(Type.Integer()), reason: Optional(Type.String()) })),
  },
  { $id: 'Call' },
);
export const CallList = Type.Object({ calls: Type.Array(Call) }, { $id: 'CallList' });

const LegProofSchema = Type.Object(
  {
    ...legHoldParts,
    musicPackets: Type.Integer({
      description: 'music packets counted leaving for this party since its music began, or since it shares it with others',
    }),
    ms: Type.Object({
      reinviteSent: Optional(Milliseconds),
      reinviteAnswered: Optional(Milliseconds),
      musicStarted: Optional(Milliseconds),
    }),
  },
  { $id: 'LegProof' },
);

export const Proof = Type.Object(
  {
    callId: Type.String(),
    changed: Type.Boolean({ description: 'false: the call was already in the asked state' }),
    settled: Type.Boolean({ description: 'false: a re-INVITE was still open when the answer had to be given' }),
    reasons: Type.Array(HoldReasonName),
    ms: Type.Object({ gate: Optional(Milliseconds), ungate: Optional(Milliseconds), settled: Optional(Milliseconds) }),
    caller: LegProofSchema,
    callee: LegProofSchema,
  },
  { $id: 'HoldProof' },
);

export const HangupStarted = Type.Object({ callId: Type.String(), hangup: Type.Literal('started') }, { $id: 'HangupStarted' });

const LeavingName = oneOf(['caller', 'callee']);
export const TransferBody = Type.Object(
  {
    to: Optional(PhoneNumber),
    toCall: Optional(Type.String({ minLength: 1, maxLength: 128, description: 'another call of the party that leaves' })),
    leaving: Optional(LeavingName),
  },
  { ...strict, $id: 'Transfer' },
);
export const TransferStarted = Type.Object({ callId: Type.String(), newCallId: Type.String() }, { $id: 'TransferStarted' });
export const ParkBody = Type.Object(
  { leaving: Optional(LeavingName), slot: Optional(Type.String({ pattern: '^[1-9][0-9]{0,3}$' })) },
  { ...strict, $id: 'Park' },
);
export const Parked = Type.Object({ callId: Type.String(), slot: Type.String() }, { $id: 'Parked' });
export const ParkedList = Type.Object(
  {
    parked: Type.Array(
      Type.Object({ slot: Type.String(), callId: Type.String(), number: Type.String(), by: Type.String(), since: Time }),
    ),
  },
  { $id: 'ParkedList' },
);

export const Registration = Type.Object(
  {
    aor: Type.String(),
    contact: Type.String(),
    transport: Type.String(),
    source: Type.String({ description: 'address and port the phone registered from' }),
    userAgent: Optional(Type.String()),
    expiresInSec: Type.Number(),
    reachable: Type.Boolean(),
  },
  { $id: 'Registration' },
);
export const RegistrationList = Type.Object({ registrations: Type.Array(Registration) }, { $id: 'RegistrationList' });

const STORE_FIGURES = {
  entries: Type.Integer({ description: 'what is kept, on disk and not yet' }),
  pending: Type.Integer({ description: 'changed, and not on the disk yet' }),
  batches: Type.Integer(),
  refused: Type.Integer({ description: 'too many, too large or impossible to write: not kept' }),
  problem: Optional(Type.String()),
};

export const Health = Type.Object(
  {
    status: oneOf(['ok', 'degraded', 'draining', 'down']),
    // The rest is told to those with credentials only.
    rtpengine: Optional(oneOf(['up', 'restarting', 'down'])),
    version: Optional(Type.String({ description: 'of rtpengine' })),
    music: Optional(oneOf(['files', 'generated-tone'])),
    draining: Optional(Type.Literal(true, { description: 'it was told to close: no new call, and those that are up go on' })),
    problems: Optional(Type.Array(Type.String())),
    store: Optional(
      Type.Object({
        ...STORE_FIGURES,
        engine: Optional(
          Type.Object(STORE_FIGURES, {
            description: 'the store of the SIP engine, as of this moment; absent when the engine is a process of its own',
          }),
        ),
      }),
    ),
  },
  { $id: 'Health' },
);

export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String(),
    field: Optional(Type.String()),
    state: Optional(Type.String()),
  },
  { $id: 'Problem' },
);

export const NAMED_SCHEMAS: readonly TSchema[] = [
  SetupBody,
  HoldBody,
  ResumeBody,
  LegHold,
  HoldSchema,
  Call,
  CallList,
  LegProofSchema,
  Proof,
  HangupStarted,
  TransferBody,
  TransferStarted,
  ParkBody,
  Parked,
  ParkedList,
  Registration,
  RegistrationList,
  Health,
  ProblemSchema,
];

/** Compiles only while every view fits its schema: a field that changes its type there has to change here. */
type Fits<View extends Schema, Schema> = View;
export type Described = [
  Fits<Loose<CallView>, Loose<Static<typeof Call>>>,
  Fits<Loose<LegProof>, Loose<Static<typeof LegProofSchema>>>,
  Fits<Loose<HoldProof>, Loose<Static<typeof Proof>>>,
  Fits<Loose<RegistrationView>, Loose<Static<typeof Registration>>>,
  Fits<Loose<HealthView>, Loose<Omit<Static<typeof Health>, 'status'>>>,
  Fits<Loose<Problem>, Loose<Static<typeof ProblemSchema>>>,
];

/** The views are readonly, and JSON leaves out what is undefined: neither says anything about the shape. */
type Loose<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer One)[]
    ? Loose<One>[]
    : { -readonly [Key in keyof T]: Loose<Exclude<T[Key], undefined>> };
