/**
 * dresses: in whose words a request is refused that never reached a dialect, because its path could not even be read.
 */
import type { AppError } from '#kit/errors.js';
import type { Dialect, DialectReply, DialectRequest } from './dialect.js';

export class Dresses {
  readonly #dialects: Dialect[] = [];

  add(dialect: Dialect): void {
    this.#dialects.push(dialect);
  }

  /** undefined: nobody's path. */
  refuse(error: AppError, request: DialectRequest): DialectReply | undefined {
    const { path } = request;
    const dialect = this.#dialects.find(({ root }) => root !== undefined && (path === root || path.startsWith(`${root}/`)));
    return dialect?.refuse(error, request);
  }
}
