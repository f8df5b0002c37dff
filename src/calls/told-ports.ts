/**
 * told-ports: where the phones of a call were told to send their media. They go on doing so until they are told otherwise, and whoever
 * has one of these ports by then hears them.
 */
import { LEG_ROLES, type LegRole } from '#core/leg.js';
import type { SocketAddress } from './ports.js';

type Said = Readonly<{ ofLeg: (role: LegRole) => Readonly<{ sent: string | undefined }> }>;

export const toldPorts = (media: Said): readonly SocketAddress[] =>
  LEG_ROLES.flatMap((role) => portsIn(media.ofLeg(role).sent ?? ''));

/** RFC 4566 §5.7: a media section without an address of its own has that of the session. */
function portsIn(sdp: string): readonly SocketAddress[] {
  const [session = '', ...sections] = sdp.split(/^(?=m=)/m);
  const addressIn = (text: string): string | undefined => /^c=IN IP[46] ([^\s/]+)/m.exec(text)?.[1];
  return sections.flatMap((section) => {
    const address = addressIn(section) ?? addressIn(session);
    const port = Number(/^m=\S+ ([0-9]+)/.exec(section)?.[1] ?? 0);
    return address === undefined || port === 0 ? [] : [{ address, port }];
  });
}
