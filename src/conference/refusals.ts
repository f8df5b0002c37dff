/**
 * refusals: what a conference says no with. They cross a thread as plain facts and come out as AppErrors again.
 */
import { AppError, Busy, type ErrorFacts } from '#kit/errors.js';

export const conferenceNotFound = (id: string): AppError =>
  new AppError({ code: 'conference_not_found', http: 404, sip: 404, message: `no conference ${id.slice(0, 100)}` });

export const memberNotFound = (member: string): AppError =>
  new AppError({
    code: 'member_not_found',
    http: 404,
    sip: 404,
    message: `no member ${member.slice(0, 100)} in this conference`,
  });

export const conferenceExists = (id: string): AppError =>
  new AppError({ code: 'conference_exists', http: 409, sip: 500, message: `conference ${id.slice(0, 100)} is there already` });

export const soundNotFound = (name: string): AppError =>
  new AppError({ code: 'sound_not_found', http: 404, sip: 404, message: `no sound ${name.slice(0, 100)} was loaded` });

export const full = (what: string): AppError => new Busy(`there are as many ${what} as the limits allow`, 5);

export const threadGone = (): AppError =>
  new AppError({ code: 'mixer_gone', http: 503, sip: 503, message: 'the mixer is not running' });

export type RefusalFacts = Readonly<Omit<ErrorFacts, 'cause'>>;

/** A bug is told as one, without its stack: that stays in the mixer's log. */
export function factsOf(error: unknown): RefusalFacts {
  if (error instanceof AppError) return { code: error.code, http: error.http, sip: error.sip, message: error.message };
  return { code: 'mixer_failed', http: 500, sip: 500, message: 'the mixer failed' };
}
