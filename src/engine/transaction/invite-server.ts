/**
 * invite-server: RFC 3261 §17.2.1 figure 7, with the Accepted state of RFC 6026 §7.1; pure.
 * The 2xx itself is repeated by dialog/reliable-2xx.ts (RFC 3261 §13.3.1.4).
 */
import type { ServerTable } from './table.js';

export const INVITE_SERVER: ServerTable = {
  proceeding: {
    request: ['proceeding', 'send'],
    'answer 1xx': ['proceeding', 'send'],
    'answer 2xx': ['accepted', 'send', 'start L'],
    'answer 3xx-6xx': ['completed', 'send', 'start G', 'start H'],
    // RFC 3261 §8.2.7: whoever has not proved who it is gets one answer for each INVITE, or its name could be borrowed to flood it.
    'answer challenge': ['completed', 'send', 'start H'],
    'transport error': ['terminated'],
  },
  completed: {
    request: ['completed', 'send'],
    ack: ['confirmed', 'stop G', 'stop H', 'start I'],
    'timer G': ['completed', 'send', 'start G'],
    'timer H': ['terminated', 'stop G', 'no ack'],
    'transport error': ['terminated', 'stop G', 'stop H'],
  },
  // RFC 6026 §7.1: a repeated INVITE is absorbed; the 2xx is on its own clock.
  accepted: { 'answer 2xx': ['accepted', 'send'], ack: ['accepted', 'pass ack'], 'timer L': ['terminated'] },
  // Repeated ACKs are absorbed.
  confirmed: { 'timer I': ['terminated'] },
  terminated: {},
  trying: {},
};
