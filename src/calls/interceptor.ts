/**
 * interceptor: whoever is asked, before a phone's call is routed, where it should go. Only asked when somebody is configured to be, and never
 * waited for beyond its own time.
 */
import { NO_POLICY } from '#core/hold-policy.js';
import type { Reachability } from '#core/inputs.js';
import type { CallId } from '#core/leg.js';
import type { LiveCall } from './live-call.js';
import { partyTraits } from './party-traits.js';
import type { BindingsPort, DialPlanAnswer } from './ports.js';

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

type Route = Extract<Routing, { kind: 'route' }>;

/** Changes whom a call is for, before anybody has been rung. */
export function reroute(live: LiveCall, { to, ringSec, showAs }: Route, bindings: Pick<BindingsPort, 'traits'>): void {
  const { call } = live;
  if (call.kind !== 'trying') return; // its caller did not wait
  live.dialFacts = { ...live.dialFacts, showAs, ringMs: ringSec === undefined ? undefined : ringSec * 1000 };
  if (to === call.parties.callee) return;
  live.phones = { ...live.phones, callee: bindings.traits(to) };
  live.media.renew('callee', live.phones.callee.isProgram === true, live.phones.callee.srtp !== undefined);
  const { policy = NO_POLICY, music } = call.traits;
  live.call = { ...call, parties: { ...call.parties, callee: to }, traits: partyTraits(live.phones, { policy }, music.call) };
}

export const reachability = (answer: DialPlanAnswer): Reachability => (answer.kind === 'targets' ? 'reachable' : answer.kind);
