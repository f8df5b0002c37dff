/**
 * limits-schema: every key of sip-config/limits.yaml with its default: how much of everything there may be at once. Limits of single
 * rooms stand in their own files (music.yaml, records.yaml, webhooks.yaml, ozeki.yaml); docs/limits.md lists them all.
 */
import { Type, type Static } from '@sinclair/typebox';

const strict = { additionalProperties: false } as const;
const whole = (from: number, to: number, usual: number) => Type.Integer({ minimum: from, maximum: to, default: usual });

/** sip-config/limits.yaml */
export const LimitsFile = Type.Object(
  {
    drainSeconds: whole(0, 604_800, 8), // after SIGTERM calls may go on for so long; docker kills after 10 unless told otherwise
    endedCalls: whole(1, 1_000_000, 1000), // of the last so many the API still says how they ended
    webhooks: whole(1, 10_000, 100), // configured and added ones together
    subscriptions: whole(0, 1_000_000, 10_000), // of phones to the state of extensions (lamps); more get 503
    subscriptionsPerAccount: whole(0, 10_000, 200),
    http: Type.Object(
      {
        connections: whole(1, 1_000_000, 4096), // on one address; more are closed at once
        connectionsPerAddress: whole(1, 1_000_000, 1000), // of them, those that come from one address: a proxy before us is one
        eventStreams: whole(1, 100_000, 100), // open GET /events; more get 503
      },
      { ...strict, default: {} },
    ),
    engine: Type.Object(
      {
        transactions: whole(100, 10_000_000, 400_000), // of peers, those included that only absorb repetitions; more get 503
        messageBytes: whole(4096, 524_288, 524_288), // of one SIP message; longer requests get 513, longer answers count as lost
        lateMs: whole(50, 60_000, 400), // behind by more than this nothing new is taken; new calls have a rate from 250 ms on, or five eighths of this
        dialogs: whole(10, 10_000_000, 100_000), // more get 503
        unanswered: whole(10, 10_000_000, 50_000), // requests that wait for the application; more get 503
        connections: whole(1, 1_000_000, 20_000), // TCP and WebSocket together; more are closed at once
        connectionsPerAddress: whole(1, 1_000_000, 2000), // that come from one address; trunks and addresses.trusted of guards.yaml apart
        idleSeconds: whole(10, 604_800, 7200), // a connection on which nothing was said for so long is closed
        unsentBytes: whole(65_536, 1_000_000_000, 4_194_304), // that wait for a peer which does not read; then its connection is closed
      },
      { ...strict, default: {} },
    ),
  },
  strict,
);

export type LimitsConfig = Static<typeof LimitsFile>;
