/**
 * facts: what is known of one recording, as it stands in the file beside the sound. What is read back may have been written by anybody.
 */
import { Type, type Static } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

const strict = { additionalProperties: false } as const;

/** Also the name of its files, so there is no way out of the folder in it. */
export const RECORDING_ID = '^[0-9a-z]{16}$';

const FactsSchema = Type.Object(
  {
    id: Type.String({ pattern: RECORDING_ID }),
    callId: Type.String({ minLength: 1, maxLength: 128 }),
    parties: Type.Object({ caller: Type.String({ maxLength: 128 }), callee: Type.String({ maxLength: 128 }) }, strict),
    startedAt: Type.String({ minLength: 20, maxLength: 30 }),
    /** `recording`: it goes on, or was going on when the program died. */
    state: Type.Union([Type.Literal('recording'), Type.Literal('completed')]),
    format: Type.Union([Type.Literal('wav'), Type.Literal('mp3')]),
    seconds: Type.Number({ minimum: 0 }),
    bytes: Type.Integer({ minimum: 0 }),
    /** Why it is not what was asked for, or not whole. */
    problem: Type.Optional(Type.String({ maxLength: 300 })),
  },
  strict,
);

export type RecordingFacts = Readonly<Static<typeof FactsSchema>>;

/** @returns undefined for what no recording of ours has written. */
export function readFacts(text: string): RecordingFacts | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(FactsSchema, value) && !Number.isNaN(Date.parse(value.startedAt)) ? value : undefined;
  } catch {
    return undefined;
  }
}
