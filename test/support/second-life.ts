/**
 * second-life: kill -9 of a Holdfast or of its rtpengine between two scripted phones, and what the phones do when they are told of it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { Test } from 'tap';
import { freePort } from './free-port.js';
import type { Holdfast } from './holdfast.js';
import type { CallLeg, Message } from './sip-phone.js';
import { TwoPhones, type Phone, type Talk } from './two-phones.js';

export const cseqOf = (message: Message): number => parseInt(message.headers.get('cseq') ?? '0', 10);

/** On a port that stays, and with a store. */
export async function houseWithStore(t: Test, more: Readonly<Record<string, string>> = {}): Promise<TwoPhones> {
  const environment = {
    HOLDFAST_SIP_PORT: String(await freePort()),
    HOLDFAST_HTTP_PORT: String(await freePort()),
    HOLDFAST_STORE: 'store',
    ...more,
  };
  return TwoPhones.start(t, { environment });
}

/** SIGKILL of the whole program, and another life of it. Phones go on sending RTP all the time. */
export async function killed(t: Test, { holdfast }: TwoPhones): Promise<Holdfast> {
  await holdfast.api('GET', '/calls'); // whatever was agreed before this has been written by the time it is over
  await new Promise((resolve) => setTimeout(resolve, 100));
  holdfast.kill();
  await holdfast.exited();
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

export async function reinvites(phone: Phone, leg: CallLeg, direction: string): Promise<Message> {
  phone.sip.inDialog(leg, 'INVITE', phone.rtp.sdp({ direction, version: leg.cseq + 10 }));
  const ok = await phone.sip.receives('200', (one) => one.headers.get('cseq') === `${leg.cseq} INVITE`);
  phone.sip.ack(leg, ok);
  phone.rtp.obey(ok.body);
  return ok;
}

export async function hear(phones: TwoPhones): Promise<{ alice: number[]; bob: number[] }> {
  const [alice, bob] = await Promise.all([phones.hears(phones.alice), phones.hears(phones.bob)]);
  return { alice, bob };
}

export async function isDeaf(phone: Phone): Promise<boolean> {
  const before = phone.rtp.heard.count;
  await new Promise((resolve) => setTimeout(resolve, 300));
  return phone.rtp.heard.count === before;
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

/** The rtpengine that this process has started. */
export function rtpengineOf(pid: number): number {
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${entry}/stat`, 'utf8')) ?? [];
      if (name === 'rtpengine' && Number(parent) === pid) return Number(entry);
    } catch {
      continue; // it ended meanwhile
    }
  }
  throw new Error('there is no rtpengine');
}
