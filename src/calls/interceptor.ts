/**
 * interceptor: whoever is asked, before a phone's call is routed, where it should go. Only asked when somebody is configured to be, and never
 * waited for beyond its own time.
 */
import type { CallId } from '#core/leg.js';

export type RoutingAsked = Readonly<{ callId: CallId; caller: string; callee: string; trunk?: string | undefined }>;

export type Routing =
  | Readonly<{ kind: 'as-dialled' }>
  | Readonly<{ kind: 'reject' }>
  | Readonly<{
      kind: 'route';
      to: string;
      ringSec?: number | undefined;
      /** The number that the called phone shows. */
      showAs?: string | undefined;
    }>;

/** Never rejects. */
export type Interceptor = (asked: RoutingAsked) => Promise<Routing>;
