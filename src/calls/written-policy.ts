/**
 * written-policy: a hold policy as configuration files and requests write it.
 */
import type { HoldPolicy, OnExpiry } from '#core/hold-policy.js';
import { BadRequest } from '#kit/errors.js';

export type WrittenPolicy = Readonly<{
  maxSeconds?: number | undefined;
  remindHolderEverySeconds?: number | undefined;
  /** `resume`, `ring-holder`, `hangup` or `transfer:<number>`. */
  onExpiry?: string | undefined;
}>;

/** @throws BadRequest naming `onExpiry`; whoever validated it with the schema never sees that. */
export function readPolicy({ onExpiry, maxSeconds, remindHolderEverySeconds }: WrittenPolicy): Partial<HoldPolicy> {
  return {
    ...(maxSeconds === undefined ? {} : { maxSeconds }),
    ...(remindHolderEverySeconds === undefined ? {} : { remindHolderEverySeconds }),
    ...(onExpiry === undefined ? {} : { onExpiry: readOnExpiry(onExpiry) }),
  };
}

function readOnExpiry(written: string): OnExpiry {
  if (written === 'resume' || written === 'ring-holder' || written === 'hangup') return { kind: written };
  const to = /^transfer:([0-9A-Za-z+*#._-]{1,64})$/.exec(written)?.[1];
  if (to === undefined) throw new BadRequest('onExpiry', 'onExpiry: expected resume, ring-holder, hangup or transfer:<number>');
  return { kind: 'transfer', to };
}
