/**
 * hold-schemas: how a call is held, in TypeBox: shared by calls, by the proof of a hold and by events.
 */
import { Type } from '@sinclair/typebox';

export const oneOf = <const T extends readonly string[]>(values: T, description?: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: values, ...(description === undefined ? {} : { description }) });

export const Time = Type.String({ format: 'date-time' });

const DirectionName = oneOf(
  ['sendrecv', 'sendonly', 'recvonly', 'inactive'],
  'what is agreed with this phone, as Holdfast says it (RFC 3264): a held phone is `sendonly`, or `inactive` where it hears nothing',
);
const SoundName = oneOf(['none', 'ringback', 'music', 'failed'], 'what Holdfast plays to this party');
const LegHoldStateName = oneOf(
  ['agreed', 'pending', 'soft-held', 'refused'],
  '`pending`: a re-INVITE is on its way or waits for its turn; `soft-held`: the phone refused, and is cut off and hears music all the same; ' +
    '`refused`: nobody holds any more, and the phone refused to be told so',
);

export const HoldReasonName = oneOf(
  [
    'controller',
    ...(['caller-api', 'caller-phone', 'caller-transfer', 'caller-park'] as const),
    ...(['callee-api', 'callee-phone', 'callee-transfer', 'callee-park'] as const),
  ],
  '`controller`: a program holds both; `caller-api`: it holds in the name of the caller, the callee waits; `caller-phone`: the hold key of ' +
    'the phone; `caller-transfer`: it is about to give the call away; `caller-park`: it has left the call in a parking slot. A call is held ' +
    'as long as there is one',
);

export const legHoldParts = {
  held: Type.Boolean({ description: 'somebody else holds this party: it should hear music' }),
  state: LegHoldStateName,
  direction: DirectionName,
  sound: SoundName,
  music: Type.Optional(Type.String({ description: 'the class of the music that was asked for, while it plays' })),
  status: Type.Optional(Type.Integer({ description: 'the SIP status by which the phone refused' })),
  reason: Type.Optional(Type.String()),
};

export const LegHold = Type.Object(legHoldParts, { $id: 'LegHold' });

export const HoldSchema = Type.Object(
  { reasons: Type.Array(HoldReasonName), caller: LegHold, callee: LegHold },
  { $id: 'HoldOfCall' },
);

export const EndCauseName = oneOf(
  [
    'caller-hung-up',
    'callee-hung-up',
    'controller-hung-up',
    'caller-cancelled',
    'refused',
    'no-answer',
    'caller-lost',
    'callee-lost',
    'media-lost',
    'hold-expired',
    'transferred',
    'conference',
    'server-lost',
    'shutdown',
  ],
  '`controller-hung-up`: a program; `caller-cancelled`: before there was an answer; `caller-lost`: its phone is not there any more; ' +
    '`media-lost`: rtpengine could not go on; `hold-expired`: the hold was as long as it may be; `transferred` and `conference`: its parties go ' +
    'on elsewhere; `server-lost`: Holdfast was started again and could not go on with it; `shutdown`: Holdfast was told to end',
);
