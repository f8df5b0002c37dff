/**
 * record-line: a line of the history, read back. It may be torn, or written by anybody: what does not fit is no call. Pure.
 */
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { CallRecord } from '#calls/history-commands.js';
import type { CallId } from '#core/leg.js';

const Text = Type.String({ maxLength: 1000 });
const Maybe = Type.Optional(Text);

const Line = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 128 }),
  origin: Type.Union((['phone', 'api', 'transfer', 'conference'] as const).map((one) => Type.Literal(one))),
  parties: Type.Object({ caller: Text, callee: Text }),
  ...{ createdAt: Text, ringingAt: Maybe, answeredAt: Maybe, endedAt: Text },
  ...{ cause: Text, status: Type.Optional(Type.Integer()), reason: Maybe },
  holds: Type.Integer({ minimum: 0 }),
  heldMs: Type.Number({ minimum: 0 }),
  recordings: Type.Array(Text),
  transferredTo: Type.Optional(Type.Object({ number: Text, callId: Maybe })),
});

export function readRecord(text: string): CallRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!Value.Check(Line, value)) return undefined;
    const { id, cause, ...facts } = value;
    if (Number.isNaN(Date.parse(facts.createdAt)) || Number.isNaN(Date.parse(facts.endedAt))) return undefined;
    const transferredTo = facts.transferredTo as CallRecord['transferredTo'];
    return { ...facts, id: id as CallId, cause: cause as CallRecord['cause'], transferredTo };
  } catch {
    return undefined;
  }
}
