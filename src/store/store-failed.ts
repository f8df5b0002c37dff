/**
 * store-failed: the one refusal of this room.
 */
import { AppError } from '#kit/errors.js';

/** The store cannot be opened, or cannot keep what it should. */
export class StoreFailed extends AppError {
  constructor(message: string, cause?: unknown) {
    super({ code: 'store_failed', http: 500, sip: 500, message, cause });
  }
}
