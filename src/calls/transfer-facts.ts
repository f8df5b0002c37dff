/**
 * transfer-facts: what is asked of a transfer, and what is known of one that is on its way.
 */
import type { CallId, LegRole } from '#core/leg.js';

/** One transfer on its way: from call `from`, whose `leaving` party gives its place to whom the new call finds. */
export type Pending = Readonly<{
  from: CallId;
  leaving: LegRole;
  by: string;
  to: string;
  /** The leaving party's REFER wants to know how it goes (RFC 3515 §2.4.4). */
  refer: boolean;
  /** It held the other by its own key before: letting go of that means that it wants it back. */
  held: boolean;
  /** The transferor itself is rung, because nobody else was to be had. */
  recall: boolean;
}>;

export type Asked = Readonly<{
  from: CallId;
  leaving: LegRole;
  to: string;
  by?: string;
  refer?: boolean;
  referredBy?: string | undefined;
  recall?: boolean;
}>;
