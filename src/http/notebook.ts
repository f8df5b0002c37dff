/**
 * notebook: what dialects know of calls that the calls do not say of themselves, page by page: the id by which a client knows a call, the
 * role somebody was added with. Kept so that after a restart the same word still means the same call. Types, and a notebook that forgets.
 */

/** One of each dialect that has something to keep. */
export type Page = 'agent-ids' | 'ozeki-ids' | 'plivo-roles' | 'voipnow-ids' | 'voipnow-held';

/** Never waits, never throws. */
export interface Notebook {
  /** What the last life has left on a page, in no order. To be read once, before anything is written on it. */
  left(page: Page): readonly (readonly [key: string, text: string])[];
  /** The same where the key is the id of a call, of those calls only that were up. */
  leftOfCalls(page: Page): readonly (readonly [callId: string, text: string])[];
  /** @param text undefined: it goes. */
  write(page: Page, key: string, text: string | undefined): void;
}

export const FORGETFUL_NOTEBOOK: Notebook = { left: () => [], leftOfCalls: () => [], write: () => undefined };
