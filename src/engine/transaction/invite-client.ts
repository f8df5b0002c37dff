/**
 * invite-client: RFC 3261 §17.1.1 figure 5, with the Accepted state of RFC 6026 §7.2; pure.
 */
import type { ClientTable } from './table.js';

/** The request has been handed to the transport, and these run. */
export const INVITE_CLIENT_START = ['send', 'start A', 'start B'] as const;

export const INVITE_CLIENT: ClientTable = {
  calling: {
    'timer A': ['calling', 'send', 'start A'],
    'timer B': ['terminated', 'stop A', 'timeout'],
    '1xx': ['proceeding', 'stop A', 'stop B', 'start C', 'pass'],
    '2xx': ['accepted', 'stop A', 'stop B', 'start M', 'pass'],
    '3xx-6xx': ['completed', 'stop A', 'stop B', 'ack', 'start D', 'pass'],
    'transport error': ['terminated', 'stop A', 'stop B', 'fail'],
    'give up': ['terminated', 'stop A', 'stop B', 'timeout'],
  },
  proceeding: {
    '1xx': ['proceeding', 'stop C', 'start C', 'pass'],
    '2xx': ['accepted', 'stop C', 'start M', 'pass'],
    '3xx-6xx': ['completed', 'stop C', 'ack', 'start D', 'pass'],
    'timer C': ['terminated', 'timeout'],
    'timer X': ['terminated', 'stop C', 'timeout'],
    'transport error': ['terminated', 'stop C', 'fail'],
    'give up': ['terminated', 'stop C', 'timeout'],
  },
  // RFC 6026 §7.2: every further 2xx is the user's: its own again, or another phone's of a fork.
  accepted: { '2xx': ['accepted', 'pass'], 'timer M': ['terminated'] },
  // A refusal that comes again is acknowledged again, and the user hears nothing of it.
  completed: { '3xx-6xx': ['completed', 'ack'], 'timer D': ['terminated'], 'transport error': ['terminated', 'stop D'] },
  terminated: {},
  trying: {},
};
