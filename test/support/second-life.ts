/**
 * second-life: kill -9 of a Holdfast or of its rtpengine between two scripted phones, and what the phones do when they are told of it.
 */
import type { Test } from 'tap';
import { keptEnvironment, type Holdfast } from './holdfast.js';
import type { Message } from './sip-phone.js';
import { TwoPhones, type Phone, type Talk } from './two-phones.js';

const DEAF_PACKETS = 15;

export const cseqOf = (message: Message): number => parseInt(message.headers.get('cseq') ?? '0', 10);

/** On ports that stay, and with a store. */
export const houseWithStore = async (t: Test, more: Readonly<Record<string, string>> = {}): Promise<TwoPhones> =>
  TwoPhones.start(t, { environment: await keptEnvironment(more) });

/** SIGKILL of the whole program once it has written all, and another life of it. Phones go on sending RTP all the time. */
export async function killed(t: Test, holdfast: Holdfast): Promise<Holdfast> {
  await holdfast.written();
  holdfast.kill();
  const next = await holdfast.again();
  t.teardown(() => next.stop());
  return next;
}

/** The phone is told the new ports: it answers, and sends there from now on. */
export async function moves(
  phone: Phone,
  direction: string,
  after: (message: Message) => boolean = () => true,
): Promise<Message> {
  const reinvite = await phone.sip.receives('INVITE', after);
  phone.sip.respond(reinvite, 200, phone.rtp.sdp({ direction, version: 9 }));
  await phone.sip.receives('ACK', (ack) => ack.headers.get('call-id') === reinvite.headers.get('call-id'));
  phone.rtp.obey(reinvite.body);
  return reinvite;
}

export async function hear(phones: TwoPhones): Promise<{ alice: number[]; bob: number[] }> {
  const [alice, bob] = await Promise.all([phones.hears(phones.alice), phones.hears(phones.bob)]);
  return { alice, bob };
}

/** Nothing comes to it while it sends, and while the other hears, so many packets. */
export async function isDeaf(phone: Phone, other: Phone): Promise<boolean> {
  const [heard] = await Promise.all([phone.rtp.during(DEAF_PACKETS), other.rtp.next(DEAF_PACKETS)]);
  return heard.count === 0;
}

/** Alice says BYE, is answered, and Bob hears of it. */
export async function hangsUp({ alice, bob }: TwoPhones, talk: Talk): Promise<Message> {
  alice.sip.inDialog(talk.alice, 'BYE');
  await alice.sip.receives('200', (one) => one.headers.get('cseq') === `${talk.alice.cseq} BYE`);
  const bye = await bob.sip.receives('BYE');
  bob.sip.respond(bye, 200);
  for (const phone of [alice, bob]) phone.rtp.hush();
  return bye;
}
