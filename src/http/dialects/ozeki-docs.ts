/**
 * ozeki-docs: what the OpenAPI document says of the Ozeki HTTP API.
 */
import type { RouteDoc } from '../openapi.js';

export const ozekiDoc: RouteDoc = {
  summary: 'The Ozeki HTTP API',
  description:
    'Commands CallSetup, Hold, Unhold, Hangup, ListActiveCalls, ListCallHistory, ListExtensions, Play, Speak, Beep, SendDTMF, Record, ' +
    'BlindTransfer, AttendedTransfer, ForwardCall, Route, Reject, Call, SendMessage and RunScript, for clients written for it. ' +
    'The HTTP status is always 200; `Code` in the XML says what happened: 200 done, 300 unreadable, 301 unknown command, 302 parameter ' +
    'missing or wrong, 303 wrong moment, 304 and 305 credentials missing or wrong, 401 no such API extension, 402 cannot be connected, ' +
    '601 no such call.',
  open: true,
  query: {
    command: 'the command, in any case',
    Username: 'an HTTP user',
    Password: 'and its password',
    CallId: 'the call it is about; ListActiveCalls shows them',
    Party: 'who hears it: caller, callee or all',
    Caller: 'for CallSetup',
    Callee: 'for CallSetup',
    ErrorUrl: 'asked when it goes wrong later',
    FinishedUrl: 'asked when it is over',
    Script: 'for RunScript: OzML',
  },
  answers: { 200: { description: 'done, or not: see `Code`', contentType: 'application/xml' } },
};
