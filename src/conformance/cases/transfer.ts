/**
 * transfer: people hold in order to transfer. What two phones can judge: a transfer to nobody fails, says so, and brings back who tried.
 */
import { LEGS, otherLeg, overBoth, type Case, type Leg, type Story } from '../case.js';
import { expect, Skipped } from '../failed.js';
import { goodManners, refuse, type Manner } from '../phone/manners.js';
import type { Phone } from '../phone/phone.js';
import { header, type Sip } from '../phone/sip-text.js';
import { holdNamed } from '../ways.js';

/** A number that no dial plan has. */
const NOBODY = '0009990009';

/** RFC 3515 §2.4.5: the status line of the attempt stands in the body. */
const progressIn = (notify: Sip): number => Number(/^SIP\/2\.0 (\d{3})/m.exec(notify.body)?.[1] ?? 0);

/** A new call is refused; what belongs to a call is answered as always. */
const busy: Manner = (request, phone) =>
  phone.dialogOf(request) === undefined ? refuse(486)(request, phone) : goodManners(request, phone);

type To = Readonly<{ id: string; title: string; number: (own: string) => string }>;

const TARGETS: readonly To[] = [
  { id: 'nobody', title: 'a number that nobody has', number: () => NOBODY },
  // Two phones are enough to be refused: the transferor is called itself, and is busy.
  { id: 'busy', title: 'a phone that is busy', number: (own) => own },
];

const fails = (leg: Leg, { id, title, number }: To): Story => ({
  id: `transfer-to-${id}-${leg}`,
  title: `the ${leg} holds and transfers the other to ${title}: told so, and the call goes on`,
  rfc: '3515 §2.4.5',
  complaints: ['C17'],
  run: async (stage) => {
    await stage.talk();
    await stage.holds(leg, holdNamed('sendonly'));
    await stage.hear({ [leg]: 'nothing', [otherLeg(leg)]: stage.held('sendonly') });
    const phone = stage.phone(leg);
    phone.always('INVITE', busy);
    const mark = phone.sip.mark();
    const to = `<sip:${number(phone.number)}@${phone.domain}>`;
    const more = { 'Refer-To': to, 'Referred-By': `<sip:${phone.number}@${phone.domain}>` };
    const answer = await phone.final(phone.ask(phone.dialog, 'REFER', '', more));
    if ([405, 420, 501].includes(answer.status)) throw new Skipped('the target does not take REFER');
    // A target may know at once that it will fail; then there is nothing to tell later (RFC 3515 §2.4.4).
    if (answer.status < 300) await toldOfFailure(phone, mark);
    await stage.resumes(leg);
    await stage.hear({ caller: 'voice', callee: 'voice' });
    await stage.hangUp(leg);
  },
});

async function toldOfFailure(phone: Phone, mark: number): Promise<void> {
  const isLast = (one: Sip): boolean => one.what === 'NOTIFY' && progressIn(one) >= 200;
  const last = await phone.sip.next('a NOTIFY of a final status', isLast, mark, 10_000);
  expect(progressIn(last) >= 400, 'a NOTIFY of a failure', `${progressIn(last)}`);
  const state = header(last, 'subscription-state');
  expect(/terminated/i.test(state), 'an end of the subscription with the last NOTIFY (RFC 3515 §2.4.7)', state);
}

export const transfer: readonly Case[] = overBoth(LEGS.flatMap((leg) => TARGETS.map((to) => fails(leg, to))));
