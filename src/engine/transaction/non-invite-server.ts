/**
 * non-invite-server: RFC 3261 §17.2.2 figure 8; pure.
 */
import type { ServerTable } from './table.js';

export const NON_INVITE_SERVER: ServerTable = {
  // The user is still thinking: a repeated request is absorbed, and nothing is there to be sent again.
  trying: {
    'answer 1xx': ['proceeding', 'send'],
    'answer 2xx': ['completed', 'send', 'start J'],
    'answer 3xx-6xx': ['completed', 'send', 'start J'],
    'transport error': ['terminated'],
  },
  proceeding: {
    request: ['proceeding', 'send'],
    'answer 1xx': ['proceeding', 'send'],
    'answer 2xx': ['completed', 'send', 'start J'],
    'answer 3xx-6xx': ['completed', 'send', 'start J'],
    'transport error': ['terminated'],
  },
  completed: { request: ['completed', 'send'], 'timer J': ['terminated'], 'transport error': ['terminated', 'stop J'] },
  accepted: {},
  confirmed: {},
  terminated: {},
};
