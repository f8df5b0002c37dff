/**
 * conference-not-found: the refusal that names a conference nobody knows.
 */
import { AppError } from '#kit/errors.js';

export class ConferenceNotFound extends AppError {
  constructor(id: string) {
    super({ code: 'conference_not_found', http: 404, sip: 404, message: `no conference ${id.slice(0, 100)}` });
  }
}
