/**
 * page-limit: how long one page of a list is, wherever lists are read page by page.
 */
import { BadRequest } from '#kit/errors.js';

const USUAL = 100;
const MOST = 1000;

/** @throws BadRequest */
export function pageLimit(text: string | undefined): number {
  const limit = text === undefined ? USUAL : Number(text);
  if (!(limit >= 1 && limit <= MOST))
    throw new BadRequest('limit', `limit: found ${limit}, expected a whole number from 1 to ${MOST}`);
  return limit;
}
