/**
 * routing: asks the configured application where a phone's call should go (RoutingInterception). Route sends it elsewhere, Reject or a Route
 * without a destination refuses it; any other answer, none, and one that comes too late let it go where it was dialled to.
 */
import type { Interceptor, Routing, RoutingAsked } from '#calls/interceptor.js';
import type { OzekiConfig } from '#kit/config.js';
import { AppError } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import { numberOf, seconds } from '#ozml/actions.js';
import { readScript } from '#ozml/script.js';
import type { Requests } from './requests.js';

export type RoutingDeps = Readonly<{
  requests: Pick<Requests, 'ask'>;
  wireId: (callId: RoutingAsked['callId']) => string;
  isOurs: (number: string) => boolean;
  config: OzekiConfig;
  log: Logger;
}>;

const AS_DIALLED: Routing = { kind: 'as-dialled' };
const LONGEST_RING_SEC = 600;

/** @returns undefined when nobody is to be asked. */
export function routingInterception({ requests, wireId, isOurs, config, log }: RoutingDeps): Interceptor | undefined {
  const url = config.urls.routingInterception;
  if (url === '') return undefined;
  return async ({ callId, caller, callee }) => {
    const fields = {
      NotificationName: 'RoutingInterception',
      CallID: wireId(callId),
      CallerID: caller,
      CallerExtension: isOurs(caller) ? caller : '',
      OriginalDialedNumber: callee,
      LastDialedNumber: callee,
      LastCalledExtension: isOurs(callee) ? callee : '',
      LastCallState: 'Calling',
    };
    const body = await requests.ask({ url, fields, timeoutMs: 1000 * config.limits.routingSeconds });
    try {
      return routingIn(body ?? '', config.limits.scriptBytes);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      log.warn({ callId, why: error.message }, 'an answer to RoutingInterception is not understood');
      return AS_DIALLED;
    }
  };
}

function routingIn(body: string, mostCharacters: number): Routing {
  const [first] = readScript(body, mostCharacters);
  if (first?.name === 'Reject') return { kind: 'reject' };
  if (first?.name !== 'Route') return AS_DIALLED;
  const { parameters } = first;
  const destination = parameters.get('destination') ?? '';
  if (destination.trim() === '') return { kind: 'reject' };
  const ringSec = seconds(parameters, 'RingTime');
  const callerId = parameters.get('callerid')?.trim() ?? '';
  return {
    kind: 'route',
    to: numberOf(destination, 'Destination'),
    ...(ringSec === undefined ? {} : { ringSec: Math.min(ringSec, LONGEST_RING_SEC) }),
    ...(callerId === '' ? {} : { showAs: numberOf(callerId, 'CallerId') }),
  };
}
