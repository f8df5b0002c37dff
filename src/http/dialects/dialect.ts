/**
 * dialect: the contract of a foreign HTTP dialect: requests become commands, outcomes and errors become replies in its words.
 * A dialect sees no call, no leg and no port; no dialect imports another.
 */
import type { Command, Outcome } from '#calls/commands.js';

export type DialectRequest = Readonly<{
  path: string;
  /** Query and form parameters together; names as they were sent. */
  parameters: ReadonlyMap<string, string>;
}>;

export type DialectReply = Readonly<{ status: number; contentType: string; body: string }>;

/** Checks a user and password; the dialect knows where its clients put them. */
export type Credentials = (user: string, password: string) => boolean;

export interface Dialect {
  readonly name: string;
  /** Paths it answers, GET and POST alike. */
  readonly paths: readonly string[];
  /** @throws an error that `fail` can spell. */
  read(request: DialectRequest, credentials: Credentials): Command;
  write(request: DialectRequest, outcome: Outcome): DialectReply;
  fail(request: DialectRequest, error: unknown): DialectReply;
}
