/**
 * path: the way a request goes: to the first Route or the remote target, but back to where the peer really is when its
 * Contact cannot be reached: behind a NAT, on a connection of its own (RFC 3261 §8.1.2, §12.2.1.1, RFC 5626 §5.3).
 */
import { isIPv6 } from 'node:net';
import { isHiddenAddress } from '#kit/hidden-address.js';
import { parseNameAddr } from '#sip/name-addr.js';
import type { SipUri } from '#sip/uri.js';
import type { DialogFacts } from '../dialog/dialog.js';
import { isLoopback } from '../transport/announced.js';
import { unbracketed, type Flow } from '../transport/flow.js';
import type { Way } from '../transport/transports.js';
import type { Core } from './core.js';
import { knownUri } from './known-uri.js';

/** So long a connection that we opened is taken for the phone's, unless it asks for more by REGISTER. */
const LISTENS_MS = 3_600_000;

/** For a request in a dialog. */
export function pathOf(core: Core, dialog: DialogFacts): Way {
  const { flow } = dialog;
  const [route] = dialog.routeSet;
  // A connection leads where the peer, or the proxy before it, is; what it wrote into Contact cannot be a better way.
  if (flow.protocol !== 'udp' && flow.isOpen()) return { kind: 'flow', flow };
  if (route !== undefined) return wayByRoute(core, parseNameAddr(route)?.uri ?? dialog.remoteTarget, flow);
  const target = knownUri(dialog.remoteTarget);
  if (target === undefined) return { kind: 'flow', flow };
  const registered = registeredBy(core, target, flow);
  const now = registered ?? (flow.isOpen() ? undefined : core.flows.back(target, flow, core.clock.now()));
  if (now !== undefined) return { kind: 'flow', flow: now };
  const host = unbracketed(target.host);
  if (host.endsWith('.invalid') || isHidden(host, flow.remote.address))
    return flow.isOpen() ? { kind: 'flow', flow } : core.transports.wayTo(target);
  return fromWhere(core.transports.wayTo(target), flow);
}

/**
 * A Contact that leads nowhere (a transport we do not speak, our own address) is no better way than the one the peer came by. Datagrams go
 * out from the address of ours that it talks to, where we have several.
 */
function fromWhere(way: Way, flow: Flow): Way {
  if (way.kind === 'impossible' && flow.isOpen()) return { kind: 'flow', flow };
  if (way.kind !== 'flow' || way.flow.protocol !== 'udp' || flow.protocol !== 'udp') return way;
  return { kind: 'flow', flow: bySocketOf(flow, way.flow) };
}

/** @returns a flow to the same peer by the other's socket, where that can reach it. */
function bySocketOf(known: Flow, flow: Flow): Flow {
  const [ours, theirs] = [known.local.address, flow.local.address];
  const reaches = isIPv6(ours) === isIPv6(theirs) && isLoopback(ours) === isLoopback(theirs);
  return ours !== theirs && reaches ? known.beside(flow.remote) : flow;
}

/** RFC 3261 §12.2.1.1: to the first Route, but not into a network of ours that its writer is not in. */
function wayByRoute(core: Core, route: string, flow: Flow): Way {
  const hop = knownUri(route);
  const isForeign = hop !== undefined && isHidden(unbracketed(hop.host), flow.remote.address);
  return isForeign && flow.isOpen() ? { kind: 'flow', flow } : core.transports.wayTo(route);
}

/**
 * The connection that registered this Contact, where it comes from the address of the dialog, or the Contact is one that nobody can guess
 * (RFC 7118 §5): else whoever registers the Contact of another would have its calls.
 */
function registeredBy(core: Core, target: SipUri, { remote }: Flow): Flow | undefined {
  const found = core.flows.find(target, core.clock.now());
  return found?.remote.address === remote.address || target.host.endsWith('.invalid') ? found : undefined;
}

/**
 * For a request outside a dialog. A phone is asked for by its Contact, and by the connection it registered on; where that has gone it may
 * still listen at its Contact, which is believed where it names the host that the connection came from (RFC 3261 §18.1.1). TLS would ask
 * it for a certificate, and a browser does not listen.
 */
export function wayOutside(core: Core, target: SipUri, nextHop: string): Way {
  const now = core.clock.now();
  if (nextHop === '') {
    const registered = core.flows.find(target, now);
    return registered === undefined ? core.transports.wayTo(target) : { kind: 'flow', flow: registered };
  }
  const hop = knownUri(nextHop);
  const isTcp = hop !== undefined && isTcpUri(hop) && isTcpUri(target);
  if (!isTcp || hop.host !== target.host || hop.port === target.port || core.transports.isConnected(hop)) {
    const way = core.transports.wayTo(hop ?? nextHop);
    const registered = way.kind === 'flow' ? core.flows.from(way.flow.remote, now) : undefined;
    return registered === undefined ? way : fromWhere(way, registered);
  }
  const way = core.transports.wayTo(target);
  // What is asked in its dialogs goes by this connection too, from now on.
  if (way.kind === 'flow') core.flows.remember(target, way.flow, now + LISTENS_MS);
  return way;
}

const isTcpUri = ({ scheme, params }: SipUri): boolean => scheme === 'sip' && params.get('transport')?.toLowerCase() === 'tcp';

/** For what must go where a request outside a dialog went, whose flow was this: its CANCEL. */
export function wayOut(core: Core, flow: Flow, routes: readonly string[], uri: string): Way {
  if (flow.isOpen()) return { kind: 'flow', flow };
  const [route] = routes;
  const target = knownUri(route === undefined ? uri : (parseNameAddr(route)?.uri ?? uri));
  if (target === undefined) return { kind: 'impossible', why: 'invalid request-uri' };
  const registered = registeredBy(core, target, flow);
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
