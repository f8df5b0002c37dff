/**
 * sound-schemas: what goes over the REST API about the sound of a call, in TypeBox; schemas.ts holds the rest.
 */
import { Type, type TSchema } from '@sinclair/typebox';

const strict = { additionalProperties: false } as const;
const oneOf = <T extends string>(...values: readonly T[]) => Type.Unsafe<T>({ type: 'string', enum: values });
const Party = oneOf('caller', 'callee');
export const Listener = oneOf('caller', 'callee', 'all');

export const MuteBody = Type.Object({ party: Party }, { ...strict, $id: 'Mute' });

export const PlayBody = Type.Object(
  {
    to: Type.Optional(Listener),
    prompt: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'a prompt of sip-config/music.yaml' })),
    text: Type.Optional(
      Type.String({ minLength: 1, maxLength: 2000, description: 'words that are spoken: 1 to 2000 characters' }),
    ),
    language: Type.Optional(Type.String({ description: 'of the text, as `espeak-ng --voices` has it: en-gb' })),
    voice: Type.Optional(Type.String({ description: 'a variant of that language: f3; without a language a whole voice' })),
    file: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'a file of sip-config/sounds, by its name' })),
    beep: Type.Optional(Type.Literal(true)),
    times: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    maxSec: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 86_400, description: 'it ends by then, played to its end or not' }),
    ),
    hangUpAfter: Type.Optional(Type.Boolean({ description: 'the call is hung up when it has been played' })),
  },
  { ...strict, $id: 'Play' },
);

export const QuietQuery = Type.Object({ to: Type.Optional(Listener) }, strict);

export const KeysBody = Type.Object(
  {
    to: Listener,
    keys: Type.String({
      pattern: '^[0-9*#A-Da-d,wW]{1,100}$',
      description: '0-9 * # A-D, and `,` or `w` for half a second of nothing',
    }),
  },
  { ...strict, $id: 'Keys' },
);

export const Accepted = Type.Object({ callId: Type.String() }, { $id: 'Accepted' });
export const PlayStarted = Type.Object(
  {
    callId: Type.String(),
    playId: Type.String({ description: 'stands in `play.ended`' }),
    ms: Type.Number({ description: 'how long all of it lasts' }),
  },
  { $id: 'PlayStarted' },
);

export const SOUND_SCHEMAS: readonly TSchema[] = [MuteBody, PlayBody, KeysBody, Accepted, PlayStarted];
