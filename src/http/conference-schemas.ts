/**
 * conference-schemas: what goes over the REST API for conferences, in TypeBox.
 */
import { Type, type TSchema } from '@sinclair/typebox';
import { MUSIC_CLASS } from '#kit/config-schema.js';
import { PhoneNumber } from './schemas.js';

const strict = { additionalProperties: false } as const;
const oneOf = <T extends string>(...values: readonly T[]) => Type.Unsafe<T>({ type: 'string', enum: values });
const CallName = Type.String({ minLength: 1, maxLength: 128, description: 'the id of a call that is up' });
const OthersHear = oneOf('conference', 'music', 'silence');
const MostMembers = { maxItems: 64 } as const;

/** By number: whose music it is. */
const MusicByNumber = Type.Record(Type.String({ pattern: PhoneNumber.pattern ?? '' }), Type.String({ pattern: MUSIC_CLASS }));

export const ConferenceBody = Type.Object(
  {
    calls: Type.Optional(Type.Array(CallName, { ...MostMembers, description: 'their parties become members' })),
    numbers: Type.Optional(Type.Array(PhoneNumber, { ...MostMembers, description: 'they are rung' })),
    othersHear: Type.Optional(OthersHear),
    music: Type.Optional(MusicByNumber),
  },
  { ...strict, $id: 'ConferenceSetup' },
);

export const AddMemberBody = Type.Object(
  { number: Type.Optional(PhoneNumber), call: Type.Optional(CallName) },
  { ...strict, $id: 'ConferenceAdd' },
);

const PartyName = oneOf('caller', 'callee');

export const JoinBody = Type.Object(
  {
    to: PhoneNumber,
    as: Type.Optional(oneOf('member', 'listener', 'whisperer')),
    party: Type.Optional(PartyName),
    othersHear: Type.Optional(OthersHear),
    music: Type.Optional(MusicByNumber),
  },
  { ...strict, $id: 'ConferenceJoin' },
);

export const ConsultBody = Type.Object(
  { holder: PartyName, to: PhoneNumber, othersHear: Type.Optional(OthersHear), music: Type.Optional(MusicByNumber) },
  { ...strict, $id: 'Consult' },
);

export const ConsultEndBody = Type.Object({ join: Type.Optional(Type.Boolean()) }, { ...strict, $id: 'ConsultEnd' });

export const ConferenceSchema = Type.Object(
  {
    id: Type.String(),
    createdAt: Type.String({ format: 'date-time' }),
    othersHear: OthersHear,
    members: Type.Array(
      Type.Object({
        number: Type.String(),
        callId: Type.String({ description: 'its member call: held, muted and hung up as any call, the phone is the callee' }),
        state: oneOf('ringing', 'in', 'held'),
        as: oneOf('member', 'listener', 'whisperer'),
        muted: Type.Boolean(),
      }),
    ),
  },
  { $id: 'Conference' },
);
export const ConferenceList = Type.Object({ conferences: Type.Array(ConferenceSchema) }, { $id: 'ConferenceList' });

export const CONFERENCE_SCHEMAS: readonly TSchema[] = [
  ConferenceBody,
  AddMemberBody,
  JoinBody,
  ConsultBody,
  ConsultEndBody,
  ConferenceSchema,
  ConferenceList,
];
