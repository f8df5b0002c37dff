/**
 * letter-doc: what /openapi.json says of the requests that webhooks get. Words only; who sends them is courier.ts.
 */
import { EventSchema } from '../event-schemas.js';
import type { Operation, Parameter } from '../openapi.js';
import { SIGNATURE_HEADER } from './signature.js';

const header = (name: string, description: string): Parameter => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string' },
});

export const LETTER_DOC: Operation = {
  summary: 'An event, POSTed to the `url` of a webhook',
  parameters: [
    header('Holdfast-Event-Id', '`seq` of the event; with `at` it tells doubles'),
    header('Holdfast-Timestamp', 'seconds since 1970, when it was sent'),
    header(SIGNATURE_HEADER, '`t=<Holdfast-Timestamp>,v1=<hex>`: HMAC-SHA256 of `<t>.<body>` with the secret of the webhook'),
  ],
  requestBody: {
    required: true,
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${EventSchema.$id ?? ''}` } } },
  },
  responses: {
    '2XX': { description: 'it is delivered' },
    408: { description: 'it is sent again' },
    429: { description: 'it is sent again, after `Retry-After`' },
    '4XX': { description: 'it goes to the dead letters' },
    '5XX': { description: 'it is sent again, after `Retry-After`' },
  },
  security: [],
};
