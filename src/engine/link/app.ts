/**
 * app: what the engine needs of a connected application. link-session.ts is the real one; nothing above knows sockets or frames.
 */
import type { Sent, SipNotice } from './link-messages.js';

/** A place in what was written to the application. */
export type ReadMark = Readonly<{ app: App; frames: number; writtenMs: number }>;

export interface App {
  /** Authenticated and connected. */
  isOpen(): boolean;
  notify(notice: SipNotice): void;
  requestSent(id: string, sent: Sent): void;
  responseSent(id: string, sent: Sent & Readonly<{ dialogId: string }>): void;
  proxied(id: string, sent: Sent): void;
  ok(id: string, ...fields: readonly string[]): void;
  nok(id: string, reason: string): void;
  /** Here: everything written so far. */
  mark(): ReadMark;
  /** The application has answered something that stands at the mark: all before it has been read. */
  hasRead(mark: ReadMark): void;
  /** Runs `next` when the application has certainly read up to the mark, in a chunk of its own; at once when that is long ago. */
  afterRead(mark: ReadMark, next: () => void): void;
}
