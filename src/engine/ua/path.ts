/**
 * path: the way a request goes: to the first Route or the remote target, but back to where the peer really is when its
 * Contact cannot be reached: behind a NAT, on a connection of its own (RFC 3261 §8.1.2, §12.2.1.1, RFC 5626 §5.3).
 */
import { isHiddenAddress } from '#kit/hidden-address.js';
import { parseNameAddr } from '#sip/name-addr.js';
import type { DialogFacts } from '../dialog/dialog.js';
import { unbracketed, type Flow } from '../transport/flow.js';
import type { Way } from '../transport/transports.js';
import type { Core } from './core.js';
import { knownUri } from './known-uri.js';

/** For a request in a dialog. */
export function pathOf(core: Core, dialog: DialogFacts): Way {
  const { flow } = dialog;
  const [route] = dialog.routeSet;
  // A connection leads where the peer, or the proxy before it, is; what it wrote into Contact cannot be a better way.
  if (flow.protocol !== 'udp' && flow.isOpen()) return { kind: 'flow', flow };
  if (route !== undefined) return core.transports.wayTo(parseNameAddr(route)?.uri ?? dialog.remoteTarget);
  const target = knownUri(dialog.remoteTarget);
  if (target === undefined) return { kind: 'flow', flow };
  const registered = core.flows.find(target, core.clock.now());
  if (registered !== undefined) return { kind: 'flow', flow: registered };
  const host = unbracketed(target.host);
  if (host.endsWith('.invalid') || isHidden(host, flow.remote.address))
    return flow.isOpen() ? { kind: 'flow', flow } : core.transports.wayTo(target);
  return core.transports.wayTo(target);
}

/** For what must go where a request outside a dialog went, whose flow was this: its CANCEL. */
export function wayOut(core: Core, flow: Flow, routes: readonly string[], uri: string): Way {
  if (flow.isOpen()) return { kind: 'flow', flow };
  const [route] = routes;
  const target = knownUri(route === undefined ? uri : (parseNameAddr(route)?.uri ?? uri));
  if (target === undefined) return { kind: 'impossible', why: 'invalid request-uri' };
  const registered = core.flows.find(target, core.clock.now());
  return registered === undefined ? core.transports.wayTo(target) : { kind: 'flow', flow: registered };
}

/** Calls one of the two, now or when a name has been looked up. */
export function withFlow(core: Core, way: Way, found: (flow: Flow) => void, none: (why: string) => void): void {
  switch (way.kind) {
    case 'flow':
      return found(way.flow);
    case 'lookup':
      void core.transports
        .resolve(way.host, way.port, way.protocol)
        .then((resolved) =>
          resolved.kind === 'flow' ? found(resolved.flow) : none(resolved.kind === 'lookup' ? 'DNS Error' : resolved.why),
        );
      return;
    case 'gone':
    case 'impossible':
      return none(way.why);
  }
}

/** An address of a private network, told by somebody who is not in it. */
function isHidden(host: string, sourceAddress: string): boolean {
  return host !== sourceAddress && isHiddenAddress(host) && !sameNetwork(host, sourceAddress);
}

/** Two phones of one office see each other; the first two numbers of the address are taken for the office. */
const sameNetwork = (host: string, source: string): boolean =>
  host.includes('.') && host.split('.').slice(0, 2).join('.') === source.split('.').slice(0, 2).join('.');
