/**
 * reach-schemas: what goes over the REST API for calls that ring or wait, and for messages.
 */
import { Type } from '@sinclair/typebox';
import { PhoneNumber } from './schemas.js';

const strict = { additionalProperties: false } as const;

export const ToBody = Type.Object({ to: PhoneNumber }, { ...strict, $id: 'To' });
export const RejectBody = Type.Object(
  { status: Type.Optional(Type.Unsafe<403 | 404 | 480 | 486 | 603>({ type: 'integer', enum: [403, 404, 480, 486, 603] })) },
  { ...strict, $id: 'Reject' },
);
export const Accepted = Type.Object({ callId: Type.String() }, { $id: 'Accepted' });
export const MessageBody = Type.Object(
  { from: PhoneNumber, to: PhoneNumber, text: Type.String({ minLength: 1, maxLength: 20_000 }) },
  { ...strict, $id: 'Message' },
);
export const MessageSent = Type.Object({ status: Type.Integer() }, { $id: 'MessageSent' });

export const REACH_SCHEMAS = [ToBody, RejectBody, Accepted, MessageBody, MessageSent];
