/**
 * refusing-phone: a registered phone that is called by the fuzz trunk: mostly it is busy, now and then it answers with a damaged SDP.
 * Without it a damaged SDP of a caller would meet nobody.
 */
import type { Test } from 'tap';
import { mutate } from '../support/mutate.js';
import { SipPhone } from '../support/sip-phone.js';
import { SDP, type Random } from './ammunition.js';

export async function refusingPhone(t: Test, number: string, server: number, random: Random): Promise<void> {
  const phone = await SipPhone.open({ number, server });
  let open = true;
  t.teardown(() => {
    open = false;
    phone.close();
  });
  await phone.register();
  const answer = async (method: string, how: (request: Awaited<ReturnType<SipPhone['receives']>>) => void): Promise<void> => {
    while (open) {
      // Nobody called for a while: that is no fault.
      const request = await phone.receives(method).catch(() => undefined);
      if (request !== undefined && open) how(request);
    }
  };
  void answer('INVITE', (request) => {
    if (random() < 0.25) phone.respond(request, 200, mutate(SDP, random));
    else phone.respond(request, 486);
  });
  for (const method of ['BYE', 'OPTIONS', 'CANCEL']) void answer(method, (request) => phone.respond(request, 200));
}
