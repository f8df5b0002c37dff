/**
 * non-invite-client: RFC 3261 §17.1.2 figure 6; pure.
 */
import type { ClientTable } from './table.js';

export const NON_INVITE_CLIENT_START = ['send', 'start E', 'start F'] as const;

export const NON_INVITE_CLIENT: ClientTable = {
  trying: {
    'timer E': ['trying', 'send', 'start E'],
    'timer F': ['terminated', 'stop E', 'timeout'],
    '1xx': ['proceeding', 'pass'],
    '2xx': ['completed', 'stop E', 'stop F', 'start K', 'pass'],
    '3xx-6xx': ['completed', 'stop E', 'stop F', 'start K', 'pass'],
    'transport error': ['terminated', 'stop E', 'stop F', 'fail'],
    'give up': ['terminated', 'stop E', 'stop F', 'timeout'],
  },
  proceeding: {
    'timer E': ['proceeding', 'send', 'start E'],
    'timer F': ['terminated', 'stop E', 'timeout'],
    '1xx': ['proceeding', 'pass'],
    '2xx': ['completed', 'stop E', 'stop F', 'start K', 'pass'],
    '3xx-6xx': ['completed', 'stop E', 'stop F', 'start K', 'pass'],
    'transport error': ['terminated', 'stop E', 'stop F', 'fail'],
    'give up': ['terminated', 'stop E', 'stop F', 'timeout'],
  },
  // Repeated finals are absorbed.
  completed: { 'timer K': ['terminated'] },
  accepted: {},
  terminated: {},
  calling: {},
};
