/**
 * store-schema: where the house keeps what outlives the program, and how much of it. The rest of holdfast.yaml is config-schema.ts.
 */
import { Type } from '@sinclair/typebox';

const whole = (minimum: number, maximum: number, value: number) => Type.Integer({ minimum, maximum, default: value });

/** Keys of holdfast.yaml. */
export const StoreKeys = {
  // A folder, relative to the file: calls, registrations and unsent webhooks outlive kill -9 (src/store/README.md). memory: nothing is kept.
  store: Type.String({ default: 'var/store', minLength: 1, maxLength: 4096 }),
  storeLimits: Type.Object(
    {
      commitMs: whole(0, 1000, 5), // changes gather so long; a kill -9 may cost them
      busyCommitMs: whole(0, 1000, 25), // from the beginning of a large batch to that of the next one
      underWayMs: whole(0, 1000, 100), // between large batches a call in the middle of a hold or resume waits so long for its end
      maxBatch: whole(1, 100_000, 500), // written in one turn of the event loop
      maxEntries: whole(1, 100_000_000, 200_000), // of everything together; what is more is not kept
      maxEntryBytes: whole(1000, 100_000_000, 1_000_000),
    },
    { additionalProperties: false, default: {} },
  ),
};
