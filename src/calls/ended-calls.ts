/**
 * ended-calls: how the last calls ended, for a while, so that nobody is left wondering.
 */
import type { Terminated } from '#core/call.js';
import type { CallId } from '#core/leg.js';
import { viewOf } from './call-view.js';
import type { CallView } from './commands.js';

const KEPT = 1000;

export class EndedCalls {
  readonly #views = new Map<CallId, CallView>();
  readonly #most: number;

  constructor(most = KEPT) {
    this.#most = most;
  }

  add(call: Terminated): void {
    this.#views.set(call.id, viewOf(call));
    // One at a time: the API promises the last so many.
    if (this.#views.size <= this.#most) return;
    const oldest = this.#views.keys().next();
    if (oldest.done !== true) this.#views.delete(oldest.value);
  }

  view(id: CallId): CallView | undefined {
    return this.#views.get(id);
  }
}
