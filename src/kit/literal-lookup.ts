/**
 * literal-lookup: for UDP sockets that only ever send to addresses, never to names: nothing is looked up, and a datagram is sent within the
 * call that asks for it instead of a turn later.
 */
export const literalLookup = (
  address: string,
  _options: unknown,
  found: (error: null, address: string, family: number) => void,
): void => found(null, address, address.includes(':') ? 6 : 4);
