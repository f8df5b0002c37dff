/**
 * dialect: the contract. A dialect is a few pure functions over one command language: it reads a Command, writes an Outcome,
 * dresses an error and spells an event. It cannot see a call, a leg or a port, and no dialect imports another.
 */
import type { TSchema } from '@sinclair/typebox';
import type { Command, Outcome } from '#calls/commands.js';
import type { NumberedEvent } from '#calls/event-bus.js';
import type { AppError } from '#kit/errors.js';
import type { Offered } from '../api-accounts.js';
import type { RouteDoc } from '../openapi.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';

export interface Dialect {
  /** Also the folder of its golden pairs in test/http/dialects/. */
  readonly name: string;
  readonly routes: readonly (DialectRoute | AskingRoute)[];
  /** All paths below it are this dialect's, also those that nobody can read. */
  readonly root?: string;
  /** Where credentials stand: in a header they are checked before the body is read. */
  readonly credentialsIn: 'header' | 'parameters';
  /** `form` bodies arrive as text, `json` bodies as values, `fields` (JSON, form or multipart) as values by name. */
  readonly body: 'json' | 'form' | 'fields';
  credentials(request: DialectRequest): Offered;
  /** Every refusal, also those made before `read` was reached: credentials, bodies that are too large or unreadable. */
  refuse(error: AppError, request: DialectRequest): DialectReply;
  /** Absent from the answer: this dialect does not speak of it. */
  event(event: NumberedEvent): string | undefined;
}

export interface DialectRoute {
  readonly method: Method;
  readonly path: string;
  /** The route counts only when the query has this name (without case); otherwise the path belongs to somebody else. */
  readonly whenQueryHas?: string;
  readonly schema?: RouteSchema;
  readonly doc: RouteDoc;
  /** @throws AppError; BadRequest names the field. */
  read(request: DialectRequest): Command;
  write(outcome: Outcome, request: DialectRequest): DialectReply;
}

/** For requests that are not one command: a member has to be found first, or the configuration alone has the answer. */
export interface AskingRoute {
  /** A Method; what catches the rest of a dialect's paths (the-rest.ts) catches it for every one there is. */
  readonly method: string;
  readonly path: string;
  /** As above. */
  readonly whenQueryHas?: string;
  readonly doc: RouteDoc;
  /** @throws AppError */
  answer(request: DialectRequest, ask: Ask): DialectReply | Promise<DialectReply>;
}

/** One command more. Rejects as CommandPort does. */
export type Ask = (command: Command) => Promise<Outcome>;

/** What is validated before `read`, and described in the OpenAPI document. */
export type RouteSchema = Readonly<{ querystring?: TSchema; body?: TSchema }>;

export type DialectRequest = Readonly<{
  method: string;
  /** Without the query: that may hold passwords. */
  path: string;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  body: unknown;
  header(name: string): string | undefined;
  /** Tells when the asker has hung up before it was answered. @returns stops telling. */
  whenGone(listener: () => void): () => void;
  /** Who was recognised; empty until credentials have been checked. */
  identity: string;
}>;

export type DialectReply = Readonly<{ status: number; headers: Readonly<Record<string, string>>; body: string }>;
