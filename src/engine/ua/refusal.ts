/**
 * refusal: final answers that the engine gives alone, without any application.
 */
import { newTag } from '#kit/ids.js';
import type { HeaderField } from '#sip/message.js';
import { reasonPhrase } from '#sip/status.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Arrived } from '../transaction/transaction-layer.js';
import { composeResponse } from './compose-response.js';

export function finish(
  arrived: Arrived,
  transaction: ServerTransaction,
  status: number,
  headers: readonly HeaderField[] = [],
): void {
  const toTag = arrived.facts.toTag ?? newTag();
  transaction.answer(status, composeResponse(arrived, { status, reason: reasonPhrase(status), toTag, headers }));
}

export const retryAfter = (seconds: number): HeaderField => ({ name: 'Retry-After', value: String(seconds) });
