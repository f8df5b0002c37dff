/**
 * transfer: people hold in order to transfer. What two phones can judge: a transfer to nobody fails, says so, and brings back who tried.
 */
import { LEGS, otherLeg, overBoth, type Case, type Leg, type Story } from '../case.js';
import { expect, Skipped } from '../failed.js';
import { header, type Sip } from '../phone/sip-text.js';
import { holdNamed } from '../ways.js';

/** A number that no dial plan has. */
const NOBODY = '0009990009';

/** RFC 3515 §2.4.5: the status line of the attempt stands in the body. */
const progressIn = (notify: Sip): number => Number(/^SIP\/2\.0 (\d{3})/m.exec(notify.body)?.[1] ?? 0);

const fails = (leg: Leg): Story => ({
  id: `transfer-to-nobody-${leg}`,
  title: `the ${leg} holds and transfers the other to a number that nobody has: told so by NOTIFY, and the call goes on`,
  rfc: '3515 §2.4.5',
  complaints: ['C17'],
  run: async (stage) => {
    await stage.talk();
    await stage.holds(leg, holdNamed('sendonly'));
    await stage.hear({ [leg]: 'nothing', [otherLeg(leg)]: stage.held('sendonly') });
    const phone = stage.phone(leg);
    const mark = phone.sip.mark();
    const more = { 'Refer-To': `<sip:${NOBODY}@${phone.domain}>`, 'Referred-By': `<sip:${phone.number}@${phone.domain}>` };
    const answer = await phone.final(phone.ask(phone.dialog, 'REFER', '', more));
    if ([405, 420, 501, 603].includes(answer.status)) throw new Skipped('the target does not take REFER');
    // A target may know at once that there is nobody; then there is nothing to tell later (RFC 3515 §2.4.4).
    if (answer.status < 300) {
      const last = await phone.sip.next(
        'a NOTIFY of a final status',
        (one) => one.what === 'NOTIFY' && progressIn(one) >= 200,
        mark,
        10_000,
      );
      expect(progressIn(last) >= 400, 'a NOTIFY of a failure', `${progressIn(last)}`);
      const ended = /terminated/i.test(header(last, 'subscription-state'));
      expect(ended, 'an end of the subscription with the last NOTIFY (RFC 3515 §2.4.7)', header(last, 'subscription-state'));
    }
    await stage.resumes(leg);
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp(leg);
  },
});

export const transfer: readonly Case[] = overBoth(LEGS.map(fails));
