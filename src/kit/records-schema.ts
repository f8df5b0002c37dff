/**
 * records-schema: every key of sip-config/records.yaml with its default: what is kept of calls, and how much of it. The other files of
 * the folder are config-schema.ts.
 */
import { Type, type Static } from '@sinclair/typebox';

const strict = { additionalProperties: false } as const;
const whole = (minimum: number, maximum: number, value: number) => Type.Integer({ minimum, maximum, default: value });
/** Relative to this file; empty: what stands beside it. One Holdfast to a folder. */
const Folder = Type.String({ default: '', maxLength: 4096 });

/** sip-config/records.yaml */
export const RecordsFile = Type.Object(
  {
    recordings: Type.Object(
      {
        folder: Folder, // empty: <config>/var/recordings
        maxSeconds: whole(1, 86_400, 3600), // of one recording; then it ends
        maxBytes: whole(1_000_000, 1_000_000_000_000_000, 2_000_000_000), // of all; the oldest go. A WAV takes 32 kB a second
        maxFiles: whole(1, 1_000_000, 1000), // the oldest go
        maxAtOnce: whole(0, 10_000, 50), // calls recorded at the same time; more get 503. 0: nothing is recorded
      },
      { ...strict, default: {} },
    ),
    history: Type.Object(
      {
        folder: Folder, // empty: <config>/var/history
        maxCalls: whole(1, 1_000_000, 10_000), // the last so many calls that have ended
      },
      { ...strict, default: {} },
    ),
  },
  strict,
);

export type RecordsConfig = Readonly<Static<typeof RecordsFile>>;
